"""Calibration of mask probabilities, against plain computations pixel by pixel."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from guidedseg.evaluation.bootstrap import weights
from guidedseg.evaluation.calibration import BINS, LEVELS, empty, errors, histogram, reliability, strict_dice, table

ONE = np.ones((1, 1))


def levels_of(*images: tuple[str, np.ndarray, np.ndarray]) -> pd.DataFrame:
    """Rows of one branch from group, probabilities x 255 and truth of images."""
    histograms: dict[tuple[str, str], np.ndarray] = {}
    for group, probabilities, truth in images:
        before = histograms.get((group, "guided"), empty())
        histograms[group, "guided"] = before + histogram(probabilities, truth)
    return table(histograms)


def picture(levels: list[int], lesion: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([levels], dtype=np.uint8), np.array([lesion], dtype=bool)


def plain_errors(probabilities: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Expected calibration error and Brier score of single pixels; bins (0, 0.1], (0.1, 0.2] ... and 0 in the first."""
    pixels = [(int(level), bool(lesion)) for level, lesion in zip(probabilities.ravel(), truth.ravel(), strict=True)]
    brier = sum((level / 255 - lesion) ** 2 for level, lesion in pixels) / len(pixels)
    ece = 0.0
    for number in range(10):
        # in whole numbers: level / 255 <= edge / 10
        inside = [
            (level, lesion)
            for level, lesion in pixels
            if (number == 0 or level * 10 > number * 255) and level * 10 <= (number + 1) * 255
        ]
        if inside:
            confidence = sum(level / 255 for level, _ in inside) / len(inside)
            accuracy = sum(lesion for _, lesion in inside) / len(inside)
            ece += len(inside) / len(pixels) * abs(confidence - accuracy)
    return ece, brier


SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 5))
PICTURES = SHAPES.flatmap(lambda shape: st.tuples(arrays(np.uint8, shape), arrays(bool, shape)))


def test_histogram_counts_pixels_by_level_and_truth() -> None:
    counts = histogram(*picture([0, 0, 0, 7, 7, 255, 255], [0, 0, 1, 0, 1, 1, 1]))
    assert counts.shape == (LEVELS, 2)
    assert counts[[0, 7, 255]].tolist() == [[2, 1], [1, 1], [0, 2]]
    assert counts.sum() == 7


@settings(max_examples=30, deadline=None)
@given(PICTURES)
def test_histogram_holds_every_pixel_once(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, truth = drawn
    counts = histogram(probabilities, truth)
    assert counts.sum() == truth.size
    assert counts[:, 1].sum() == truth.sum()
    for level in np.unique(probabilities):
        assert counts[level].tolist() == [
            np.count_nonzero((probabilities == level) & ~truth),
            np.count_nonzero((probabilities == level) & truth),
        ]


def test_histograms_of_two_images_add_up() -> None:
    both = levels_of(("P", *picture([0, 9], [0, 1])), ("P", *picture([9, 9], [0, 0])), ("Q", *picture([9], [1])))
    assert both.to_numpy().tolist() == [
        ["P", "guided", 0, 1, 0],
        ["P", "guided", 9, 3, 1],
        ["Q", "guided", 9, 1, 1],
    ]


def test_table_has_no_empty_levels_and_no_rows_without_histograms() -> None:
    assert table({("P", "direct"): empty()}).empty
    assert list(table({}).columns) == ["group_id", "branch", "level", "pixels", "lesion_pixels"]


@settings(max_examples=60, deadline=None)
@given(PICTURES)
def test_errors_are_those_of_single_pixels(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    np.testing.assert_allclose(errors(levels_of(("P", *drawn)), ONE)[0], [plain_errors(*drawn)], atol=1e-12)


def test_every_level_is_in_the_bin_that_whole_numbers_give() -> None:
    # 51, 102, 153 and 204 are 0.2, 0.4, 0.6 and 0.8: upper edges belong to the bin below
    for level in range(LEVELS):
        drawn = picture([level, 0], [0, 1])
        curve = reliability(levels_of(("P", *drawn)))
        expected = next(number for number in range(10) if level * 10 <= (number + 1) * 255)
        assert curve["pixels"][expected] == (2 if expected == 0 else 1), level


def test_two_wrongs_of_one_bin_cancel_in_the_calibration_error_but_not_in_the_brier_score() -> None:
    # 102 is 0.4, once without and once with a lesion: the bin says 0.4 and holds 0.5; Brier (0.16 + 0.36) / 2
    result, _ = errors(levels_of(("P", *picture([102, 102], [0, 1]))), ONE)
    assert result[0] == pytest.approx([0.1, 0.26])


@pytest.mark.parametrize(
    ("levels", "lesion", "expected"),
    [
        ([0, 255], [0, 1], (0, 0)),  # certain and right
        ([255, 0], [0, 1], (1, 1)),  # certain and wrong
        ([0, 0, 0, 0], [0, 0, 0, 1], (0.25, 0.25)),  # a lesion outside all regions
    ],
)
def test_certain_pixels(levels: list[int], lesion: list[int], expected: tuple[float, float]) -> None:
    result, _ = errors(levels_of(("P", *picture(levels, lesion))), ONE)
    assert result[0] == pytest.approx(expected)


def test_reliability_curve_of_a_drawing() -> None:
    # up to 0.1: 0, 0 and 25, no lesion; above 0.5 and up to 0.6: 128 and 153, one of them lesion
    curve = reliability(levels_of(("P", *picture([0, 0, 25], [0, 0, 0])), ("Q", *picture([128, 153], [0, 1]))))
    assert len(curve) == BINS
    assert curve["probability"].tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert curve["pixels"].tolist() == [3, 0, 0, 0, 0, 2, 0, 0, 0, 0]
    assert curve.loc[0, ["mean_probability", "lesion_share"]].tolist() == pytest.approx([25 / 765, 0])
    assert curve.loc[5, ["mean_probability", "lesion_share"]].tolist() == pytest.approx([281 / 510, 0.5])
    assert curve.drop(index=[0, 5])[["mean_probability", "lesion_share"]].isna().all(axis=None)


def test_calibration_error_is_the_mean_gap_of_the_reliability_curve() -> None:
    rng = np.random.default_rng(0)
    drawn = levels_of(("P", rng.integers(0, 256, (40, 40), dtype=np.uint8), rng.random((40, 40)) < 0.3))
    curve = reliability(drawn)
    gaps = (curve["mean_probability"] - curve["lesion_share"]).abs() * curve["pixels"] / 1600
    assert errors(drawn, ONE)[0][0, 0] == pytest.approx(gaps.sum())


def test_draws_pool_the_pixels_of_the_drawn_groups() -> None:
    rng = np.random.default_rng(0)
    images = {
        name: (rng.integers(0, 256, shape, dtype=np.uint8), rng.random(shape) < 0.4)
        for name, shape in (("Q", (3, 5)), ("P", (6, 2)), ("R", (1, 7)))
    }
    drawn = weights(pd.DataFrame({"group_id": list(images)}), seed=0, draws=12)
    result, parts = errors(levels_of(*((name, *drawing) for name, drawing in images.items())), drawn)
    assert parts.tolist() == [[12, 12], [15, 15], [7, 7]]  # pixels of P, Q and R
    for row, times in zip(result, drawn.astype(int), strict=True):
        parts = [part for name, n in zip("PQR", times, strict=True) for part in [images[name]] * n]
        pixels = (np.concatenate([part[side].ravel() for part in parts]) for side in (0, 1))
        np.testing.assert_allclose(row, plain_errors(*pixels))


def test_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    rows = levels_of(*((name, rng.integers(0, 256, (4, 4), dtype=np.uint8), rng.random((4, 4)) < 0.4) for name in "PQ"))
    drawn = weights(pd.DataFrame({"group_id": ["P", "Q"]}), seed=0, draws=5)
    for one, other in zip(errors(rows.sample(frac=1, random_state=0), drawn), errors(rows, drawn), strict=True):
        np.testing.assert_allclose(one, other)


@pytest.mark.parametrize("share", [0.0, 0.2])
@pytest.mark.parametrize("highest", [0, 255])
def test_strict_dice_is_that_of_the_mask_from_every_level_on(share: float, highest: int) -> None:
    rng = np.random.default_rng(0)
    truths = rng.random((2, 8, 8)) < share
    pictures = rng.integers(0, highest, (2, 8, 8), dtype=np.uint8, endpoint=True)
    found = strict_dice(np.stack([*map(histogram, pictures, truths)]))
    assert found.shape == (2, 256)
    for dice, truth, picture in zip(found, truths, pictures, strict=True):
        for level in range(256):
            mask = picture >= level
            both = int(mask.sum() + truth.sum())
            assert dice[level] == (2 * int((mask & truth).sum()) / both if both else 1.0)
