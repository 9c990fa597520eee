"""Every cell of {lesion or not} x {predicted or not} x {box or none}, for every rule and branch."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidedseg.evaluation.counts import BRANCHES
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, RULES, lesion, literal, ratios, strict

ONE = [1.0, 1.0, 1.0, 1.0]
ZERO = [0.0, 0.0, 0.0, 0.0]
LEFT_OUT = [np.nan] * 4
# tp, fp, fn for (lesion, predicted); with both: Dice 12 / 18, IoU 6 / 12, precision 6 / 8, recall 6 / 10
COUNTS = {(0, 0): (0, 0, 0), (0, 1): (0, 10, 0), (1, 0): (0, 0, 10), (1, 1): (6, 2, 4)}
BOTH = [2 / 3, 0.5, 0.75, 0.6]

STRICT = {(0, 0): ONE, (0, 1): ZERO, (1, 0): ZERO, (1, 1): BOTH}
LESION = {(0, 0): LEFT_OUT, (0, 1): LEFT_OUT, (1, 0): ZERO, (1, 1): BOTH}
# (lesion, predicted, box); a cell that cannot come about (a mask without a box under guided) has its value all the same
BY_BOX = {
    (0, 0, 0): ONE,
    (0, 1, 0): ONE,
    (1, 0, 0): ONE,
    (1, 1, 0): ONE,
    (0, 0, 1): ONE,
    (0, 1, 1): ZERO,
    (1, 0, 1): ZERO,
    (1, 1, 1): BOTH,
}
LITERAL = {
    "direct": {  # an empty prediction stands in for the missing box
        (0, 0, 0): ONE,
        (0, 1, 0): ZERO,
        (1, 0, 0): ONE,
        (1, 1, 0): BOTH,
        (0, 0, 1): ONE,
        (0, 1, 1): ZERO,
        (1, 0, 1): ONE,
        (1, 1, 1): BOTH,
    },
    "guided": BY_BOX,
    "oracle": BY_BOX,
    "guided_fallback": {  # without a box the frame is segmented, and only silence there scores 1
        (0, 0, 0): ONE,
        (0, 1, 0): ZERO,
        (1, 0, 0): ONE,
        (1, 1, 0): BOTH,
        (0, 0, 1): ONE,
        (0, 1, 1): ZERO,
        (1, 0, 1): ZERO,
        (1, 1, 1): BOTH,
    },
}
CELLS = [(truth, predicted, box) for truth in (0, 1) for predicted in (0, 1) for box in (0, 1)]


def rows_of(branch: str, *cells: tuple[int, int, int]) -> pd.DataFrame:
    rows = [(branch, box, *COUNTS[truth, predicted]) for truth, predicted, box in cells]
    return pd.DataFrame(rows, columns=["branch", "boxes", "tp", "fp", "fn"])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("branch", BRANCHES)
def test_cell_under_the_literal_rule(branch: str, cell: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(literal(rows_of(branch, cell)), [LITERAL[branch][cell]])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("branch", BRANCHES)
def test_cell_under_the_strict_rule(branch: str, cell: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(strict(rows_of(branch, cell)), [STRICT[cell[:2]]])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("branch", BRANCHES)
def test_cell_under_the_lesion_rule(branch: str, cell: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(lesion(rows_of(branch, cell)), [LESION[cell[:2]]])


@pytest.mark.parametrize("rule", IMAGEWISE)
def test_images_of_all_branches_are_scored_one_by_one(rule: str) -> None:
    single = [IMAGEWISE[rule](rows_of(branch, cell)) for branch in BRANCHES for cell in CELLS]
    together = pd.concat([rows_of(branch, *CELLS) for branch in BRANCHES])
    np.testing.assert_array_equal(IMAGEWISE[rule](together), np.vstack(single))


def test_detector_that_never_fires_scores_1_under_the_literal_rule_and_0_on_lesions() -> None:
    rows = rows_of("guided", *[(1, 0, 0)] * 3, *[(0, 0, 0)] * 5)
    assert (literal(rows) == 1).all()
    assert np.nanmean(lesion(rows)) == 0
    assert strict(rows)[:, 0].mean() == 5 / 8


def test_missed_lesion_scores_zero_under_the_strict_rule() -> None:
    assert strict(rows_of("guided", (1, 0, 0))).tolist() == [ZERO]


def test_masks_that_do_not_meet_score_zero_on_every_metric() -> None:
    rows = pd.DataFrame({"branch": ["direct"], "boxes": [1], "tp": [0], "fp": [5], "fn": [7]})
    for rule in IMAGEWISE.values():
        assert rule(rows).tolist() == [ZERO]


def test_ratios_of_nothing_are_nan() -> None:
    scores = dict(zip(METRICS, ratios(np.array([0.0, 0.0, 4.0])), strict=True))  # a miss has no precision
    assert (scores["dice"], scores["iou"], scores["recall"]) == (0, 0, 0)
    assert np.isnan(scores["precision"])
    assert np.isnan(ratios(np.zeros(3))).all()


def test_rules_are_the_imagewise_ones_and_pooled() -> None:
    assert RULES == ("literal", "strict", "lesion", "pooled")


counts = st.integers(0, 10**6)


@given(tp=counts, fp=counts, fn=counts, boxes=st.integers(0, 3), branch=st.sampled_from(BRANCHES))
def test_dice_is_2_iou_over_1_plus_iou_for_every_image(tp: int, fp: int, fn: int, boxes: int, branch: str) -> None:
    rows = pd.DataFrame({"branch": [branch], "boxes": [boxes], "tp": [tp], "fp": [fp], "fn": [fn]})
    for rule in IMAGEWISE.values():
        dice, iou, precision, recall = rule(rows)[0]
        np.testing.assert_allclose(dice, 2 * iou / (1 + iou))
        assert np.isnan(dice) or all(0 <= value <= 1 for value in (dice, iou, precision, recall))
        assert np.isnan(dice) or iou <= min(precision, recall) + 1e-12
