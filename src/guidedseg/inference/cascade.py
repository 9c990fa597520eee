"""Boxes without a detector: those of the lesions that a network for whole pictures outlines, from coarse to fine."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from guidedseg import regions
from guidedseg.evaluation.operating import level as least
from guidedseg.inference.detector import Floats
from guidedseg.inference.engines.engine import Engine
from guidedseg.inference.filling import fill
from guidedseg.inference.pasting import assembled

Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Cascade:
    """A network for whole pictures, in place of a ``inference.detector.Detector``.

    Attributes:
        engine: gives ``probabilities`` as ``segmentation.answers.Answers``.
        image_size: S of its S x S inputs.
        level: probability from which a pixel belongs to what a box is put around.
        floor: boxes must have more than this confidence.
        max_boxes: the most confident ones that are kept.
    """

    engine: Engine
    image_size: int
    level: float
    floor: float
    max_boxes: int

    def boxes(self, image: Levels) -> tuple[Floats, Floats]:
        """Boxes of one picture (H, W) uint8; as ``Detector.boxes`` gives them."""
        height, width = image.shape
        whole = np.array([[0, 0, width, height]])
        tiles, _ = fill(self.engine, regions.crop(image, whole[0], self.image_size)[None], flips=False)
        boxes, confidences = outlined(assembled(tiles, whole, height, width), self.level)
        enough = confidences > self.floor
        return boxes[enough][: self.max_boxes], confidences[enough][: self.max_boxes]


def outlined(probabilities: Levels, level: float) -> tuple[Floats, Floats]:
    """A box around each connected component (8 neighbours) of the pixels that reach a level.

    Args:
        probabilities: (H, W) uint8, probability x 255.
        level: a probability.

    Returns:
        (K, 4) float64 x0, y0, x1, y1, pixels, and (K,) float64, the largest probability in each, falling and rounded to
        five digits.
    """
    mask = (probabilities >= max(1, least(level))).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    peaks = np.zeros(count)
    np.maximum.at(peaks, labels, probabilities / 255)
    left, top, width, height = stats[1:, : cv2.CC_STAT_AREA].T.astype(np.float64)
    order = np.argsort(-peaks[1:], kind="stable")
    boxes = np.stack([left, top, left + width, top + height], axis=1)
    return boxes[order], peaks[1:][order].round(5)
