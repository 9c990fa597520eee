"""The segmenters' inputs as they are read: cropped regions in memory-mapped arrays (``crops`` writes them).

What is predicted, or chooses a checkpoint, is cropped once; training regions are cropped anew in every epoch, from
their surroundings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import artifacts
from guidedseg.names import BOX

COLUMNS = ["image_id", "split", "source", "confidence", *BOX]

PLACE = ["place_x0", "place_y0", "place_x1", "place_y1"]
"""Where the surroundings of a training region lie."""

TRAINING = ["image_id", "source", "times", "margin", "jitter", "width", "height", *BOX, *PLACE]

ITEM_TYPES = {
    **dict.fromkeys(("image_id", "split", "source"), "text"),
    "confidence": "float?",
    **dict.fromkeys(BOX, "int"),
}
TRAINING_TYPES = {
    **dict.fromkeys(("image_id", "source"), "text"),
    **dict.fromkeys(("times", "margin", "jitter"), "float"),
    **dict.fromkeys(("width", "height"), "int"),
    **dict.fromkeys(BOX, "float"),
    **dict.fromkeys(PLACE, "int"),
}
RULES = {"a region without a pixel": lambda items: (items.x0 < items.x1) & (items.y0 < items.y1)}


@dataclass(frozen=True)
class Inputs:
    """What a segmenter reads.

    Attributes:
        images: (N, S, S) uint8, memory-mapped.
        masks: (N, S, S) uint8 in {0, 1}, memory-mapped.
        items: of validation and test images, N rows; image_id, split, source (frame|truth|detector), confidence (of a
            detector's box), and the region x0, y0, x1, y1 in original pixels.
        wide_images: (M, C, C) uint8, surroundings of training regions, memory-mapped.
        wide_masks: (M, C, C) uint8, share of lesion x 255, likewise.
        training: M rows; image_id, source (frame|truth|background), how many times it stands in the list that epochs
            draw from (``datasets.balance``), margin and jitter of its region, width and height of its image, the box
            x0, y0, x1, y1 that the region is drawn around, and the ``PLACE`` of its surroundings; original pixels.
    """

    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.uint8]
    items: pd.DataFrame
    wide_images: npt.NDArray[np.uint8]
    wide_masks: npt.NDArray[np.uint8]
    training: pd.DataFrame


def load(folder: Path) -> Inputs:
    """Read back what ``crops.write`` wrote.

    Raises:
        GuidedsegError: something is missing or damaged, or arrays and tables do not fit each other.
    """
    items, training = read_items(folder), artifacts.table(folder / "training.csv", TRAINING_TYPES)
    return Inputs(
        images=artifacts.array(folder / "images.npy", items, "items.csv"),
        masks=artifacts.array(folder / "masks.npy", items, "items.csv"),
        items=items,
        wide_images=artifacts.array(folder / "wide_images.npy", training, "training.csv"),
        wide_masks=artifacts.array(folder / "wide_masks.npy", training, "training.csv"),
        training=training,
    )


def read_items(folder: Path, *, also: artifacts.Types = {}) -> pd.DataFrame:  # noqa: B006 - read only
    """``items.csv`` of inputs, or of tiles, which have ``also`` a loss.

    Raises:
        GuidedsegError: it is missing or damaged.
    """
    return artifacts.table(folder / "items.csv", {**ITEM_TYPES, **also}, rules=RULES)


def positions(items: pd.DataFrame, splits: Sequence[str], sources: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions of the items of these splits and sources, in order."""
    return np.flatnonzero(items["split"].isin(splits) & items["source"].isin(sources))


def validated(items: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Positions of the items that choose a checkpoint: what the network will be given, of validation images.

    Frames, or of every image the most confident boxes of the detector, as many as it has lesions and at least one; the
    true boxes where the detector finds nothing anywhere.
    """
    own = items[items["split"] == "val"]
    sizes = own[own["source"] == "truth"].groupby("image_id").size()
    wanted = own["image_id"].map(sizes).astype(np.float64).fillna(0).clip(lower=1)  # of no image pandas keeps texts
    found = own[own["source"] == "detector"]
    first = found[found.groupby("image_id").cumcount() < wanted[found.index]]
    chosen = own["source"].isin(["frame"]) | own.index.isin(first.index)
    chosen = chosen if chosen.any() else own["source"] == "truth"
    return np.flatnonzero(items.index.isin(own.index[chosen]))
