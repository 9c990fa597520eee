"""The canonical dataset that every later stage reads: grey images, masks, and three tables (``preparing`` writes)."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from guidedseg.errors import GuidedsegError

INDEX_TYPES = {
    "image_id": str,
    "dataset": str,
    "patient_id": str,
    "patient_known": "int64",
    "group_id": str,
    "pathology": str,
    "width": "int64",
    "height": "int64",
    "lesion_count": "int64",
    "lesion_px": "int64",
    "stretched": "int64",
    "flags": str,
    "mm_per_pixel": str,
    "official_split": str,
    "source": str,
    "sha256": str,
}
LESION_TYPES = {"image_id": str, **dict.fromkeys(("lesion", "x0", "y0", "x1", "y1", "area_px"), "int64")}
SHOWN_TYPES = {
    "image_id": str,
    **dict.fromkeys(("x0", "y0", "x1", "y1", "width", "height", "marks_px", "resampled"), "int64"),
}
DUPLICATE_TYPES = {
    **dict.fromkeys(("image_a", "image_b", "patient_a", "patient_b", "pathology_a", "pathology_b"), str),
    "similarity": "float64",
}


def read_index(folder: Path) -> pd.DataFrame:
    """``index.csv``: image_id, patient_id, group_id, pathology, width, height, lesion_count, lesion_px and more.

    Text columns are text whatever they hold (an image may be called ``NA``); an absent official_split is empty, and so
    is a mm_per_pixel that is not known. ``flags`` are apart by spaces. Where no patient is known (patient_known 0) an
    image is its own.
    """
    return _read_table(folder / "index.csv", INDEX_TYPES)


def read_lesions(folder: Path) -> pd.DataFrame:
    """``lesions.csv``: image_id, lesion (1 is the largest), x0, y0, x1, y1 (half-open, pixels), area_px."""
    return _read_table(folder / "lesions.csv", LESION_TYPES)


def read_duplicates(folder: Path) -> pd.DataFrame:
    """``duplicates.csv``: image_a, image_b, patient_a, patient_b, pathology_a, pathology_b, similarity."""
    return _read_table(folder / "duplicates.csv", DUPLICATE_TYPES)


def read_shown(folder: Path) -> pd.DataFrame:
    """``shown.csv``, there where ``prepare`` makes something of pictures: which part of its source each image shows.

    image_id, x0, y0, x1, y1 (half-open pixels of the source, on its mask's grid), width, height (of the source),
    marks_px (painted over), resampled (0 or 1: to another size of pixels).
    """
    return _read_table(folder / "shown.csv", SHOWN_TYPES)


def load_image(folder: Path, image_id: str) -> NDArray[np.uint8]:
    """(H, W) uint8, grey."""
    return _load(folder / "images" / f"{image_id}.png")


def load_mask(folder: Path, image_id: str) -> NDArray[np.bool_]:
    """(H, W) bool, True in lesions."""
    return _load(folder / "masks" / f"{image_id}.png") > 0


def _load(path: Path) -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] | None = None
    if path.is_file():
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise GuidedsegError(f"{path} is missing or corrupt. Run `dvc checkout` or `dvc repro prepare` to restore it.")
    return picture


def _read_table(path: Path, types: dict[str, Any]) -> pd.DataFrame:
    if not path.is_file():
        raise GuidedsegError(f"{path} is missing. Run `dvc checkout` or `dvc repro prepare` to restore it.")
    return pd.read_csv(path, usecols=[*types], dtype=types, keep_default_na=False)
