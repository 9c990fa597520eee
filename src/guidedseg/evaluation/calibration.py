"""Whether a pixel called lesion with probability p is lesion in a share p of the cases.

Probabilities are kept with 8 bits, so a histogram of 256 levels holds all there is to know.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation.bootstrap import Array, ratio, sums

LEVELS = 256
BINS = 10  # of equal width, upper edges included, as in Guo et al. 2017


def histogram(probabilities: npt.NDArray[np.uint8], truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Pixels of every level, (256, 2): not lesion, lesion.

    Args:
        probabilities: (H, W), probability x 255.
        truth: (H, W).
    """
    inside = probabilities > 0  # most pixels of a guided image lie outside all regions
    keys = probabilities[inside].astype(np.int64) * 2 + truth[inside]
    counts = np.bincount(keys, minlength=2 * LEVELS).reshape(LEVELS, 2)
    zeros = truth[~inside]
    lesion_zeros = int(np.count_nonzero(zeros))
    counts[0] += [zeros.size - lesion_zeros, lesion_zeros]
    return counts


def empty() -> npt.NDArray[np.int64]:
    """A histogram of no pixel."""
    return np.zeros((LEVELS, 2), dtype=np.int64)


def strict_dice(histograms: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Dice of the masks ``probability x 255 >= level`` at every level, (..., 256); 1 where truth and mask are empty.

    Args:
        histograms: (..., 256, 2), each of one image.
    """
    fp, tp = np.moveaxis(histograms[..., ::-1, :].cumsum(axis=-2)[..., ::-1, :], -1, 0)
    pixels = tp + fp + tp[..., :1]  # 2TP + FP + FN
    return np.divide(2.0 * tp, pixels, out=np.ones(pixels.shape), where=pixels > 0)


def table(histograms: dict[tuple[str, str], npt.NDArray[np.int64]]) -> pd.DataFrame:
    """Histograms by (group_id, branch) as rows group_id, branch, level, pixels, lesion_pixels; no empty levels."""
    rows = [
        (group, branch, int(level), int(counts[level].sum()), int(counts[level, 1]))
        for (group, branch), counts in histograms.items()
        for level in np.flatnonzero(counts.sum(axis=1))
    ]
    return pd.DataFrame(rows, columns=["group_id", "branch", "level", "pixels", "lesion_pixels"])


def reliability(levels: pd.DataFrame) -> pd.DataFrame:
    """The reliability curve of one branch.

    Args:
        levels: rows of ``table``.

    Returns:
        ``BINS`` rows: probability (lower edge), pixels, mean_probability and lesion_share (NaN in an empty bin).
    """
    pixels, lesion = _by_level(levels)
    bins = _bins()
    count, positive = _sum(bins, pixels, BINS), _sum(bins, lesion, BINS)
    predicted = _sum(bins, pixels * _probability(), BINS)
    return pd.DataFrame(
        {
            "probability": np.round(np.arange(BINS) / BINS, 6),
            "pixels": count.astype(np.int64),
            "mean_probability": ratio(predicted, count),
            "lesion_share": ratio(positive, count),
        }
    )


def errors(levels: pd.DataFrame, drawn: Array) -> tuple[Array, Array]:
    """Expected calibration error (Guo et al. 2017, equation 3) and Brier score, over all pixels.

    Args:
        levels: rows of ``table`` of one branch.
        drawn: (1 + D, G) of ``bootstrap.weights``; every group has rows.

    Returns:
        (1 + D, 2), and how many of the pixels are each group's, (G, 2).
    """
    wide = levels.pivot_table(
        index="group_id", columns="level", values=["pixels", "lesion_pixels"], aggfunc="sum", fill_value=0
    )
    groups = wide.index.to_numpy(dtype=str)
    pixels, lesion = (
        sums(wide[name].reindex(columns=range(LEVELS), fill_value=0).to_numpy(dtype=np.float64), groups, drawn)
        for name in ("pixels", "lesion_pixels")
    )
    p = _probability()
    total = pixels.sum(axis=1)
    brier = (pixels * p**2 - 2 * lesion * p + lesion).sum(axis=1)
    member = np.eye(BINS)[_bins()]  # (256, BINS)
    error = np.abs((pixels * p) @ member - lesion @ member).sum(axis=1)
    of_group = wide["pixels"].sum(axis=1).to_numpy(dtype=np.float64)
    return np.stack([ratio(error, total), ratio(brier, total)], axis=1), np.stack([of_group, of_group], axis=1)


def _by_level(levels: pd.DataFrame) -> tuple[Array, ...]:
    return tuple(
        _sum(levels["level"].to_numpy(), levels[name].to_numpy(), LEVELS) for name in ("pixels", "lesion_pixels")
    )


def _sum(groups: npt.NDArray[np.integer], values: npt.NDArray[np.number], number: int) -> Array:
    """Sums of ``values`` by group, (number,)."""
    return np.bincount(groups, values, number).astype(np.float64)


def _probability() -> Array:
    return np.arange(LEVELS) / (LEVELS - 1)


def _bins() -> npt.NDArray[np.intp]:
    return np.searchsorted(np.arange(1, BINS) / BINS, _probability(), side="left")
