"""Where in a picture the ultrasound image is, found by its black surroundings where no file tells it."""

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1: half-open, pixels, inside the picture."""

_BLACK = 10  # a level up to this may be background; JPEG leaves some ripples in it
_FLAT = 2  # and is background for certain up to this; noise of dark tissue is above
_NOTHING = 0.01  # of a line of pixels: so little is above black where there is nothing
_EMPTY = 0.9  # and so much is flat
_LITTLE = 0.25  # or a text, a mark, a scale
_MUCH = 0.5  # where there is tissue
_EDGE = 5  # lines on which the edge of an image shows
_BESIDE = 0.2  # of the widest part: from this width on another part counts as an image too
_LEAST = 0.2  # of the picture: a smaller image is not believed


def ultrasound(grey: NDArray[np.uint8], marks: NDArray[np.bool_] | None = None) -> Box:
    """The box of the ultrasound image, or the whole picture where that is not clear.

    From each side lines are cut off that are black, or black but for little (text, scales, marks) up to a sharp edge.
    Tissue fades out and is never flat black: a shadow has no such edge and stays. Of parts with black between them the
    widest stays, with those that are nearly as wide and what is between.

    Args:
        grey: (H, W) uint8.
        marks: (H, W) bool, True where something is known to be burned in, which is no tissue.
    """
    height, width = grey.shape
    known = np.ones(grey.shape, np.bool_) if marks is None else ~marks
    content, flat = (grey > _BLACK) & known, (grey <= _FLAT) & known
    x0, y0, x1, y1 = 0, 0, width, height
    for _ in range(2):  # what is cut off one way makes the other clearer
        first, last = _extent(*_shares(content, flat, known, np.s_[y0:y1, x0:x1], axis=0))
        x0, x1 = x0 + first, x0 + last
        first, last = _extent(*_shares(content, flat, known, np.s_[y0:y1, x0:x1], axis=1))
        y0, y1 = y0 + first, y0 + last
    if (x1 - x0) * (y1 - y0) < _LEAST * width * height:
        return 0, 0, width, height
    return x0, y0, x1, y1


def _shares(
    content: NDArray[np.bool_],
    flat: NDArray[np.bool_],
    known: NDArray[np.bool_],
    window: tuple[slice, slice],
    axis: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of every line's pixels without marks the shares that are content and that are black.

    A line that is all marks counts as content: what is drawn across an image does not end it.
    """
    counted = known[window].sum(axis=axis)
    of_content, of_flat = (what[window].sum(axis=axis) / np.maximum(counted, 1) for what in (content, flat))
    return np.where(counted, of_content, 1.0), of_flat


def _extent(content: NDArray[np.float64], flat: NDArray[np.float64]) -> tuple[int, int]:
    """First and last + 1 of the lines that show an image, from the share of each that is content and that is black."""
    runs = _runs((content > _NOTHING) | (flat < _EMPTY))
    if not runs:
        return 0, len(content)
    widest = max(last - first for first, last in runs)
    wide = [run for run in runs if run[1] - run[0] >= _BESIDE * widest]
    first, last = wide[0][0], wide[-1][1]
    first += _sharp(content[first:last], flat[first:last])
    last -= _sharp(content[first:last][::-1], flat[first:last][::-1])
    return first, last


def _runs(true: NDArray[np.bool_]) -> list[tuple[int, int]]:
    steps = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in steps.reshape(-1, 2)]


def _sharp(content: NDArray[np.float64], flat: NDArray[np.float64]) -> int:
    """How many of the first lines are black but for little and end at a sharp edge; 0 where none do."""
    empty = (content <= _LITTLE) & (flat >= 1 - 2 * _LITTLE)
    count = len(empty) if empty.all() else int(empty.argmin())
    behind = content[count : count + _EDGE]
    return count if count and len(behind) == _EDGE and behind[1:].min() >= _MUCH else 0
