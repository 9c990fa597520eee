"""How good boxes of validation pictures are, while a detector learns: the score of ``evaluation.detection``."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation.box_ranking import IOUS, average_precision
from guidedseg.evaluation.matching import match
from guidedseg.names import BOX

FLOOR, NMS_IOU, MAX_BOXES = 0.01, 0.5, 10
"""Of the boxes that are scored."""

Found = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Boxes of one picture (K, 4), their confidences (K,), and the true ones (L, 4)."""


def average_precisions(found: Sequence[Found]) -> npt.NDArray[np.float64]:
    """AP at the ten overlaps of COCO, 0.5 to 0.95, of all pictures together; as ``evaluation.detection`` has it."""
    boxes = [
        pd.DataFrame(own, columns=BOX).assign(image_id=number, confidence=confidences)
        for number, (own, confidences, _) in enumerate(found)
    ]
    lesions = [pd.DataFrame(truth, columns=BOX).assign(image_id=number) for number, (*_, truth) in enumerate(found)]
    detections, truths = (pd.concat(tables, ignore_index=True) for tables in (boxes, lesions))
    one, group = np.ones((1, 1)), np.zeros(len(detections), dtype=np.intp)
    confidences = detections["confidence"].to_numpy(dtype=np.float64)
    total = np.array([float(len(truths))])
    return np.array(
        [
            average_precision(match(detections, truths, iou).to_numpy(), confidences, group, total, one)[0]
            for iou in IOUS
        ]
    )
