"""A dataset in nnU-Net's raw format (version 2), with our split."""

import json
from pathlib import Path

from guidedseg import progress
from guidedseg.exchange.data import Data
from guidedseg.json_files import write_json
from guidedseg.writing import write_text

KEY = "guidedseg"
"""In dataset.json, which nnU-Net copies to its models and predictions: hashes of the data."""

_PLACES = {"train": "Tr", "val": "Tr", "test": "Ts"}


def write(data: Data, target: Path, number: int) -> str:
    """Write ``DatasetNUMBER_NAME`` into the existing folder ``target``; its name is given back.

    Images of ``train`` and ``val`` are nnU-Net's training set, which ``splits_final.json`` parts as our split does;
    those of ``test`` are its test set. ``guidedseg.json``, and a key of ``dataset.json``, have the hashes of the data.

    Args:
        data: what to write.
        target: nnU-Net's folder of raw datasets.
        number: of the dataset, up to three digits.
    """
    name = f"Dataset{number:03}_{data.name}"
    for place in ("imagesTr", "labelsTr", "imagesTs", "labelsTs"):
        (target / name / place).mkdir(parents=True)
    for row in progress.bar("images", data.images.itertuples(), unit="image", total=len(data.images)):
        place = _PLACES[row.split]
        data.copy_image(row.image_id, target / name / f"images{place}" / f"{row.image_id}_0000.png")
        data.write_label(row.image_id, target / name / f"labels{place}" / f"{row.image_id}.png")
    hashes = data.hashes()
    description = {
        "name": data.name,
        "channel_names": {"0": "grayscale"},
        "labels": {"background": 0, "lesion": 1},
        "numTraining": len(data.of("train", "val")),
        "file_ending": ".png",
        KEY: hashes,
    }
    write_json(description, target / name / "dataset.json")
    write_json(hashes, target / name / "guidedseg.json")
    parts = [{part: data.of(part)["image_id"].tolist() for part in ("train", "val")}]
    write_text(target / name / "splits_final.json", json.dumps(parts, indent=2) + "\n")
    return name
