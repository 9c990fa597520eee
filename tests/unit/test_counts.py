"""Counts and measures of one mask against another: drawings with known answers, and any masks."""

import numpy as np
import pandas as pd
import pytest
from drawings import Drawing, Picture, disk, drawn, everywhere, nothing, square
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist
from three_images import figures, row

from guidedseg.evaluation.counts import count


def brute_force(truth: Picture, predicted: Picture) -> tuple[float, float]:
    """HD95 and mean surface distance from all pairs of contour pixels."""
    contours = [np.argwhere(mask & ~binary_erosion(mask)) for mask in (truth, predicted)]
    apart = cdist(*contours)
    there, back = apart.min(axis=1), apart.min(axis=0)
    return max(np.percentile(there, 95), np.percentile(back, 95)), np.concatenate([there, back]).mean()


def direct_of(truth: Picture, predicted: Picture, **options: float) -> pd.Series:
    return row(drawn(Drawing(truth, predicted), **options), "direct")


AREAS = ("lesions", "lesions_found", "areas", "false_areas")
CONTOURS = ("hd95", "msd", "nsd")


def test_squares_of_known_overlap() -> None:
    # 10 x 10, 5 columns apart: 50 common; IoU 50 / 150 outlines nothing from 0.5 on, but from 1/3 on
    measured = direct_of(square(4, 4, 10), square(4, 9, 10))
    assert figures(measured, "tp", "fp", "fn", "tn") == [50, 50, 50, 874]
    assert figures(measured, *AREAS) == [1, 0, 1, 1]
    assert figures(direct_of(square(4, 4, 10), square(4, 9, 10), match_iou=1 / 3), *AREAS) == [1, 1, 1, 0]


def test_bars_five_pixels_apart() -> None:
    # two columns of 20 pixels: every one is 5 from the other; the diagonal is 45.25, 5 of it are 0.1105
    bar = square(6, 4, 20, 1), square(6, 9, 20, 1)
    assert figures(direct_of(*bar, surface_tolerance=0.111), *CONTOURS) == [5, 5, 1]
    assert figures(direct_of(*bar, surface_tolerance=0.110), *CONTOURS) == [5, 5, 0]


@pytest.mark.parametrize("apart", [0, 3, 7, 14])
def test_disks_some_pixels_apart(apart: int) -> None:
    truth, predicted = disk(15, 8, 7), disk(15, 8 + apart, 7)
    measured = direct_of(truth, predicted)
    assert figures(measured, "hd95", "msd") == pytest.approx(brute_force(truth, predicted))
    assert measured["hd95"] <= apart
    assert figures(measured, "tp", "fp", "fn") == [
        np.sum(truth & predicted),
        np.sum(~truth & predicted),
        np.sum(truth & ~predicted),
    ]


def test_concentric_disks() -> None:
    truth, predicted = disk(15, 15, 6), disk(15, 15, 10)
    measured = direct_of(truth, predicted)
    assert figures(measured, "hd95", "msd") == pytest.approx(brute_force(truth, predicted))
    assert measured["msd"] == pytest.approx(4, abs=0.5)
    assert figures(measured, "fn", "fp") == [0, predicted.sum() - truth.sum()]


@pytest.mark.parametrize(("row_", "column"), [(0, 0), (31, 31), (0, 31), (16, 16)])
def test_one_pixel(row_: int, column: int) -> None:
    pixel = square(row_, column, 1)
    exact = direct_of(pixel, pixel)
    assert figures(exact, "tp", "fp", "fn", "tn", *CONTOURS, *AREAS) == [1, 0, 0, 1023, 0, 0, 1, 1, 1, 1, 0]
    moved = direct_of(pixel, square((row_ + 3) % 32, (column + 4) % 32, 1))
    down, right = (row_ + 3) % 32 - row_, (column + 4) % 32 - column
    apart = np.hypot(down, right)
    assert figures(moved, "tp", "fp", "fn", *CONTOURS, *AREAS) == [0, 1, 1, apart, apart, 0, 1, 0, 1, 1]


@pytest.mark.parametrize(("top", "left"), [(0, 0), (26, 26), (0, 26), (26, 0)])
def test_lesion_that_touches_two_borders(top: int, left: int) -> None:
    corner = square(top, left, 6)
    assert figures(direct_of(corner, corner), "tp", "fp", "fn", *CONTOURS) == [36, 0, 0, 0, 0, 1]


def test_full_frame_as_truth_and_as_prediction() -> None:
    full, small = everywhere().astype(bool), square(10, 10, 4)
    assert figures(direct_of(full, full), "tp", "fp", "fn", "tn", *CONTOURS) == [1024, 0, 0, 0, 0, 0, 1]
    assert figures(direct_of(full, small), "tp", "fp", "fn", "tn") == [16, 0, 1008, 0]
    assert figures(direct_of(small, full), "tp", "fp", "fn", "tn") == [16, 1008, 0, 0]
    assert figures(direct_of(small, full), "hd95", "msd") == pytest.approx(brute_force(small, full))
    assert direct_of(full, nothing())["fn"] == 1024


def test_empty_masks_leave_distances_to_the_rules() -> None:
    for truth, predicted in ((nothing(), nothing()), (nothing(), disk(9, 9, 3)), (disk(9, 9, 3), nothing())):
        measured = direct_of(truth, predicted)
        assert measured[list(CONTOURS)].isna().all()
        assert figures(measured, *AREAS) == [truth.any(), 0, predicted.any(), predicted.any()]


def test_two_lesions_one_found_one_missed_and_a_false_area() -> None:
    truth, predicted = square(2, 2, 8) | square(20, 20, 4), square(2, 2, 8, 6) | square(20, 2, 3)
    result = drawn(Drawing(truth, predicted))
    assert figures(row(result, "direct"), *AREAS) == [2, 1, 2, 1]
    lesions = result.lesions.query("branch == 'direct'")
    assert lesions.to_numpy().tolist() == [
        ["a", "P", "direct", 1, 64, 48 / 64, 48 / 64],
        ["a", "P", "direct", 2, 16, 0, 0],
    ]


def test_one_box_over_two_lesions_and_one_over_none() -> None:
    # the first box holds both lesions of 4 x 4: 40 of 40 pixels predicted in it; the second one 9 pixels
    truth = square(5, 5, 4) | square(5, 11, 4)
    boxes = ((0.9, (5, 5, 15, 9), everywhere()), (0.8, (20, 20, 23, 23), everywhere()))
    measured = row(drawn(Drawing(truth, nothing(), boxes)), "guided")
    assert figures(measured, "boxes", "tp", "fp", "fn", *AREAS) == [2, 32, 17, 0, 2, 0, 2, 2]


MASKS = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)


@settings(max_examples=40, deadline=None)
@given(MASKS)
def test_counts_are_set_sizes(masks: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = masks
    expected = [np.sum(truth & predicted), np.sum(~truth & predicted), np.sum(truth & ~predicted)]
    assert count(truth, predicted) == (*expected, truth.size - sum(expected))


@settings(max_examples=40, deadline=None)
@given(MASKS)
def test_swapping_the_masks_swaps_false_positives_and_false_negatives(masks: tuple[np.ndarray, np.ndarray]) -> None:
    tp, fp, fn, tn = count(*masks)
    assert count(*masks[::-1]) == (tp, fn, fp, tn)


@settings(max_examples=40, deadline=None)
@given(MASKS)
def test_counts_do_not_change_when_both_masks_are_turned_over(masks: tuple[np.ndarray, np.ndarray]) -> None:
    for turn in (np.flipud, np.fliplr, np.transpose):
        assert count(*(turn(mask) for mask in masks)) == count(*masks)
