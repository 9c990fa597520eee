"""Scores of a detector's boxes, each a function of how often every patient counts, so that it can be bootstrapped.

``weights`` is (D, P) float64 throughout: a row per resampling, the times that each of the P patients is drawn, the
patients sorted. A row of ones gives the score itself. Scores are one number per row, NaN for 0/0.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.detection.boxes import match

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

IOUS = np.linspace(0.5, 0.95, 10)
FALSE_BOXES = {"1_8": 1 / 8, "1_4": 1 / 4, "1_2": 1 / 2, "1": 1.0, "2": 2.0, "4": 4.0, "8": 8.0}
BINS = 10
_RECALLS = np.linspace(0, 1, 101)


def scores(
    detections: pd.DataFrame,
    lesions: pd.DataFrame,
    index: pd.DataFrame,
    *,
    confidence: float,
    match_iou: float,
    weights: Floats,
) -> dict[str, Floats]:
    """Every headline figure of a detector.

    Boxes are matched once, whatever the number of resamplings: give the row of ones and the draws together.

    Args:
        detections: image_id, x0, y0, x1, y1, confidence, down to a low floor.
        lesions: image_id, x0, y0, x1, y1.
        index: image_id, patient_id, pathology of the images to score; boxes and lesions of others are left out.
        confidence: the operating threshold, of ``lesion_recall`` to ``normal_images_with_a_box``.
        match_iou: least intersection over union of a box with the lesion it finds; ``ap50`` and ``ap50_95`` have their
            own.
        weights: (D, P).

    Returns:
        Name -> (D,): ``ap50``, ``ap50_95``, ``lesion_recall``, ``precision``, ``false_boxes_per_normal_image``,
        ``normal_images_with_a_box``, ``froc_1_8`` to ``froc_8``, ``froc_mean``, ``confidence_ece``,
        ``confidence_brier``.
    """
    images, boxes, lesions = _with_patients(detections, lesions, index)
    number = weights.shape[1]
    lesions_per_patient, images_per_patient = _per_patient(lesions, number), _per_patient(images, number)
    found = {iou: _found(boxes, lesions, iou) for iou in dict.fromkeys([match_iou, *IOUS.tolist()])}
    patients, confidences = _patients(boxes), _confidences(boxes)

    precisions = [average_precision(found[iou], confidences, patients, lesions_per_patient, weights) for iou in IOUS]
    sensitivities = froc(found[match_iou], confidences, patients, lesions_per_patient, images_per_patient, weights)
    return {
        "ap50": precisions[0],
        "ap50_95": np.mean(precisions, axis=0),
        **_operating_point(boxes.assign(found=found[match_iou]), images, lesions_per_patient, confidence, weights),
        **{f"froc_{name}": column for name, column in zip(FALSE_BOXES, sensitivities.T, strict=True)},
        "froc_mean": sensitivities.mean(axis=1),
        "confidence_ece": calibration_error(found[match_iou], confidences, patients, weights),
        "confidence_brier": brier_score(found[match_iou], confidences, patients, weights),
    }


def counts(
    detections: pd.DataFrame, lesions: pd.DataFrame, index: pd.DataFrame, *, confidence: float
) -> dict[str, int]:
    """How many lesions, boxes at the operating confidence, images and normal images the scores rest on."""
    images, boxes, lesions = _with_patients(detections, lesions, index)
    return {
        "lesions": len(lesions),
        "boxes": int((_confidences(boxes) >= confidence).sum()),
        "images": len(images),
        "normal_images": int(images["normal"].sum()),
    }


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
    recall = _ratio(true, total[:, None])
    precision = _ratio(true, weights @ boxes.T)  # 0/0 before the first box that is drawn, at recall 0: never read
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
    hits, false, _ = _froc_steps(found, confidence, patients, weights.shape[1])
    useful = np.diff(hits.sum(axis=1), prepend=0) > 0  # a threshold without a new hit is no better than the one before
    true = np.pad(weights @ hits[useful].T, ((0, 0), (1, 0)))
    false_per_image = _ratio(weights @ false[useful].T, (weights @ images_per_patient)[:, None])
    last = np.stack([(false_per_image <= most).sum(axis=1) for most in FALSE_BOXES.values()], axis=1)
    return _ratio(np.take_along_axis(true, last, axis=1), (weights @ lesions_per_patient)[:, None])


def froc_curve(
    detections: pd.DataFrame, lesions: pd.DataFrame, index: pd.DataFrame, *, match_iou: float
) -> pd.DataFrame:
    """The curve whose points ``froc`` gives, for a figure.

    Args:
        detections: as in ``scores``.
        lesions: as in ``scores``.
        index: as in ``scores``.
        match_iou: as in ``scores``.

    Returns:
        confidence, false_boxes_per_image, sensitivity: a row per threshold, by falling confidence; to be drawn as steps
        to the right.
    """
    images, boxes, lesions = _with_patients(detections, lesions, index)
    everyone = np.zeros(len(boxes), dtype=np.intp)
    hits, false, confidence = _froc_steps(_found(boxes, lesions, match_iou), _confidences(boxes), everyone, 1)
    return pd.DataFrame(
        {
            "confidence": confidence,
            "false_boxes_per_image": _ratio(false[:, 0], len(images)),
            "sensitivity": _ratio(hits[:, 0], len(lesions)),
        }
    )


def reliability(
    detections: pd.DataFrame, lesions: pd.DataFrame, index: pd.DataFrame, *, match_iou: float
) -> pd.DataFrame:
    """How often boxes of a confidence find a lesion; a calibrated detector's share equals its confidence.

    Args:
        detections: as in ``scores``.
        lesions: as in ``scores``.
        index: as in ``scores``.
        match_iou: as in ``scores``.

    Returns:
        lower_edge, boxes, mean_confidence, share_found: a row per bin, which holds its upper edge and not its lower;
        NaN where there is no box.
    """
    _, boxes, lesions = _with_patients(detections, lesions, index)
    everyone = np.zeros(len(boxes), dtype=np.intp)
    found = _found(boxes, lesions, match_iou)
    number, confident, right = _binned(found, _confidences(boxes), everyone, 1)[:, 0]
    return pd.DataFrame(
        {
            "lower_edge": np.arange(BINS) / BINS,
            "boxes": number.astype(np.int64),
            "mean_confidence": _ratio(confident, number),
            "share_found": _ratio(right, number),
        }
    )


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
    number, confident, right = _binned(found, confidence, patients, weights.shape[1])
    return _ratio(np.abs(weights @ right - weights @ confident).sum(axis=1), (weights @ number).sum(axis=1))


def brier_score(found: Flags, confidence: Floats, patients: Codes, weights: Floats) -> Floats:
    """Mean squared difference of confidence and found (0 or 1) over boxes; arguments as in ``calibration_error``."""
    number, squared = (
        np.bincount(patients, weights=values, minlength=weights.shape[1])
        for values in (np.ones(len(found)), (confidence - found) ** 2)
    )
    return _ratio(weights @ squared, weights @ number)


def _operating_point(
    boxes: pd.DataFrame, images: pd.DataFrame, lesions_per_patient: Floats, confidence: float, weights: Floats
) -> dict[str, Floats]:
    """What the detector does at one threshold.

    Args:
        boxes: image_id, confidence, found, patient (position in the columns of ``weights``).
        images: image_id, normal, patient; one row per image.
        lesions_per_patient: (P,)
        confidence: boxes below it are dropped; whether a box finds a lesion does not depend on them.
        weights: (D, P).

    Returns:
        ``lesion_recall`` (share of lesions found), ``precision`` (share of boxes that find one),
        ``false_boxes_per_normal_image``, ``normal_images_with_a_box`` (share); (D,) each.
    """
    kept = boxes[_confidences(boxes) >= confidence]
    normals = images[images["normal"]]
    drawn = {
        name: weights @ _per_patient(rows, weights.shape[1])
        for name, rows in {
            "hits": kept[kept["found"]],
            "boxes": kept,
            "normals": normals,
            "on_normals": kept[kept["image_id"].isin(normals["image_id"])],
            "normals_hit": normals[normals["image_id"].isin(kept["image_id"])],
        }.items()
    }
    return {
        "lesion_recall": _ratio(drawn["hits"], weights @ lesions_per_patient),
        "precision": _ratio(drawn["hits"], drawn["boxes"]),
        "false_boxes_per_normal_image": _ratio(drawn["on_normals"], drawn["normals"]),
        "normal_images_with_a_box": _ratio(drawn["normals_hit"], drawn["normals"]),
    }


def _with_patients(
    detections: pd.DataFrame, lesions: pd.DataFrame, index: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Images (image_id, normal, patient), boxes and lesions with the position of their patient, rows numbered anew."""
    images = pd.DataFrame(
        {
            "image_id": index["image_id"].to_numpy(),
            "normal": (index["pathology"] == "normal").to_numpy(),
            "patient": np.unique(index["patient_id"].to_numpy(dtype=str), return_inverse=True)[1],
        }
    )
    patients = images.set_index("image_id")["patient"]
    boxes, lesions = (
        rows[rows["image_id"].isin(patients.index)].reset_index(drop=True) for rows in (detections, lesions)
    )
    return (
        images,
        boxes.assign(patient=boxes["image_id"].map(patients)),
        lesions.assign(patient=lesions["image_id"].map(patients)),
    )


def _patients(rows: pd.DataFrame) -> Codes:
    return rows["patient"].to_numpy(dtype=np.intp)


def _confidences(boxes: pd.DataFrame) -> Floats:
    return boxes["confidence"].to_numpy(dtype=np.float64)


def _found(boxes: pd.DataFrame, lesions: pd.DataFrame, match_iou: float) -> Flags:
    return match(boxes, lesions, match_iou).to_numpy(dtype=np.bool_)


def _per_patient(rows: pd.DataFrame, number: int) -> Floats:
    return np.bincount(_patients(rows), minlength=number).astype(np.float64)


def _cumulated(flags: Flags, patients: Codes, number: int) -> Floats:
    """(N, number of patients): how many of the first 1, 2, ... N boxes are each patient's and flagged."""
    table = np.zeros((len(flags), number))
    table[np.arange(len(flags)), patients] = flags
    return table.cumsum(axis=0)


def _froc_steps(found: Flags, confidence: Floats, patients: Codes, number: int) -> tuple[Floats, Floats, Floats]:
    """Found and false boxes per patient, (T, P) each, down to each of T falling thresholds (T,)."""
    order = np.argsort(-confidence, kind="stable")
    found, confidence, patients = found[order], confidence[order], patients[order]
    last_of_tie = np.diff(confidence, append=-np.inf) < 0
    hits, false = (_cumulated(flags, patients, number)[last_of_tie] for flags in (found, ~found))
    return hits, false, confidence[last_of_tie]


def _binned(found: Flags, confidence: Floats, patients: Codes, number: int) -> Floats:
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


def _ratio(part: Floats, whole: Floats | int) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(part / whole, dtype=np.float64)
