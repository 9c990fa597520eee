"""Lesions as polygons and run lengths: Ultralytics and our own reader make the same masks of them."""

import numpy as np
import pytest

from guidedseg.datasets.outlines import Runs
from guidedseg.datasets.outlines import drawn as read_back
from guidedseg.exchange.components import lesions, polygon, run_lengths

HEIGHT, WIDTH = 30, 40


def blank() -> np.ndarray:
    return np.zeros((HEIGHT, WIDTH), np.bool_)


def shape(kind: str) -> np.ndarray:
    """A lesion of one kind."""
    mask = blank()
    if kind == "rectangle":
        mask[5:15, 8:30] = True
    elif kind == "two holes":
        mask[5:25, 5:35] = True
        mask[10:14, 10:15] = mask[17:20, 20:31] = False
    elif kind == "parts that share a corner":
        mask[5:10, 5:10] = mask[10:20, 10:25] = mask[3:5, 10:12] = True
    elif kind == "at the border":
        mask[:8, :] = mask[:, -3:] = True
    elif kind == "pixel":
        mask[7, 9] = True
    elif kind == "line":
        mask[7, 9:20] = True
    elif kind == "blob":
        noise = np.random.default_rng(3).random((HEIGHT, WIDTH))
        mask = next(lesions(noise < 0.6))
    return mask


KINDS = ["rectangle", "two holes", "parts that share a corner", "at the border", "pixel", "line", "blob"]


@pytest.mark.parametrize("kind", KINDS)
def test_ultralytics_fills_the_polygon_of_a_lesion_to_the_lesion(kind: str) -> None:
    from ultralytics.data.utils import polygon2mask

    mask = shape(kind)
    corners = polygon(mask)
    assert len(corners) >= 3
    shares = np.round(corners / (WIDTH, HEIGHT), 6)
    assert ((shares >= 0) & (shares <= 1)).all()
    assert np.array_equal(polygon2mask(mask.shape, [(shares * (WIDTH, HEIGHT)).ravel()]) > 0, mask)


@pytest.mark.parametrize("kind", KINDS)
def test_run_lengths_are_the_mask_column_by_column(kind: str) -> None:
    mask = shape(kind)
    again, wrong = read_back([Runs(run_lengths(mask))], mask.shape)(*mask.shape)
    assert not wrong
    assert np.array_equal(again, mask)


def test_run_lengths_begin_with_what_is_outside() -> None:
    mask = np.array([[1, 1, 0], [0, 1, 0]], np.bool_)
    # columns: 1 0, 1 1, 0 0
    assert run_lengths(mask) == [0, 1, 1, 2, 2]
    assert run_lengths(~mask) == [1, 1, 2, 2]


def test_as_an_area_a_polygon_lacks_half_a_pixel_all_around() -> None:
    x, y = polygon(shape("rectangle")).T  # of 22 x 10 pixels
    assert (x.min(), x.max(), y.min(), y.max()) == (8.5, 29.5, 5.5, 14.5)


def test_lesions_are_numbered_by_their_size_and_then_from_the_left() -> None:
    mask = blank()
    mask[20:24, 30:34] = mask[2:5, 20:23] = mask[10:13, 3:6] = True  # 16, 9 and 9 pixels
    mask[24, 34] = True  # shares a corner with the first
    assert [int(lesion.sum()) for lesion in lesions(mask)] == [17, 9, 9]
    assert [int(np.flatnonzero(lesion.any(axis=0))[0]) for lesion in lesions(mask)] == [30, 3, 20]
    assert not list(lesions(blank()))
