"""Test images with all that is drawn of them: decoded once, for figures and page alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.datasets import prepared
from guidedseg.inference.patchwork import patchworks
from guidedseg.lookahead import in_order
from guidedseg.names import BOX, MODES
from guidedseg.reporting.results import Results


@dataclass(frozen=True)
class Case:
    """One test image.

    Attributes:
        image_id: its name.
        patient_id: whose.
        pathology: normal, benign, malignant or unknown.
        image: (H, W) uint8.
        truth: (H, W) bool.
        masks: mode -> (H, W) bool, predicted.
        dice: branch of ``PREDICTED`` -> Dice under ``strict``.
        boxes: the detector's, at the operating confidence: x0, y0, x1, y1, confidence, found; by falling confidence.
        lesions: the true boxes: x0, y0, x1, y1, found (by one of ``boxes``).
    """

    image_id: str
    patient_id: str
    pathology: str
    image: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.bool_]
    masks: Mapping[str, npt.NDArray[np.bool_]]
    dice: Mapping[str, float]
    boxes: pd.DataFrame
    lesions: pd.DataFrame


def read(results: Results, folder: Path, image_ids: Sequence[str]) -> Iterator[Case]:
    """Test images in the order given; decoded in threads a few ahead.

    Args:
        results: of the run.
        folder: of the prepared images.
        image_ids: of the test images that are shown.
    """
    counted = results.counted.assign(found=results.counted["finds"] >= 0)
    lesions = results.lesions.assign(found=np.isin(np.arange(len(results.lesions)), counted["finds"]))
    boxes_of, lesions_of = (
        dict(iter(rows[rows["image_id"].isin(image_ids)].groupby("image_id"))) for rows in (counted, lesions)
    )
    images = results.images.set_index("image_id")

    def case(image_id: str) -> Case:
        truth = prepared.load_mask(folder, image_id)
        patches = patchworks(results.tiles["direct"], results.tiles["guided"], image_id, results.operating)
        return Case(
            image_id=image_id,
            patient_id=images.at[image_id, "patient_id"],
            pathology=images.at[image_id, "pathology"],
            image=prepared.load_image(folder, image_id),
            truth=truth,
            masks={mode: patches[mode].mask(*truth.shape) for mode in MODES},
            dice=results.dice.loc[image_id].to_dict(),
            boxes=boxes_of.get(image_id, counted[:0])[[*BOX, "confidence", "found"]].reset_index(drop=True),
            lesions=lesions_of.get(image_id, lesions[:0])[[*BOX, "found"]].reset_index(drop=True),
        )

    yield from in_order(case, image_ids)
