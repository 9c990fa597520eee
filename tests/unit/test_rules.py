"""Every cell of {lesion or not} x {predicted or not} x {box or none}, for every rule and branch, on every metric."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from guidedseg.evaluation.counts import BRANCHES, count
from guidedseg.evaluation.estimates import by_rule
from guidedseg.evaluation.rules import (
    BOUNDARY,
    IMAGEWISE,
    METRICS,
    OVERLAP,
    RULES,
    counted,
    lesion,
    literal,
    ratios,
    strict,
)
from guidedseg.evaluation.surfaces import surface

# An image of 40 x 30 has 1200 pixels and a diagonal of 50. By (lesion, predicted): tp, fp, fn, tn, hd95, msd, nsd
NOT_MEASURED = (np.nan, np.nan, np.nan)
IMAGES = {
    (0, 0): (0, 0, 0, 1200, *NOT_MEASURED),
    (0, 1): (0, 300, 0, 900, *NOT_MEASURED),
    (1, 0): (0, 0, 300, 900, *NOT_MEASURED),
    (1, 1): (120, 40, 80, 960, 5.0, 2.5, 0.4),
}
# dice, iou, precision, recall, specificity, accuracy, hd95, hd95 / 50, msd, msd / 50, nsd
PERFECT = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1]
FALSE_POSITIVE = [0, 0, 0, 0, 900 / 1200, 900 / 1200, 50, 1, 50, 1, 0]
MISS = [0, 0, 0, 0, 1, 900 / 1200, 50, 1, 50, 1, 0]
BOTH = [240 / 360, 120 / 240, 120 / 160, 120 / 200, 960 / 1000, 1080 / 1200, 5, 5 / 50, 2.5, 2.5 / 50, 0.4]
LEFT_OUT = [np.nan] * 11

STRICT = {(0, 0): PERFECT, (0, 1): FALSE_POSITIVE, (1, 0): MISS, (1, 1): BOTH}
LESION = {(0, 0): LEFT_OUT, (0, 1): LEFT_OUT, (1, 0): MISS, (1, 1): BOTH}
# (lesion, predicted, box); a cell that cannot come about (a mask without a box under guided) has its value all the same
BY_BOX = {
    (0, 0, 0): PERFECT,
    (0, 1, 0): PERFECT,
    (1, 0, 0): PERFECT,
    (1, 1, 0): PERFECT,
    (0, 0, 1): PERFECT,
    (0, 1, 1): FALSE_POSITIVE,
    (1, 0, 1): MISS,
    (1, 1, 1): BOTH,
}
BY_MASK = {  # an empty prediction stands in for the missing box
    (0, 0, 0): PERFECT,
    (0, 1, 0): FALSE_POSITIVE,
    (1, 0, 0): PERFECT,
    (1, 1, 0): BOTH,
    (0, 0, 1): PERFECT,
    (0, 1, 1): FALSE_POSITIVE,
    (1, 0, 1): PERFECT,
    (1, 1, 1): BOTH,
}
LITERAL = {
    "direct": BY_MASK,
    "direct_ungated": BY_MASK,
    "guided": BY_BOX,
    "guided_fallback": {  # without a box the frame is segmented, and only silence there scores 1
        (0, 0, 0): PERFECT,
        (0, 1, 0): FALSE_POSITIVE,
        (1, 0, 0): PERFECT,
        (1, 1, 0): BOTH,
        (0, 0, 1): PERFECT,
        (0, 1, 1): FALSE_POSITIVE,
        (1, 0, 1): MISS,
        (1, 1, 1): BOTH,
    },
    "cascade": BY_BOX,
    "oracle": BY_BOX,
    "guided_ungated": BY_BOX,
    "silent": BY_BOX,
    "everything": BY_BOX,
}
# What is summed over one image is that image's; 0/0 is no score and nobody's judgement
POOLED = {
    (0, 0): [np.nan, np.nan, np.nan, np.nan, 1, 1],
    (0, 1): [0, 0, 0, np.nan, 900 / 1200, 900 / 1200],
    (1, 0): [0, 0, np.nan, 0, 1, 900 / 1200],
    (1, 1): BOTH[:6],
}
CELLS = [(truth, predicted, box) for truth in (0, 1) for predicted in (0, 1) for box in (0, 1)]
COUNTED = ["tp", "fp", "fn", "tn"]
ROW = ["image_id", "group_id", "branch", "width", "height", "boxes", *COUNTED, "hd95", "msd", "nsd"]


def frame_of(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of branch, boxes, tp, fp, fn, tn, hd95, msd, nsd of images of 40 x 30."""
    named = [(f"{number}", "P", row[0], 40, 30, *row[1:]) for number, row in enumerate(rows)]
    return pd.DataFrame(named, columns=ROW)


def rows_of(branch: str, *cells: tuple[int, int, int]) -> pd.DataFrame:
    return frame_of(*((branch, box, *IMAGES[truth, predicted]) for truth, predicted, box in cells))


@pytest.mark.parametrize("branch", BRANCHES)
def test_every_cell_under_the_literal_rule(branch: str) -> None:
    assert set(LITERAL[branch]) == set(CELLS)
    for cell, scores in zip(CELLS, literal(rows_of(branch, *CELLS)), strict=True):
        np.testing.assert_allclose(scores, LITERAL[branch][cell], err_msg=f"{branch} {cell}")


@pytest.mark.parametrize("branch", BRANCHES)
def test_every_cell_under_the_strict_rule(branch: str) -> None:
    for cell, scores in zip(CELLS, strict(rows_of(branch, *CELLS)), strict=True):
        np.testing.assert_allclose(scores, STRICT[cell[:2]], err_msg=f"{branch} {cell}")


@pytest.mark.parametrize("branch", BRANCHES)
def test_every_cell_under_the_lesion_rule(branch: str) -> None:
    for cell, scores in zip(CELLS, lesion(rows_of(branch, *CELLS)), strict=True):
        np.testing.assert_allclose(scores, LESION[cell[:2]], err_msg=f"{branch} {cell}")


@pytest.mark.parametrize("rule", ["pooled", "batch_pooled"])
@pytest.mark.parametrize("branch", BRANCHES)
def test_every_cell_alone_under_the_pooled_rules(branch: str, rule: str) -> None:
    for cell in CELLS:
        scores = by_rule(rows_of(branch, cell), np.ones((1, 1)), batch=16)[rule]
        np.testing.assert_allclose(scores.values, [POOLED[cell[:2]]], err_msg=f"{branch} {cell}")


@pytest.mark.parametrize("rule", IMAGEWISE)
def test_images_are_scored_one_by_one(rule: str) -> None:
    single = [IMAGEWISE[rule](rows_of(branch, cell)) for branch in BRANCHES for cell in CELLS]
    together = pd.concat([rows_of(branch, *CELLS) for branch in BRANCHES])
    np.testing.assert_array_equal(IMAGEWISE[rule](together), np.vstack(single))


@pytest.mark.parametrize("rule", IMAGEWISE)
def test_scoring_leaves_the_rows_as_they_are(rule: str) -> None:
    rows = rows_of("guided", *CELLS)
    before = rows.copy(deep=True)
    IMAGEWISE[rule](rows)
    pd.testing.assert_frame_equal(rows, before)


def test_silence_scores_1_under_the_literal_rule_and_0_on_lesions() -> None:
    rows = rows_of("silent", *[(1, 0, 0)] * 3, *[(0, 0, 0)] * 5)
    assert (literal(rows) == PERFECT).all()
    assert (np.nanmean(lesion(rows), axis=0)[:4] == 0).all()
    assert strict(rows)[:, 0].mean() == 5 / 8


def test_everything_scores_nothing_on_normals_under_any_rule() -> None:
    # no pixel of the normal is left: specificity and accuracy 0
    rows = frame_of(("everything", 1, 0, 1200, 0, 0, *NOT_MEASURED))
    for rule in (literal, strict):
        assert rule(rows).tolist() == [[0, 0, 0, 0, 0, 0, 50, 1, 50, 1, 0]]


def test_missed_lesion_scores_zero_and_the_diagonal_under_the_strict_rule() -> None:
    scores = dict(zip(METRICS, strict(rows_of("guided", (1, 0, 0)))[0], strict=True))
    assert (scores["dice"], scores["hd95"], scores["hd95_share"], scores["nsd"]) == (0, 50, 1, 0)


def test_masks_that_do_not_meet_score_zero_but_keep_their_distance() -> None:
    # 1188 of 1195 and of 1200 pixels
    rows = frame_of(("direct", 1, 0, 5, 7, 1188, 12.0, 10.0, 0.0))
    expected = [0, 0, 0, 0, 1188 / 1193, 1188 / 1200, 12, 12 / 50, 10, 10 / 50, 0]
    for rule in IMAGEWISE.values():
        np.testing.assert_allclose(rule(rows), [expected])


@pytest.mark.parametrize(
    ("counts", "dice", "accuracy"), [((1200, 0, 0, 0), 1, 1), ((600, 0, 600, 0), 2 / 3, 0.5), ((0, 0, 1200, 0), 0, 0)]
)
def test_lesion_that_fills_the_frame_leaves_nothing_to_be_specific_about(
    counts: tuple[int, ...], dice: float, accuracy: float
) -> None:
    measured = (0.0, 0.0, 1.0) if counts[0] else NOT_MEASURED
    scores = dict(zip(METRICS, strict(frame_of(("direct", 1, *counts, *measured)))[0], strict=True))
    assert (scores["dice"], scores["specificity"], scores["accuracy"]) == (dice, 1, accuracy)
    assert not np.isnan(list(scores.values())).any()


def test_diagonal_is_that_of_each_image() -> None:
    rows = rows_of("direct", (1, 0, 1), (1, 0, 1)).assign(width=[3, 5], height=[4, 12])
    np.testing.assert_allclose(strict(rows)[:, METRICS.index("hd95")], [5, 13])
    np.testing.assert_allclose(strict(rows)[:, METRICS.index("hd95_share")], [1, 1])


def test_ratios_of_nothing_are_nan() -> None:
    scores = dict(zip(OVERLAP, ratios(np.array([0.0, 0.0, 4.0, 0.0])), strict=True))  # a miss has no precision
    assert (scores["dice"], scores["iou"], scores["recall"], scores["accuracy"]) == (0, 0, 0, 0)
    assert np.isnan([scores["precision"], scores["specificity"]]).all()
    assert np.isnan(ratios(np.zeros(4))).all()


def test_rules_and_metrics_are_these_in_this_order() -> None:
    assert RULES == ("strict", "lesion", "literal", "pooled", "batch_pooled")
    assert list(METRICS) == [*OVERLAP, *BOUNDARY]
    assert len(METRICS) == len(PERFECT)


def test_no_rows_have_no_scores() -> None:
    rows = rows_of("direct", (1, 1, 1))[:0]
    assert {rule(rows).shape for rule in IMAGEWISE.values()} == {(0, len(METRICS))}


# ------------------------------------------------------------------------------------------------- any two masks


def scored(truth: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """An image as it is counted and measured, in every branch."""
    height, width = truth.shape
    figures = (*count(truth, predicted), *surface(truth, predicted, 1.0))
    rows = [("a", "P", branch, width, height, 1, *figures) for branch in BRANCHES]
    return pd.DataFrame(rows, columns=ROW)


SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6))
MASKS = SHAPES.flatmap(lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape)))
few = settings(max_examples=25, deadline=None)


def of_each_rule(rows: pd.DataFrame) -> Iterator[np.ndarray]:
    """Scores (11, N) by metric, of the images that a rule does not leave out."""
    for rule in IMAGEWISE.values():
        scores = rule(rows)
        yield scores[~np.isnan(scores[:, 0])].T


@few
@given(MASKS)
def test_scores_of_any_masks_are_within_their_bounds(masks: tuple[np.ndarray, np.ndarray]) -> None:
    rows = scored(*masks)
    diagonal = np.hypot(rows["width"][0], rows["height"][0])
    for scores in of_each_rule(rows):
        assert not np.isnan(scores).any()
        assert (scores >= 0).all()
        values = dict(zip(METRICS, scores, strict=True))
        assert (values["hd95"] <= diagonal).all()
        assert (values["msd"] <= diagonal).all()
        for name in set(METRICS) - {"hd95", "msd"}:
            assert (values[name] <= 1).all()
        np.testing.assert_allclose(values["hd95_share"] * diagonal, values["hd95"])
        assert (values["iou"] <= np.minimum(values["precision"], values["recall"]) + 1e-12).all()


@few
@given(MASKS)
def test_dice_is_2_iou_over_1_plus_iou_for_every_image(masks: tuple[np.ndarray, np.ndarray]) -> None:
    for scores in of_each_rule(scored(*masks)):
        np.testing.assert_allclose(scores[0], 2 * scores[1] / (1 + scores[1]))


@few
@given(MASKS)
def test_swapping_the_masks_swaps_precision_and_recall_and_nothing_else_that_is_symmetric(
    masks: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, predicted = masks
    there, back = (
        dict(zip(METRICS, strict(scored(*pair)).T, strict=True)) for pair in ((truth, predicted), (predicted, truth))
    )
    for name in ("dice", "iou", "accuracy", *BOUNDARY):
        np.testing.assert_allclose(there[name], back[name])
    np.testing.assert_allclose(there["precision"], back["recall"])


@few
@given(MASKS)
def test_turning_both_masks_over_changes_no_score(masks: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = masks
    straight = scored(truth, predicted)
    for turn in (np.flipud, np.fliplr, np.transpose):
        turned = scored(turn(truth), turn(predicted))
        for rule in IMAGEWISE.values():
            np.testing.assert_allclose(rule(turned), rule(straight))


@few
@given(MASKS)
def test_strict_scores_are_perfect_only_for_equal_masks(masks: tuple[np.ndarray, np.ndarray]) -> None:
    scores = strict(scored(*masks))[0]
    assert (scores[0] == 1) == np.array_equal(*masks)
    assert np.allclose(strict(scored(masks[0], masks[0])), PERFECT)


@few
@given(MASKS)
def test_counts_are_what_the_rules_count(masks: tuple[np.ndarray, np.ndarray]) -> None:
    assert counted(scored(*masks))[0].tolist() == list(count(*masks))
