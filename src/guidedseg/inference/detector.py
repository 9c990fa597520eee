"""From a picture to boxes: the detector's network, and what makes boxes of its answer."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guidedseg.inference.engines.engine import Engine
from guidedseg.inference.letterbox import boxed, letterbox, unboxed

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


def suppressed(
    raw: npt.NDArray[np.float32], floor: float, nms_iou: float, max_boxes: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Greedy non-maximum suppression; classes are not told apart.

    Args:
        raw: (4 + classes, A): centre x, centre y, width, height, then confidences.
        floor: boxes must have more than this confidence.
        nms_iou: of two boxes that overlap more than this the weaker one goes.
        max_boxes: the most confident ones that are kept.

    Returns:
        (K, 4) x0, y0, x1, y1 and (K,) confidences, falling; in the order of ``raw`` where they are equal.
    """
    confidences = raw[4:].max(axis=0)
    enough = np.flatnonzero(confidences > np.float32(floor))
    order = enough[np.argsort(-confidences[enough], kind="stable")]
    centres, halves = raw[:2, order].T, raw[2:4, order].T / np.float32(2)
    boxes: npt.NDArray[np.float32] = np.hstack([centres - halves, centres + halves])
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    waiting, kept = np.arange(len(boxes)), list[int]()
    while len(waiting) and len(kept) < max_boxes:
        best, waiting = int(waiting[0]), waiting[1:]
        kept.append(best)
        low, high = np.maximum(boxes[waiting, :2], boxes[best, :2]), np.minimum(boxes[waiting, 2:], boxes[best, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        # a product: two boxes without an area overlap by 0 / 0
        waiting = waiting[shared <= np.float32(nms_iou) * (areas[waiting] + areas[best] - shared)]
    return boxes[kept], confidences[order[kept]]
