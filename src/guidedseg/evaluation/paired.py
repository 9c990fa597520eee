"""Tests of paired differences."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from guidedseg.evaluation.bootstrap import Array, Names, per_group

EXACT = 16
"""Groups that differ up to which all swaps are tried."""

DRAWS = 19_999
"""Swaps drawn where there are more; with the sample itself the least p is 1 / 20,000."""

_AT_ONCE = 2**22  # weights of drawn swaps held in memory
_EQUAL = 1e-12  # sums of the same numbers in another order differ by less, relative to them


def of_means(one: Array, other: Array, groups: Names, *, seed: int) -> list[float | None]:
    """Test the mean difference over images, one p per column; see ``of_scores``.

    Args:
        one: (N, M) scores per image; NaN on either side leaves the image out of that column.
        other: likewise, the same images.
        groups: N names.
        seed: of the draws.

    Returns:
        M p; None where no group differs.
    """
    counted = ~np.isnan(one) & ~np.isnan(other)
    a, b = (per_group(np.where(counted, side, 0.0), groups) for side in (one, other))
    few = (_differ(a, b).sum(axis=0) <= EXACT).tolist()
    together = [column for column, is_few in enumerate(few) if not is_few]  # the same draws serve all of them
    sets = [[column] for column, is_few in enumerate(few) if is_few] + ([together] if together else [])
    result: list[float | None] = [None] * len(few)
    for columns in sets:
        for column, p in zip(columns, _p_values(a[:, columns], b[:, columns], _itself, seed), strict=True):
            result[column] = p
    return result


def of_scores(
    one: Array, other: Array, groups: Names, score: Callable[[Array], Array], *, seed: int
) -> list[float | None]:
    """Test the difference between two scores that are made of sums over all images, such as pooled Dice.

    If the sides are alike, each group might as well have had them the other way round. p is the share of all ways to
    swap the sides within whole groups that make the absolute difference at least as large (Fisher 1935; Good 2005):
    exact where at most ``EXACT`` groups differ, else (b + 1) / (``DRAWS`` + 1) of seeded draws (Phipson and Smyth
    2010). With n groups it cannot be below 2 / 2**n.

    Args:
        one: (N, C) per image, such as counts of pixels.
        other: likewise, the same images.
        groups: N names.
        score: (..., C) sums -> (..., M) scores.
        seed: of the draws.

    Returns:
        M p; None where no swap makes a difference, or a side's score is 0/0.
    """
    return _p_values(per_group(one, groups), per_group(other, groups), score, seed)


def holm(p_values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Holm's step-down correction (Holm 1979) of the tests of one family; None stays None and does not count."""
    ordered = sorted((value, name) for name, value in p_values.items() if value is not None)
    result: dict[str, float | None] = dict.fromkeys(p_values)
    largest = 0.0
    for rank, (value, name) in enumerate(ordered):
        largest = max(largest, min(1.0, value * (len(ordered) - rank)))
        result[name] = _rounded(largest)
    return result


def _p_values(a: Array, b: Array, score: Callable[[Array], Array], seed: int) -> list[float | None]:
    """Of sums per group (P, C) on the two sides."""
    total = (a + b).sum(axis=0)
    of_both = score(a.sum(axis=0)), score(b.sum(axis=0))
    observed = np.abs(of_both[0] - of_both[1])
    tolerance = _EQUAL * (np.abs(of_both[0]) + np.abs(of_both[1]))
    differ = _differ(a, b).any(axis=1)
    exact = differ.sum() <= EXACT
    same = a[~differ].sum(axis=0)
    swaps = _all_swaps(a[differ], b[differ]) if exact else _drawn_swaps(a[differ], b[differ], seed)
    extreme, tried, any_effect = np.zeros(observed.shape), 0, np.zeros(observed.shape, dtype=bool)
    for chunk in swaps:
        first = same + chunk
        size = np.abs(score(first) - score(total - first))
        # a swap that leaves a side 0/0 cannot be compared: it counts against a difference
        extreme += (np.isnan(size) | (size >= observed - tolerance)).sum(axis=0)
        any_effect |= (size > tolerance).any(axis=0)
        tried += len(first)
    p = extreme / tried if exact else (extreme + 1) / (tried + 1)
    tested = any_effect & ~np.isnan(observed)
    return [_rounded(value) if told else None for value, told in zip(p.tolist(), tested.tolist(), strict=True)]


def _all_swaps(a: Array, b: Array) -> Iterator[Array]:
    """(2**(P - 1), C) sums of the first side; the mirror images, which have the same absolute difference, left out."""
    result = a[:1].sum(axis=0, keepdims=True)
    for own, others in zip(a[1:], b[1:], strict=True):
        result = np.concatenate([result + own, result + others])
    yield result


def _drawn_swaps(a: Array, b: Array, seed: int) -> Iterator[Array]:
    """``DRAWS`` rows of sums of the first side."""
    rng = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // len(a))
    for start in range(0, DRAWS, step):
        swapped = rng.integers(2, size=(min(step, DRAWS - start), len(a)), dtype=np.int8)
        yield a.sum(axis=0) + swapped.astype(np.float64) @ (b - a)


def _differ(a: Array, b: Array) -> np.ndarray:
    return np.abs(a - b) > _EQUAL * (np.abs(a) + np.abs(b))


def _itself(sums: Array) -> Array:
    return sums


def _rounded(p: float) -> float:
    """Six significant digits: a small p never becomes 0."""
    return float(f"{p:.6g}")
