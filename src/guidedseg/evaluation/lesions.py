"""Lesion by lesion: which were outlined, and which predicted areas outline none."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage

_EIGHT = np.ones((3, 3), dtype=np.int8)  # connectivity, as lesions are told apart in prepare

TYPES = {"lesion": "int64", "area_px": "int64", "iou": "float64", "covered": "float64"}


def lesions(
    truth: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]
) -> tuple[pd.DataFrame, npt.NDArray[np.float64]]:
    """Connected components (8-connectivity) of two masks against each other.

    Args:
        truth: (H, W).
        predicted: (H, W).

    Returns:
        A row per lesion, the largest first: lesion (from 1), area_px, iou (with the predicted area that fits it best, 0
        where there is none), covered (share of its pixels that are predicted); and for every predicted area the IoU
        with the lesion that fits it best, (K,). Pairs with an IoU over 0.5 are one to one; below, an area may fit two
        lesions.
    """
    rows, columns = (np.flatnonzero((truth | predicted).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return pd.DataFrame(columns=list(TYPES)).astype(TYPES), np.empty(0)
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    true_labels, true_count = ndimage.label(truth[window], structure=_EIGHT)
    labels, count = ndimage.label(predicted[window], structure=_EIGHT)
    pairs = true_labels.ravel() * (count + 1) + labels.ravel()
    together = np.bincount(pairs, minlength=(true_count + 1) * (count + 1)).reshape(true_count + 1, count + 1)
    true_area, area = together.sum(axis=1)[1:], together.sum(axis=0)[1:]
    common = together[1:, 1:]
    iou = common / (true_area[:, None] + area[None, :] - common)
    table = pd.DataFrame(
        {
            "lesion": 0,
            "area_px": true_area,
            "iou": iou.max(axis=1, initial=0.0),
            "covered": common.sum(axis=1) / true_area,
        }
    ).sort_values("area_px", ascending=False, kind="stable", ignore_index=True)
    table["lesion"] = np.arange(1, true_count + 1)
    return table, iou.max(axis=0, initial=0.0)
