"""Means and intervals on counts whose scores are worked out in the comments."""

import json
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from guidedseg.evaluation import scores
from guidedseg.evaluation.counts import BRANCHES
from guidedseg.evaluation.rules import METRICS, RULES
from guidedseg.evaluation.scores import DRAWS, intervals, score

COLUMNS = ["image_id", "patient_id", "branch", "boxes", "tp", "fp", "fn"]
# Dice 0.25, 0.5, 0.75 and 1
QUARTER, HALF, THREE_QUARTERS, ALL = (1, 6, 0), (1, 2, 0), (3, 2, 0), (4, 0, 0)
EMPTY, FALSE_ALARM, MISS = (0, 0, 0), (0, 3, 0), (0, 0, 5)


def rows_of(*images: tuple[str, tuple[int, int, int]], branch: str = "direct") -> pd.DataFrame:
    rows = [(f"{number}", patient, branch, 1, *counts) for number, (patient, counts) in enumerate(images)]
    return pd.DataFrame(rows, columns=COLUMNS)


def all_branches(*images: tuple[str, tuple[int, int, int]]) -> pd.DataFrame:
    return pd.concat([rows_of(*images, branch=branch) for branch in BRANCHES])


def many(seed: int = 0) -> pd.DataFrame:
    """30 patients with 4 images each; guided is better on most."""
    rng = np.random.default_rng(seed)
    kinds = [QUARTER, HALF, THREE_QUARTERS, ALL, EMPTY, FALSE_ALARM, MISS]
    patients = [f"P{number // 4:02d}" for number in range(120)]
    parts = [
        rows_of(*((patient, kinds[kind]) for patient, kind in zip(patients, drawn, strict=True)), branch=branch)
        for branch, drawn in ((branch, rng.integers(0, 7, 120)) for branch in BRANCHES)
    ]
    return pd.concat(parts)


def comparison(rows: pd.DataFrame, *, seed: int) -> dict[str, Any]:
    return scores.comparison(rows, seed=seed)  # nested too deep for a type checker to look into


def leaves(values: dict[str, Any]) -> Iterator[float | None]:
    for value in values.values():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield value


def test_pooled_score_is_that_of_the_summed_counts() -> None:
    # sums: tp 6, fp 5, fn 4
    result = score(rows_of(("P", (6, 2, 4)), ("Q", (0, 3, 0)), ("Q", EMPTY)))["pooled"]
    assert result == pytest.approx({"dice": 12 / 21, "iou": 6 / 15, "precision": 6 / 11, "recall": 6 / 10}, abs=1e-6)


def test_pooled_dice_is_2_iou_over_1_plus_iou_but_a_mean_over_images_is_not() -> None:
    result = score(rows_of(("P", QUARTER), ("P", ALL)))
    for rule, holds in (("pooled", True), ("strict", False)):
        dice, iou = result[rule]["dice"], result[rule]["iou"]
        assert dice is not None
        assert iou is not None
        assert (abs(dice - 2 * iou / (1 + iou)) < 1e-5) == holds


def test_imagewise_score_is_the_mean_over_images_not_over_patients() -> None:
    # Dice 0.25, 0.5 and 0.75 of P and 1 of Q; patients would give (0.5 + 1) / 2
    result = score(rows_of(("P", QUARTER), ("P", HALF), ("P", THREE_QUARTERS), ("Q", ALL)))
    assert result["strict"]["dice"] == 0.625


def test_lesion_rule_averages_over_images_with_a_lesion_only() -> None:
    result = score(rows_of(("P", HALF), ("P", MISS), ("Q", EMPTY), ("Q", FALSE_ALARM)))
    assert result["lesion"]["dice"] == 0.25  # (0.5 + 0) / 2
    assert result["strict"]["dice"] == 0.375  # (0.5 + 0 + 1 + 0) / 4


def test_bootstrap_depends_on_the_seed_alone() -> None:
    rows = many()
    assert comparison(rows, seed=1) == comparison(rows, seed=1)
    first, other = comparison(rows, seed=1), comparison(rows, seed=2)
    assert first["direct"]["strict"]["dice"]["value"] == other["direct"]["strict"]["dice"]["value"]
    assert first["direct"]["strict"]["dice"]["ci_low"] != other["direct"]["strict"]["dice"]["ci_low"]


def test_order_of_rows_does_not_matter() -> None:
    rows = many()
    shuffled = comparison(rows.sample(frac=1, random_state=5), seed=1)
    ordered = comparison(rows, seed=1)
    for branch in ("direct", "guided", "gain"):
        for ends in ("value", "ci_low", "ci_high"):
            assert shuffled[branch]["strict"]["dice"][ends] == pytest.approx(ordered[branch]["strict"]["dice"][ends])


def test_interval_holds_the_value_and_has_a_width() -> None:
    result = comparison(many(), seed=0)
    for branch in (*BRANCHES, "gain"):
        for rule in RULES:
            for metric in METRICS:
                leaf = result[branch][rule][metric]
                assert leaf["ci_low"] < leaf["value"] < leaf["ci_high"]


def test_interval_is_as_wide_as_the_theory_says() -> None:
    # 40 patients with one image each, half of Dice 1 and half of Dice 0: standard error sqrt(0.25 / 40) = 0.079
    rows = all_branches(*((f"P{number}", ALL if number % 2 else MISS) for number in range(40)))
    leaf = comparison(rows, seed=0)["direct"]["strict"]["dice"]
    assert (leaf["ci_high"] - leaf["ci_low"]) / 2 == pytest.approx(1.96 * 0.079, rel=0.1)


def test_patients_are_drawn_whole() -> None:
    # 4 patients of 25 equal images: as uncertain as 4 images, not as 100
    by_patient = all_branches(*((f"P{number % 4}", ALL if number % 4 < 2 else MISS) for number in range(100)))
    by_image = all_branches(*((f"P{number}", ALL if number % 4 < 2 else MISS) for number in range(100)))
    wide, narrow = (comparison(rows, seed=0)["direct"]["strict"]["dice"] for rows in (by_patient, by_image))
    assert wide["value"] == narrow["value"] == 0.5
    assert wide["ci_high"] - wide["ci_low"] > 3 * (narrow["ci_high"] - narrow["ci_low"])


def test_one_patient_gives_an_interval_without_width() -> None:
    leaf = comparison(all_branches(("P", QUARTER), ("P", ALL)), seed=0)["guided"]["strict"]["dice"]
    assert leaf == {"value": 0.625, "ci_low": 0.625, "ci_high": 0.625}


def test_gain_pairs_the_same_patients() -> None:
    # Dice of direct 0.25 or 0.75, of guided 0.25 more on every image: in every draw the gain is 0.25
    patients = [f"P{number}" for number in range(10)]
    better = {QUARTER: HALF, THREE_QUARTERS: ALL}
    images = [(patient, [QUARTER, THREE_QUARTERS][number % 2]) for number, patient in enumerate(patients)]
    rows = all_branches(*images)
    guided = rows_of(*((patient, better[counts]) for patient, counts in images), branch="guided")
    rows = pd.concat([rows[rows["branch"] != "guided"], guided[::-1]])  # in another order
    result = comparison(rows, seed=0)
    direct = result["direct"]["strict"]["dice"]
    assert direct["ci_high"] - direct["ci_low"] > 0.2
    assert result["gain"]["strict"]["dice"] == pytest.approx({"value": 0.25, "ci_low": 0.25, "ci_high": 0.25})


def test_gain_is_guided_minus_direct() -> None:
    result = comparison(many(), seed=0)
    for rule in RULES:
        expected = result["guided"][rule]["dice"]["value"] - result["direct"][rule]["dice"]["value"]
        assert result["gain"][rule]["dice"]["value"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "images",
    [
        [("P", MISS), ("Q", MISS)],  # no precision
        [("P", EMPTY), ("Q", EMPTY)],  # nothing at all
        [("P", EMPTY), ("Q", FALSE_ALARM)],  # no lesion
        [("P", ALL)],
    ],
)
def test_what_cannot_be_divided_is_null_and_never_nan(images: list[tuple[str, tuple[int, int, int]]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = comparison(all_branches(*images), seed=0)
    json.dumps(result, allow_nan=False)
    assert all(leaf is None or isinstance(leaf, float) for leaf in leaves(result))


def test_null_is_told_only_where_nothing_can_be_divided() -> None:
    result = comparison(all_branches(("P", MISS), ("Q", EMPTY)), seed=0)["guided"]["pooled"]
    assert result["precision"] == {"value": None, "ci_low": None, "ci_high": None}
    assert result["recall"] == {"value": 0, "ci_low": 0, "ci_high": 0}  # draws of Q alone have none and are left out


def test_draws_come_with_a_column_per_rule_and_metric() -> None:
    draws = intervals({"direct": many().query("branch == 'direct'")}, seed=0)["direct"]
    assert draws.shape == (DRAWS, len(RULES) * len(METRICS))
    assert draws[("strict", "dice")].mean() == pytest.approx(
        score(many().query("branch == 'direct'"))["strict"]["dice"], abs=0.01
    )
