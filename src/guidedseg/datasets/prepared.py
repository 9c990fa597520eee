"""The canonical dataset that every later stage reads: grey images, masks, and three tables (``preparing`` writes)."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from guidedseg import artifacts
from guidedseg.errors import GuidedsegError
from guidedseg.names import BOX, PATHOLOGIES
from guidedseg.restoring import damaged, missing

INDEX_TYPES = {
    "image_id": "text",
    "dataset": "text",
    "patient_id": "text",
    "patient_known": "int",
    "group_id": "text",
    "pathology": "text",
    "width": "int",
    "height": "int",
    "lesion_count": "int",
    "lesion_px": "int",
    "stretched": "int",
    "flags": "text",
    "mm_per_pixel": "text",
    "official_split": "text",
    "source": "text",
    "sha256": "text",
}
INDEX_RULES = {
    "an image without a pixel": lambda index: (index.width > 0) & (index.height > 0),
    "a sha256 has 64 letters": lambda index: index.sha256.str.len() == 64,
    f"a pathology is one of {', '.join(PATHOLOGIES)}": lambda index: index.pathology.isin(PATHOLOGIES),
}
LESION_TYPES = {"image_id": "text", **dict.fromkeys(("lesion", *BOX, "area_px"), "int")}
LESION_RULES = {"a box without a pixel": lambda table: (table.x0 < table.x1) & (table.y0 < table.y1)}
SHOWN_TYPES = {
    "image_id": "text",
    **dict.fromkeys((*BOX, "width", "height", "marks_px", "resampled"), "int"),
}
DUPLICATE_TYPES = {
    **dict.fromkeys(("image_a", "image_b", "patient_a", "patient_b", "pathology_a", "pathology_b"), "text"),
    "similarity": "float",
}


def read_index(folder: Path) -> pd.DataFrame:
    """``index.csv``: image_id, patient_id, group_id, pathology, width, height, lesion_count, lesion_px and more.

    Text columns are text whatever they hold (an image may be called ``NA``); an absent official_split is empty, and so
    is a mm_per_pixel that is not known. ``flags`` are apart by spaces. Where no patient is known (patient_known 0) an
    image is its own.
    """
    return artifacts.table(folder / "index.csv", INDEX_TYPES, key=["image_id"], rules=INDEX_RULES)


def read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``read_index`` and ``read_lesions``, which must fit each other.

    Raises:
        GuidedsegError: one of them is missing or damaged, or there are more or fewer lesions than the index tells of.
    """
    index, lesions = read_index(folder), read_lesions(folder)
    found = lesions["image_id"].value_counts().reindex(index["image_id"], fill_value=0)
    artifacts.known_ids(folder / "lesions.csv", lesions["image_id"], index["image_id"], folder / "index.csv")
    if (odd := found.to_numpy() != index["lesion_count"].to_numpy()).any():
        name, told = index.loc[odd, ["image_id", "lesion_count"]].iloc[0]
        raise damaged(folder / "lesions.csv", f"{found[name]} lesions of {name}, and index.csv tells of {told}")
    return index, lesions


def read_lesions(folder: Path) -> pd.DataFrame:
    """``lesions.csv``: image_id, lesion (1 is the largest), x0, y0, x1, y1 (half-open, pixels), area_px."""
    return artifacts.table(folder / "lesions.csv", LESION_TYPES, key=["image_id", "lesion"], rules=LESION_RULES)


def read_duplicates(folder: Path) -> pd.DataFrame:
    """``duplicates.csv``: image_a, image_b, patient_a, patient_b, pathology_a, pathology_b, similarity."""
    return artifacts.table(folder / "duplicates.csv", DUPLICATE_TYPES)


def read_shown(folder: Path) -> pd.DataFrame:
    """``shown.csv``, there where ``prepare`` makes something of pictures: which part of its source each image shows.

    image_id, x0, y0, x1, y1 (half-open pixels of the source, on its mask's grid), width, height (of the source),
    marks_px (painted over), resampled (0 or 1: to another size of pixels).
    """
    return artifacts.table(folder / "shown.csv", SHOWN_TYPES)


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
        raise damaged(path, "no picture") if path.is_file() else GuidedsegError(missing(path))
    return picture
