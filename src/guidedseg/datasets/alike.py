"""Which of many pictures are alike, without comparing all with all.

Up to ``EXACT`` pictures every pair is compared, a block of rows at a time. Beyond, only those are that agree in at
least two of ``HASHES`` hashes (locality-sensitive hashing). A hash names the axis that a picture lies nearest to, of d
random ones and their opposites (the cross-polytope hash of Andoni et al., NeurIPS 2015); d grows with the square root
of N, so that two hashes have about as many values as there are pictures, and a picture few candidates. What is found
is compared as ever, so no pair is made up; how many are missed was measured on mixtures of BUS-UCLM's thumbnails and
copies of them at a given similarity, the share found being

| pictures | 0.80 | 0.85 | 0.90 | 0.95 |
|---|---|---|---|---|
| 30,000 | 0.996 | 0.999 | 1.000 | 1.000 |
| 100,000 | 0.988 | 0.997 | 1.000 | 1.000 |
"""

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

EXACT = 10_000
"""Pictures up to which all pairs are compared."""

HASHES = 24

ENOUGH = 16
"""Pairs of a picture: two that both have so many are not compared any more. Thousands of copies are linked by them."""

_WINDOW = 32  # neighbours of equal hashes that a picture is compared with, in an order drawn anew for every two hashes
_ROWS = 1024  # of a block: bounds the memory
_NEAR_ROWS = 128  # likewise; between blocks it is noticed who has enough pairs
_SKETCH = 48  # numbers
_SEED = 0

Places = NDArray[np.intp]
Unit = NDArray[np.float32]
Asked = Callable[[Places, Places], NDArray[np.bool_]]
"""Which pairs are worth a comparison."""


def find(unit: Unit, owners: Places, threshold: float) -> tuple[Places, Places, NDArray[np.float32]]:
    """The pairs of pictures of different owners that are alike.

    Args:
        unit: (N, M) float32, a picture a row, of length 1; or of 0, which is like no other.
        owners: (N,) a number for each owner.
        threshold: the least scalar product, rounded to four digits so that the order of summation on another machine
            changes nothing.

    Returns:
        Positions a < b, sorted, and similarities. Not every pair of a picture that has more than ``ENOUGH``.
    """
    shown = np.flatnonzero(unit.any(axis=1))
    pairs, similarity = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float32)  # a pair is a * N + b
    partners = np.zeros(len(unit), dtype=np.intp)

    def asked(one: Places, other: Places) -> NDArray[np.bool_]:
        return (owners[one] != owners[other]) & (np.minimum(partners[one], partners[other]) < ENOUGH)

    for one, other in (_near if len(shown) <= EXACT else _hashed)(unit, shown, threshold, asked):
        a, b = np.minimum(one, other), np.maximum(one, other)
        found = _similarity(unit, a, b)
        enough = found >= threshold
        if enough.any():
            new, first = np.unique(a[enough] * len(unit) + b[enough], return_index=True)
            unknown = np.isin(new, pairs, invert=True)
            pairs = np.append(pairs, new[unknown])
            similarity = np.append(similarity, found[enough][first][unknown])
            partners += np.bincount(np.concatenate(np.divmod(new[unknown], len(unit))), minlength=len(unit))
    order = np.argsort(pairs)
    return *np.divmod(pairs[order], max(len(unit), 1)), similarity[order]


def _near(unit: Unit, shown: Places, threshold: float, asked: Asked) -> Iterator[tuple[Places, Places]]:
    """All pairs of ``shown`` that may reach the threshold."""
    for start in range(0, len(shown), _NEAR_ROWS):
        rows = shown[start : start + _NEAR_ROWS]
        block = unit[rows] @ unit[shown[start:]].T
        a, b = np.nonzero(np.triu(block > threshold - 1e-3, k=1))
        one, other = rows[a], shown[start + b]
        wanted = asked(one, other)
        yield one[wanted], other[wanted]


def _hashed(unit: Unit, shown: Places, threshold: float, asked: Asked) -> Iterator[tuple[Places, Places]]:
    """Pairs of ``shown`` that agree in two hashes and are alike in a sketch too, which is faster to look at."""
    rng = np.random.default_rng(_SEED)
    hashes = _hashes(unit, shown, rng)
    directions = rng.standard_normal((unit.shape[1], _SKETCH), dtype=np.float32)
    blocks = [unit[shown[start : start + _ROWS]] @ directions for start in range(0, len(shown), _ROWS)]
    sketch = np.concatenate(blocks)
    sketch /= np.linalg.norm(sketch, axis=1, keepdims=True)
    # the cosine of two sketches lies around that of the pictures with a standard deviation of (1 - cos^2) / sqrt(k)
    least = threshold - 4 * (1 - threshold**2) / np.sqrt(_SKETCH)
    for first, second in combinations(hashes, 2):
        order = rng.permutation(len(shown))
        both = first[order] * (hashes.max() + 1) + second[order]
        order = order[np.argsort(both, kind="stable")]
        both = np.sort(both)
        for step in range(1, _WINDOW + 1):
            equal = np.flatnonzero(both[step:] == both[:-step])
            if not len(equal):
                break
            wanted = asked(shown[order[equal]], shown[order[equal + step]])
            one, other = order[equal[wanted]], order[equal[wanted] + step]
            likely = np.einsum("ij,ij->i", sketch[one], sketch[other]) > least
            yield shown[one[likely]], shown[other[likely]]


def _hashes(unit: Unit, shown: Places, rng: np.random.Generator) -> Places:
    """(HASHES, len(shown)): the number of the nearest axis, 0 to 2 d - 1."""
    axes = 2 ** int(np.ceil(np.log2(np.sqrt(len(shown)) / 2)))
    directions = rng.standard_normal((unit.shape[1], HASHES * axes), dtype=np.float32)
    result = np.empty((HASHES, len(shown)), dtype=np.intp)
    for start in range(0, len(shown), _ROWS):
        along = (unit[shown[start : start + _ROWS]] @ directions).reshape(-1, HASHES, axes)
        nearest = np.abs(along).argmax(axis=2)
        signs = np.take_along_axis(along, nearest[..., None], axis=2)[..., 0] > 0
        result[:, start : start + _ROWS] = (2 * nearest + signs).T
    return result


def _similarity(unit: Unit, a: Places, b: Places) -> NDArray[np.float32]:
    """Scalar products of rows, to four digits."""
    parts = [slice(start, start + _ROWS) for start in range(0, len(a), _ROWS)]
    found = [np.einsum("ij,ij->i", unit[a[part]], unit[b[part]]) for part in parts]
    return np.round(np.concatenate([np.empty(0, dtype=np.float32), *found]), 4)
