"""Boxes on four made-up images and on real ones, and what evaluation makes of them."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation.detection import scores
from guidedseg.names import BOX

REAL = Path(__file__).parents[1] / "data" / "real_boxes"


def detections_of(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", *BOX, "confidence"])


def lesions_of(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", *BOX])


# image a: one lesion of 10 x 10; image b: two of them; images n and m: none
LESIONS = lesions_of(("a", 0, 0, 10, 10), ("b", 0, 0, 10, 10), ("b", 20, 0, 30, 10))
INDEX = pd.DataFrame(
    {
        "image_id": ["a", "b", "n", "m"],
        "group_id": ["P", "Q", "P", "R"],
        "pathology": ["benign", "malignant", "normal", "normal"],
    }
)
NONE = detections_of()
HIT_A, HIT_B, HIT_B2 = ("a", 0, 0, 10, 10), ("b", 0, 0, 10, 10), ("b", 20, 0, 30, 10)
FALSE_N, FALSE_M, FALSE_A = ("n", 0, 0, 10, 10), ("m", 0, 0, 10, 10), ("a", 40, 40, 50, 50)


def of(
    detections: pd.DataFrame,
    lesions: pd.DataFrame = LESIONS,
    index: pd.DataFrame = INDEX,
    weights: npt.NDArray[np.float64] | None = None,
) -> dict[str, npt.NDArray[np.float64]]:
    if weights is None:
        weights = np.ones((1, index["group_id"].nunique()))
    found = scores(detections, lesions, index, confidence=0.5, match_iou=0.5, weights=weights)
    return {name: score.values for name, score in found.items()}


def real(name: str) -> pd.DataFrame:
    """A patient is a group: no two of them share pictures here."""
    rows = pd.read_csv(REAL / f"{name}.csv", dtype={"image_id": str, "patient_id": str}, keep_default_na=False)
    return rows.rename(columns={"patient_id": "group_id"})
