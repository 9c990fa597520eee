"""The writer of the canonical dataset that ``prepared`` reads."""

import csv
import hashlib
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from guidedseg.datasets import duplicates
from guidedseg.datasets.prepared import (
    DUPLICATE_TYPES,
    INDEX_TYPES,
    LESION_TYPES,
    SHOWN_TYPES,
    read_duplicates,
    read_index,
)
from guidedseg.datasets.records import RawImage
from guidedseg.datasets.unfinished import PICTURES, Rows, Unfinished
from guidedseg.errors import GuidedsegError
from guidedseg.lookahead import in_order
from guidedseg.writing import whole_directory

# Run lengths alone make grey ultrasound as small as level 9 does (189 kB an image) in a thirtieth of the time.
PNG = (cv2.IMWRITE_PNG_COMPRESSION, 3, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)


def write(
    records: Iterable[RawImage], target: Path, *, duplicate_threshold: float, unfinished: Unfinished | None = None
) -> pd.DataFrame:
    """Write ``images/ID.png`` (8-bit grey), ``masks/ID.png`` (0 or 255) and the tables, whole or not at all.

    The records are taken one by one and never held together, nor is what is said of them. Equal records give equal
    bytes, whether they were written in one go or not.

    - ``index.csv``: a row per image, sorted by image_id. lesion_count counts 8-connected components, stretched is 0 or
      1, sha256 is that of the image's pixels, row by row.
    - ``lesions.csv``: a row per lesion; lesion 1 is an image's largest. x0, y0, x1, y1 are half-open pixels.
    - ``shown.csv``, where ``harmonised`` made the images of others: a row per image (``prepared.read_shown``).
    - ``duplicates.csv``: the pairs of ``duplicates.pairs``, with the pathology of both: where these differ, one picture
      was called two things.

    Args:
        records: the images, of ``union.read``, that are not in ``unfinished`` yet.
        target: the folder to write; replaced if it exists.
        duplicate_threshold: the similarity from which images of two patients count as the same picture.
        unfinished: where it is kept what is done, for a run that is killed; None: nowhere.

    Returns:
        The index, as ``prepared.read_index`` gives it.

    Raises:
        GuidedsegError: when there are no records.
    """
    with whole_directory(target) as folder, unfinished or Unfinished(folder / "unfinished" / "run") as work:
        fill(work, records)
        if not work.image_ids:
            raise GuidedsegError(f"There are no images to write to {target}: the raw dataset is empty.")
        _write_tables(work, folder, duplicate_threshold)
        for kind in PICTURES:
            shutil.move(work.pictures / kind, folder / kind)
        shutil.rmtree(work.folder.parent)
    return read_index(target)


def fill(work: Unfinished, records: Iterable[RawImage]) -> None:
    """Write images, one by one, to where it is kept what is done."""
    for image_id, rows, thumbnail in in_order(partial(_write_record, work.pictures), records):
        work.add(image_id, rows, thumbnail)


def told(index: pd.DataFrame, target: Path) -> str:
    """What was written, in words: images, patients, lesions, what is alike, and of whom nothing is known."""
    pairs = read_duplicates(target)
    known = index.loc[index["patient_known"] == 1, "patient_id"].nunique()
    patients = f"{known} patients" if index["patient_known"].all() else f"{known or 'no'} known patients"
    said = [
        (
            f"{len(index)} images of {patients} in {index['group_id'].nunique()} groups, "
            f"{index['lesion_count'].sum()} lesions"
        )
    ]
    if not index["patient_known"].all():
        said.append(
            f"of {int((index['patient_known'] == 0).sum())} images nobody knows whose they are: each counts as a "
            "patient, grouped by likeness alone, so frames of one patient may be trained on and tested on"
        )
    conflicts = pairs[pairs["pathology_a"] != pairs["pathology_b"]]
    if len(conflicts):
        first = conflicts.iloc[0]
        said.append(
            f"{len(conflicts)} pairs of like pictures have two labels, {first['image_a']} and {first['image_b']}, say "
            f"({target.as_posix()}/duplicates.csv)"
        )
    return "; ".join(said)


def _write_record(folder: Path, record: RawImage) -> tuple[str, Rows, NDArray[np.float32]]:
    """Write one image and its mask; its rows of the tables (group_id still missing) and its thumbnail."""
    name = f"{record.image_id}.png"
    _save(folder / "images" / name, record.image)
    _save(folder / "masks" / name, record.mask.astype(np.uint8) * 255)
    lesions = _lesions(record.image_id, record.mask)
    height, width = record.image.shape
    row = {
        "image_id": record.image_id,
        "dataset": record.dataset,
        "patient_id": record.patient_id or record.image_id,
        "patient_known": int(bool(record.patient_id)),
        "pathology": record.pathology,
        "width": width,
        "height": height,
        "lesion_count": len(lesions),
        "lesion_px": int(record.mask.sum()),
        "stretched": int(record.stretched),
        "flags": " ".join(record.flags),
        "mm_per_pixel": "" if record.mm_per_pixel is None else f"{record.mm_per_pixel:.6g}",
        "official_split": record.official_split,
        "source": record.source,
        "sha256": hashlib.sha256(record.image.tobytes()).hexdigest(),
    }
    rows = {"index": [row], "lesions": lesions, "shown": _shown(record)}
    return record.image_id, rows, duplicates.thumbnail(record.image)


def _write_tables(work: Unfinished, folder: Path, duplicate_threshold: float) -> None:
    order = np.argsort(work.image_ids)
    patient, pathology = {}, {}
    for rows in work.rows(order):
        (row,) = rows["index"]
        patient[row["image_id"]], pathology[row["image_id"]] = row["patient_id"], row["pathology"]
    alike = duplicates.pairs(
        work.thumbnails(), work.image_ids, [patient[image_id] for image_id in work.image_ids], duplicate_threshold
    )
    group = duplicates.groups([*patient.values()], alike)
    for side in "ab":
        alike[f"pathology_{side}"] = alike[f"image_{side}"].map(pathology)
    alike[[*DUPLICATE_TYPES]].to_csv(folder / "duplicates.csv", index=False, lineterminator="\n")
    columns = {"index": INDEX_TYPES, "lesions": LESION_TYPES}
    if next(work.rows(order))["shown"]:  # else no image has a row of it
        columns["shown"] = SHOWN_TYPES
    with ExitStack() as files:
        tables = {}
        for name, of_table in columns.items():
            file = files.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            tables[name] = csv.DictWriter(file, [*of_table], lineterminator="\n")
            tables[name].writeheader()
        for rows in work.rows(order):
            rows["index"][0]["group_id"] = group[rows["index"][0]["patient_id"]]
            for name, table in tables.items():
                table.writerows(rows[name])


def _shown(record: RawImage) -> list[dict[str, Any]]:
    if record.shown is None:
        return []
    box, size, marks_px, resampled = record.shown
    values = (record.image_id, *box, *size, marks_px, int(resampled))
    return [dict(zip(SHOWN_TYPES, values, strict=True))]


def _lesions(image_id: str, mask: NDArray[np.bool_]) -> list[dict[str, Any]]:
    left, top, across, down = cv2.boundingRect(mask.view(np.uint8))
    if not across:
        return []
    # most of a picture shows none: what is around them need not be looked at
    within = mask[top : top + down, left : left + across].astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(within, connectivity=8)
    found[:, :2] += left, top
    boxes = [(x, y, x + width, y + height, area) for x, y, width, height, area in found[1:].tolist()]
    boxes.sort(key=lambda box: (-box[4], box))
    columns = [*LESION_TYPES]
    return [dict(zip(columns, (image_id, k, *box), strict=True)) for k, box in enumerate(boxes, start=1)]


def _save(path: Path, picture: NDArray[np.uint8]) -> None:
    path.write_bytes(cv2.imencode(".png", picture, PNG)[1].tobytes())
