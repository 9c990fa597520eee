"""Which of a detector's many boxes stay."""

import numpy as np
import numpy.typing as npt


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
