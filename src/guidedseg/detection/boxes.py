"""The detector's boxes, read back."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from guidedseg import artifacts

RULES = {
    "a box with a side that is not longer than 0": lambda boxes: (boxes.x0 < boxes.x1) & (boxes.y0 < boxes.y1),
    "a confidence outside of 0 to 1": lambda boxes: boxes.confidence.between(0, 1),
}


def read_detections(path: Path, images: Collection[str]) -> pd.DataFrame:
    """``detections.csv``: image_id, x0, y0, x1, y1 (original pixels), confidence.

    Args:
        path: the table.
        images: ids of the images that there are.

    Raises:
        GuidedsegError: it is missing or damaged, or has boxes of other images.
    """
    boxes = artifacts.table(path, artifacts.BOXES, rules=RULES)
    artifacts.known_ids(path, boxes["image_id"], images, Path("data/prepared/index.csv"))
    return boxes
