"""The canonical dataset that every later stage reads: grey images, masks, and three tables."""

import hashlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from guidedseg.datasets import duplicates
from guidedseg.datasets.bus_uclm import RawImage
from guidedseg.datasets.lookahead import in_order
from guidedseg.errors import GuidedsegError
from guidedseg.writing import whole_directory

_INDEX_TYPES = {
    "image_id": str,
    "patient_id": str,
    "group_id": str,
    "pathology": str,
    "width": "int64",
    "height": "int64",
    "lesion_count": "int64",
    "lesion_px": "int64",
    "stretched": "int64",
    "doppler": str,
    "marks": str,
    "combined": str,
    "official_split": str,
    "source": str,
    "sha256": str,
}
_LESION_TYPES = {"image_id": str, **dict.fromkeys(("lesion", "x0", "y0", "x1", "y1", "area_px"), "int64")}
_DUPLICATE_TYPES = {
    **dict.fromkeys(("image_a", "image_b", "patient_a", "patient_b"), str),
    "similarity": "float64",
}
# Run lengths alone make grey ultrasound as small as level 9 does (189 kB an image) in a thirtieth of the time.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 3, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)


def write(records: Iterable[RawImage], target: Path, *, duplicate_threshold: float) -> pd.DataFrame:
    """Write ``images/ID.png`` (8-bit grey), ``masks/ID.png`` (0 or 255) and the tables, whole or not at all.

    The records are taken one by one and never held together. Equal records give equal bytes.

    - ``index.csv``: a row per image, sorted by image_id. lesion_count counts 8-connected components, stretched is 0 or
      1, sha256 is that of the image's pixels, row by row.
    - ``lesions.csv``: a row per lesion; lesion 1 is an image's largest. x0, y0, x1, y1 are half-open pixels.
    - ``duplicates.csv``: the pairs of ``duplicates.pairs``.

    Args:
        records: the images, for example of ``bus_uclm.read``.
        target: the folder to write; replaced if it exists.
        duplicate_threshold: the similarity from which images of two patients count as the same picture.

    Returns:
        The index, as ``read_index`` gives it.

    Raises:
        GuidedsegError: when there are no records.
    """
    index: list[dict[str, Any]] = []
    lesions: list[dict[str, Any]] = []
    thumbnails: list[NDArray[np.float32]] = []
    with whole_directory(target) as folder:
        for name in ("images", "masks"):
            (folder / name).mkdir()
        for row, found, thumbnail in in_order(partial(_write_record, folder), records):
            index.append(row)
            lesions.extend(found)
            thumbnails.append(thumbnail)
        if not index:
            raise GuidedsegError(f"There are no images to write to {target}: the raw dataset is empty.")
        image_ids, patient_ids = ([row[column] for row in index] for column in ("image_id", "patient_id"))
        alike = duplicates.pairs(np.stack(thumbnails), image_ids, patient_ids, duplicate_threshold)
        group = duplicates.groups(patient_ids, alike)
        for row in index:
            row["group_id"] = group[row["patient_id"]]
        _write_table(pd.DataFrame(index, columns=[*_INDEX_TYPES]).sort_values("image_id"), folder / "index.csv")
        by_size = pd.DataFrame(lesions, columns=[*_LESION_TYPES]).sort_values(["image_id", "lesion"])
        _write_table(by_size, folder / "lesions.csv")
        _write_table(alike, folder / "duplicates.csv")
    return read_index(target)


def read_index(folder: Path) -> pd.DataFrame:
    """``index.csv``: image_id, patient_id, group_id, pathology, width, height, lesion_count, lesion_px and more.

    Text columns are text whatever they hold (an image may be called ``NA``); an absent official_split is empty.
    """
    return _read_table(folder / "index.csv", _INDEX_TYPES)


def read_lesions(folder: Path) -> pd.DataFrame:
    """``lesions.csv``: image_id, lesion (1 is the largest), x0, y0, x1, y1 (half-open, pixels), area_px."""
    return _read_table(folder / "lesions.csv", _LESION_TYPES)


def read_duplicates(folder: Path) -> pd.DataFrame:
    """``duplicates.csv``: image_a, image_b, patient_a, patient_b, similarity."""
    return _read_table(folder / "duplicates.csv", _DUPLICATE_TYPES)


def load_image(folder: Path, image_id: str) -> NDArray[np.uint8]:
    """(H, W) uint8, grey."""
    return _load(folder / "images" / f"{image_id}.png")


def load_mask(folder: Path, image_id: str) -> NDArray[np.bool_]:
    """(H, W) bool, True in lesions."""
    return _load(folder / "masks" / f"{image_id}.png") > 0


def _write_record(folder: Path, record: RawImage) -> tuple[dict[str, Any], list[dict[str, Any]], NDArray[np.float32]]:
    """Write one image and its mask; its rows of the tables (group_id still missing) and its thumbnail."""
    name = f"{record.image_id}.png"
    _save(folder / "images" / name, record.image)
    _save(folder / "masks" / name, record.mask.astype(np.uint8) * 255)
    lesions = _lesions(record.image_id, record.mask)
    height, width = record.image.shape
    row = {
        "image_id": record.image_id,
        "patient_id": record.patient_id,
        "pathology": record.pathology,
        "width": width,
        "height": height,
        "lesion_count": len(lesions),
        "lesion_px": int(record.mask.sum()),
        "stretched": int(record.stretched),
        **record.flags,
        "official_split": record.official_split,
        "source": record.source,
        "sha256": hashlib.sha256(record.image.tobytes()).hexdigest(),
    }
    return row, lesions, duplicates.thumbnail(record.image)


def _lesions(image_id: str, mask: NDArray[np.bool_]) -> list[dict[str, Any]]:
    _, _, found, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    boxes = [(x, y, x + width, y + height, area) for x, y, width, height, area in found[1:].tolist()]
    boxes.sort(key=lambda box: (-box[4], box))
    columns = [*_LESION_TYPES]
    return [dict(zip(columns, (image_id, k, *box), strict=True)) for k, box in enumerate(boxes, start=1)]


def _save(path: Path, picture: NDArray[np.uint8]) -> None:
    path.write_bytes(cv2.imencode(".png", picture, _PNG)[1].tobytes())


def _load(path: Path) -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] | None = None
    if path.is_file():
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise GuidedsegError(f"{path} is missing or corrupt. Run `dvc checkout` or `dvc repro prepare` to restore it.")
    return picture


def _write_table(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")


def _read_table(path: Path, types: dict[str, Any]) -> pd.DataFrame:
    if not path.is_file():
        raise GuidedsegError(f"{path} is missing. Run `dvc checkout` or `dvc repro prepare` to restore it.")
    return pd.read_csv(path, usecols=[*types], dtype=types, keep_default_na=False)
