"""Distances between the contours of two masks, in pixels: HD95, mean surface distance, normalized surface Dice.

Between the nearest pixels of two contours a k-d tree finds the exact distance, as a distance transform of the frame
would, but its cost grows with the contours and not with the picture.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Mask = npt.NDArray[np.bool_]
"""(H, W), True in lesions."""


class Surface(NamedTuple):
    """How far two contours lie apart; all NaN where a mask is empty."""

    hd95: float
    """Pixels: the larger of the two directed 95th percentiles, as in MONAI and DeepMind's surface-distance (others pool
    both directions first). The percentile is numpy's linear one, every contour pixel counting alike as in MONAI."""
    mean: float
    """Pixels: mean symmetric surface distance, over both directions' distances together, so that the longer contour
    weighs more (MONAI's ``compute_average_surface_distance(symmetric=True)``)."""
    within: float
    """Normalized surface Dice (Nikolov et al. 2018, arXiv:1809.04430): share of both contours' pixels at most the
    tolerance away from the other contour (MONAI's ``compute_surface_dice(use_subvoxels=False)``)."""


def surface(truth: Mask, predicted: Mask, tolerance: float) -> Surface:
    """Contour distances of two masks; swapping the masks changes nothing.

    Args:
        truth: (H, W) bool.
        predicted: (H, W) bool.
        tolerance: pixels, inclusive.

    Returns:
        All NaN where one mask is empty or both are: what a miss, a false alarm and a correct silence are worth is for
        the scoring rules to say.

    Raises:
        ValueError: the masks differ in shape.
    """
    if truth.shape != predicted.shape:
        raise ValueError(f"masks of one image have one shape, not {truth.shape} and {predicted.shape}")
    a, b = contour(truth), contour(predicted)
    if not len(a) or not len(b):
        return Surface(np.nan, np.nan, np.nan)
    there, back = _nearest(a, b), _nearest(b, a)
    both = np.concatenate([there, back])
    return Surface(
        hd95=float(max(np.percentile(there, 95), np.percentile(back, 95))),
        mean=float(both.mean()),
        within=float((both <= tolerance).mean()),
    )


def contour(mask: Mask) -> npt.NDArray[np.int64]:
    """Pixels of a mask with one of their four neighbours outside it; beyond the image is outside.

    Args:
        mask: (H, W) bool.

    Returns:
        (N, 2) row and column, in row-major order; no row for an empty mask.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return np.empty((0, 2), dtype=np.int64)
    top, bottom = rows[0], rows[-1] + 1
    columns = np.flatnonzero(mask[top:bottom].any(axis=0))
    left, right = columns[0], columns[-1] + 1
    box = mask[top:bottom, left:right]
    edge = box.copy()  # what lies on the rim of its own bounding box is contour
    edge[1:-1, 1:-1] &= ~(box[:-2, 1:-1] & box[2:, 1:-1] & box[1:-1, :-2] & box[1:-1, 2:])
    row, column = np.divmod(np.flatnonzero(edge), right - left)  # argwhere is slower than all the rest
    return np.column_stack([row + top, column + left])


def _nearest(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Distance (N,) from every point of ``a`` (N, 2) to the nearest of ``b`` (M, 2)."""
    distances, _ = cKDTree(b).query(a)
    return distances
