"""What an external dataset made of a trained pair, kept and read back."""

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import artifacts, evaluated
from guidedseg.evaluation import counts
from guidedseg.evaluation.counts import Evaluation
from guidedseg.evaluation.operating import Operating
from guidedseg.evaluation.rules import strict
from guidedseg.json_files import write_json

WORST = 4
"""Images of a dataset that are kept to be looked at."""

TABLES = {"boxes": artifacts.BOXES, "true_boxes": artifacts.TRUE_BOXES}

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
    boxes, true_boxes = (artifacts.table(folder / f"{name}.csv", types) for name, types in TABLES.items())
    hindsight = evaluated.operating(folder / "hindsight.json")
    evaluation = evaluated.read(folder)
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
