"""Figures of a ranked list of boxes, each a function of how often every group counts, so that it can be bootstrapped.

A box has a confidence, a group, and was found to hit a lesion or not. ``weights`` is (D, G) float64 throughout: a row
per resampling, the times that each of the G groups is drawn, in sorted order. A row of ones gives the score itself.
Every function returns one number per row, NaN for 0/0. Boxes of equal confidence enter a ranking together, in a score
as in its resamplings: no threshold tells them apart, so their order in a file must not matter. Time grows with boxes x
D; memory beyond the arguments with boxes + found boxes x ``_DRAWS``.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from guidedseg.evaluation.bootstrap import ratio
from guidedseg.evaluation.calibration import BINS

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]
IOUS = np.linspace(0.5, 0.95, 10)
"""COCO's least overlaps of a box that finds a lesion."""

FALSE_BOXES = {"1_8": 1 / 8, "1_4": 1 / 4, "1_2": 1 / 2, "1": 1.0, "2": 2.0, "4": 4.0, "8": 8.0}
_RECALLS = np.linspace(0, 1, 101)
_DRAWS = 8  # rows of the weights at a time: bounds the memory, and what 100,000 boxes need stays in the caches


def average_precision(
    found: Flags, confidence: Floats, groups: Codes, lesions_per_group: Floats, weights: Floats
) -> Floats:
    """Area under precision over recall, as Ultralytics 8.4.190 has it (``ultralytics.utils.metrics.compute_ap``).

    That is: the precision envelope, read at 101 recalls, under the trapezoidal rule. What is read is the best precision
    at any *larger* recall, 0 from the last recall on: a perfect detector has 0.995. A detector without a box has 0.
    Where no two confidences are equal the numbers are Ultralytics'; boxes of equal confidence enter one by one there,
    in an order that it does not promise.

    Args:
        found: (N,) whether a box finds a lesion.
        confidence: (N,)
        groups: (N,) position of each box's group in the columns of ``weights``.
        lesions_per_group: (G,)
        weights: (D, G).

    Returns:
        (D,), NaN where no lesion is drawn.
    """
    hits, false = _steps(found, confidence, groups, weights.shape[1])
    area = np.empty(len(weights))
    for start in range(0, len(weights), _DRAWS):
        part = slice(start, start + _DRAWS)
        total, true = weights[part] @ lesions_per_group, hits.cumulated(weights[part])
        recall = ratio(true, total[:, None])
        # 0/0 before the first box that is drawn: never read
        precision = ratio(true, true + false.cumulated(weights[part]))
        envelope = np.pad(np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1], ((0, 0), (0, 1)))
        read = [row[np.searchsorted(at, _RECALLS, side="right")] for row, at in zip(envelope, recall, strict=True)]
        area[part] = np.where(total > 0, np.trapezoid(np.reshape(read, (-1, len(_RECALLS))), _RECALLS, axis=1), np.nan)
    return area


def froc(
    found: Flags,
    confidence: Floats,
    groups: Codes,
    lesions_per_group: Floats,
    images_per_group: Floats,
    weights: Floats,
) -> Floats:
    """Sensitivity at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false boxes per image, normals included.

    The points and, as their mean, the score of van Ginneken et al., Medical Image Analysis 14 (2010), as in LUNA16.
    The curve is a step function, not interpolated: the largest sensitivity among thresholds with at most so many false
    boxes per image. Where the detector's floor or its most boxes per image end the curve early, its last sensitivity
    holds.

    Args:
        found: (N,) whether a box finds a lesion; others are false.
        confidence: (N,)
        groups: (N,) position of each box's group in the columns of ``weights``.
        lesions_per_group: (G,)
        images_per_group: (G,)
        weights: (D, G).

    Returns:
        (D, 7) in the order of ``FALSE_BOXES``, NaN where no lesion is drawn.
    """
    hits, false = _steps(found, confidence, groups, weights.shape[1])
    sensitivity = np.empty((len(weights), len(FALSE_BOXES)))
    for start in range(0, len(weights), _DRAWS):
        part = slice(start, start + _DRAWS)
        true = np.pad(hits.cumulated(weights[part]), ((0, 0), (1, 0)))
        false_per_image = ratio(false.cumulated(weights[part]), (weights[part] @ images_per_group)[:, None])
        last = np.stack([(false_per_image <= most).sum(axis=1) for most in FALSE_BOXES.values()], axis=1)
        lesions = (weights[part] @ lesions_per_group)[:, None]
        sensitivity[part] = ratio(np.take_along_axis(true, last, axis=1), lesions)
    return sensitivity


def calibration_error(found: Flags, confidence: Floats, groups: Codes, weights: Floats) -> Floats:
    """Expected calibration error: |share found - mean confidence| of 10 bins, averaged over boxes.

    Guo et al., ICML 2017, equation 3; a right answer is a box that finds a lesion (Kueppers et al., CVPR workshops
    2020, with the confidence alone). It is about the boxes there are, most of them weak: a missed lesion has none.

    Args:
        found: (N,)
        confidence: (N,)
        groups: (N,) position of each box's group in the columns of ``weights``.
        weights: (D, G).

    Returns:
        (D,), NaN where no box is drawn.
    """
    number, confident, right = binned(found, confidence, groups, weights.shape[1])
    return ratio(np.abs(weights @ right - weights @ confident).sum(axis=1), (weights @ number).sum(axis=1))


def brier_score(found: Flags, confidence: Floats, groups: Codes, weights: Floats) -> Floats:
    """Mean squared difference of confidence and found (0 or 1) over boxes; arguments as in ``calibration_error``."""
    number, squared = (
        np.bincount(groups, weights=values, minlength=weights.shape[1])
        for values in (np.ones(len(found)), (confidence - found) ** 2)
    )
    return ratio(weights @ squared, weights @ number)


class _Steps:
    """How many boxes of each group come at each of S steps."""

    def __init__(self, steps: Codes, groups: Codes, shape: tuple[int, int]) -> None:
        """A box has a step and a group; ``shape`` is (S, G)."""
        self._counts = csr_array((np.ones(len(steps)), (steps, groups)), shape=shape)

    def cumulated(self, weights: Floats) -> Floats:
        """(D, S): boxes down to each step where the groups count as in ``weights`` (D, G)."""
        at = self._counts @ np.ascontiguousarray(weights.T)
        return np.ascontiguousarray(np.cumsum(at, axis=0).T)


def _steps(found: Flags, confidence: Floats, groups: Codes, number: int) -> tuple[_Steps, _Steps]:
    """Found and false boxes at each threshold with a new hit, falling: no other is better than the one before it."""
    useful = -np.unique(-confidence[found])
    step = np.searchsorted(-useful, -confidence)  # a false box comes with the next hit
    reached = step < len(useful)
    shape = len(useful), number
    return _Steps(step[found], groups[found], shape), _Steps(step[~found & reached], groups[~found & reached], shape)


def froc_steps(found: Flags, confidence: Floats) -> tuple[Floats, Floats, Floats]:
    """Found and false boxes down to each of T falling thresholds, (T,) each, and the thresholds (T,)."""
    order = np.argsort(-confidence, kind="stable")
    found, confidence = found[order], confidence[order]
    last_of_tie = np.diff(confidence, append=-np.inf) < 0
    hits, false = (np.cumsum(flags, dtype=np.float64)[last_of_tie] for flags in (found, ~found))
    return hits, false, confidence[last_of_tie]


def binned(found: Flags, confidence: Floats, groups: Codes, number: int) -> Floats:
    """(3, G, bins): boxes, sum of confidences, found boxes."""
    # Guo et al.'s bins hold their upper edge; 0 itself belongs to the first
    bins = np.searchsorted(np.arange(1, BINS) / BINS, confidence, side="left")
    cells = groups * BINS + bins
    return np.stack(
        [
            np.bincount(cells, weights=values, minlength=number * BINS).reshape(number, BINS)
            for values in (np.ones(len(found)), confidence, found.astype(np.float64))
        ]
    )
