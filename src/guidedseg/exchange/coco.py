"""COCO's files for instance segmentation: the exact mask of every lesion, as run lengths."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guidedseg import progress
from guidedseg.exchange.components import lesions, run_lengths
from guidedseg.exchange.data import Data
from guidedseg.names import SPLITS
from guidedseg.writing import write_text

_EXTRA = ("dataset", "patient_id", "group_id", "pathology")


def write(data: Data, target: Path) -> None:
    """Write ``images/ID.png`` and ``instances_SPLIT.json`` of every split.

    Segmentations are plain (not compressed) run lengths. Images keep dataset, patient_id, group_id and pathology, which
    are no fields of COCO; annotations the number of the lesion. Numbers of images and annotations count through all
    splits.
    """
    (target / "images").mkdir()
    files: dict[str, dict[str, list[dict[str, Any]]]] = {
        split: {"images": [], "annotations": [], "categories": [{"id": 1, "name": "lesion"}]} for split in SPLITS
    }
    number = 0
    rows = progress.bar("images", data.images.itertuples(), unit="image", total=len(data.images))
    for image_number, row in enumerate(rows, start=1):
        data.copy_image(row.image_id, target / "images" / f"{row.image_id}.png")
        size = {"file_name": f"{row.image_id}.png", "width": row.width, "height": row.height}
        files[row.split]["images"].append({"id": image_number, **size, **{name: getattr(row, name) for name in _EXTRA}})
        for lesion_number, lesion in enumerate(lesions(data.mask(row.image_id)), start=1):
            number += 1
            named = {"id": number, "image_id": image_number, "category_id": 1, "lesion": lesion_number}
            files[row.split]["annotations"].append({**named, **_shape(lesion)})
    for split, content in files.items():
        write_text(target / f"instances_{split}.json", json.dumps(content, separators=(",", ":")) + "\n")


def _shape(lesion: NDArray[np.bool_]) -> dict[str, Any]:
    rows, columns = (np.flatnonzero(lesion.any(axis=axis)).tolist() for axis in (1, 0))
    x, y = columns[0], rows[0]
    return {
        "segmentation": {"size": list(lesion.shape), "counts": run_lengths(lesion)},
        "bbox": [x, y, columns[-1] + 1 - x, rows[-1] + 1 - y],
        "area": int(lesion.sum()),
        "iscrowd": 0,
    }
