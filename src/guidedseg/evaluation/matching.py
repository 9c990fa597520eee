"""Boxes against lesions: what a detector found, missed and made up."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.names import BOX


def overlaps(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Intersection over union of every box of ``a`` (K, 4) with every box of ``b`` (L, 4): (K, L)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    area_a = (a[:, 2:] - a[:, :2]).prod(axis=1)
    area_b = (b[:, 2:] - b[:, :2]).prod(axis=1)
    union = area_a[:, None] + area_b[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def match(detections: pd.DataFrame, lesions: pd.DataFrame, match_iou: float) -> pd.Series:
    """Which boxes find a lesion.

    Args:
        detections: as in ``matched``.
        lesions: as in ``matched``.
        match_iou: as in ``matched``.

    Returns:
        bool per row of ``detections``.
    """
    return matched(detections, lesions, match_iou) >= 0


def matched(detections: pd.DataFrame, lesions: pd.DataFrame, match_iou: float) -> pd.Series:
    """Which lesion a box finds: by falling confidence, each takes the unfound lesion it overlaps most (COCO's rule).

    A box's answer does not depend on weaker boxes, so it holds at every confidence threshold.

    Args:
        detections: image_id, x0, y0, x1, y1, confidence; row labels are unique.
        lesions: image_id, x0, y0, x1, y1.
        match_iou: least intersection over union.

    Returns:
        Position in ``lesions`` per row of ``detections``, -1 for a box that finds none.
    """
    ordered = detections.sort_values("confidence", ascending=False, kind="stable")
    boxes, truth = (rows[BOX].to_numpy(dtype=np.float64) for rows in (ordered, lesions))
    lesions_of = lesions.groupby("image_id").indices
    found = np.full(len(ordered), -1)
    for image_id, rows in ordered.groupby("image_id").indices.items():
        if image_id not in lesions_of:
            continue
        iou = overlaps(boxes[rows], truth[lesions_of[image_id]])
        for row, own in zip(rows, iou, strict=True):
            lesion = int(own.argmax())
            if own[lesion] >= match_iou:
                found[row] = lesions_of[image_id][lesion]
                iou[:, lesion] = -1
    return pd.Series(found, index=ordered.index).reindex(detections.index)
