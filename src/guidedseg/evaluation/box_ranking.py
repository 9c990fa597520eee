"""Figures of a ranked list of boxes, each a function of how often every patient counts, so that it can be bootstrapped.

A box has a confidence, a patient, and was found to hit a lesion or not. ``weights`` is (D, P) float64 throughout: a row
per resampling, the times that each of the P patients is drawn, in sorted order. A row of ones gives the score itself.
Every function returns one number per row, NaN for 0/0.
"""

import numpy as np
import numpy.typing as npt

from guidedseg.evaluation.bootstrap import ratio

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]
FALSE_BOXES = {"1_8": 1 / 8, "1_4": 1 / 4, "1_2": 1 / 2, "1": 1.0, "2": 2.0, "4": 4.0, "8": 8.0}
BINS = 10
_RECALLS = np.linspace(0, 1, 101)


def average_precision(
    found: Flags, confidence: Floats, patients: Codes, lesions_per_patient: Floats, weights: Floats
) -> Floats:
    """Area under precision over recall, as Ultralytics 8.4.190 has it (``ultralytics.utils.metrics.compute_ap``).

    That is: the precision envelope, read at 101 recalls by ``np.interp``, under the trapezoidal rule. A found box never
    lowers precision, so the envelope has steps only, and what is read is the best precision at any *larger* recall, 0
    from the last recall on: a perfect detector has 0.995. Boxes of equal confidence enter one by one, in the order
    given. A detector without a box has 0.

    Args:
        found: (N,) whether a box finds a lesion.
        confidence: (N,)
        patients: (N,) position of each box's patient in the columns of ``weights``.
        lesions_per_patient: (P,)
        weights: (D, P).

    Returns:
        (D,), NaN where no lesion is drawn.
    """
    order = np.argsort(-confidence, kind="stable")
    found, patients = found[order], patients[order]
    # only found boxes make recall: (K, P) counts down to each of them
    hits = _cumulated(found, patients, weights.shape[1])[found]
    boxes = _cumulated(np.ones_like(found), patients, weights.shape[1])[found]
    total = weights @ lesions_per_patient
    true = weights @ hits.T
    recall = ratio(true, total[:, None])
    precision = ratio(true, weights @ boxes.T)  # 0/0 before the first box that is drawn, at recall 0: never read
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    envelope = np.pad(envelope, ((0, 0), (0, 1)))
    read = [row[np.searchsorted(at, _RECALLS, side="right")] for row, at in zip(envelope, recall, strict=True)]
    area = np.trapezoid(np.reshape(read, (len(weights), len(_RECALLS))), _RECALLS, axis=1)
    return np.where(total > 0, area, np.nan)


def froc(
    found: Flags,
    confidence: Floats,
    patients: Codes,
    lesions_per_patient: Floats,
    images_per_patient: Floats,
    weights: Floats,
) -> Floats:
    """Sensitivity at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false boxes per image, normals included.

    The points and, as their mean, the score of van Ginneken et al., Medical Image Analysis 14 (2010), as in LUNA16.
    The curve is a step function, not interpolated: the largest sensitivity among thresholds with at most so many false
    boxes per image. Boxes of equal confidence enter together. Where the detector's floor or its most boxes per image
    end the curve early, its last sensitivity holds.

    Args:
        found: (N,) whether a box finds a lesion; others are false.
        confidence: (N,)
        patients: (N,) position of each box's patient in the columns of ``weights``.
        lesions_per_patient: (P,)
        images_per_patient: (P,)
        weights: (D, P).

    Returns:
        (D, 7) in the order of ``FALSE_BOXES``, NaN where no lesion is drawn.
    """
    hits, false, _ = froc_steps(found, confidence, patients, weights.shape[1])
    useful = np.diff(hits.sum(axis=1), prepend=0) > 0  # a threshold without a new hit is no better than the one before
    true = np.pad(weights @ hits[useful].T, ((0, 0), (1, 0)))
    false_per_image = ratio(weights @ false[useful].T, (weights @ images_per_patient)[:, None])
    last = np.stack([(false_per_image <= most).sum(axis=1) for most in FALSE_BOXES.values()], axis=1)
    return ratio(np.take_along_axis(true, last, axis=1), (weights @ lesions_per_patient)[:, None])


def calibration_error(found: Flags, confidence: Floats, patients: Codes, weights: Floats) -> Floats:
    """Expected calibration error: |share found - mean confidence| of 10 bins, averaged over boxes.

    Guo et al., ICML 2017, equation 3; a right answer is a box that finds a lesion (Kueppers et al., CVPR workshops
    2020, with the confidence alone). It is about the boxes there are, most of them weak: a missed lesion has none.

    Args:
        found: (N,)
        confidence: (N,)
        patients: (N,) position of each box's patient in the columns of ``weights``.
        weights: (D, P).

    Returns:
        (D,), NaN where no box is drawn.
    """
    number, confident, right = binned(found, confidence, patients, weights.shape[1])
    return ratio(np.abs(weights @ right - weights @ confident).sum(axis=1), (weights @ number).sum(axis=1))


def brier_score(found: Flags, confidence: Floats, patients: Codes, weights: Floats) -> Floats:
    """Mean squared difference of confidence and found (0 or 1) over boxes; arguments as in ``calibration_error``."""
    number, squared = (
        np.bincount(patients, weights=values, minlength=weights.shape[1])
        for values in (np.ones(len(found)), (confidence - found) ** 2)
    )
    return ratio(weights @ squared, weights @ number)


def _cumulated(flags: Flags, patients: Codes, number: int) -> Floats:
    """(N, number of patients): how many of the first 1, 2, ... N boxes are each patient's and flagged."""
    table = np.zeros((len(flags), number))
    table[np.arange(len(flags)), patients] = flags
    return table.cumsum(axis=0)


def froc_steps(found: Flags, confidence: Floats, patients: Codes, number: int) -> tuple[Floats, Floats, Floats]:
    """Found and false boxes per patient, (T, P) each, down to each of T falling thresholds (T,)."""
    order = np.argsort(-confidence, kind="stable")
    found, confidence, patients = found[order], confidence[order], patients[order]
    last_of_tie = np.diff(confidence, append=-np.inf) < 0
    hits, false = (_cumulated(flags, patients, number)[last_of_tie] for flags in (found, ~found))
    return hits, false, confidence[last_of_tie]


def binned(found: Flags, confidence: Floats, patients: Codes, number: int) -> Floats:
    """(3, P, bins): boxes, sum of confidences, found boxes."""
    # Guo et al.'s bins hold their upper edge; 0 itself belongs to the first
    bins = np.searchsorted(np.arange(1, BINS) / BINS, confidence, side="left")
    cells = patients * BINS + bins
    return np.stack(
        [
            np.bincount(cells, weights=values, minlength=number * BINS).reshape(number, BINS)
            for values in (np.ones(len(found)), confidence, found.astype(np.float64))
        ]
    )
