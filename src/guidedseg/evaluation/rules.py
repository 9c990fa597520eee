"""Scoring rules: what an image without a lesion, without a box or without a predicted pixel is worth.

A rule takes the rows of one branch, one per image (``counts.IMAGE_COLUMNS``), and gives every image a score on every
metric. docs/metrics.md has the table of all cases and what other libraries do.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

OVERLAP = ("dice", "iou", "precision", "recall", "specificity", "accuracy")
"""Ratios of counted pixels; they can be pooled."""

BOUNDARY = ("hd95", "hd95_share", "msd", "msd_share", "nsd")
"""95th percentile of the surface distances and their mean, in pixels and as a share of the image's diagonal, and the
normalized surface Dice. Distances are better when smaller."""

METRICS = (*OVERLAP, *BOUNDARY)

Scores = npt.NDArray[np.float64]
"""(N, 11) in the order of ``METRICS``; NaN where a rule leaves an image out."""

_PERFECT = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1], dtype=np.float64)


def ratios(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Dice 2TP/(2TP+FP+FN), IoU TP/(TP+FP+FN), precision TP/(TP+FP), recall TP/(TP+FN), specificity TN/(TN+FP),
    accuracy (TP+TN)/all; NaN for 0/0.

    Args:
        counts: (..., 4) tp, fp, fn, tn.

    Returns:
        (..., 6) in the order of ``OVERLAP``.
    """  # noqa: D205 - the six formulas are the summary
    tp, tn = counts[..., 0], counts[..., 3]
    numerators = np.stack([2 * tp, tp, tp, tp, tn, tp + tn], axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return numerators / denominators(counts)


def denominators(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What ``ratios`` divides by, (..., 6)."""
    tp, fp, fn, tn = (counts[..., column] for column in range(4))
    return np.stack([2 * tp + fp + fn, tp + fp + fn, tp + fp, tp + fn, tn + fp, tp + fp + fn + tn], axis=-1)


def strict(rows: pd.DataFrame) -> Scores:
    """Every image counts. Both masks empty: perfect. A false positive on a normal, or a miss: worst.

    Perfect is 1, and 0 for distances. Worst is 0 for Dice, IoU, precision, recall and normalized surface Dice, and the
    image's diagonal for distances. Specificity and accuracy are defined in these cases and keep their formulas;
    specificity is 1 where the lesion fills the frame.
    """
    truth, predicted = _not_empty(rows)
    diagonal = np.hypot(rows["width"], rows["height"]).to_numpy(dtype=np.float64)
    overlap = ratios(counted(rows))
    overlap[truth != predicted, :4] = 0.0
    overlap[np.isnan(overlap[:, 4]), 4] = 1.0
    distances = rows[["hd95", "msd"]].to_numpy(dtype=np.float64, copy=True)
    distances[truth != predicted] = diagonal[truth != predicted, None]
    shares = distances / diagonal[:, None]
    nsd = np.where(truth != predicted, 0.0, rows["nsd"].to_numpy(dtype=np.float64))
    boundary = np.column_stack([distances[:, 0], shares[:, 0], distances[:, 1], shares[:, 1], nsd])
    scores = np.hstack([overlap, boundary])
    scores[~truth & ~predicted] = _PERFECT
    return scores


def lesion(rows: pd.DataFrame) -> Scores:
    """Images with a lesion only, as under ``strict``: a miss is worst. Normals are left out."""
    scores = strict(rows)
    scores[~_not_empty(rows)[0]] = np.nan
    return scores


def literal(rows: pd.DataFrame) -> Scores:
    """The paper's: an image without a box scores 1 on every metric, lesion or not; else as under ``strict``.

    For the direct approach, which has no boxes, the counterpart (ours, the paper states none) is an empty predicted
    mask. With fallback an image without a box still has a prediction, which is scored like a direct one. The oracle is
    scored like guided: no true box, score 1. So is the control ``silent``, which never has a box; ``everything`` always
    has one.
    """
    scores = strict(rows)
    branch, no_box, empty = rows["branch"].to_numpy(), rows["boxes"].to_numpy() == 0, ~_not_empty(rows)[1]
    silent = np.select(
        [np.isin(branch, ("direct", "direct_ungated")), branch == "guided_fallback"], [empty, empty & no_box], no_box
    )
    scores[silent] = _PERFECT
    return scores


IMAGEWISE: dict[str, Callable[[pd.DataFrame], Scores]] = {"strict": strict, "lesion": lesion, "literal": literal}
"""Rules that average over images."""

RULES = (*IMAGEWISE, "pooled", "batch_pooled")
"""``pooled``: counts summed over all images, then the ratios. ``batch_pooled``: counts summed within batches of
consecutive images (patient by patient, the last one may be smaller), then the ratios, then their mean over batches; a
batch where a ratio is 0/0 is left out. Table 3 of the paper probably shows the latter: it misses Dice = 2 IoU / (1 +
IoU) by less than means over images do. Boundary metrics cannot be pooled."""


def counted(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """tp, fp, fn, tn of every row, (N, 4)."""
    return rows[["tp", "fp", "fn", "tn"]].to_numpy(dtype=np.float64)


def _not_empty(rows: pd.DataFrame) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether the truth and the prediction have a pixel, (N,) each."""
    tp, fp, fn, _ = counted(rows).T
    return tp + fn > 0, tp + fp > 0
