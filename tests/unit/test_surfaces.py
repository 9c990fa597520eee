"""Distances between contours, on drawings whose answers are worked out in the comments."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

from guidedseg.evaluation.surfaces import Surface, contour, surface

EMPTY = np.zeros((20, 30), dtype=bool)
SMALL = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)
TWO_MASKS = SMALL.flatmap(lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape)))
TOLERANCE = 2.0
unhurried = settings(deadline=None)  # a busy machine is no reason to fail
Turn = Callable[[np.ndarray], np.ndarray]


def pixels(*positions: tuple[int, int]) -> np.ndarray:
    mask = EMPTY.copy()
    mask[tuple(np.transpose(positions))] = True
    return mask


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros((60, 60), dtype=bool)
    mask[top : top + side, left : left + side] = True
    return mask


def disk(radius: float, x: float = 0.0) -> np.ndarray:
    column, row = np.meshgrid(np.arange(-60, 160), np.arange(-60, 61))
    return (column - x) ** 2 + row**2 <= radius**2


def blobs(rng: np.random.Generator, share: float) -> np.ndarray:
    """Smooth blobs, also at the borders, over a share of the frame."""
    field = gaussian_filter(rng.normal(size=(97, 131)), 6)
    return field > np.quantile(field, 1 - share)


def brute_force(truth: np.ndarray, predicted: np.ndarray, tolerance: float) -> Surface:
    """The definitions, by distance transforms of the whole frame."""
    a, b = (mask & ~binary_erosion(mask) for mask in (truth, predicted))
    there, back = distance_transform_edt(~b)[a], distance_transform_edt(~a)[b]
    both = np.concatenate([there, back])
    hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
    return Surface(hd95, both.mean(), np.count_nonzero(both <= tolerance) / both.size)


def test_identical_masks_are_no_distance_apart() -> None:
    assert surface(square(10, 10, 20), square(10, 10, 20), tolerance=0) == (0, 0, 1)


@pytest.mark.parametrize("shift", [1, 3, 7])
@pytest.mark.parametrize("down", [False, True])
def test_square_shifted_by_n_pixels(shift: int, down: bool) -> None:
    # A side of s = 20 has a contour of 4(s-1) = 76 pixels; shifted right by n, both directions are mirror images.
    # Trailing side: s pixels at n. Top and bottom: n-1, ..., 1, then 0 where they overlap. Leading side: its pixels are
    # inside the other square, min(n, rows to the top or bottom) away: s-2n at n, twice 1, ..., n-1, and 0.
    # Sum: s n + n(n-1) + (s-2n) n + n(n-1) = 2n(s-1); mean n/2. At n: 2(s-n) pixels, more than 5 % of all.
    moved = square(10 + shift, 10, 20) if down else square(10, 10 + shift, 20)
    result = surface(square(10, 10, 20), moved, tolerance=shift - 0.5)
    assert result.hd95 == shift
    assert result.mean == pytest.approx(shift / 2)
    assert result.within == pytest.approx(1 - 2 * (20 - shift) / 76)
    assert surface(square(10, 10, 20), moved, tolerance=shift).within == 1


@pytest.mark.parametrize(("tolerance", "within"), [(4, 0), (4.999, 0), (5, 1)])
def test_single_pixels_three_rows_and_four_columns_apart(tolerance: float, within: float) -> None:
    assert surface(pixels((5, 5)), pixels((8, 9)), tolerance) == (5, 5, within)


def test_percentile_is_of_each_direction_and_the_mean_of_both_together() -> None:
    # A pixel against a row of 11 that begins on it: there 0; back 0, 1, ..., 10, whose 95th percentile is at rank 9.5.
    # Pooling the 12 distances would give 9.45, averaging the two directions' means 2.5.
    result = surface(pixels((5, 5)), pixels(*((5, column) for column in range(5, 16))), tolerance=4)
    assert result.hd95 == pytest.approx(9.5)
    assert result.mean == pytest.approx(55 / 12)
    assert result.within == pytest.approx(6 / 12)  # 0, and 0 to 4


def test_missing_one_of_two_lesions_costs_its_distance() -> None:
    # there 0, 20 with the 95th percentile at 0.95 x 20; back 0
    result = surface(pixels((5, 5), (5, 25)), pixels((5, 5)), tolerance=5)
    assert result == pytest.approx((19, 20 / 3, 2 / 3))


@pytest.mark.parametrize("gap", [3, 10])
def test_concentric_disks_are_their_radii_apart(gap: int) -> None:
    # a contour pixel lies less than one pixel inside its circle
    result = surface(disk(30), disk(30 + gap), tolerance=gap + 1)
    assert result.hd95 == pytest.approx(gap, abs=1)
    assert result.mean == pytest.approx(gap, abs=0.5)
    assert result.within == 1
    assert surface(disk(30), disk(30 + gap), tolerance=gap - 1).within == 0


def test_disks_beside_each_other() -> None:
    # Radius r, centres d apart: the pixel at angle t of one is sqrt(d^2 + r^2 - 2dr cos t) - r away from the other,
    # which grows from t = 0 to pi, so that 95 % are nearer than the one at 0.95 pi.
    r, d = 40, 100
    angle = np.linspace(0, math.pi, 10_000)
    away = np.sqrt(d**2 + r**2 - 2 * d * r * np.cos(angle)) - r
    result = surface(disk(r), disk(r, x=d), tolerance=50)
    assert result.hd95 == pytest.approx(math.sqrt(d**2 + r**2 - 2 * d * r * math.cos(0.95 * math.pi)) - r, abs=1)
    assert result.mean == pytest.approx(away.mean(), abs=1)
    assert result.within == pytest.approx((away <= 50).mean(), abs=0.02)


def test_full_frame_against_itself_without_a_margin() -> None:
    # 20 x 30 has a contour of 96; without 2 pixels on every side 80, all at 2 from the frame's. Back: 84 face the inner
    # rectangle at 2, and at each corner lie sqrt(5), sqrt(8), sqrt(5). Rank 0.95 x 95 of 84 + 8 + 4 is a sqrt(5).
    full, inner = np.ones_like(EMPTY), EMPTY.copy()
    inner[2:-2, 2:-2] = True
    result = surface(full, inner, tolerance=2)
    assert result.hd95 == pytest.approx(math.sqrt(5))
    assert result.mean == pytest.approx((80 * 2 + 84 * 2 + 8 * math.sqrt(5) + 4 * math.sqrt(8)) / 176)
    assert result.within == pytest.approx(164 / 176)


@pytest.mark.parametrize(("truth", "predicted"), [(EMPTY, EMPTY), (pixels((5, 5)), EMPTY), (EMPTY, pixels((5, 5)))])
def test_an_empty_mask_has_no_distance(truth: np.ndarray, predicted: np.ndarray) -> None:
    assert np.isnan(surface(truth, predicted, TOLERANCE)).all()


def test_masks_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(20, 30\) and \(60, 60\)"):
        surface(EMPTY, square(1, 1, 5), TOLERANCE)


def test_contour_of_an_empty_mask_has_no_row() -> None:
    assert contour(EMPTY).shape == (0, 2)


def test_contour_beyond_the_frame_is_outside() -> None:
    full = contour(np.ones_like(EMPTY))
    assert len(full) == 2 * (20 + 30) - 4
    assert (np.isin(full[:, 0], (0, 19)) | np.isin(full[:, 1], (0, 29))).all()


def test_contour_runs_around_holes_and_ignores_diagonal_neighbours() -> None:
    mask = square(10, 20, 5)
    mask[12, 22] = False
    rim = {(row, column) for row, column in np.argwhere(square(10, 20, 5)) if row in {10, 14} or column in {20, 24}}
    assert {tuple(pixel) for pixel in contour(mask)} == rim | {(11, 22), (13, 22), (12, 21), (12, 23)}


@unhurried
@given(SMALL.flatmap(lambda shape: arrays(bool, shape)))
def test_contour_is_the_mask_without_its_erosion(mask: np.ndarray) -> None:
    mask.setflags(write=False)
    np.testing.assert_array_equal(contour(mask), np.argwhere(mask & ~binary_erosion(mask)))


@unhurried
@given(TWO_MASKS)
def test_swapping_the_masks_changes_nothing(masks: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = masks
    there, back = surface(truth, predicted, TOLERANCE), surface(predicted, truth, TOLERANCE)
    assert there == pytest.approx(back, rel=1e-12, nan_ok=True)


@unhurried
@given(TWO_MASKS, st.sampled_from([np.flipud, np.fliplr, np.transpose]))
def test_flips_and_transposition_change_nothing(masks: tuple[np.ndarray, np.ndarray], turned: Turn) -> None:
    assert surface(*map(turned, masks), TOLERANCE) == pytest.approx(surface(*masks, TOLERANCE), rel=1e-12, nan_ok=True)


@unhurried
@given(TWO_MASKS, st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 2))
def test_padding_changes_nothing(masks: tuple[np.ndarray, np.ndarray], padding: object) -> None:
    padded = (np.pad(mask, padding) for mask in masks)
    np.testing.assert_array_equal(surface(*padded, TOLERANCE), surface(*masks, TOLERANCE))


@unhurried
@given(TWO_MASKS, st.floats(0, 10))
def test_small_masks_agree_with_distance_transforms(masks: tuple[np.ndarray, np.ndarray], tolerance: float) -> None:
    if all(mask.any() for mask in masks):
        assert surface(*masks, tolerance) == pytest.approx(brute_force(*masks, tolerance), rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_blobs_agree_with_distance_transforms(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = blobs(rng, rng.uniform(0.02, 0.6)), blobs(rng, rng.uniform(0.02, 0.6))
    assert surface(truth, predicted, 4) == pytest.approx(brute_force(truth, predicted, 4), rel=1e-12)
