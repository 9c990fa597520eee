"""A trained pair on images from elsewhere: all of a dataset that it never saw, scored as its own test images are."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from guidedseg import scoring
from guidedseg.datasets import prepared
from guidedseg.evaluation.counts import Evaluation
from guidedseg.evaluation.operating import Operating
from guidedseg.evaluation.surfaces import Mask
from guidedseg.inference import tiles
from guidedseg.inference.detect import detect
from guidedseg.inference.predict import predict, write
from guidedseg.inference.segmenter import Filler, Segmenter
from guidedseg.inference.tiles import Tiles
from guidedseg.segmentation import crops, inputs


class Tested(NamedTuple):
    """What a dataset made of a trained pair.

    Attributes:
        evaluation: of every image in every branch, at the values that were chosen at home; without a loss.
        boxes: image_id, x0, y0, x1, y1, confidence: the detector's, down to its floor.
        hindsight: the values that would have been best here under ``strict``. Nobody can know them beforehand.
    """

    evaluation: Evaluation
    boxes: pd.DataFrame
    hindsight: Operating


def test(
    segmenter: Segmenter, folder: Path, home: Operating, *, match_iou: float, surface_tolerance: float, scratch: Path
) -> Tested:
    """Segment and score all images of a prepared dataset.

    Args:
        segmenter: whose engines have one thread each, as every core has a batch of its own.
        folder: the prepared images.
        home: the operating values of the segmenter's own validation images.
        match_iou: as ``scoring.evaluate`` takes it.
        surface_tolerance: likewise.
        scratch: a folder for the regions and their probabilities, which are not kept.

    Raises:
        GuidedsegError: there is no image.
    """
    index = prepared.read_index(folder)
    split = index[["image_id"]].assign(split="test")
    boxes = detect(segmenter.detector, folder, index["image_id"].tolist())
    frames = crops.frames(index, split, jitter=0.0)
    found = crops.rois(
        index, split, prepared.read_lesions(folder), boxes, margin=segmenter.margin, jitter=0.0, backgrounds=0
    )

    def load_mask(image_id: str) -> Mask:
        return prepared.load_mask(folder, image_id)

    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        direct = _tiles(segmenter.direct, frames, folder, Path(place) / "direct", flips=segmenter.flips)
        guided = _tiles(segmenter.guided, found, folder, Path(place) / "guided", flips=segmenter.flips)
        evaluation = scoring.evaluate(
            direct, guided, index, load_mask, home, match_iou=match_iou, surface_tolerance=surface_tolerance
        )
        hindsight = scoring.operating(
            direct,
            guided,
            index["image_id"].tolist(),
            load_mask,
            rule="strict",
            confidence=None,
            gate=None,
            mask_threshold=None,
        )
    return Tested(evaluation, boxes, hindsight)


def _tiles(filler: Filler, made: crops.Regions, folder: Path, place: Path, *, flips: bool) -> Tiles:
    """The probabilities of regions, in files."""
    for name in ("inputs", "tiles"):
        (place / name).mkdir(parents=True)
    crops.write(made, folder, filler.image_size, place / "inputs")
    read = inputs.load(place / "inputs")
    write(predict(filler.engine, read.images, flips=flips), read.items, filler.image_size, place / "tiles")
    return tiles.load(place / "tiles")
