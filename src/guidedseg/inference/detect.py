"""The boxes of many pictures, as a table."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from guidedseg import progress
from guidedseg.datasets import prepared
from guidedseg.inference.proposing import Proposer
from guidedseg.lookahead import in_order


def detect(detector: Proposer, folder: Path, image_ids: Sequence[str]) -> pd.DataFrame:
    """Boxes of prepared images, down to the detector's floor.

    Args:
        detector: of one thread a call, as every core has a picture of its own.
        folder: the prepared images.
        image_ids: which of them.

    Returns:
        One row per box: image_id, x0, y0, x1, y1 (float, original pixels, clipped to the image), confidence; in the
        order of ``image_ids``, then by falling confidence.
    """
    rows = []
    found = in_order(lambda image_id: detector.boxes(prepared.load_image(folder, image_id)), image_ids)
    shown = progress.bar("images", zip(image_ids, found, strict=True), unit="image", total=len(image_ids))
    for image_id, (boxes, confidences) in shown:
        rows += [(image_id, *box, confidence) for box, confidence in zip(boxes, confidences, strict=True)]
    return pd.DataFrame(rows, columns=["image_id", "x0", "y0", "x1", "y1", "confidence"])
