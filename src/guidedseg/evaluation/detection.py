"""Scores of a detector's boxes, each a function of how often every group counts, so that it can be bootstrapped.

``weights`` is (D, G) float64 throughout: a row per resampling, the times that each of the G groups is drawn, the
groups sorted. A row of ones gives the score itself. Scores are one number per row, NaN for 0/0.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from guidedseg.evaluation.bootstrap import AMOUNT, SHARE, Interval, interval, ratio
from guidedseg.evaluation.box_ranking import (
    FALSE_BOXES,
    IOUS,
    Codes,
    Flags,
    Floats,
    average_precision,
    binned,
    brier_score,
    calibration_error,
    froc,
    froc_steps,
)
from guidedseg.evaluation.calibration import BINS
from guidedseg.evaluation.matching import match

BOUNDS = {"false_boxes_per_normal_image": AMOUNT}
"""Of the scores that are no shares."""


class Score(NamedTuple):
    """A score and whose it is.

    Attributes:
        values: (D,).
        parts: (G,): how much of its denominator is each group's: lesions, boxes or normal images.
    """

    values: Floats
    parts: Floats


def intervals(found: Mapping[str, Score]) -> dict[str, Interval]:
    """Value and interval of everything that ``scores`` gave for the row of ones and the draws."""
    return {name: interval(score.values, score.parts, BOUNDS.get(name, SHARE)) for name, score in found.items()}


def scores(
    detections: pd.DataFrame,
    lesions: pd.DataFrame,
    index: pd.DataFrame,
    *,
    confidence: float,
    match_iou: float,
    weights: Floats,
) -> dict[str, Score]:
    """Every headline figure of a detector.

    Boxes are matched once, whatever the number of resamplings: give the row of ones and the draws together.

    Args:
        detections: image_id, x0, y0, x1, y1, confidence, down to a low floor.
        lesions: image_id, x0, y0, x1, y1.
        index: image_id, group_id, pathology of the images to score; boxes and lesions of others are left out.
        confidence: the operating threshold, of ``lesion_recall`` to ``normal_images_with_a_box``.
        match_iou: least intersection over union of a box with the lesion it finds; ``ap50`` and ``ap50_95`` have their
            own.
        weights: (D, G).

    Returns:
        By name: ``ap50``, ``ap50_95``, ``lesion_recall``, ``precision``, ``false_boxes_per_normal_image``,
        ``normal_images_with_a_box``, ``froc_1_8`` to ``froc_8``, ``froc_mean``, ``confidence_ece``,
        ``confidence_brier``.
    """
    images, boxes, lesions = _with_groups(detections, lesions, index)
    number = weights.shape[1]
    lesions_per_group, images_per_group = _per_group(lesions, number), _per_group(images, number)
    found = {iou: _found(boxes, lesions, iou) for iou in dict.fromkeys([match_iou, *IOUS.tolist()])}
    groups, confidences = _groups(boxes), _confidences(boxes)

    precisions = [average_precision(found[iou], confidences, groups, lesions_per_group, weights) for iou in IOUS]
    sensitivities = froc(found[match_iou], confidences, groups, lesions_per_group, images_per_group, weights)
    of_lesions, of_boxes = lesions_per_group, _per_group(boxes, number)
    of_names = [f"froc_{name}" for name in FALSE_BOXES]
    return {
        "ap50": Score(precisions[0], of_lesions),
        "ap50_95": Score(np.mean(precisions, axis=0), of_lesions),
        **_operating_point(boxes.assign(found=found[match_iou]), images, lesions_per_group, confidence, weights),
        **{name: Score(column, of_lesions) for name, column in zip(of_names, sensitivities.T, strict=True)},
        "froc_mean": Score(sensitivities.mean(axis=1), of_lesions),
        "confidence_ece": Score(calibration_error(found[match_iou], confidences, groups, weights), of_boxes),
        "confidence_brier": Score(brier_score(found[match_iou], confidences, groups, weights), of_boxes),
    }


def counts(
    detections: pd.DataFrame, lesions: pd.DataFrame, index: pd.DataFrame, *, confidence: float
) -> dict[str, int]:
    """How many lesions, boxes at the operating confidence, images and normal images the scores rest on."""
    images, boxes, lesions = _with_groups(detections, lesions, index)
    return {
        "lesions": len(lesions),
        "boxes": int((_confidences(boxes) >= confidence).sum()),
        "images": len(images),
        "normal_images": int(images["normal"].sum()),
    }


def froc_curve(
    detections: pd.DataFrame, lesions: pd.DataFrame, index: pd.DataFrame, *, match_iou: float
) -> pd.DataFrame:
    """The curve whose points ``froc`` gives, and precision over recall, for figures.

    Args:
        detections: as in ``scores``.
        lesions: as in ``scores``.
        index: as in ``scores``.
        match_iou: as in ``scores``.

    Returns:
        confidence, false_boxes_per_image, sensitivity, precision (share of the boxes so far that find a lesion): a row
        per threshold, by falling confidence; sensitivity over false boxes is to be drawn as steps to the right.
    """
    images, boxes, lesions = _with_groups(detections, lesions, index)
    hits, false, confidence = froc_steps(_found(boxes, lesions, match_iou), _confidences(boxes))
    return pd.DataFrame(
        {
            "confidence": confidence,
            "false_boxes_per_image": ratio(false, len(images)),
            "sensitivity": ratio(hits, len(lesions)),
            "precision": ratio(hits, hits + false),
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
    _, boxes, lesions = _with_groups(detections, lesions, index)
    everyone = np.zeros(len(boxes), dtype=np.intp)
    found = _found(boxes, lesions, match_iou)
    number, confident, right = binned(found, _confidences(boxes), everyone, 1)[:, 0]
    return pd.DataFrame(
        {
            "lower_edge": np.arange(BINS) / BINS,
            "boxes": number.astype(np.int64),
            "mean_confidence": ratio(confident, number),
            "share_found": ratio(right, number),
        }
    )


def _operating_point(
    boxes: pd.DataFrame, images: pd.DataFrame, lesions_per_group: Floats, confidence: float, weights: Floats
) -> dict[str, Score]:
    """What the detector does at one threshold.

    Args:
        boxes: image_id, confidence, found, group (position in the columns of ``weights``).
        images: image_id, normal, group; one row per image.
        lesions_per_group: (G,)
        confidence: boxes below it are dropped; whether a box finds a lesion does not depend on them.
        weights: (D, G).

    Returns:
        ``lesion_recall`` (share of lesions found), ``precision`` (share of boxes that find one),
        ``false_boxes_per_normal_image``, ``normal_images_with_a_box`` (share).
    """
    kept = boxes[_confidences(boxes) >= confidence]
    normals = images[images["normal"]]
    counted = {
        name: _per_group(rows, weights.shape[1])
        for name, rows in {
            "hits": kept[kept["found"]],
            "boxes": kept,
            "normals": normals,
            "on_normals": kept[kept["image_id"].isin(normals["image_id"])],
            "normals_hit": normals[normals["image_id"].isin(kept["image_id"])],
        }.items()
    }
    shares = {
        "lesion_recall": (counted["hits"], lesions_per_group),
        "precision": (counted["hits"], counted["boxes"]),
        "false_boxes_per_normal_image": (counted["on_normals"], counted["normals"]),
        "normal_images_with_a_box": (counted["normals_hit"], counted["normals"]),
    }
    return {name: Score(ratio(weights @ part, weights @ whole), whole) for name, (part, whole) in shares.items()}


def _with_groups(
    detections: pd.DataFrame, lesions: pd.DataFrame, index: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Images (image_id, normal, group), boxes and lesions with the position of their group, rows numbered anew."""
    images = pd.DataFrame(
        {
            "image_id": index["image_id"].to_numpy(),
            "normal": (index["pathology"] == "normal").to_numpy(),
            "group": np.unique(index["group_id"].to_numpy(dtype=str), return_inverse=True)[1],
        }
    )
    groups = images.set_index("image_id")["group"]
    boxes, lesions = (
        rows[rows["image_id"].isin(groups.index)].reset_index(drop=True) for rows in (detections, lesions)
    )
    return (
        images,
        boxes.assign(group=boxes["image_id"].map(groups)),
        lesions.assign(group=lesions["image_id"].map(groups)),
    )


def _groups(rows: pd.DataFrame) -> Codes:
    return rows["group"].to_numpy(dtype=np.intp)


def _confidences(boxes: pd.DataFrame) -> Floats:
    return boxes["confidence"].to_numpy(dtype=np.float64)


def _found(boxes: pd.DataFrame, lesions: pd.DataFrame, match_iou: float) -> Flags:
    return match(boxes, lesions, match_iou).to_numpy(dtype=np.bool_)


def _per_group(rows: pd.DataFrame, number: int) -> Floats:
    return np.bincount(_groups(rows), minlength=number).astype(np.float64)
