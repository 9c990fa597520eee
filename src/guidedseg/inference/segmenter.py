"""A grey picture in, a mask out: what the pipeline scores, for any picture."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from guidedseg import regions
from guidedseg.inference.detector import Detector
from guidedseg.inference.engines.engine import Engine
from guidedseg.inference.filling import fill
from guidedseg.inference.lesions import measure
from guidedseg.inference.pasting import assembled, masked
from guidedseg.inference.result import Result

Branch = Literal["guided", "direct", "guided_fallback"]

Floats = npt.NDArray[np.float64]

NO_BOXES = np.empty((0, 4)), np.empty(0)


@dataclass(frozen=True)
class Filler:
    """A segmenting network in an engine.

    Attributes:
        engine: gives ``probabilities`` and ``logits`` as ``segmentation.answers.Answers``.
        image_size: S of its S x S inputs.
        threshold: a pixel is lesion where the probability reaches it.
        gate: without a probability that reaches it the mask is empty.
    """

    engine: Engine
    image_size: int
    threshold: float
    gate: float = 0.0


@dataclass(frozen=True)
class Segmenter:
    """The detector, both networks, and the values that the validation images chose.

    Attributes:
        detector: proposes boxes.
        direct: fills whole pictures.
        guided: fills regions around boxes.
        margin: added on each side of a box, as a share of its width or height.
        flips: whether regions are seen in the mirror too.
        confidence: a box counts from this confidence on.
    """

    detector: Detector
    direct: Filler
    guided: Filler
    margin: float
    flips: bool
    confidence: float

    def segment(
        self,
        image: npt.NDArray[np.uint8],
        branch: Branch = "guided",
        mm_per_pixel: tuple[float, float] | None = None,
    ) -> Result:
        """Segment a picture.

        Args:
            image: (H, W) uint8, grey.
            branch: guided: in the boxes that count; direct: the whole picture at once; guided_fallback: direct where
                no box counts.
            mm_per_pixel: across and down; None: lesions are measured in pixels alone.
        """
        boxes, confidences = NO_BOXES if branch == "direct" else self.boxes(image)
        count = int(np.count_nonzero(confidences >= self.confidence))
        if branch == "direct" or (branch == "guided_fallback" and not count):
            return self.frame(image, mm_per_pixel)
        return self.fill(image, boxes[:count], confidences[:count], mm_per_pixel)

    def boxes(self, image: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """All boxes of a picture down to the detector's floor: (K, 4) and their confidences (K,), falling."""
        return self.detector.boxes(image)

    def fill(
        self,
        image: npt.NDArray[np.uint8],
        boxes: Floats,
        confidences: Floats,
        mm_per_pixel: tuple[float, float] | None = None,
    ) -> Result:
        """The mask in these boxes, whoever proposed them; (K, 4) x0, y0, x1, y1 and (K,)."""
        height, width = image.shape
        places = regions.enlarge(boxes, self.margin, width, height)
        tiles = self._tiles(self.guided, image, places)
        return self._result(self.guided, assembled(tiles, places, height, width), boxes, confidences, mm_per_pixel)

    def frame(self, image: npt.NDArray[np.uint8], mm_per_pixel: tuple[float, float] | None = None) -> Result:
        """The mask of the whole picture at once, without a detector."""
        height, width = image.shape
        places = np.array([[0, 0, width, height]])
        tiles = self._tiles(self.direct, image, places)
        return self._result(self.direct, assembled(tiles, places, height, width), *NO_BOXES, mm_per_pixel)

    def _tiles(self, filler: Filler, image: npt.NDArray[np.uint8], places: regions.Boxes) -> npt.NDArray[np.uint8]:
        size = filler.image_size
        if not len(places):
            return np.empty((0, size, size), dtype=np.uint8)
        crops = np.stack([regions.crop(image, place, size) for place in places])
        return fill(filler.engine, crops, flips=self.flips)[0]

    @staticmethod
    def _result(
        filler: Filler,
        probabilities: npt.NDArray[np.uint8],
        boxes: Floats,
        confidences: Floats,
        mm_per_pixel: tuple[float, float] | None,
    ) -> Result:
        mask = masked(probabilities, filler.threshold, filler.gate)
        lesions = measure(mask, probabilities, boxes, confidences, mm_per_pixel=mm_per_pixel)
        return Result(mask, probabilities, boxes, confidences, lesions)
