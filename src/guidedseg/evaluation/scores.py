"""All scores of an evaluation, each with its interval, in one nested mapping; docs/metrics.md names its keys."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation import calibration
from guidedseg.evaluation.bootstrap import Array, Interval, weights
from guidedseg.evaluation.counts import BRANCHES, PREDICTED, Evaluation
from guidedseg.evaluation.estimates import Estimate, by_rule, of_means_over_images, of_ratios, p_values
from guidedseg.evaluation.paired import holm
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, RULES
from guidedseg.names import PATHOLOGIES

DIFFERENCES = {
    "guided_minus_direct": ("guided", "direct"),
    "guided_ungated_minus_direct_ungated": ("guided_ungated", "direct_ungated"),
    "guided_minus_guided_fallback": ("guided", "guided_fallback"),
    "cascade_minus_direct": ("cascade", "direct"),
    "guided_minus_cascade": ("guided", "cascade"),
    "oracle_minus_guided": ("oracle", "guided"),
}

SIZES = ("small", "medium", "large")

Nested = dict[str, Any]


def scores(
    evaluation: Evaluation, *, seed: int, batch: int, flagged: Mapping[str, Collection[str]] | None = None
) -> Nested:
    """Every score of every branch, and the paired differences.

    Args:
        evaluation: of the test images.
        seed: of the draws of groups, and of the tests.
        batch: images per batch of the rule ``batch_pooled``.
        flagged: flag -> image_id of the images that have it; a flag that no image has, or every one, is left out.

    Returns:
        ``sample`` (what was scored), ``branches`` and ``differences``.
    """
    by_branch = split_by_branch(evaluation.images)
    images = one_per_image(evaluation.images)
    drawn = weights(images, seed=seed)
    estimates = {branch: by_rule(rows, drawn, batch) for branch, rows in by_branch.items()}
    levels = dict(iter(evaluation.levels.groupby("branch")))
    lesions = dict(iter(evaluation.lesions.groupby("branch")))
    result: Nested = {"sample": _sample(images), "branches": {}, "differences": {}}
    for branch, rows in by_branch.items():
        of_branch = {
            **{rule: found.leaves(METRICS[: found.values.shape[1]]) for rule, found in estimates[branch].items()},
            "cases": _cases(rows),
            "normals": _normals(rows, drawn),
            "lesionwise": _lesionwise(rows, lesions.get(branch), drawn),
            **subsets(rows, drawn),
            **by_flag(rows, flagged or {}, drawn),
        }
        if branch in PREDICTED:
            errors = Estimate(*calibration.errors(levels[branch], drawn))
            of_branch["mask_calibration"] = errors.leaves(("ece", "brier"))
            of_branch["loss"] = _loss(rows, drawn)
        result["branches"][branch] = of_branch
    result["differences"] = _differences(by_branch, estimates, seed)
    return result


def one_per_image(images: pd.DataFrame) -> pd.DataFrame:
    """The images themselves, whatever their branch, by image_id."""
    return images[images["branch"] == BRANCHES[0]].sort_values("image_id", ignore_index=True)


def split_by_branch(images: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Branch -> rows, by image_id, so that rows of two branches belong together."""
    ordered = images.sort_values("image_id", kind="stable")
    return {branch: ordered[ordered["branch"] == branch].reset_index(drop=True) for branch in BRANCHES}


def subsets(rows: pd.DataFrame, drawn: Array) -> Nested:
    """``by_pathology`` and ``by_size`` (terciles of the lesion area of the images with a lesion) under ``strict``."""
    values, groups = IMAGEWISE["strict"](rows), _groups(rows)
    labels_of = {"by_pathology": (PATHOLOGIES, rows["pathology"].to_numpy()), "by_size": (SIZES, sizes(rows))}
    return {
        kind: {
            name: of_means_over_images(np.where((labels == name)[:, None], values, np.nan), groups, drawn).leaves(
                METRICS
            )
            for name in names
        }
        for kind, (names, labels) in labels_of.items()
    }


def by_flag(rows: pd.DataFrame, flagged: Mapping[str, Collection[str]], drawn: Array) -> Nested:
    """``by_flag``: flag -> ``without`` and ``only`` the images that have it -> Dice under ``strict`` and ``lesion``.

    Nothing where no flag tells images apart.
    """
    groups, result = _groups(rows), {}
    for flag, image_ids in flagged.items():
        has = rows["image_id"].isin(image_ids).to_numpy()
        if has.any() and not has.all():
            result[flag] = {
                part: {
                    rule: of_means_over_images(
                        np.where(chosen[:, None], IMAGEWISE[rule](rows)[:, :1], np.nan), groups, drawn
                    ).leaves(METRICS[:1])
                    for rule in ("strict", "lesion")
                }
                for part, chosen in (("without", ~has), ("only", has))
            }
    return {"by_flag": result} if result else {}


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


def _sample(images: pd.DataFrame) -> dict[str, int]:
    with_lesion = images[images["lesion_px"] > 0]
    return {
        "images": len(images),
        "images_with_lesion": len(with_lesion),
        "lesions": int(images["lesions"].sum()),
        "patients": int(images["patient_id"].nunique()),
        "patients_with_lesion": int(with_lesion["patient_id"].nunique()),
        "groups": int(images["group_id"].nunique()),
        "groups_with_lesion": int(with_lesion["group_id"].nunique()),
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
    return of_means_over_images(values, _groups(rows), drawn).leaves(names)


def _lesionwise(rows: pd.DataFrame, lesions: pd.DataFrame | None, drawn: Array) -> Nested:
    covered = pd.Series(0.0, index=rows.index)
    if lesions is not None:
        covered = rows["image_id"].map(lesions.groupby("image_id")["covered"].sum()).fillna(0)
    shares = {
        "recall": (rows["lesions_found"], rows["lesions"]),
        "precision": (rows["areas"] - rows["false_areas"], rows["areas"]),
        "covered": (covered, rows["lesions"]),
        "false_areas_per_image": (rows["false_areas"], pd.Series(1.0, index=rows.index)),
    }
    numerators, denominators = (
        np.column_stack([pair[side].to_numpy(dtype=np.float64) for pair in shares.values()]) for side in (0, 1)
    )
    return of_ratios(numerators, denominators, _groups(rows), drawn).leaves(tuple(shares))


def _loss(rows: pd.DataFrame, drawn: Array) -> Interval:
    numerators, denominators = (rows[[name]].to_numpy(dtype=np.float64) for name in ("loss", "regions"))
    return of_ratios(numerators, denominators, _groups(rows), drawn).leaves(("loss",))["loss"]


def _groups(rows: pd.DataFrame) -> npt.NDArray[np.str_]:
    return rows["group_id"].to_numpy(dtype=str)


def _differences(by_branch: dict[str, pd.DataFrame], estimates: dict[str, dict[str, Estimate]], seed: int) -> Nested:
    """Paired differences with their p; Holm's correction is of all Dice tests here: one family, one page."""
    result: Nested = {}
    for name, (one, other) in DIFFERENCES.items():
        p_of = p_values([by_branch[one]], [by_branch[other]], seed=seed)
        result[name] = {}
        for rule in RULES:
            difference = estimates[one][rule].minus(estimates[other][rule])
            result[name][rule] = difference.differences(METRICS[: difference.values.shape[1]])
            for metric, p in p_of.get(rule, {}).items():
                result[name][rule][metric]["p"] = p
    tests = {f"{name} {rule}": of[rule]["dice"] for name, of in result.items() for rule in RULES}
    tests = {name: leaf for name, leaf in tests.items() if "p" in leaf}
    for name, p in holm({name: leaf["p"] for name, leaf in tests.items()}).items():
        tests[name]["p_holm"] = p
    return result


def side_by_side(everything: Nested) -> Nested:
    """What metrics/comparison.json shows: Dice of every branch under every rule, and of the differences."""
    parts = {**everything["branches"], **everything["differences"]}
    return {name: {rule: {"dice": of[rule]["dice"]} for rule in RULES} for name, of in parts.items()}


def headline(branch: Nested) -> dict[str, dict[str, float | None]]:
    """The few values that metrics/segmentation.json shows: Dice under every rule, other metrics under ``strict``."""
    shown = {rule: ["dice"] for rule in RULES}
    shown["strict"] += ["iou", "precision", "recall", "hd95"]
    return {rule: {metric: branch[rule][metric]["value"] for metric in metrics} for rule, metrics in shown.items()}
