"""Scores of one branch under every rule, for the sample and every draw of groups."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from guidedseg.evaluation.bootstrap import (
    AMOUNT,
    DIFFERENCE,
    Array,
    Bounds,
    Interval,
    Names,
    intervals,
    mean,
    per_group,
    ratio,
    sums,
)
from guidedseg.evaluation.paired import of_means, of_scores
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP, RULES, counted, denominators, ratios

BOUNDS: dict[str, Bounds] = {"hd95": AMOUNT, "msd": AMOUNT, "false_areas_per_image": AMOUNT, "loss": AMOUNT}
"""Of the scores that are no shares."""


class Estimate(NamedTuple):
    """Scores and whose they are.

    Attributes:
        values: (1 + D, M): of the sample itself, then of every draw.
        parts: (G, M): how much of a score's denominator is each group's.
    """

    values: Array
    parts: Array

    def leaves(self, names: tuple[str, ...]) -> dict[str, Interval]:
        """Name -> value and interval."""
        return intervals(self.values, names, self.parts, BOUNDS)

    def minus(self, other: "Estimate") -> "Estimate":
        """The paired difference: both were made with the same draws."""
        return Estimate(self.values - other.values, self.parts + other.parts)

    def differences(self, names: tuple[str, ...]) -> dict[str, Interval]:
        """``leaves`` of what ``minus`` gave."""
        return intervals(self.values, names, self.parts, dict.fromkeys(names, DIFFERENCE))


def of_means_over_images(values: Array, groups: Names, drawn: Array) -> Estimate:
    """Means over images; NaN leaves an image out.

    Args:
        values: (N, M).
        groups: N names.
        drawn: (1 + D, G) of ``bootstrap.weights``.
    """
    return Estimate(mean(values, groups, drawn), per_group(~np.isnan(values), groups))


def of_ratios(numerators: Array, denominators_: Array, groups: Names, drawn: Array) -> Estimate:
    """Sums over images divided by sums over images; arguments as in ``of_means_over_images``."""
    return Estimate(
        ratio(sums(numerators, groups, drawn), sums(denominators_, groups, drawn)), per_group(denominators_, groups)
    )


def by_rule(rows: pd.DataFrame, drawn: Array, batch: int) -> dict[str, Estimate]:
    """One branch under every rule.

    Args:
        rows: one per image, by image_id.
        drawn: (1 + D, G) of ``bootstrap.weights``.
        batch: images per batch of ``batch_pooled``.

    Returns:
        Rule -> M scores by ``METRICS``, or by ``OVERLAP`` for the pooled rules.
    """
    groups = rows["group_id"].to_numpy(dtype=str)
    counts = counted(rows)
    result = {rule: of_means_over_images(function(rows), groups, drawn) for rule, function in IMAGEWISE.items()}
    result["pooled"] = Estimate(ratios(sums(counts, groups, drawn)), per_group(denominators(counts), groups))
    images = per_group(np.ones((len(rows), 1)), groups)
    result["batch_pooled"] = Estimate(batch_pooled(counts, groups, drawn, batch), np.repeat(images, len(OVERLAP), 1))
    return {rule: result[rule] for rule in RULES}


def batch_pooled(counts: Array, groups: Names, drawn: Array, batch: int) -> Array:
    """Counts summed within batches, then the ratios, then their mean; batches of 0/0 left out.

    Images stand group by group, in the order given within a group; a group drawn twice stands there twice, one whole
    examination after the other, so that a batch of a draw is as mixed as one of the sample.

    Args:
        counts: (N, 4) tp, fp, fn, tn.
        groups: N names.
        drawn: (1 + D, G), whole numbers.
        batch: images per batch, the last one may be smaller.

    Returns:
        (1 + D, 6).
    """
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    counts = counts[np.argsort(codes, kind="stable")]
    first = np.cumsum(sizes) - sizes
    result = np.empty((len(drawn), len(OVERLAP)))
    for row, times in enumerate(drawn.astype(np.int64)):
        examinations = np.repeat(np.arange(len(sizes)), times)
        lengths = sizes[examinations]
        shift = first[examinations] - (np.cumsum(lengths) - lengths)
        taken = counts[np.arange(lengths.sum()) + np.repeat(shift, lengths)]
        scored = ratios(np.add.reduceat(taken, np.arange(0, len(taken), batch), axis=0))
        defined = ~np.isnan(scored)
        result[row] = ratio(np.where(defined, scored, 0).sum(axis=0), defined.sum(axis=0).astype(np.float64))
    return result


def p_values(
    one: Sequence[pd.DataFrame], other: Sequence[pd.DataFrame], *, seed: int
) -> dict[str, dict[str, float | None]]:
    """Rule -> metric -> p of one - other, by swapping the two within whole groups (``paired``).

    ``batch_pooled`` has none: a swap would have to make its batches anew.

    Args:
        one: a branch's rows of every repeat, whose scores are averaged: the same images in the same order.
        other: those of another branch, likewise.
        seed: of the swaps, where there are too many to try them all.
    """
    groups = one[0]["group_id"].to_numpy(dtype=str)
    result = {}
    for rule, function in IMAGEWISE.items():
        mine, theirs = (np.mean([function(rows) for rows in side], axis=0) for side in (one, other))
        result[rule] = dict(zip(METRICS, of_means(mine, theirs, groups, seed=seed), strict=True))
    mine, theirs = (np.hstack([counted(rows) for rows in side]) for side in (one, other))
    pooled = of_scores(mine, theirs, groups, _mean_of_repeats, seed=seed)
    result["pooled"] = dict(zip(OVERLAP, pooled, strict=True))
    return result


def _mean_of_repeats(counts: Array) -> Array:
    """(..., 4 S) counts of S repeats -> (..., 6) means of their ratios."""
    return np.asarray(ratios(counts.reshape(*counts.shape[:-1], -1, 4)).mean(axis=-2))
