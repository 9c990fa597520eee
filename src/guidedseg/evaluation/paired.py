"""Tests of paired differences."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation.bootstrap import Array


def p_value(differences: Array, patients: npt.NDArray[np.str_]) -> float | None:
    """Two-sided Wilcoxon signed-rank test on patient means (Wilcoxon 1945), exact, ties included.

    Patients, not images, are independent; a patient without a difference is left out, as Wilcoxon did. With n patients
    the least value that can come out is 2 / 2**n: with five it is 0.0625.

    Args:
        differences: (N,) per image, NaN for images that a rule leaves out.
        patients: N names.

    Returns:
        None where no patient differs.
    """
    kept = ~np.isnan(differences)
    _, codes = np.unique(patients[kept], return_inverse=True)
    if not len(codes):
        return None
    means = np.bincount(codes, differences[kept]) / np.bincount(codes)
    means = np.round(means, 12)  # sums of equal scores must be equal, whatever their order
    means = means[means != 0]
    if not len(means):
        return None
    # scipy's test takes seconds where values tie: it tries all signs. Counting the ways to every sum of ranks is exact
    # and immediate (Streitberg and Roehmel 1986). Twice the ranks, because tied ranks may be halves.
    ranks = np.rint(2 * pd.Series(np.abs(means)).rank().to_numpy()).astype(np.int64)
    ways = np.zeros(ranks.sum() + 1)
    ways[0] = 1
    for rank in ranks:
        ways[rank:] += ways[:-rank].copy()
    positive = ranks[means > 0].sum()
    tail = min(ways[: positive + 1].sum(), ways[positive:].sum())
    return _rounded(min(1.0, 2 * tail / ways.sum()))


def holm(p_values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Holm's step-down correction (Holm 1979) of the tests of one family; None stays None and does not count."""
    ordered = sorted((value, name) for name, value in p_values.items() if value is not None)
    result: dict[str, float | None] = dict.fromkeys(p_values)
    largest = 0.0
    for rank, (value, name) in enumerate(ordered):
        largest = max(largest, min(1.0, value * (len(ordered) - rank)))
        result[name] = _rounded(largest)
    return result


def _rounded(p: float) -> float:
    """Six significant digits: a small p never becomes 0."""
    return float(f"{p:.6g}")
