"""Scoring rules: what an image without a lesion, without a box or without a predicted pixel is worth.

Counts go in: the columns tp, fp, fn and boxes of a frame with one row per image. See docs/metrics.md for the table of
all cases and for what other libraries do.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

METRICS = ("dice", "iou", "precision", "recall")

Scores = npt.NDArray[np.float64]
"""(N, 4): dice, iou, precision, recall per image; NaN where a rule leaves an image out."""


def ratios(counts: npt.NDArray[np.float64]) -> Scores:
    """Dice 2TP/(2TP+FP+FN), IoU TP/(TP+FP+FN), precision TP/(TP+FP), recall TP/(TP+FN); NaN for 0/0.

    Args:
        counts: (..., 3) tp, fp, fn.

    Returns:
        (..., 4) in the order of ``METRICS``.
    """
    tp, fp, fn = (counts[..., column] for column in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([2 * tp / (2 * tp + fp + fn), tp / (tp + fp + fn), tp / (tp + fp), tp / (tp + fn)], axis=-1)


def strict(rows: pd.DataFrame) -> Scores:
    """Every image counts: both masks empty 1; a false positive on a normal 0; a miss 0; else the ratios."""
    scores = ratios(_counts(rows))
    truth, predicted = _not_empty(rows)
    scores[truth != predicted] = 0.0
    scores[~truth & ~predicted] = 1.0
    return scores


def lesion(rows: pd.DataFrame) -> Scores:
    """Images with a lesion only, as under ``strict``: a miss is 0. Normals are left out."""
    scores = strict(rows)
    scores[~_not_empty(rows)[0]] = np.nan
    return scores


def literal(rows: pd.DataFrame) -> Scores:
    """The paper's: an image without a box scores 1 on every metric, lesion or not; else as under ``strict``.

    For the direct approach, which has no boxes, the counterpart (ours, the paper states none) is an empty predicted
    mask.
    The oracle is scored like the guided branches: no true box, score 1.
    """
    scores = strict(rows)
    direct = (rows["branch"] == "direct").to_numpy()
    silent = np.where(direct, ~_not_empty(rows)[1], rows["boxes"].to_numpy() == 0)
    # with fallback an image without a box still has a prediction, and that is what is scored
    silent &= (rows["branch"] != "guided_fallback").to_numpy() | ~_not_empty(rows)[1]
    scores[silent] = 1.0
    return scores


IMAGEWISE: dict[str, Callable[[pd.DataFrame], Scores]] = {"literal": literal, "strict": strict, "lesion": lesion}
"""Rules that average over images."""

RULES = (*IMAGEWISE, "pooled")
"""``pooled``: counts summed over all images, then the ratios; 0/0 is null."""


def _counts(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    return rows[["tp", "fp", "fn"]].to_numpy(dtype=np.float64)


def _not_empty(rows: pd.DataFrame) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether the truth and the prediction have a pixel, (N,) each."""
    tp, fp, fn = _counts(rows).T
    return tp + fn > 0, tp + fp > 0
