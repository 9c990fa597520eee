"""The mask of an image, put together from the tiles of a branch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guidedseg.evaluation.operating import Operating
from guidedseg.inference.pasting import masked
from guidedseg.inference.tiles import Tiles


@dataclass(frozen=True)
class Patchwork:
    """Tiles that make an image's mask.

    Attributes:
        tiles: of frames or of boxes.
        chosen: positions of the image's tiles; none where a branch has no region.
        threshold: a pixel is lesion where the probability reaches it.
        gate: without a probability that reaches it the mask is empty.
    """

    tiles: Tiles
    chosen: npt.NDArray[np.int64]
    threshold: float
    gate: float = 0.0

    def probabilities(self, height: int, width: int) -> npt.NDArray[np.uint8]:
        """(H, W) uint8, probability x 255."""
        return self.tiles.assembled(self.chosen, height, width)

    def mask(self, height: int, width: int) -> npt.NDArray[np.bool_]:
        """(H, W) bool."""
        return self.mask_of(self.probabilities(height, width))

    def mask_of(self, probabilities: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """(H, W) bool of what ``probabilities`` gave."""
        return masked(probabilities, self.threshold, self.gate)


def patchworks(
    direct: Tiles, guided: Tiles, image_id: str, operating: Operating, *, cascade: Tiles | None = None
) -> dict[str, Patchwork]:
    """One image in every branch of ``evaluation.counts.PREDICTED``.

    Args:
        direct: tiles of frames.
        guided: tiles of the detector's and of the true boxes.
        image_id: the image.
        operating: its confidence, gate and thresholds make the masks.
        cascade: tiles of the boxes around what ``direct`` outlines; None: without that branch.
    """
    frame, boxes = direct.of(image_id, "frame"), guided.of(image_id, "detector")
    confidence = guided.confidences[boxes]
    found = boxes[confidence >= operating.confidence]
    forced = boxes[(confidence >= operating.guided_ungated_confidence) | (np.arange(len(boxes)) == 0)]
    whole = Patchwork(direct, frame, operating.direct_threshold, operating.direct_gate)
    regions = Patchwork(guided, found, operating.guided_threshold)
    branches = {
        "direct": whole,
        "guided": regions,
        "guided_fallback": regions if len(found) else whole,
        "oracle": Patchwork(guided, guided.of(image_id, "truth"), operating.guided_threshold),
        "direct_ungated": Patchwork(direct, frame, operating.direct_ungated_threshold),
        "guided_ungated": Patchwork(guided, forced, operating.guided_ungated_threshold),
    }
    if cascade is not None:
        own = cascade.of(image_id, "cascade")
        enough = cascade.confidences[own] >= operating.cascade_confidence
        branches["cascade"] = Patchwork(cascade, own[enough], operating.cascade_threshold)
    return branches
