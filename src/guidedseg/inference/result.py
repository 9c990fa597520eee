"""What comes out of segmenting a picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Lesion:
    """A connected component of a mask (8 neighbours).

    Attributes:
        number: from 1, the largest first.
        box: x0, y0, x1, y1 of its pixels, half-open.
        confidence: guided: of the most confident of the detector's boxes that touch it; direct: the highest probability
            in it.
        area_px: pixels.
        long_axis_px: longest line within its convex outline, pixels.
        short_axis_px: longest line across that, pixels.
        area_mm2: where the spacing is known, else None; so with the axes.
        long_axis_mm: measured in millimetres, as pixels need not be square.
        short_axis_mm: likewise.
        contours: its outlines along the edges of pixels: (P, 2) int32, x and y of corners, where the pixel (x, y) is
            the square from there to (x + 1, y + 1). An outer one has a positive area (shoelace formula) and is followed
            by those of its holes, with a negative one. Parts that only share a corner have outer ones of their own.
        track: in a cine, the number of the lesion that is followed through its frames; None otherwise.
    """

    number: int
    box: tuple[int, int, int, int]
    confidence: float
    area_px: int
    long_axis_px: float
    short_axis_px: float
    area_mm2: float | None
    long_axis_mm: float | None
    short_axis_mm: float | None
    contours: tuple[NDArray[np.int32], ...]
    track: int | None = None


@dataclass(frozen=True)
class Result:
    """A segmented picture of height H and width W.

    Attributes:
        mask: (H, W) bool.
        probabilities: (H, W) uint8, probability x 255; 0 outside all regions.
        boxes: (K, 4) float64 x0, y0, x1, y1 of the detector's boxes that count, pixels; none in the branch direct.
        confidences: (K,) float64 of these, falling.
        lesions: of the mask, the largest first.
    """

    mask: NDArray[np.bool_]
    probabilities: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    confidences: NDArray[np.float64]
    lesions: tuple[Lesion, ...]
