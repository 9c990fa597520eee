"""From a picture to boxes: the detector's network, and what makes boxes of its answer."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guidedseg.detection.letterbox import boxed, letterbox, unboxed
from guidedseg.detection.suppression import suppressed
from guidedseg.inference.engines.engine import Engine

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Detector:
    """A detector in an engine.

    Attributes:
        engine: gives ``boxes`` as ``detection.yolo.head.RawHead``.
        image_size: that it was trained at.
        floor: boxes must have more than this confidence.
        nms_iou: of two boxes that overlap more than this the weaker one goes.
        max_boxes: the most confident ones that are kept.
    """

    engine: Engine
    image_size: int
    floor: float
    nms_iou: float
    max_boxes: int

    def boxes(self, image: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Boxes of one picture, as Ultralytics gives them for it alone.

        Args:
            image: (H, W) uint8.

        Returns:
            (K, 4) float64 x0, y0, x1, y1 in pixels, clipped to the picture and rounded to hundredths, and (K,) float64
            confidences, falling and rounded to five digits: so they stand in ``detections.csv``.
        """
        height, width = image.shape
        box = letterbox(width, height, self.image_size)
        inputs = (boxed(image, box).astype(np.float32) / np.float32(255))[None, None]
        (raw,) = self.engine.run(inputs, ("boxes",))
        found, confidences = suppressed(raw[0], self.floor, self.nms_iou, self.max_boxes)
        own = unboxed(found, box, width, height).astype(np.float64)
        return own.round(2), confidences.astype(np.float64).round(5)
