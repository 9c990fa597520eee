"""All scores of an evaluation, each with its interval, in one nested mapping; docs/metrics.md names its keys."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation import calibration
from guidedseg.evaluation.bootstrap import RELIABLE, Array, intervals, mean, ratio, sums, weights
from guidedseg.evaluation.counts import BRANCHES, PREDICTED, Evaluation
from guidedseg.evaluation.paired import p_value
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP, RULES, counted, ratios

DIFFERENCES = {
    "guided_minus_direct": ("guided", "direct"),
    "guided_minus_guided_fallback": ("guided", "guided_fallback"),
    "oracle_minus_guided": ("oracle", "guided"),
}

SIZES = ("small", "medium", "large")

Nested = dict[str, Any]


def scores(evaluation: Evaluation, *, seed: int, batch: int) -> Nested:
    """Every score of every branch, and the paired differences.

    Args:
        evaluation: of the test images.
        seed: of the bootstrap.
        batch: images per batch of the rule ``batch_pooled``.

    Returns:
        ``sample`` (what was scored), ``branches`` and ``differences``.
    """
    by_branch = split_by_branch(evaluation.images)
    images = one_per_image(evaluation.images)
    drawn = weights(images, seed=seed)
    estimates = {branch: estimate(rows, drawn, batch) for branch, rows in by_branch.items()}
    levels = dict(iter(evaluation.levels.groupby("branch")))
    lesions = dict(iter(evaluation.lesions.groupby("branch")))
    result: Nested = {"sample": _sample(images), "branches": {}, "differences": {}}
    for branch, rows in by_branch.items():
        of_branch = {
            **{rule: intervals(values, METRICS[: values.shape[1]]) for rule, values in estimates[branch].items()},
            "cases": _cases(rows),
            "normals": _normals(rows, drawn),
            "lesionwise": _lesionwise(rows, lesions.get(branch), drawn),
            **subsets(rows, drawn),
        }
        if branch in PREDICTED:
            of_branch["mask_calibration"] = intervals(calibration.errors(levels[branch], drawn), ("ece", "brier"))
            of_branch["loss"] = _loss(rows, drawn)
        result["branches"][branch] = of_branch
    for name, (one, other) in DIFFERENCES.items():
        result["differences"][name] = _difference(
            by_branch[one], by_branch[other], {rule: estimates[one][rule] - estimates[other][rule] for rule in RULES}
        )
    return result


def one_per_image(images: pd.DataFrame) -> pd.DataFrame:
    """The images themselves, whatever their branch, by image_id."""
    return images[images["branch"] == BRANCHES[0]].sort_values("image_id", ignore_index=True)


def split_by_branch(images: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Branch -> rows, by image_id, so that rows of two branches belong together."""
    ordered = images.sort_values("image_id", kind="stable")
    return {branch: ordered[ordered["branch"] == branch].reset_index(drop=True) for branch in BRANCHES}


def estimate(rows: pd.DataFrame, drawn: Array, batch: int) -> dict[str, Array]:
    """One branch under every rule.

    Args:
        rows: one per image, by image_id.
        drawn: (1 + D, P) of ``bootstrap.weights``.
        batch: images per batch of ``batch_pooled``.

    Returns:
        Rule -> (1 + D, 11) by ``METRICS``, or (1 + D, 6) by ``OVERLAP`` for the pooled rules.
    """
    patients = rows["patient_id"].to_numpy(dtype=str)
    result = {rule: mean(function(rows), patients, drawn) for rule, function in IMAGEWISE.items()}
    result["pooled"] = ratios(sums(counted(rows), patients, drawn))
    result["batch_pooled"] = batch_pooled(counted(rows), patients, drawn, batch)
    return {rule: result[rule] for rule in RULES}


def batch_pooled(counts: Array, patients: npt.NDArray[np.str_], drawn: Array, batch: int) -> Array:
    """Counts summed within batches, then the ratios, then their mean; batches of 0/0 left out.

    Images stand patient by patient, in the order given within a patient; a patient drawn twice stands there twice, one
    whole examination after the other, so that a batch of a draw is as mixed as one of the sample.

    Args:
        counts: (N, 4) tp, fp, fn, tn.
        patients: N names.
        drawn: (1 + D, P), whole numbers.
        batch: images per batch, the last one may be smaller.

    Returns:
        (1 + D, 6).
    """
    _, codes, sizes = np.unique(patients, return_inverse=True, return_counts=True)
    counts = counts[np.argsort(codes, kind="stable")]
    first = np.cumsum(sizes) - sizes
    result = np.empty((len(drawn), len(OVERLAP)))
    for row, times in enumerate(drawn.astype(np.int64)):
        examinations = np.repeat(np.arange(len(sizes)), times)
        lengths = sizes[examinations]
        shift = first[examinations] - (np.cumsum(lengths) - lengths)
        taken = counts[np.arange(lengths.sum()) + np.repeat(shift, lengths)]
        scored = ratios(np.add.reduceat(taken, np.arange(0, len(taken), batch), axis=0))
        defined = ~np.isnan(scored)
        result[row] = ratio(np.where(defined, scored, 0).sum(axis=0), defined.sum(axis=0).astype(np.float64))
    return result


def subsets(rows: pd.DataFrame, drawn: Array) -> Nested:
    """``by_pathology`` and ``by_size`` (terciles of the lesion area of the images with a lesion) under ``strict``."""
    values, patients = IMAGEWISE["strict"](rows), rows["patient_id"].to_numpy(dtype=str)
    groups = {"by_pathology": rows["pathology"].to_numpy(), "by_size": sizes(rows)}
    names = {"by_pathology": ("normal", "benign", "malignant"), "by_size": SIZES}
    return {
        group: {
            name: intervals(mean(np.where((labels == name)[:, None], values, np.nan), patients, drawn), METRICS)
            for name in names[group]
        }
        for group, labels in groups.items()
    }


def sizes(rows: pd.DataFrame) -> npt.NDArray[np.str_]:
    """``small``, ``medium`` or ``large``: terciles by lesion area as a share of the image; empty for normals.

    Ties go by image_id; terciles differ by at most one image.
    """
    share = (rows["lesion_px"] / (rows["width"] * rows["height"])).to_numpy()
    with_lesion = np.flatnonzero(share > 0)
    ordered = with_lesion[np.lexsort((rows["image_id"].to_numpy(dtype=str)[with_lesion], share[with_lesion]))]
    result = np.full(len(rows), "", dtype="<U6")
    for name, part in zip(SIZES, np.array_split(ordered, 3), strict=True):
        result[part] = name
    return result


def _sample(images: pd.DataFrame) -> Nested:
    has_lesion = images["lesion_px"] > 0
    patients_with_lesion = int(images.loc[has_lesion, "patient_id"].nunique())
    return {
        "images": len(images),
        "images_with_lesion": int(has_lesion.sum()),
        "lesions": int(images["lesions"].sum()),
        "patients": int(images["patient_id"].nunique()),
        "patients_with_lesion": patients_with_lesion,
        "intervals_reliable": patients_with_lesion >= RELIABLE,
    }


def _cases(rows: pd.DataFrame) -> dict[str, int]:
    """The images that a rule has to judge, because a formula cannot."""
    truth, predicted = rows["lesion_px"] > 0, rows["tp"] + rows["fp"] > 0
    return {
        "both_empty": int((~truth & ~predicted).sum()),
        "false_positives": int((~truth & predicted).sum()),
        "misses": int((truth & ~predicted).sum()),
        "misses_without_box": int((truth & ~predicted & (rows["boxes"] == 0)).sum()),
    }


def _normals(rows: pd.DataFrame, drawn: Array) -> Nested:
    false_area = (rows["fp"] / (rows["width"] * rows["height"])).to_numpy()
    values = np.column_stack([(rows["fp"] > 0).to_numpy(dtype=np.float64), false_area, 1 - false_area])
    values[(rows["lesion_px"] > 0).to_numpy()] = np.nan
    names = ("share_with_false_positive", "false_area_share", "specificity")
    return intervals(mean(values, rows["patient_id"].to_numpy(dtype=str), drawn), names)


def _lesionwise(rows: pd.DataFrame, lesions: pd.DataFrame | None, drawn: Array) -> Nested:
    patients = rows["patient_id"].to_numpy(dtype=str)
    total = sums(rows[["lesions_found", "false_areas", "lesions", "areas"]].to_numpy(np.float64), patients, drawn)
    number = sums(np.ones((len(rows), 1)), patients, drawn)[:, 0]
    covered = np.zeros(len(rows))
    if lesions is not None:
        covered = rows["image_id"].map(lesions.groupby("image_id")["covered"].sum()).fillna(0).to_numpy()
    columns = [
        ratio(total[:, 0], total[:, 2]),
        ratio(total[:, 3] - total[:, 1], total[:, 3]),
        ratio(sums(covered[:, None], patients, drawn)[:, 0], total[:, 2]),
        ratio(total[:, 1], number),
    ]
    return intervals(np.stack(columns, axis=1), ("recall", "precision", "covered", "false_areas_per_image"))


def _loss(rows: pd.DataFrame, drawn: Array) -> dict[str, float | None]:
    total = sums(rows[["loss", "regions"]].to_numpy(dtype=np.float64), rows["patient_id"].to_numpy(dtype=str), drawn)
    return intervals(ratio(total[:, :1], total[:, 1:]), ("loss",))["loss"]


def p_values(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Rule -> metric -> ``paired.p_value`` of one - other, for the rules that give an image a score of its own.

    Args:
        one: rows of a branch.
        other: rows of another one, the same images in the same order.
    """
    patients = one["patient_id"].to_numpy(dtype=str)
    return {
        rule: {
            metric: p_value(column, patients)
            for metric, column in zip(METRICS, (function(one) - function(other)).T, strict=True)
        }
        for rule, function in IMAGEWISE.items()
    }


def _difference(one: pd.DataFrame, other: pd.DataFrame, estimates: dict[str, Array]) -> Nested:
    result: Nested = {rule: intervals(values, METRICS[: values.shape[1]]) for rule, values in estimates.items()}
    for rule, of_rule in p_values(one, other).items():
        for metric, p in of_rule.items():
            result[rule][metric]["p"] = p
    return result


def side_by_side(everything: Nested) -> Nested:
    """What metrics/comparison.json shows: Dice of every branch under every rule, and of the differences."""
    parts = {**everything["branches"], **everything["differences"]}
    return {name: {rule: {"dice": of[rule]["dice"]} for rule in RULES} for name, of in parts.items()}


def headline(branch: Nested) -> Nested:
    """The few scores that metrics/segmentation.json shows: Dice under every rule, other metrics under ``strict``."""
    result: Nested = {rule: {"dice": branch[rule]["dice"]} for rule in RULES}
    result["strict"].update({metric: branch["strict"][metric] for metric in ("iou", "precision", "recall", "hd95")})
    return result
