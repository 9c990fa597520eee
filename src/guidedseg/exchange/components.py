"""The lesions of a mask, each as a mask of its own and as one polygon."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Polygon = NDArray[np.float64]
"""(P, 2) x and y of corners, pixels; 0 is the left (upper) border of the first one."""

_CORNERS = 3  # of a polygon, at least


def lesions(mask: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """What hangs together (8 neighbours) of a mask (H, W), each a mask of that size, numbered as ``lesions.csv`` is."""
    count, labels, found, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    boxes = {label: (x, y, x + width, y + height) for label, (x, y, width, height, _) in enumerate(found.tolist())}
    for label in sorted(range(1, count), key=lambda label: (-int(found[label, cv2.CC_STAT_AREA]), boxes[label])):
        yield labels == label


def polygon(lesion: NDArray[np.bool_]) -> Polygon:
    """One polygon through the middles of a lesion's outermost pixels, there and back to each of its holes.

    Ultralytics fills a polygon together with the pixels under its border, so that this one becomes the lesion again.
    To who takes it for an area it is half a pixel too small all around.

    Args:
        lesion: (H, W), which hangs together (8 neighbours).
    """
    found, _ = cv2.findContours(lesion.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    paths = [path.reshape(-1, 2) for path in found]
    whole = max(paths, key=lambda path: int(np.prod(np.ptp(path, axis=0) + 1)))  # holes lie inside
    others = [path for path in paths if path is not whole]
    while others:
        gaps = [cdist(whole, path) for path in others]
        nearest = min(range(len(others)), key=lambda number: float(gaps[number].min()))
        here, there = np.unravel_index(int(gaps[nearest].argmin()), gaps[nearest].shape)
        around = np.roll(others.pop(nearest), -int(there), axis=0)
        whole = np.concatenate([whole[: here + 1], around, around[:1], whole[here:]])
    whole = np.concatenate([whole, *[whole[:1]] * (_CORNERS - len(whole))])  # of a single pixel, or a line of them
    return whole + 0.5


def run_lengths(lesion: NDArray[np.bool_]) -> list[int]:
    """COCO's, column by column: how many pixels are outside, inside, outside, ..."""
    flat = lesion.ravel(order="F")
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff(np.concatenate([[0], ends, [flat.size]])).tolist()
    return [0, *lengths] if flat[0] else lengths
