"""The segmenters' inputs as they are read: cropped regions in memory-mapped arrays (``crops`` writes them)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

COLUMNS = ["image_id", "split", "source", "confidence", "x0", "y0", "x1", "y1"]

TRAINED_ON = ("frame", "truth", "background")
"""Sources that train a network and choose its checkpoint: never the boxes that it will be judged on."""


@dataclass(frozen=True)
class Inputs:
    """What a segmenter reads.

    Attributes:
        images: (N, S, S) uint8, memory-mapped.
        masks: (N, S, S) uint8 in {0, 1}, memory-mapped.
        items: N rows; image_id, split, source (frame|truth|detector|background), confidence (of a detector's box), and
            the region x0, y0, x1, y1 in original pixels.
    """

    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.uint8]
    items: pd.DataFrame


def load(folder: Path) -> Inputs:
    """Read back what ``crops.write`` wrote."""
    return Inputs(
        images=np.load(folder / "images.npy", mmap_mode="r"),
        masks=np.load(folder / "masks.npy", mmap_mode="r"),
        items=read_items(folder),
    )


def read_items(folder: Path) -> pd.DataFrame:
    """``items.csv`` of inputs or tiles."""
    text = {"image_id": str, "split": str, "source": str}
    return pd.read_csv(folder / "items.csv", dtype=text, keep_default_na=False, na_values={"confidence": [""]})


def positions(items: pd.DataFrame, splits: Sequence[str], sources: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions of the items of these splits and sources, in order."""
    return np.flatnonzero(items["split"].isin(splits) & items["source"].isin(sources))
