"""A trained pair on images from elsewhere: all of a dataset that it never saw, scored as its own test images are."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from guidedseg import scoring
from guidedseg.datasets import prepared
from guidedseg.evaluation.operating import Operating
from guidedseg.evaluation.surfaces import Mask
from guidedseg.harmonising.picture import OFF
from guidedseg.inference import tiles
from guidedseg.inference.detect import detect
from guidedseg.inference.predict import predict, write
from guidedseg.inference.segmenter import Filler, Segmenter
from guidedseg.inference.tiles import Tiles
from guidedseg.names import BOX
from guidedseg.segmentation import crops, inputs
from guidedseg.tested import KINDS, Tested, worst


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
    segmenter = replace(segmenter, harmonising=OFF)  # the prepared images are what its networks see
    index = prepared.read_index(folder)
    split = index[["image_id"]].assign(split="test")
    boxes = detect(segmenter.detector, folder, index["image_id"].tolist())
    frames = crops.frames(index, split, jitter=0.0)
    lesions = prepared.read_lesions(folder)
    found = crops.rois(index, split, lesions, boxes, margin=segmenter.margin, jitter=0.0, backgrounds=0)

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
    seen = {name: _seen(segmenter, folder, name) for name in worst(evaluation.images)}
    return Tested(evaluation, boxes, lesions[["image_id", *BOX]], hindsight, seen)


def _seen(segmenter: Segmenter, folder: Path, image_id: str) -> dict[str, npt.NDArray[np.uint8]]:
    image = prepared.load_image(folder, image_id)
    masks = [prepared.load_mask(folder, image_id)]
    masks += [segmenter.segment(image, "direct").mask, segmenter.segment(image, "guided").mask]
    return dict(zip(KINDS, (image, *(mask.astype(np.uint8) * np.uint8(255) for mask in masks)), strict=True))


def _tiles(filler: Filler, made: crops.Regions, folder: Path, place: Path, *, flips: bool) -> Tiles:
    """The probabilities of regions, in files."""
    for name in ("inputs", "tiles"):
        (place / name).mkdir(parents=True)
    crops.write(made, folder, filler.image_size, place / "inputs")
    read = inputs.load(place / "inputs")
    write(predict(filler.engine, read.images, flips=flips), read.items, filler.image_size, place / "tiles")
    return tiles.load(place / "tiles")
