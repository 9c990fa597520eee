"""Cluster bootstrap: how uncertain a score is when other groups of patients could have been examined.

Images of a group (a patient, or patients that share pictures) look alike, so whole groups are drawn with replacement,
as many as there are (Davison and Hinkley 1997, sections 2.4 and 3.8). Every score is a function of sums per group, so a
draw is a row of weights and all draws are one matrix product.

An **estimate** is an array (1 + DRAWS, ...): the score of the sample itself, then of every draw. Estimates made with
the same weights are paired: their difference is an estimate too.

Percentiles of the draws are too narrow for few groups and ignore that a few large groups may decide a score (Hesterberg
2015, arXiv 1411.5279). Of the methods that `benchmarks/coverage.py` compares the simplest that
covers 95 % is taken: the standard deviation of the draws, a t quantile for the effective number of groups, and a scale
without ends. docs/metrics.md has the table.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

DRAWS = 1000
"""Enough for a standard deviation to within 2.2 %."""

RELIABLE = 5
"""Groups that contribute to a score below which its interval is given but marked."""

LEAST_SEEDS = 3
"""Trainings below which their spread is too uncertain to be part of an interval."""

Bounds = tuple[float, float]
"""What a score can be."""

SHARE: Bounds = (0.0, 1.0)
AMOUNT: Bounds = (0.0, np.inf)
DIFFERENCE: Bounds = (-np.inf, np.inf)

FEW_GROUPS = "fewer than three groups"
UNDEFINED = "undefined in more than 5 % of the draws"
AT_AN_END = "the score is at an end of its range"
NO_SPREAD = "every draw gives the same"

Array = npt.NDArray[np.float64]
Names = Sequence[str] | npt.NDArray[np.str_]


class Interval(TypedDict):
    """A score and its 95 % interval.

    Attributes:
        value: None where it is 0/0.
        ci_low: None where there is no interval.
        ci_high: likewise.
        groups: that have a part in it.
        no_interval: why there is none, where there is a value.
    """

    value: float | None
    ci_low: float | None
    ci_high: float | None
    groups: int
    no_interval: NotRequired[str]


def weights(images: pd.DataFrame, *, seed: int, draws: int = DRAWS) -> Array:
    """How often each group counts: once in the first row, as drawn in the others.

    Args:
        images: rows with a group_id.
        seed: of the draws.
        draws: how many.

    Returns:
        (1 + draws, P), groups in sorted order.
    """
    number = images["group_id"].nunique()
    rng = np.random.default_rng(seed)
    result = np.ones((1 + draws, number))
    for row in result[1:]:
        row[:] = np.bincount(rng.integers(number, size=number), minlength=number)
    return result


def per_group(values: npt.NDArray[np.float64 | np.bool_], groups: Names) -> Array:
    """Sums over the rows of every group.

    Args:
        values: (N, M).
        groups: N names.

    Returns:
        (P, M), groups in sorted order.
    """
    names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return np.stack([np.bincount(codes, weights=column, minlength=len(names)) for column in values.T], axis=1)


def sums(values: Array, groups: Names, drawn: Array) -> Array:
    """Sums over images in every draw.

    Args:
        values: (N, M), one row per image.
        groups: N names; every group of the weights has an image.
        drawn: (1 + D, P) of ``weights``.

    Returns:
        (1 + D, M).
    """
    return np.asarray(drawn @ per_group(values, groups))


def ratio(numerator: Array, denominator: Array | float) -> Array:
    """Numerator / denominator, NaN where the latter is 0."""
    return np.divide(
        numerator, denominator, out=np.full(np.broadcast(numerator, denominator).shape, np.nan), where=denominator != 0
    )


def mean(values: Array, groups: Names, drawn: Array) -> Array:
    """Means over images in every draw; NaN leaves an image out.

    Args:
        values: (N, M), one row per image.
        groups: N names.
        drawn: (1 + D, P) of ``weights``.

    Returns:
        (1 + D, M), NaN where nothing is left.
    """
    counted = ~np.isnan(values)
    return ratio(sums(np.where(counted, values, 0.0), groups, drawn), sums(counted.astype(np.float64), groups, drawn))


def interval(estimate: Array, parts: Array, bounds: Bounds = SHARE) -> Interval:
    """Value and 95 % interval of one score.

    On the scale without ends (logit of a share, log of an amount, a difference as it is) the ends are

        value -+ t(k - 1) sqrt(k / (k - 1)) x standard deviation of the draws,

    with the delta method's standard deviation on that scale, and k = (sum parts)^2 / sum parts^2, the number of equal
    groups that would be worth as much (Kish 1965). sqrt(k / (k - 1)) makes up for draws that vary around the sample's
    mean and not the truth, t for the unknown variance (Hesterberg 2015).

    Args:
        estimate: (1 + D,). Draws that are 0/0 are left out.
        parts: (P,) how much of the score's denominator is each group's: images, lesions, pixels; 0 where it has none.
        bounds: ``SHARE``, ``AMOUNT`` or ``DIFFERENCE``.

    Returns:
        ``value``, null where it is 0/0; ``ci_low``, ``ci_high``; ``groups`` that have a part. Where there is a value
        and no interval its ends are null and ``no_interval`` says why.
    """
    value, draws = float(estimate[0]), estimate[1:]
    groups = int(np.count_nonzero(parts))
    if np.isnan(value):
        return {"value": None, "ci_low": None, "ci_high": None, "groups": groups}
    defined = draws[~np.isnan(draws)]
    if groups < 3:
        return _without(value, groups, FEW_GROUPS)
    if len(defined) < 0.95 * len(draws):
        return _without(value, groups, UNDEFINED)
    if value in bounds:
        return _without(value, groups, AT_AN_END)
    effective = max(2.0, float(parts.sum() ** 2 / (parts**2).sum()))
    half = special.stdtrit(effective - 1, 0.975) * np.sqrt(effective / (effective - 1)) * defined.std()
    low, high = (_rounded(end) for end in _moved(value, half, bounds))
    if low == high:
        return _without(value, groups, NO_SPREAD)
    return {"value": _rounded(value), "ci_low": low, "ci_high": high, "groups": groups}


def intervals(
    estimates: Array, names: Sequence[str], parts: Array, bounds: Mapping[str, Bounds] = MappingProxyType({})
) -> dict[str, Interval]:
    """``interval`` of every column.

    Args:
        estimates: (1 + D, M).
        names: M.
        parts: (P, M), or (P, 1) where all have the same.
        bounds: by name; ``SHARE`` for those not in it.
    """
    parts = np.broadcast_to(parts, (len(parts), len(names)))
    return {
        name: interval(column, part, bounds.get(name, SHARE))
        for name, column, part in zip(names, estimates.T, parts.T, strict=True)
    }


def with_seeds(of_groups: Interval, values: Array, bounds: Bounds = SHARE) -> Interval:
    """Interval for other groups and other trainings of the same recipe.

    The distances of both ends from the value add up as the standard errors of independent sources do (MOVER, Zou and
    Donner 2008): other groups, and -+ t(S - 1) x standard deviation / sqrt(S) of the trainings.

    Args:
        of_groups: ``interval`` of the mean of the trainings' estimates, all on the same images.
        values: (S,) the trainings' scores, at least ``LEAST_SEEDS``.
        bounds: of the score; no end lies outside.

    Returns:
        As ``interval``; the same where that has no interval.
    """
    value, low, high = of_groups["value"], of_groups["ci_low"], of_groups["ci_high"]
    if value is None or low is None or high is None:
        return of_groups
    if len(values) < LEAST_SEEDS:
        raise ValueError(f"{len(values)} seeds, at least {LEAST_SEEDS} are needed")
    half = special.stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(len(values))
    ends = value - np.hypot(value - low, half), value + np.hypot(high - value, half)
    low, high = (_rounded(end) for end in np.clip(ends, *bounds))
    return {**of_groups, "ci_low": low, "ci_high": high}


def _moved(value: float, half: float, bounds: Bounds) -> Array:
    """Both ends, ``half`` away from the value on the scale without ends."""
    step = np.array([-half, half])
    if bounds == SHARE:
        return np.asarray(special.expit(special.logit(value) + step / (value * (1 - value))))
    if bounds == AMOUNT:
        return np.asarray(value * np.exp(step / value))
    return value + step


def _without(value: float, groups: int, reason: str) -> Interval:
    return {"value": _rounded(value), "ci_low": None, "ci_high": None, "groups": groups, "no_interval": reason}


def _rounded(value: float) -> float:
    return round(float(value), 6) + 0.0  # -0.0 becomes 0.0
