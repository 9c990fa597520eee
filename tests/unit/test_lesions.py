"""Lesion by lesion, on drawings whose overlaps are worked out in the comments."""

import numpy as np
import pandas as pd
import pytest
from drawings import disk, everywhere, nothing, square
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label

from guidedseg.evaluation.lesions import TYPES, lesions

FULL = everywhere().astype(bool)


def test_squares_of_known_overlap() -> None:
    # 10 x 10 each, 5 columns apart: 50 common, 150 together; half of the lesion is covered
    table, areas = lesions(square(4, 4, 10), square(4, 9, 10))
    assert list(table.columns) == list(TYPES)
    assert table.to_numpy().tolist() == [[1, 100, 50 / 150, 0.5]]
    assert areas.tolist() == [50 / 150]


def test_missed_lesion_and_false_area() -> None:
    table, areas = lesions(square(0, 0, 5), square(20, 20, 3))
    assert table.to_numpy().tolist() == [[1, 25, 0, 0]]
    assert areas.tolist() == [0]


def test_of_two_lesions_each_has_its_own_area_and_the_largest_comes_first() -> None:
    # the small one (9 px) exactly; the large one (100 px) by 60 of 60; a third area on nothing
    truth = square(0, 0, 3) | square(10, 10, 10)
    predicted = square(0, 0, 3) | square(10, 10, 10, 6) | square(25, 0, 2)
    table, areas = lesions(truth, predicted)
    assert table.to_numpy().tolist() == [[1, 100, 0.6, 0.6], [2, 9, 1, 1]]
    assert sorted(areas.tolist()) == [0, 0.6, 1]


def test_one_area_over_two_lesions_fits_neither_and_covers_both() -> None:
    # two of 4 x 4, ten columns from first to last: 40 px predicted, IoU 16 / 40 with each
    table, areas = lesions(square(5, 5, 4) | square(5, 11, 4), square(5, 5, 4, 10))
    assert table[["area_px", "iou", "covered"]].to_numpy().tolist() == [[16, 0.4, 1], [16, 0.4, 1]]
    assert areas.tolist() == [0.4]


def test_lesion_in_two_pieces_is_covered_by_both_but_outlined_by_the_better() -> None:
    # 10 x 10 with a gap of one column: 60 and 30 of 100
    table, areas = lesions(square(5, 5, 10), square(5, 5, 10, 6) | square(5, 12, 10, 3))
    assert table.to_numpy().tolist() == [[1, 100, 0.6, 0.9]]
    assert areas.tolist() == [0.6, 0.3]


def test_corners_that_touch_make_one_lesion() -> None:
    table, _ = lesions(square(5, 5, 4) | square(9, 9, 4), nothing())
    assert table["area_px"].tolist() == [32]


def test_a_gap_of_one_pixel_makes_two() -> None:
    table, areas = lesions(square(5, 5, 4) | square(5, 10, 4), FULL)
    assert table["area_px"].tolist() == [16, 16]
    assert areas.tolist() == [16 / 1024]


@pytest.mark.parametrize("row", [0, 13, 31])
@pytest.mark.parametrize("column", [0, 13, 31])
def test_single_pixel_wherever_it_lies(row: int, column: int) -> None:
    pixel = square(row, column, 1)
    table, areas = lesions(pixel, pixel)
    assert table.to_numpy().tolist() == [[1, 1, 1, 1]]
    assert areas.tolist() == [1]
    assert lesions(pixel, FULL)[0]["iou"].tolist() == [1 / 1024]


def test_full_frame() -> None:
    table, areas = lesions(FULL, FULL)
    assert table.to_numpy().tolist() == [[1, 1024, 1, 1]]
    assert areas.tolist() == [1]


def test_empty_masks() -> None:
    nobody, no_area = lesions(nothing(), nothing())
    assert (list(nobody.columns), len(nobody), no_area.shape) == (list(TYPES), 0, (0,))
    healthy, false_areas = lesions(nothing(), square(0, 0, 2) | square(9, 9, 2))
    assert (list(healthy.columns), len(healthy), false_areas.tolist()) == (list(TYPES), 0, [0, 0])
    missed, none = lesions(square(0, 0, 2) | square(9, 9, 3), nothing())
    assert missed.to_numpy().tolist() == [[1, 9, 0, 0], [2, 4, 0, 0]]
    assert none.shape == (0,)


def test_columns_are_numbers_whatever_the_masks() -> None:
    tables = [lesions(truth, mask)[0] for truth in (nothing(), FULL) for mask in (nothing(), FULL)]
    assert {tuple(table.dtypes.astype(str)) for table in tables} == {("int64", "int64", "float64", "float64")}


def test_disks_apart_and_inside_each_other() -> None:
    small, large = disk(15, 15, 4), disk(15, 15, 9)
    share = small.sum() / large.sum()
    inside, _ = lesions(small, large)
    assert inside[["iou", "covered"]].to_numpy().tolist() == [[share, 1]]
    around, _ = lesions(large, small)
    assert around[["iou", "covered"]].to_numpy().tolist() == [[share, share]]
    apart, areas = lesions(disk(8, 8, 5), disk(8, 20, 5))
    assert apart["iou"].tolist() == areas.tolist() == [0]


def test_lesions_of_one_size_keep_the_order_of_the_picture() -> None:
    table, _ = lesions(square(20, 0, 3) | square(0, 20, 3), square(0, 20, 3))
    assert table["covered"].tolist() == [1, 0]


# ------------------------------------------------------------------------------------------------- any two masks

MASKS = st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)


def pieces(mask: np.ndarray) -> list[np.ndarray]:
    labels, number = label(mask, structure=np.ones((3, 3)))
    return [labels == each for each in range(1, number + 1)]


def best(one: np.ndarray, others: list[np.ndarray]) -> float:
    return max((np.sum(one & other) / np.sum(one | other) for other in others), default=0.0)


@settings(max_examples=50, deadline=None)
@given(MASKS)
def test_overlaps_are_those_of_all_pairs(masks: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = masks
    table, areas = lesions(truth, predicted)
    true, found = pieces(truth), pieces(predicted)
    expected = [(piece.sum(), best(piece, found), (piece & predicted).sum() / piece.sum()) for piece in true]
    figures = table[["area_px", "iou", "covered"]].to_numpy(dtype=np.float64).tolist()
    np.testing.assert_allclose(sorted(figures), sorted(map(list, expected)))
    assert areas.tolist() == pytest.approx([best(piece, true) for piece in found])
    assert table["lesion"].tolist() == list(range(1, len(true) + 1))
    assert table["area_px"].is_monotonic_decreasing


@settings(max_examples=50, deadline=None)
@given(MASKS)
def test_from_an_overlap_of_one_half_every_area_outlines_one_lesion_at_most(
    masks: tuple[np.ndarray, np.ndarray],
) -> None:
    # two lesions within one area, each at least half of the union: they would fill it and touch
    table, areas = lesions(*masks)
    assert (table["iou"].astype(float) >= 0.5).sum() == (areas >= 0.5).sum()


@settings(max_examples=25, deadline=None)
@given(MASKS)
def test_turning_both_masks_over_changes_nothing_but_ties(masks: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = masks
    straight, areas = lesions(truth, predicted)
    order = ["area_px", "iou", "covered"]
    for turn in (np.flipud, np.fliplr, np.transpose):
        turned, turned_areas = lesions(turn(truth), turn(predicted))
        pd.testing.assert_frame_equal(
            turned.sort_values(order, ignore_index=True)[order], straight.sort_values(order, ignore_index=True)[order]
        )
        np.testing.assert_allclose(np.sort(turned_areas), np.sort(areas))
