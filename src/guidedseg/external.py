"""A trained pair on images from elsewhere: all of a dataset that it never saw, scored as its own test images are."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import cascading, counting
from guidedseg.cluster.tasks import Once
from guidedseg.datasets import prepared
from guidedseg.evaluation.counts import Evaluation
from guidedseg.evaluation.operating import THRESHOLDS, Curves, Operating, choose
from guidedseg.harmonising.picture import OFF
from guidedseg.inference.detect import detect
from guidedseg.inference.segmenter import Filler, Segmenter
from guidedseg.inference.tiles import load
from guidedseg.names import BOX
from guidedseg.segmentation import crops
from guidedseg.temporary import Temporary
from guidedseg.tested import KINDS, Tested, worst


@dataclass(frozen=True)
class Testing:
    """Makes the function that segments and scores a part of an index.

    Attributes:
        opening: gives the segmenter, whose engines have one thread each, as every core has a batch of its own.
        folder: the prepared images.
        home: the operating values of the segmenter's own validation images.
        match_iou: as ``scoring.evaluate`` takes it.
        surface_tolerance: likewise.
        scratch: a folder for the regions and their probabilities, which are not kept.
    """

    opening: Once[Segmenter]
    folder: Path
    home: Operating
    match_iou: float
    surface_tolerance: float
    scratch: Path

    def __call__(self) -> Callable[[pd.DataFrame], "Part"]:
        """Open the segmenter."""
        segmenter = replace(self.opening(), harmonising=OFF)  # the prepared images are what its networks see
        lesions = prepared.read_lesions(self.folder)
        return lambda index: self._test(segmenter, index, lesions)

    def _test(self, segmenter: Segmenter, index: pd.DataFrame, lesions: pd.DataFrame) -> "Part":
        split = index[["image_id"]].assign(split="test")
        boxes = detect(segmenter.detector, self.folder, index["image_id"].tolist())
        frames = crops.frames(index, split, jitter=0.0)
        found = crops.rois(index, split, lesions, boxes, margin=segmenter.margin, jitter=0.0, backgrounds=0)
        self.scratch.mkdir(parents=True, exist_ok=True)
        with Temporary(self.scratch) as place:
            tiles = counting.Predicted(
                self.folder, *(Path(place) / name / "tiles" for name in ("direct", "guided", "cascade"))
            )
            self._fill(segmenter, segmenter.direct, frames, tiles.direct)
            self._fill(segmenter, segmenter.guided, found, tiles.guided)
            coarse = cascading.rois(
                load(tiles.direct),
                index.assign(split="test"),
                level=segmenter.cascade.level,
                max_boxes=segmenter.cascade.max_boxes,
                margin=segmenter.margin,
            )
            self._fill(segmenter, segmenter.guided, coarse, tiles.cascade)
            evaluation = tiles.evaluation(self.home, self.match_iou, self.surface_tolerance)(index)
            return Part(evaluation, boxes, tiles.curves(THRESHOLDS, "validation")(index))

    def _fill(self, segmenter: Segmenter, filler: Filler, made: crops.Regions, target: Path) -> None:
        place = target.parent / "inputs"
        for made_here in (place, target):
            made_here.mkdir(parents=True)
        size = filler.image_size
        cascading.fill(filler.engine, size, made, self.folder, target, flips=segmenter.flips, place=place)


class Part(NamedTuple):
    """What ``Testing`` makes of a part.

    Attributes:
        evaluation: of its images in every branch.
        boxes: of ``detect``.
        curves: of its images.
    """

    evaluation: Evaluation
    boxes: pd.DataFrame
    curves: list[Curves]


def test(testing: Testing) -> Tested:
    """Segment and score all images of a prepared dataset.

    Raises:
        GuidedsegError: there is no image.
    """
    index, lesions = prepared.read(testing.folder)
    parts = counting.in_shards("images", testing, index)
    evaluation = counting.merged([part.evaluation for part in parts], index)
    curves = counting.merged_curves([part.curves for part in parts], index)
    hindsight = choose(curves, THRESHOLDS, rule="strict", confidence=None, gate=None)
    boxes = counting.ordered(pd.concat([part.boxes for part in parts], ignore_index=True), index)
    segmenter = replace(testing.opening(), harmonising=OFF)
    seen = {name: _seen(segmenter, testing.folder, name) for name in worst(evaluation.images)}
    return Tested(evaluation, boxes, lesions[["image_id", *BOX]], hindsight, seen)


def _seen(segmenter: Segmenter, folder: Path, image_id: str) -> dict[str, npt.NDArray[np.uint8]]:
    image = prepared.load_image(folder, image_id)
    masks = [prepared.load_mask(folder, image_id)]
    masks += [segmenter.segment(image, "direct").mask, segmenter.segment(image, "guided").mask]
    return dict(zip(KINDS, (image, *(mask.astype(np.uint8) * np.uint8(255) for mask in masks)), strict=True))
