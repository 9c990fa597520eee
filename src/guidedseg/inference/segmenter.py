"""A grey picture in, a mask out: what the pipeline scores, for any picture.

The networks see a picture as ``harmonising`` makes it; boxes, probabilities and masks lie on the picture's own grid.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from guidedseg import regions
from guidedseg.harmonising.picture import OFF, Harmonised, Harmonising, harmonised
from guidedseg.inference.cascade import outlined
from guidedseg.inference.engines.engine import Engine
from guidedseg.inference.filling import fill
from guidedseg.inference.lesions import measure
from guidedseg.inference.pasting import assembled, masked
from guidedseg.inference.proposing import Proposer
from guidedseg.inference.result import Result

Branch = Literal["guided", "direct", "guided_fallback", "cascade"]

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.uint8]

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
class Cascaded:
    """How the branch ``cascade`` makes its boxes and masks.

    Attributes:
        level: probability of the whole picture from which a pixel belongs to what a box is put around.
        max_boxes: the most confident ones that are kept.
        confidence: a box counts from this confidence on.
        threshold: a pixel of its region is lesion from this probability on.
    """

    level: float
    max_boxes: int
    confidence: float
    threshold: float


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
        cascade: of the branch that needs no detector.
        harmonising: what was made of the pictures that the networks learned from.
    """

    detector: Proposer
    direct: Filler
    guided: Filler
    margin: float
    flips: bool
    confidence: float
    cascade: Cascaded
    harmonising: Harmonising = OFF

    def seen(
        self,
        image: Levels,
        *,
        colours: Levels | None = None,
        is_region: bool = False,
        mm_per_pixel: tuple[float, float] | None = None,
    ) -> Harmonised:
        """A picture as the networks see it; arguments are those of ``harmonising.picture.harmonised``."""
        return harmonised(image, self.harmonising, colours=colours, is_region=is_region, mm_per_pixel=mm_per_pixel)

    def segment(
        self,
        image: Levels | Harmonised,
        branch: Branch = "guided",
        mm_per_pixel: tuple[float, float] | None = None,
    ) -> Result:
        """Segment a picture.

        Args:
            image: (H, W) uint8, grey; or what ``seen`` made of it, where more is known of the picture.
            branch: guided: in the boxes that count; direct: the whole picture at once; guided_fallback: direct where
                no box counts; cascade: as guided, in boxes around what direct outlines.
            mm_per_pixel: across and down; None: lesions are measured in pixels alone.
        """
        seen = self._seen(image, mm_per_pixel)
        if branch == "cascade":
            return self._cascaded(seen, mm_per_pixel)
        boxes, confidences = NO_BOXES if branch == "direct" else self.boxes(seen)
        count = int(np.count_nonzero(confidences >= self.confidence))
        if branch == "direct" or (branch == "guided_fallback" and not count):
            return self.frame(seen, mm_per_pixel)
        return self.fill(seen, boxes[:count], confidences[:count], mm_per_pixel)

    def boxes(self, image: Levels | Harmonised) -> tuple[Floats, Floats]:
        """All boxes of a picture down to the detector's floor: (K, 4) and their confidences (K,), falling."""
        seen = self._seen(image)
        boxes, confidences = self.detector.boxes(seen.image)
        return seen.to_picture(boxes), confidences

    def fill(
        self,
        image: Levels | Harmonised,
        boxes: Floats,
        confidences: Floats,
        mm_per_pixel: tuple[float, float] | None = None,
    ) -> Result:
        """The mask in these boxes, whoever proposed them; (K, 4) x0, y0, x1, y1 and (K,)."""
        return self._filled(self._seen(image, mm_per_pixel), self.guided, boxes, confidences, mm_per_pixel)

    def frame(self, image: Levels | Harmonised, mm_per_pixel: tuple[float, float] | None = None) -> Result:
        """The mask of the whole picture at once, without a detector."""
        seen = self._seen(image, mm_per_pixel)
        return self._result(self.direct, seen, self._whole(seen), *NO_BOXES, mm_per_pixel)

    def _cascaded(self, seen: Harmonised, mm_per_pixel: tuple[float, float] | None) -> Result:
        own = self.cascade
        boxes, confidences = (each[: own.max_boxes] for each in outlined(self._whole(seen), own.level))
        count = int(np.count_nonzero(confidences >= own.confidence))
        filler = replace(self.guided, threshold=own.threshold)
        return self._filled(seen, filler, seen.to_picture(boxes[:count]), confidences[:count], mm_per_pixel)

    def _whole(self, seen: Harmonised) -> Levels:
        """(H, W) uint8, probability x 255, of the whole picture at once."""
        height, width = seen.image.shape
        places = np.array([[0, 0, width, height]])
        return assembled(self._tiles(self.direct, seen.image, places), places, height, width)

    def _filled(
        self,
        seen: Harmonised,
        filler: Filler,
        boxes: Floats,
        confidences: Floats,
        mm_per_pixel: tuple[float, float] | None,
    ) -> Result:
        height, width = seen.image.shape
        places = regions.enlarge(seen.to_image(boxes), self.margin, width, height)
        probabilities = assembled(self._tiles(filler, seen.image, places), places, height, width)
        return self._result(filler, seen, probabilities, boxes, confidences, mm_per_pixel)

    def _seen(self, image: Levels | Harmonised, mm_per_pixel: tuple[float, float] | None = None) -> Harmonised:
        return image if isinstance(image, Harmonised) else self.seen(image, mm_per_pixel=mm_per_pixel)

    def _tiles(self, filler: Filler, image: Levels, places: regions.Boxes) -> Levels:
        size = filler.image_size
        if not len(places):
            return np.empty((0, size, size), dtype=np.uint8)
        crops = np.stack([regions.crop(image, place, size) for place in places])
        return fill(filler.engine, crops, flips=self.flips)[0]

    @staticmethod
    def _result(
        filler: Filler,
        seen: Harmonised,
        probabilities: Levels,
        boxes: Floats,
        confidences: Floats,
        mm_per_pixel: tuple[float, float] | None,
    ) -> Result:
        mask = masked(probabilities, filler.threshold, filler.gate)
        if seen.moved:  # the gate was chosen on probabilities as they are here, before they are resized
            probabilities = seen.placed(probabilities)
            mask = masked(probabilities, filler.threshold) & mask.any()
        lesions = measure(mask, probabilities, boxes, confidences, mm_per_pixel=mm_per_pixel)
        return Result(mask, probabilities, boxes, confidences, lesions)
