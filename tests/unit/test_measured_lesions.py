"""Lesions of drawn masks, whose sizes are known."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from guidedseg.inference.lesions import measure
from guidedseg.inference.result import Lesion

NO_BOXES = np.empty((0, 4)), np.empty(0)


def measured(mask: np.ndarray, mm_per_pixel: tuple[float, float] | None = None) -> tuple[Lesion, ...]:
    mask = np.asarray(mask, dtype=bool)
    return measure(mask, mask.astype(np.uint8) * np.uint8(204), *NO_BOXES, mm_per_pixel=mm_per_pixel)


def ellipse(across: float, down: float, degrees: float = 0, centre: tuple[float, float] = (150, 150)) -> np.ndarray:
    """Pixels whose centre lies in an ellipse of these half axes."""
    y, x = np.mgrid[:300, :300]
    turn = np.exp(-1j * np.deg2rad(degrees))
    at = (x + 0.5 - centre[0] + 1j * (y + 0.5 - centre[1])) * turn
    return (at.real / across) ** 2 + (at.imag / down) ** 2 <= 1


def filled(lesion: Lesion, shape: tuple[int, int]) -> np.ndarray:
    """Its contours as pixels; drawn at twice the size, where the outlines lie between the pixels."""
    canvas = np.zeros((2 * shape[0] + 1, 2 * shape[1] + 1), np.uint8)
    cv2.fillPoly(canvas, [2 * ring for ring in lesion.contours], 1)
    return canvas[1::2, 1::2].astype(bool)


def area(ring: np.ndarray) -> float:
    x, y = ring.astype(np.int64).T
    return (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2


@pytest.mark.parametrize("centre", [(150, 150), (150.5, 150.5), (149.8, 150.3)])
@pytest.mark.parametrize("spacing", [(0.1, 0.1), (0.05, 0.1), (0.12, 0.06)])
def test_disc_of_a_centimetre_is_measured_within_a_hundredth(spacing, centre):
    (lesion,) = measured(ellipse(5 / spacing[0], 5 / spacing[1], centre=centre), spacing)
    assert lesion.area_mm2 == pytest.approx(np.pi * 5**2, rel=0.01)
    assert lesion.long_axis_mm == pytest.approx(10, rel=0.01)
    assert lesion.short_axis_mm == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize("degrees", [0, 13, 30, 45, 71, 90, 120])
def test_axes_of_an_ellipse_do_not_depend_on_how_it_lies(degrees):
    (lesion,) = measured(ellipse(70, 35, degrees), (0.1, 0.1))
    assert lesion.long_axis_px == pytest.approx(140, rel=0.01)
    assert lesion.short_axis_px == pytest.approx(70, rel=0.01)
    assert lesion.long_axis_mm == pytest.approx(14, rel=0.01)
    assert lesion.short_axis_mm == pytest.approx(7, rel=0.01)


def test_long_axis_in_millimetres_may_run_across_that_in_pixels():
    # 60 pixels of 0.1 mm across, 40 of 0.2 mm down: 6 mm by 8 mm
    (lesion,) = measured(ellipse(30, 20), (0.1, 0.2))
    assert (lesion.long_axis_px, lesion.short_axis_px) == pytest.approx((60, 40), rel=0.015)
    assert (lesion.long_axis_mm, lesion.short_axis_mm) == pytest.approx((8, 6), rel=0.015)


def test_single_pixel_is_a_square():
    mask = np.zeros((5, 7), bool)
    mask[2, 3] = True
    (lesion,) = measured(mask, (0.3, 0.4))
    assert lesion.box == (3, 2, 4, 3)
    assert lesion.area_px == 1
    assert (lesion.long_axis_px, lesion.short_axis_px) == pytest.approx((2**0.5, 2**0.5))
    assert lesion.area_mm2 == pytest.approx(0.12)
    # the diagonal of 0.3 x 0.4 is 0.5; across it through a corner: 0.3 x 0.5 / 0.4
    assert (lesion.long_axis_mm, lesion.short_axis_mm) == pytest.approx((0.5, 0.375))
    assert {tuple(corner) for corner in lesion.contours[0].tolist()} == {(3, 2), (4, 2), (4, 3), (3, 3)}


def test_rectangle_is_exact():
    (lesion,) = measured(np.ones((10, 20)))
    # the diagonal, and what lies across it from a long side to the other: 10 x sqrt(500) / 20
    assert (lesion.long_axis_px, lesion.short_axis_px) == pytest.approx((500**0.5, 500**0.5 / 2))


def test_line_of_pixels_is_as_long_as_its_pixels():
    (lesion,) = measured(np.eye(9))
    assert (lesion.long_axis_px, lesion.short_axis_px) == pytest.approx((9 * 2**0.5, 0.5**0.5))


def test_where_the_spacing_is_unknown_there_are_no_millimetres():
    (lesion,) = measured(np.ones((3, 3)))
    assert (lesion.area_mm2, lesion.long_axis_mm, lesion.short_axis_mm) == (None, None, None)


def test_empty_mask_has_no_lesion():
    assert measured(np.zeros((4, 4))) == ()


def test_largest_comes_first_and_equal_ones_from_top_to_bottom_and_left_to_right():
    mask = np.zeros((12, 12), bool)
    mask[0, 9], mask[6, 0], mask[6, 4], mask[9:11, 6:10] = True, True, True, True
    lesions = measured(mask)
    assert [lesion.number for lesion in lesions] == [1, 2, 3, 4]
    assert [lesion.box[:2] for lesion in lesions] == [(6, 9), (9, 0), (0, 6), (4, 6)]


def test_pixels_that_share_a_corner_are_one_lesion_with_an_outline_each():
    mask = np.zeros((4, 4), bool)
    mask[1, 1] = mask[2, 2] = True
    (lesion,) = measured(mask)
    assert lesion.area_px == 2
    assert [area(ring) for ring in lesion.contours] == [1, 1]


def test_hole_is_an_outline_of_negative_area_after_its_outer_one():
    mask = np.ones((7, 9), bool)
    mask[2:4, 3:6] = False
    (lesion,) = measured(mask)
    assert [area(ring) for ring in lesion.contours] == [63, -6]
    assert lesion.area_px == 57


def test_lesion_within_the_hole_of_another_is_one_of_its_own():
    mask = np.ones((9, 9), bool)
    mask[1:8, 1:8] = False
    mask[4, 4] = True
    assert [lesion.area_px for lesion in measured(mask)] == [32, 1]


def test_direct_confidence_is_the_highest_probability_in_the_lesion():
    mask = np.zeros((4, 8), bool)
    mask[1:3, 1:3] = mask[1, 6] = True
    probabilities = np.full((4, 8), 255, np.uint8)
    probabilities[mask], probabilities[2, 2] = 102, 204
    lesions = measure(mask, probabilities, *NO_BOXES, mm_per_pixel=None)
    assert [lesion.confidence for lesion in lesions] == [0.8, 0.4]


def test_guided_confidence_is_of_the_most_confident_box_that_touches_the_lesion():
    mask = np.zeros((20, 40), bool)
    mask[5:10, 5:10] = mask[5:9, 20:24] = mask[15, 33] = True
    boxes = np.array([[30, 0, 35, 5], [9.5, 4, 20, 9], [0, 0, 6, 6], [19, 0, 24, 9]], float)
    confidences = np.array([0.9, 0.7, 0.6, 0.5])
    lesions = measure(mask, mask.astype(np.uint8), boxes, confidences, mm_per_pixel=None)
    # the first in half of its last column, the second by the last box alone (the other ends where it begins); what no
    # box touches lies nearest to the first box, 10 pixels above it
    assert [lesion.confidence for lesion in lesions] == [0.7, 0.5, 0.9]


@settings(max_examples=150, deadline=None)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=14)))
@example(np.indices((9, 11)).sum(axis=0) % 2 == 0)
@example(np.indices((9, 11)).sum(axis=0) % 2 == 1)
def test_lesions_make_up_the_mask(mask):
    lesions = measured(mask, (0.1, 0.2))
    assert len(lesions) == cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1
    together = np.zeros(mask.shape, int)
    for lesion in lesions:
        own = filled(lesion, mask.shape)
        together += own
        assert lesion.area_px == own.sum() == sum(area(ring) for ring in lesion.contours)
        assert lesion.area_mm2 == pytest.approx(0.02 * lesion.area_px)
        (x, y), (right, bottom) = (getattr(np.vstack(lesion.contours), end)(axis=0) for end in ("min", "max"))
        assert lesion.box == (x, y, right, bottom)
        assert lesion.long_axis_px >= lesion.short_axis_px > 0
        assert lesion.long_axis_mm >= lesion.short_axis_mm > 0
        assert lesion.long_axis_px <= np.hypot(right - x, bottom - y) + 1e-9
    assert np.array_equal(together, mask)
    assert [lesion.area_px for lesion in lesions] == sorted((lesion.area_px for lesion in lesions), reverse=True)


@settings(max_examples=50, deadline=None)
@given(arrays(bool, (9, 9)), st.integers(0, 3))
def test_axes_stay_when_the_picture_is_turned(mask, turns):
    def sizes(picture: np.ndarray) -> list[tuple[float, ...]]:
        return sorted(
            (one.area_px, round(one.long_axis_px, 6), round(one.short_axis_px, 6)) for one in measured(picture)
        )

    assert sizes(np.rot90(mask, turns)) == sizes(mask)


@settings(max_examples=50, deadline=None)
@given(arrays(bool, (9, 9)))
def test_no_outline_touches_itself(mask):
    rings = [ring.tolist() for lesion in measured(mask) for ring in lesion.contours]
    assert all(len({tuple(corner) for corner in ring}) == len(ring) for ring in rings)
