"""What an external dataset made of a trained pair, kept and read back."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation import counts
from guidedseg.evaluation.counts import Evaluation
from guidedseg.evaluation.operating import Operating
from guidedseg.evaluation.rules import strict
from guidedseg.json_files import write_json

WORST = 4
"""Images of a dataset that are kept to be looked at."""

TABLES = ("boxes", "true_boxes")

KINDS = ("image", "truth", "direct", "guided")
"""What is kept of each."""


class Tested(NamedTuple):
    """What a dataset made of a trained pair.

    Attributes:
        evaluation: of every image in every branch, at the values that were chosen at home; without a loss.
        boxes: image_id, x0, y0, x1, y1, confidence: the detector's, down to its floor.
        true_boxes: image_id, x0, y0, x1, y1.
        hindsight: the values that would have been best here under ``strict``. Nobody can know them beforehand.
        worst: image_id -> ``KINDS``, (H, W) uint8, masks as 0 and 255: what guided did worst.
    """

    evaluation: Evaluation
    boxes: pd.DataFrame
    true_boxes: pd.DataFrame
    hindsight: Operating
    worst: dict[str, dict[str, npt.NDArray[np.uint8]]]


def write(tested: Tested, target: Path) -> None:
    """Into an existing folder, as ``read`` reads it."""
    counts.write(tested.evaluation, target)
    for name in TABLES:
        getattr(tested, name).to_csv(target / f"{name}.csv", index=False, lineterminator="\n", float_format="%.6g")
    write_json(asdict(tested.hindsight), target / "hindsight.json")
    for image_id, pictures in tested.worst.items():
        place = target / "worst" / image_id
        place.mkdir(parents=True)
        for kind, picture in pictures.items():
            place.joinpath(f"{kind}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def read(folder: Path) -> Tested:
    """Read back what ``write`` wrote."""
    text = {"image_id": str}
    boxes, true_boxes = (pd.read_csv(folder / f"{name}.csv", dtype=text, keep_default_na=False) for name in TABLES)
    hindsight = Operating(**json.loads((folder / "hindsight.json").read_text(encoding="utf-8")))
    evaluation = counts.read(folder)
    pictures = {
        name: {kind: _grey(folder / "worst" / name / f"{kind}.png") for kind in KINDS}
        for name in worst(evaluation.images)
    }
    return Tested(evaluation, boxes, true_boxes, hindsight, pictures)


def worst(images: pd.DataFrame) -> list[str]:
    """The images with a lesion with the lowest Dice of guided, the largest lesions first where it is equal."""
    guided = images[(images["branch"] == "guided") & (images["lesion_px"] > 0)]
    order = guided.assign(dice=strict(guided)[:, 0]).sort_values(
        ["dice", "lesion_px", "image_id"], ascending=[True, False, True]
    )
    return order["image_id"].head(WORST).tolist()


def _grey(path: Path) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
