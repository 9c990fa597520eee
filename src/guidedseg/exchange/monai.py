"""A datalist as MONAI reads it, after those of the Medical Segmentation Decathlon."""

from pathlib import Path

from guidedseg import progress
from guidedseg.exchange.data import Data
from guidedseg.json_files import write_json

LISTS = {"train": "training", "val": "validation", "test": "testing"}

VALIDATION_FOLD = 0
"""Of the validation images; the images to train on are of the next."""


def write(data: Data, target: Path) -> None:
    """Write ``images/ID.png``, ``labels/ID.png`` (0 and 1) and ``datalist.json``, with paths below ``target``."""
    for kind in ("images", "labels"):
        (target / kind).mkdir()
    lists: dict[str, list[dict[str, str | int]]] = {name: [] for name in LISTS.values()}
    for row in progress.bar("images", data.images.itertuples(), unit="image", total=len(data.images)):
        item: dict[str, str | int] = {kind[:-1]: f"{kind}/{row.image_id}.png" for kind in ("images", "labels")}
        data.copy_image(row.image_id, target / str(item["image"]))
        data.write_label(row.image_id, target / str(item["label"]))
        if row.split != "test":
            item["fold"] = VALIDATION_FOLD + (row.split == "train")
        lists[LISTS[row.split]].append({**item, "patient_id": row.patient_id, "pathology": row.pathology})
    about = {"name": data.name, "modality": {"0": "ultrasound"}, "labels": {"0": "background", "1": "lesion"}}
    write_json({**about, **lists}, target / "datalist.json")
