"""Means, intervals and differences on counts whose scores are worked out in the comments, and on drawings."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawings import Drawing, disk, drawn, everywhere, nothing, square

from guidedseg.evaluation import bootstrap, scores
from guidedseg.evaluation.counts import (
    BRANCHES,
    CONTROLS,
    IMAGE_COLUMNS,
    LESION_COLUMNS,
    PREDICTED,
    Evaluation,
    read,
    write,
)
from guidedseg.evaluation.paired import p_value
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP, RULES, ratios

DRAWS = 60  # instead of 2,000, where their number does not matter
# tp, fp, fn of an image of 40 x 30 pixels, whose diagonal is 50, with a lesion of 12 pixels or none
WITH_LESION = {
    "quarter": (3, 9, 9),  # Dice 6 / 24
    "half": (6, 6, 6),
    "three quarters": (9, 3, 3),
    "all": (12, 0, 0),
    "miss": (0, 0, 12),
}
WITHOUT = {"empty": (0, 0, 0), "false": (0, 300, 0)}
KINDS = {**WITH_LESION, **WITHOUT}
Image = tuple[str, str]
"""Patient and kind."""


@pytest.fixture(autouse=True, scope="module")
def few_draws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scores, "weights", lambda images, *, seed: bootstrap.weights(images, seed=seed, draws=DRAWS))
        yield


def rows_of(images: Sequence[Image], branch: str = "direct") -> pd.DataFrame:
    """One row per image, named 000, 001, ..."""
    rows = []
    for number, (patient, kind) in enumerate(images):
        tp, fp, fn = KINDS[kind]
        lesion, area = int(tp + fn > 0), int(tp + fp > 0)
        found = int(tp > 0 and tp / (tp + fp + fn) >= 0.5)
        figures = (
            (10.0, 5.0, 0.5)
            if lesion and area and kind != "all"
            else (0.0, 0.0, 1.0)
            if kind == "all"
            else [np.nan] * 3
        )
        rows.append(
            {
                "image_id": f"{number:03}",
                "patient_id": patient,
                "pathology": "benign" if lesion else "normal",
                "width": 40,
                "height": 30,
                "lesion_px": tp + fn,
                "lesions": lesion,
                "branch": branch,
                "boxes": {"silent": 0, "everything": 1, "direct": 1}.get(branch, area),
                **dict(zip(("tp", "fp", "fn", "tn"), (tp, fp, fn, 1200 - tp - fp - fn), strict=True)),
                **dict(zip(("hd95", "msd", "nsd"), figures, strict=True)),
                "lesions_found": found,
                "areas": area,
                "false_areas": area - found,
                "regions": 0 if branch in CONTROLS else 1,
                "loss": np.nan if branch in CONTROLS else 0.5,
            }
        )
    return pd.DataFrame(rows, columns=IMAGE_COLUMNS)


def evaluation_of(direct: Sequence[Image], **others: Sequence[Image]) -> Evaluation:
    """Every branch like ``direct`` unless given."""
    images = pd.concat([rows_of(others.get(branch, direct), branch) for branch in BRANCHES], ignore_index=True)
    with_lesion = images[images["lesion_px"] > 0]
    lesions = with_lesion.assign(
        lesion=1,
        area_px=with_lesion["lesion_px"],
        iou=ratios(with_lesion[["tp", "fp", "fn", "tn"]].to_numpy(float))[:, 1],
        covered=with_lesion["tp"] / (with_lesion["tp"] + with_lesion["fn"]),
    )[LESION_COLUMNS]
    levels = pd.DataFrame(
        [(patient, branch, 0, 100, 0) for patient in images["patient_id"].unique() for branch in PREDICTED],
        columns=["patient_id", "branch", "level", "pixels", "lesion_pixels"],
    )
    return Evaluation(images, lesions, levels)


def scored(evaluation: Evaluation, *, seed: int = 0, batch: int = 16) -> dict[str, Any]:
    return scores.scores(evaluation, seed=seed, batch=batch)


def value(of: dict[str, Any], *path: str) -> float | None:
    """The value at the end of a path, with its interval looked at."""
    for name in path:
        of = of[name]
    assert {"value", "ci_low", "ci_high"} <= set(of) <= {"value", "ci_low", "ci_high", "p"}
    return of["value"]


def leaves(values: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in values.items():
        if isinstance(inner, dict):
            yield from leaves(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", inner


def random_images(seed: int, patients: int = 6, each: int = 8) -> list[Image]:
    """Every second image has a lesion."""
    rng = np.random.default_rng(seed)
    return [
        (f"P{number // each:02}", str(rng.choice(list(WITHOUT if number % 2 else WITH_LESION))))
        for number in range(patients * each)
    ]


@pytest.fixture(scope="module")
def many() -> Evaluation:
    """6 patients with 8 images each, the branches independent of each other."""
    branches = ("guided", "guided_fallback", "oracle")
    return evaluation_of(random_images(0), **{branch: random_images(n) for n, branch in enumerate(branches, 1)})


@pytest.fixture(scope="module")
def of_many(many: Evaluation) -> dict[str, Any]:
    return scored(many)


# --------------------------------------------------------------------------------------------------------------- means


def test_means_of_one_sample_under_every_rule() -> None:
    # Dice 0.5, 0, perfect, 0, 1. literal of guided: the miss has no box
    images = [("P", "half"), ("P", "miss"), ("Q", "empty"), ("Q", "false"), ("R", "all")]
    of = scored(evaluation_of(images))["branches"]
    assert value(of["guided"], "strict", "dice") == 0.5  # 2.5 / 5
    assert value(of["guided"], "lesion", "dice") == 0.5  # 1.5 / 3
    assert value(of["guided"], "literal", "dice") == 0.7  # 3.5 / 5
    # tp 18, fp 306, fn 18
    assert value(of["guided"], "pooled", "dice") == pytest.approx(36 / 360, abs=1e-6)
    assert value(of["guided"], "pooled", "precision") == pytest.approx(18 / 324, abs=1e-6)
    assert value(of["guided"], "pooled", "recall") == 0.5
    # distances 10, 50, 0, 50, 0; of the images with a lesion 10, 50, 0
    assert value(of["guided"], "strict", "hd95") == 22
    assert value(of["guided"], "lesion", "hd95") == 20
    assert value(of["guided"], "lesion", "hd95_share") == 0.4
    # 5, 50, 0, 50, 0, and 0 instead of the first 50
    assert value(of["guided"], "literal", "msd") == 11
    # nsd 0.5, 0, 1, 0, 1
    assert value(of["guided"], "strict", "nsd") == 0.5


def test_mean_is_over_images_and_not_over_patients() -> None:
    # Dice 0.25, 0.5 and 0.75 of P and 1 of Q; patients would give (0.5 + 1) / 2
    of = scored(evaluation_of([("P", "quarter"), ("P", "half"), ("P", "three quarters"), ("Q", "all")]))
    assert value(of, "branches", "direct", "strict", "dice") == 0.625


def test_pooled_dice_is_2_iou_over_1_plus_iou_but_a_mean_over_images_is_not(of_many: dict[str, Any]) -> None:
    for branch in PREDICTED:
        for rule, holds in (("pooled", True), ("strict", False), ("literal", False), ("lesion", False)):
            dice, iou = (value(of_many, "branches", branch, rule, metric) for metric in ("dice", "iou"))
            assert dice is not None
            assert iou is not None
            assert (abs(dice - 2 * iou / (1 + iou)) < 1e-5) == holds


def test_every_rule_has_its_metrics(of_many: dict[str, Any]) -> None:
    assert list(of_many["branches"]) == list(BRANCHES)
    for of in of_many["branches"].values():
        for rule in RULES:
            assert tuple(of[rule]) == (METRICS if rule in IMAGEWISE else OVERLAP)


def test_silence_is_perfect_under_the_literal_rule_only() -> None:
    images = [("P", "miss"), ("P", "miss"), ("Q", "empty")]
    of = scored(evaluation_of([("P", "all"), ("P", "half"), ("Q", "empty")], silent=images))["branches"]["silent"]
    for metric in METRICS:
        best = 0 if metric.startswith(("hd95", "msd")) else 1
        assert of["literal"][metric] == {"value": best, "ci_low": best, "ci_high": best}
    assert value(of, "strict", "dice") == pytest.approx(1 / 3, abs=1e-6)
    assert value(of, "lesion", "dice") == 0


# --------------------------------------------------------------------------------------------------------- batch_pooled

# image by image: tp, fp, fn, tn
BATCHED = np.array(
    [
        (6, 2, 4, 88),  # first batch: 6, 5, 4, 185
        (0, 3, 0, 97),
        (0, 0, 0, 100),  # second: 0, 0, 0, 200
        (0, 0, 0, 100),
        (0, 0, 5, 95),  # third, smaller: 0, 0, 5, 95
    ],
    dtype=np.float64,
)


@pytest.mark.filterwarnings("error")
def test_batches_are_pooled_and_averaged() -> None:
    result = scores.batch_pooled(BATCHED, np.array(list("PPQQQ")), np.ones((1, 2)), 2)[0]
    assert dict(zip(OVERLAP, result, strict=True)) == pytest.approx(
        {
            "dice": (12 / 21 + 0) / 2,  # the second batch is 0/0
            "iou": (6 / 15 + 0) / 2,
            "precision": 6 / 11,  # the third is, too
            "recall": (6 / 10 + 0) / 2,
            "specificity": (185 / 190 + 1 + 1) / 3,
            "accuracy": (191 / 200 + 1 + 95 / 100) / 3,
        }
    )


def test_one_batch_of_all_is_the_pooled_rule_and_batches_of_one_are_images(many: Evaluation) -> None:
    rows = scores.split_by_branch(many.images)["guided"]
    whole = scores.estimate(rows, np.ones((1, 6)), 48)
    np.testing.assert_allclose(whole["batch_pooled"], whole["pooled"])
    single = scores.estimate(rows, np.ones((1, 6)), 1)["batch_pooled"]
    np.testing.assert_allclose(single[0], np.nanmean(ratios(rows[["tp", "fp", "fn", "tn"]].to_numpy(float)), axis=0))


def plain_batches(counts: np.ndarray, batch: int) -> list[float]:
    """Dice, and so on, of sums over consecutive images, averaged over the batches that have any."""
    results = []
    for number in range(len(OVERLAP)):
        found = []
        for start in range(0, len(counts), batch):
            score = ratios(np.sum(counts[start : start + batch], axis=0))[number]
            if not math.isnan(score):
                found.append(score)
        results.append(sum(found) / len(found) if found else np.nan)
    return results


def counts_by_patient(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of 23 images of patients P, Q, R, S, one after the other."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 50, (23, 4)) * (rng.random((23, 4)) < 0.6)
    return images.astype(np.float64), np.repeat(list("PQRS"), [7, 2, 9, 5])


@pytest.mark.parametrize("batch", [1, 3, 16, 50])
def test_batches_of_patients_drawn_once_or_never_are_a_plain_loop(batch: int) -> None:
    counts, patients = counts_by_patient(0)
    drawn = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 1]], dtype=np.float64)
    expected = [plain_batches(counts[np.repeat(times, [7, 2, 9, 5]) == 1], batch) for times in drawn]
    np.testing.assert_allclose(scores.batch_pooled(counts, patients, drawn, batch), expected)


@pytest.mark.parametrize("batch", [3, 16])
def test_batches_of_a_draw_hold_whole_patients_one_after_the_other(batch: int) -> None:
    counts, patients = counts_by_patient(1)
    images = pd.DataFrame({"patient_id": patients, "lesion_px": 1})
    drawn = bootstrap.weights(images, seed=0, draws=8)
    expected = []
    for times in drawn.astype(int):
        of_patient = [counts[patients == name] for name, n in zip("PQRS", times, strict=True) for _ in range(n)]
        expected.append(plain_batches(np.concatenate(of_patient), batch))
    np.testing.assert_allclose(scores.batch_pooled(counts, patients, drawn, batch), expected)


# ----------------------------------------------------------------------------------------------------------- bootstrap


def test_draws_are_scores_of_samples_in_which_patients_really_stand_twice(many: Evaluation) -> None:
    rows = scores.split_by_branch(many.images)["guided"]
    weights = bootstrap.weights(rows, seed=3, draws=12)
    names = sorted(rows["patient_id"].unique())
    result = scores.estimate(rows, weights, 16)
    assert set(result) == set(RULES)
    assert weights.max() > 1
    for draw, times in enumerate(weights.astype(int)):
        copies = [rows[rows["patient_id"] == name] for name, n in zip(names, times, strict=True) for _ in range(n)]
        sample = pd.concat(copies, ignore_index=True)
        for rule, function in IMAGEWISE.items():
            np.testing.assert_allclose(result[rule][draw], np.nanmean(function(sample), axis=0))
        np.testing.assert_allclose(
            result["pooled"][draw], ratios(sample[["tp", "fp", "fn", "tn"]].to_numpy(float).sum(axis=0))
        )


def test_interval_is_that_of_the_draws(many: Evaluation, of_many: dict[str, Any]) -> None:
    rows = scores.split_by_branch(many.images)["guided"]
    estimate = scores.estimate(rows, bootstrap.weights(rows, seed=0, draws=DRAWS), 16)
    for rule in RULES:
        assert of_many["branches"]["guided"][rule]["dice"] == bootstrap.interval(estimate[rule][:, 0])


def test_result_depends_on_the_seed_alone(many: Evaluation, of_many: dict[str, Any]) -> None:
    assert json.dumps(scored(many)) == json.dumps(of_many)
    other = scored(many, seed=1)
    for rule in RULES:
        one, two = (of["branches"]["guided"][rule]["dice"] for of in (of_many, other))
        assert one["value"] == two["value"]
        assert one != two


def test_order_of_rows_does_not_matter(many: Evaluation, of_many: dict[str, Any]) -> None:
    shuffled = Evaluation(*(table.sample(frac=1, random_state=5) for table in (many.images, many.lesions, many.levels)))
    assert json.dumps(scored(shuffled)) == json.dumps(of_many)


def test_interval_holds_the_value(of_many: dict[str, Any]) -> None:
    for branch in PREDICTED:
        for rule in IMAGEWISE:
            for metric in METRICS:
                leaf = of_many["branches"][branch][rule][metric]
                assert leaf["ci_low"] < leaf["value"] < leaf["ci_high"]


# --------------------------------------------------------------------------------------------------------- differences


def test_differences_are_of_these_branches(of_many: dict[str, Any]) -> None:
    assert scores.DIFFERENCES == {
        "guided_minus_direct": ("guided", "direct"),
        "guided_minus_guided_fallback": ("guided", "guided_fallback"),
        "oracle_minus_guided": ("oracle", "guided"),
    }
    for name, (one, other) in scores.DIFFERENCES.items():
        for rule in RULES:
            for metric in METRICS if rule in IMAGEWISE else OVERLAP:
                expected = np.subtract(*(value(of_many, "branches", branch, rule, metric) for branch in (one, other)))
                assert value(of_many, "differences", name, rule, metric) == pytest.approx(expected, abs=2e-6)


def test_differences_are_paired_by_image_and_by_draw() -> None:
    # Dice of direct 0.25 or 0.75, of guided 0.25 more on every image: in every draw the difference is 0.25
    patients = [f"P{number}" for number in range(6)]
    better = {"quarter": "half", "three quarters": "all"}
    direct = [(patient, list(better)[number % 2]) for number, patient in enumerate(patients)]
    of = scored(evaluation_of(direct, guided=[(patient, better[kind]) for patient, kind in direct]))
    alone = of["branches"]["direct"]["strict"]["dice"]
    assert alone["ci_high"] - alone["ci_low"] > 0.2
    difference = of["differences"]["guided_minus_direct"]["strict"]["dice"]
    assert difference == {"value": 0.25, "ci_low": 0.25, "ci_high": 0.25, "p": 0.03125}  # 2 / 2^6


def test_no_difference_has_no_test() -> None:
    of = scored(evaluation_of([("P", "half"), ("Q", "miss"), ("R", "empty")]))["differences"]["guided_minus_direct"]
    assert of["strict"]["dice"] == {"value": 0, "ci_low": 0, "ci_high": 0, "p": None}


def test_p_is_of_patient_means_under_the_rules_that_judge_images(many: Evaluation, of_many: dict[str, Any]) -> None:
    by_branch = scores.split_by_branch(many.images)
    for rule, function in IMAGEWISE.items():
        columns = function(by_branch["guided"]) - function(by_branch["direct"])
        for metric, column in zip(METRICS, columns.T, strict=True):
            expected = p_value(column, by_branch["direct"]["patient_id"].to_numpy(dtype=str))
            assert of_many["differences"]["guided_minus_direct"][rule][metric]["p"] == expected
    for rule in set(RULES) - set(IMAGEWISE):
        assert "p" not in of_many["differences"]["guided_minus_direct"][rule]["dice"]


# --------------------------------------------------------------------------------------- cases, normals, lesions, loss

SAMPLE = [("P", "half"), ("P", "miss"), ("Q", "empty"), ("Q", "false"), ("R", "all"), ("R", "false")]


@pytest.fixture(scope="module")
def of_sample() -> dict[str, Any]:
    return scored(evaluation_of(SAMPLE))


def test_sample_is_counted(of_sample: dict[str, Any]) -> None:
    assert of_sample["sample"] == {
        "images": 6,
        "images_with_lesion": 3,
        "lesions": 3,
        "patients": 3,
        "patients_with_lesion": 2,
        "intervals_reliable": False,
    }


def test_cases_that_a_rule_has_to_judge_are_counted(of_sample: dict[str, Any]) -> None:
    both = {"both_empty": 1, "false_positives": 2, "misses": 1}
    assert of_sample["branches"]["guided"]["cases"] == {**both, "misses_without_box": 1}
    assert of_sample["branches"]["direct"]["cases"] == {**both, "misses_without_box": 0}  # the frame is its region


def test_fallback_that_finds_a_lesion_without_a_box_is_no_miss() -> None:
    found = Drawing(square(4, 4, 10), square(4, 4, 10))
    of = scored(drawn(*named(found, found, patients="PQ")))["branches"]["guided_fallback"]
    assert value(of, "strict", "dice") == 1
    assert of["cases"]["misses"] == of["cases"]["misses_without_box"] == 0


def test_normals_have_shares_of_images_and_of_pixels(of_sample: dict[str, Any]) -> None:
    # three of them; 300 of 1200 pixels on two
    normals = of_sample["branches"]["guided"]["normals"]
    assert value(normals, "share_with_false_positive") == pytest.approx(2 / 3, abs=1e-6)
    assert value(normals, "false_area_share") == pytest.approx(0.5 / 3, abs=1e-6)
    assert value(normals, "specificity") == pytest.approx(1 - 0.5 / 3, abs=1e-6)


def test_lesions_have_recall_and_areas_precision(of_sample: dict[str, Any]) -> None:
    # of 3 lesions one outlined (all), IoU 1/3 not; of 4 areas one right; covered 1/2, 0 and 1; 3 false areas, 6 images
    lesionwise = of_sample["branches"]["guided"]["lesionwise"]
    assert value(lesionwise, "recall") == pytest.approx(1 / 3, abs=1e-6)
    assert value(lesionwise, "precision") == 0.25
    assert value(lesionwise, "covered") == 0.5
    assert value(lesionwise, "false_areas_per_image") == 0.5


def test_loss_is_the_mean_over_regions_and_that_of_no_control() -> None:
    evaluation = evaluation_of([("P", "half"), ("Q", "half")])
    guided = evaluation.images["branch"] == "guided"
    evaluation.images.loc[guided, ["regions", "loss"]] = [[3, 0.6], [1, 0.9]]
    of = scored(evaluation)["branches"]
    assert value(of["guided"], "loss") == 0.375  # 1.5 / 4
    assert value(of["direct"], "loss") == 0.5
    assert not [branch for branch in CONTROLS if "loss" in of[branch] or "mask_calibration" in of[branch]]


def test_calibration_is_that_of_the_branch() -> None:
    # 100 pixels at level 0, of which guided has 20 lesion pixels
    evaluation = evaluation_of([("P", "half"), ("Q", "half")])
    evaluation.levels.loc[evaluation.levels["branch"] == "guided", "lesion_pixels"] = 20
    of = scored(evaluation)["branches"]
    assert of["direct"]["mask_calibration"]["ece"] == {"value": 0, "ci_low": 0, "ci_high": 0}
    for name in ("ece", "brier"):
        assert of["guided"]["mask_calibration"][name] == {"value": 0.2, "ci_low": 0.2, "ci_high": 0.2}


@pytest.mark.parametrize(("patients", "reliable"), [(7, False), (8, True)])
def test_fewer_than_eight_patients_are_marked(patients: int, reliable: bool) -> None:
    of = scored(evaluation_of([(f"P{number}", "half") for number in range(patients)]))
    assert of["sample"]["intervals_reliable"] is reliable


def test_rule_that_rests_on_one_patient_is_not_called_reliable() -> None:
    of = scored(evaluation_of([("P0", "half"), *((f"P{number}", "empty") for number in range(1, 8))]))
    lesion = of["branches"]["guided"]["lesion"]["dice"]
    assert lesion["ci_low"] == lesion["ci_high"] == 0.5
    assert not of["sample"]["intervals_reliable"]


# ------------------------------------------------------------------------------------------------------------- subsets


def sizes_of(*areas: int, names: Sequence[str] | None = None, width: Sequence[int] | None = None) -> list[str]:
    rows = pd.DataFrame({"image_id": names or [f"{n}" for n in range(len(areas))], "lesion_px": areas, "height": 10})
    rows["width"] = width or [10] * len(areas)
    return scores.sizes(rows).tolist()


def test_sizes_are_terciles_of_the_images_with_a_lesion() -> None:
    assert sizes_of(50, 0, 10, 30, 0, 20, 60, 40) == ["large", "", "small", "medium", "", "small", "large", "medium"]


def test_size_is_a_share_of_the_image() -> None:
    assert sizes_of(10, 10, 10, width=[20, 5, 10]) == ["small", "large", "medium"]


def test_ties_of_size_go_by_name_and_terciles_differ_by_one_at_most() -> None:
    assert sizes_of(7, 7, 7, 7, names=list("dbca")) == ["large", "small", "medium", "small"]
    assert sizes_of(7, 7, 7, 7, 7, names=list("edcba")) == ["large", "medium", "medium", "small", "small"]
    assert sizes_of(1, 7, 7, 7, 9, 9, names=list("zyxwvu")) == ["small", "medium", "medium", "small", "large", "large"]


@pytest.mark.parametrize(("areas", "expected"), [((0, 0), ["", ""]), ((5,), ["small"]), ((5, 3), ["medium", "small"])])
def test_fewer_lesions_than_terciles(areas: tuple[int, ...], expected: list[str]) -> None:
    assert sizes_of(*areas) == expected


def test_subsets_are_scored_strictly() -> None:
    images = [("P", "half"), ("P", "all"), ("Q", "empty"), ("Q", "false"), ("R", "miss"), ("R", "three quarters")]
    evaluation = evaluation_of(images)
    malignant = evaluation.images["image_id"].isin(["000", "004"])
    evaluation.images.loc[malignant, "pathology"] = "malignant"
    of = scored(evaluation)["branches"]["guided"]
    dice = {name: value(group, "dice") for name, group in of["by_pathology"].items()}
    assert dice == {"normal": 0.5, "benign": 0.875, "malignant": 0.25}
    # lesions of one size go by name: half and all, then the miss, then three quarters
    dice = {name: value(group, "dice") for name, group in of["by_size"].items()}
    assert dice == {"small": 0.75, "medium": 0, "large": 0.75}
    assert all(tuple(group) == METRICS for part in ("by_pathology", "by_size") for group in of[part].values())


def test_subset_without_images_is_null() -> None:
    of = scored(evaluation_of([("P", "half"), ("Q", "half")]))["branches"]["guided"]
    for part, name in (("by_pathology", "normal"), ("by_pathology", "malignant"), ("by_size", "large")):
        assert of[part][name]["dice"] == {"value": None, "ci_low": None, "ci_high": None}


# -------------------------------------------------------------------------------------------------- what is passed on


def test_headline_has_a_value_and_an_interval_for_every_number(of_many: dict[str, Any]) -> None:
    headline = scores.headline(of_many["branches"]["guided"])
    assert {rule: list(of) for rule, of in headline.items()} == {
        "strict": ["dice", "iou", "precision", "recall", "hd95"],
        **{rule: ["dice"] for rule in RULES if rule != "strict"},
    }
    for rule, of in headline.items():
        for metric, leaf in of.items():
            assert list(leaf) == ["value", "ci_low", "ci_high"]
            assert all(isinstance(number, float) for number in leaf.values())
            assert leaf == of_many["branches"]["guided"][rule][metric]


def test_headline_leaves_the_branch_as_it_is(of_many: dict[str, Any]) -> None:
    before = json.dumps(of_many)
    scores.headline(of_many["branches"]["guided"])
    scores.side_by_side(of_many)
    assert json.dumps(of_many) == before


def test_side_by_side_has_dice_of_all_branches_and_differences(of_many: dict[str, Any]) -> None:
    table = scores.side_by_side(of_many)
    assert list(table) == [*BRANCHES, *scores.DIFFERENCES]
    for name, of in table.items():
        assert list(of) == list(RULES)
        for leaf in of.values():
            assert list(leaf) == ["dice"]
            value(leaf, "dice")
            assert (name in scores.DIFFERENCES) or "p" not in leaf["dice"]


def test_images_are_those_of_the_first_branch_by_name(many: Evaluation) -> None:
    images = scores.one_per_image(many.images.sample(frac=1, random_state=0))
    assert images["image_id"].tolist() == [f"{number:03}" for number in range(48)]
    assert set(images["branch"]) == {"direct"}
    for branch, rows in scores.split_by_branch(many.images[::-1]).items():
        assert rows["image_id"].tolist() == images["image_id"].tolist()
        assert set(rows["branch"]) == {branch}


# ------------------------------------------------------------------------------------------------------- odd samples

LESION = Drawing(
    square(4, 4, 10), square(4, 6, 10), ((0.9, (4, 4, 16, 14), everywhere()),), (((4, 4, 14, 14), everywhere()),)
)
NORMAL = Drawing(nothing(), disk(9, 9, 4), ((0.8, (3, 3, 8, 8), everywhere()),), pathology="normal")
QUIET = Drawing(nothing(), nothing(), pathology="normal")
MISSED = Drawing(disk(20, 20, 5), nothing(), (), (((15, 15, 26, 26), everywhere(0)),), pathology="malignant")


def named(*drawings: Drawing, patients: str) -> list[Drawing]:
    return [
        each._replace(image_id=f"i{number}", patient_id=patient)
        for number, (each, patient) in enumerate(zip(drawings, patients, strict=True))
    ]


ODD = {
    "no lesion": named(NORMAL, QUIET, QUIET, patients="PQR"),
    "nothing at all": named(QUIET, QUIET, patients="PQ"),
    "one patient": named(LESION, MISSED, NORMAL, patients="PPP"),
    "one image": named(LESION, patients="P"),
    "no normals": named(LESION, MISSED, LESION, patients="PQR"),
    "no detection": [each._replace(boxes=()) for each in named(LESION, MISSED, QUIET, patients="PQR")],
    "only misses": named(MISSED, MISSED, patients="PQ"),
    "one patient with a lesion": named(LESION, QUIET, NORMAL, patients="PQR"),
    "two lesions": named(LESION._replace(truth=square(4, 4, 10) | square(25, 25, 3)), NORMAL, patients="PQ"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sample", ODD)
def test_what_cannot_be_divided_is_null_and_never_nan(sample: str) -> None:
    result = scored(drawn(*ODD[sample]))
    json.dumps(result, allow_nan=False)
    for path, leaf in leaves(result):
        assert leaf is None or isinstance(leaf, int | float | bool), path
    for rule in ("strict", "literal"):
        for branch in (*result["branches"].values(), *result["differences"].values()):
            for metric in METRICS:  # rules for which every image counts
                assert None not in [branch[rule][metric][end] for end in ("value", "ci_low", "ci_high")]
    has_lesion = any(each.truth.any() for each in ODD[sample])
    assert (result["branches"]["guided"]["lesion"]["dice"]["value"] is not None) == has_lesion
    assert (result["branches"]["guided"]["lesionwise"]["recall"]["value"] is not None) == has_lesion


def test_without_a_detection_guided_is_silent() -> None:
    of = scored(drawn(*ODD["no detection"]))["branches"]
    for rule in RULES:
        assert of["guided"][rule] == of["silent"][rule]
        assert of["guided_fallback"][rule] == of["direct"][rule]
    assert of["guided"]["loss"] == {"value": None, "ci_low": None, "ci_high": None}
    assert value(of["guided"], "literal", "dice") == 1
    assert of["guided"]["cases"]["misses_without_box"] == 2


def test_one_patient_gives_intervals_without_width() -> None:
    of = scored(evaluation_of([("P", "quarter"), ("P", "all")]))["branches"]["guided"]
    assert of["strict"]["dice"] == {"value": 0.625, "ci_low": 0.625, "ci_high": 0.625}


def test_subset_that_many_draws_leave_out_has_a_value_and_no_interval() -> None:
    # the one malignant image belongs to one of five patients: a third of the draws are without it
    evaluation = evaluation_of([(f"P{number}", "half") for number in range(5)])
    evaluation.images.loc[evaluation.images["image_id"] == "002", "pathology"] = "malignant"
    of = scored(evaluation)["branches"]["guided"]["by_pathology"]
    assert of["malignant"]["dice"] == {"value": 0.5, "ci_low": None, "ci_high": None}
    assert of["benign"]["dice"] == {"value": 0.5, "ci_low": 0.5, "ci_high": 0.5}


@pytest.mark.parametrize("sample", ["one patient", "no lesion", "two lesions"])
def test_evaluation_is_scored_in_memory_as_from_its_files(sample: str, tmp_path: Path) -> None:
    made = drawn(*ODD[sample])
    write(made, tmp_path)
    one, other = (
        {path: -7 if leaf is None else leaf for path, leaf in leaves(scored(each))} for each in (made, read(tmp_path))
    )
    assert one == pytest.approx(other, rel=1e-4, abs=5e-6)  # files have six digits
