"""A resized picture keeps its place and its brightness, whether its sides grow or shrink."""

import numpy as np
import pytest

from guidedseg.resizing import resize

TILE = 96
SIZES = {
    "both shrink": (420, 300),
    "both grow": (60, 40),
    "flat: width shrinks, height grows": (420, 90),
    "tall: width grows, height shrinks": (90, 420),
    "flat and small": (100, 20),
    "tall and small": (20, 100),
    "width shrinks": (300, 96),
    "height grows": (96, 40),
    "neither": (96, 96),
}

of_each_kind = pytest.mark.parametrize(("width", "height"), SIZES.values(), ids=SIZES)


CENTRE = (0.4, 0.55)


def spot(width: int, height: int) -> np.ndarray:
    """A bright spot that fades on all sides, a Gaussian, with its centre at 0.4 of the width and 0.55 of the height."""
    across = np.exp(-(((np.arange(width) + 0.5) / width - CENTRE[0]) ** 2) / (2 * 0.1**2))
    down = np.exp(-(((np.arange(height) + 0.5) / height - CENTRE[1]) ** 2) / (2 * 0.1**2))
    return np.rint(250 * np.outer(down, across)).astype(np.uint8)


def centre(image: np.ndarray) -> tuple[float, float]:
    """Of mass, (x, y), as shares of the width and of the height."""
    height, width = image.shape
    columns, rows = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    return np.average(columns, weights=image.sum(axis=0)), np.average(rows, weights=image.sum(axis=1))


@of_each_kind
def test_spot_keeps_its_centre_in_a_tile_and_back(width: int, height: int) -> None:
    for resized in (resize(spot(width, height), TILE, TILE), resize(spot(TILE, TILE), width, height)):
        x, y = centre(resized)
        # in pixels of the image; INTER_AREA alone moves the spot of 420 x 90 by 1.2
        assert abs(x - CENTRE[0]) * width < 0.1
        assert abs(y - CENTRE[1]) * height < 0.1


@of_each_kind
def test_sides_are_as_asked_for(width: int, height: int) -> None:
    tile = resize(spot(TILE, TILE), width, height)
    assert tile.shape == (height, width)
    assert tile.dtype == np.uint8


def test_same_size_changes_nothing() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    np.testing.assert_array_equal(resize(image, 50, 40), image)


@pytest.mark.parametrize("height", [2, 16, 64], ids=["height shrinks", "height is kept", "height grows"])
def test_side_that_shrinks_is_averaged_whatever_the_other_does(height: int) -> None:
    image = np.zeros((16, 64), dtype=np.uint8)
    image[:, ::4] = 100  # 1 column in 4: the mean of 25; between the columns at 1 and 2, all that linear sees, is 0
    assert (resize(image, 16, height) == 25).all()


def test_side_that_grows_is_interpolated_between_the_centres_of_its_pixels() -> None:
    # twice as wide: centres of the new pixels lie at -1/4 (the border repeats), 1/4, 3/4 ... of the old ones
    image = np.array([[0, 100, 200]], dtype=np.uint8)
    assert resize(image, 6, 1).tolist() == [[0, 25, 75, 125, 175, 200]]


def test_growing_does_not_darken() -> None:
    # Three times as large, every pixel enters with the same weight: the mean stays. INTER_LINEAR rounds down: -0.08.
    image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    assert resize(image, 192, 192).mean() == pytest.approx(image.mean(), abs=0.01)
