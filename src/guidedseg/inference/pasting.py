"""From tiles to the mask of a picture."""

import numpy as np
import numpy.typing as npt

from guidedseg import regions
from guidedseg.evaluation.operating import level
from guidedseg.regions import Boxes

Levels = npt.NDArray[np.uint8]


def assembled(tiles: Levels, boxes: Boxes, height: int, width: int) -> Levels:
    """The probabilities of a picture; 0 outside all regions, the larger where they overlap.

    Args:
        tiles: (K, S, S) uint8, probability x 255.
        boxes: (K, 4) int64, their regions.
        height: of the picture, pixels.
        width: of the picture, pixels.

    Returns:
        (H, W) uint8, probability x 255.
    """
    canvas = np.zeros((height, width), dtype=np.uint8)
    for tile, box in zip(tiles, boxes, strict=True):
        regions.paste(tile, box, canvas)
    return canvas


def masked(probabilities: Levels, threshold: float, gate: float = 0.0) -> npt.NDArray[np.bool_]:
    """(H, W) bool of (H, W) uint8.

    Args:
        probabilities: probability x 255.
        threshold: a pixel is lesion where the probability reaches it.
        gate: without a probability that reaches it the mask is empty.
    """
    if probabilities.max(initial=0) < level(gate):
        return np.zeros(probabilities.shape, dtype=bool)
    return probabilities >= level(threshold)
