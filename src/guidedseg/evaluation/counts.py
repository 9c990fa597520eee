"""What is counted and measured per image and branch, at original resolution: every score is a group-by away."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from guidedseg.evaluation.lesions import lesions
from guidedseg.evaluation.surfaces import Mask, surface

PREDICTED = ("direct", "guided", "guided_fallback", "oracle", "direct_ungated", "guided_ungated", "cascade")
"""direct: the frame. guided: the detector's boxes. guided_fallback: guided, and the frame where there is no box.
oracle: the true boxes, an upper bound. direct_ungated: direct that leaves no image empty as a whole. guided_ungated:
guided that keeps every image's most confident box. cascade: guided, in boxes around what direct outlined, without a
detector."""

CONTROLS = ("silent", "everything")
"""No network: never a box, and the whole frame as lesion. They show what a rule rewards."""

BRANCHES = (*PREDICTED, *CONTROLS)

IMAGE_COLUMNS = [
    *("image_id", "patient_id", "group_id", "pathology", "width", "height", "lesion_px", "lesions", "branch", "boxes"),
    *("tp", "fp", "fn", "tn", "hd95", "msd", "nsd", "lesions_found", "areas", "false_areas", "regions", "loss"),
]

LESION_COLUMNS = ["image_id", "patient_id", "branch", "lesion", "area_px", "iou", "covered"]


@dataclass(frozen=True)
class Evaluation:
    """All that is counted.

    Attributes:
        images: ``IMAGE_COLUMNS``, a row per image and branch.
        lesions: ``LESION_COLUMNS``, a row per true lesion and branch.
        levels: histograms of the probabilities, rows of ``calibration.table``.
    """

    images: pd.DataFrame
    lesions: pd.DataFrame
    levels: pd.DataFrame


@dataclass(frozen=True)
class Measured:
    """One mask against the truth.

    Attributes:
        figures: of the image's row: what is named in ``IMAGE_COLUMNS`` from lesion_px on, but branch and boxes.
        lesions: ``LESION_COLUMNS`` from lesion on, a row per true lesion.
    """

    figures: dict[str, float]
    lesions: pd.DataFrame


def count(truth: Mask, predicted: Mask) -> tuple[int, int, int, int]:
    """tp, fp, fn, tn of two (H, W) masks."""
    tp = int(np.count_nonzero(truth & predicted))
    fp = int(np.count_nonzero(predicted)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return tp, fp, fn, truth.size - tp - fp - fn


def measure(truth: Mask, predicted: Mask, *, match_iou: float, tolerance: float) -> Measured:
    """Count and measure one mask.

    Args:
        truth: (H, W) bool.
        predicted: (H, W) bool.
        match_iou: a predicted area outlines a lesion from this IoU on.
        tolerance: of the normalized surface Dice, pixels.

    Returns:
        Figures with ``hd95``, ``msd`` (pixels) and ``nsd`` NaN where a mask is empty, which a rule has to judge;
        ``regions`` 0 and ``loss`` NaN, which only a network has.
    """
    tp, fp, fn, tn = count(truth, predicted)
    hd95, msd, nsd = surface(truth, predicted, tolerance)
    table, areas = lesions(truth, predicted)
    figures = {
        "lesion_px": tp + fn,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "hd95": hd95,
        "msd": msd,
        "nsd": nsd,
        "lesions": len(table),
        "lesions_found": int((table["iou"] >= match_iou).sum()),
        "areas": len(areas),
        "false_areas": int((areas < match_iou).sum()),
        "regions": 0,
        "loss": np.nan,
    }
    return Measured(figures, table)


def write(evaluation: Evaluation, target: Path) -> None:
    """``images.csv``, ``lesions.csv`` and ``levels.csv`` into an existing folder."""
    for name in ("images", "lesions", "levels"):
        getattr(evaluation, name).to_csv(target / f"{name}.csv", index=False, lineterminator="\n", float_format="%.6g")
