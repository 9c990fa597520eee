"""Patient-cluster bootstrap: how uncertain a score is when other patients could have been examined.

A patient's images look alike, so whole patients are drawn with replacement, as many as there are, separately among
those with and those without a lesion (Davison and Hinkley 1997, sections 2.4 and 3.8). Every score is a function of
sums per patient, so a draw is a row of weights and all draws are one matrix product.

An **estimate** is an array (1 + DRAWS, ...): the score of the sample itself, then of every draw. Estimates made with
the same weights are paired: their difference is an estimate too.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

DRAWS = 2000

RELIABLE = 8
"""Patients with a lesion below which an interval is given but marked: so few cannot show how patients differ."""

_UNDEFINED = 0.05  # share of the draws that may be 0/0 before an interval means nothing

Array = npt.NDArray[np.float64]


def weights(images: pd.DataFrame, *, seed: int, draws: int = DRAWS) -> Array:
    """How often each patient counts: once in the first row, as drawn in the others.

    Args:
        images: one row per image: patient_id, lesion_px.
        seed: of the draws.
        draws: how many.

    Returns:
        (1 + draws, P), patients in sorted order.
    """
    has_lesion = images.groupby("patient_id")["lesion_px"].sum().sort_index().to_numpy() > 0
    rng = np.random.default_rng(seed)
    result = np.ones((1 + draws, len(has_lesion)))
    for stratum in (np.flatnonzero(has_lesion), np.flatnonzero(~has_lesion)):
        if len(stratum):
            result[1:, stratum] = rng.multinomial(len(stratum), np.full(len(stratum), 1 / len(stratum)), size=draws)
    return result


def sums(values: Array, patients: Sequence[str] | npt.NDArray[np.str_], drawn: Array) -> Array:
    """Sums over images in every draw.

    Args:
        values: (N, M), one row per image.
        patients: N names; every patient of the weights has an image.
        drawn: (1 + D, P) of ``weights``.

    Returns:
        (1 + D, M).
    """
    names, codes = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    per_patient = np.stack([np.bincount(codes, weights=column, minlength=len(names)) for column in values.T], axis=1)
    return np.asarray(drawn @ per_patient)


def ratio(numerator: Array, denominator: Array | float) -> Array:
    """Numerator / denominator, NaN where the latter is 0."""
    return np.divide(
        numerator, denominator, out=np.full(np.broadcast(numerator, denominator).shape, np.nan), where=denominator != 0
    )


def mean(values: Array, patients: Sequence[str] | npt.NDArray[np.str_], drawn: Array) -> Array:
    """Means over images in every draw; NaN leaves an image out.

    Args:
        values: (N, M), one row per image.
        patients: N names.
        drawn: (1 + D, P) of ``weights``.

    Returns:
        (1 + D, M), NaN where nothing is left.
    """
    counted = ~np.isnan(values)
    return ratio(
        sums(np.where(counted, values, 0.0), patients, drawn), sums(counted.astype(np.float64), patients, drawn)
    )


def interval(estimate: Array) -> dict[str, float | None]:
    """Value and 95 % interval (percentiles) of one score, null where it is 0/0.

    Args:
        estimate: (1 + D,). Draws that are 0/0 are left out; where more than 5 % are, the interval is null.
    """
    value, draws = estimate[0], estimate[1:]
    defined = draws[~np.isnan(draws)]
    if np.isnan(value):
        return {"value": None, "ci_low": None, "ci_high": None}
    if len(defined) < (1 - _UNDEFINED) * len(draws):
        return {"value": _rounded(value), "ci_low": None, "ci_high": None}
    low, high = np.percentile(defined, [2.5, 97.5])
    return {"value": _rounded(value), "ci_low": _rounded(low), "ci_high": _rounded(high)}


def intervals(estimates: Array, names: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Name -> value, ci_low, ci_high for the columns of (1 + D, M)."""
    return {name: interval(column) for name, column in zip(names, estimates.T, strict=True)}


def _rounded(value: float) -> float:
    return round(float(value), 6) + 0.0  # -0.0 becomes 0.0
