"""Tiles: the probabilities of regions, read back (``predict`` writes them)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import artifacts
from guidedseg.inference.pasting import assembled
from guidedseg.names import BOX
from guidedseg.segmentation.inputs import read_items

LOSS = {"loss": "float?"}
"""What the table of tiles has beside that of regions."""


@dataclass(frozen=True)
class Tiles:
    """Predicted regions.

    Attributes:
        probabilities: (K, S, S) uint8, probability x 255, memory-mapped.
        items: K rows: image_id, split, source, confidence, x0, y0, x1, y1, loss.
    """

    probabilities: npt.NDArray[np.uint8]
    items: pd.DataFrame

    def of(self, image_id: str, source: str) -> npt.NDArray[np.int64]:
        """Positions of an image's tiles of one source, by falling confidence; in their order where that is equal."""
        return self._places.get((image_id, source), np.empty(0, dtype=np.int64))

    @cached_property
    def confidences(self) -> npt.NDArray[np.float64]:
        """(K,) of the boxes, NaN for frames and true boxes."""
        return self.items["confidence"].to_numpy(dtype=np.float64)

    @cached_property
    def losses(self) -> npt.NDArray[np.float64]:
        """(K,) of every tile alone."""
        return self.items["loss"].to_numpy(dtype=np.float64)

    @cached_property
    def boxes(self) -> npt.NDArray[np.int64]:
        """(K, 4) the regions."""
        return self.items[BOX].to_numpy(dtype=np.int64)

    def assembled(self, chosen: npt.NDArray[np.int64], height: int, width: int) -> npt.NDArray[np.uint8]:
        """The probabilities of one image from these of its tiles (``pasting.assembled``)."""
        return assembled(self.probabilities[chosen], self.boxes[chosen], height, width)

    @cached_property
    def _places(self) -> dict[tuple[str, str], npt.NDArray[np.int64]]:
        """Looked up once: an image would else cost a search through the tiles of all."""
        falling = np.argsort(-self.confidences, kind="stable")  # NaN comes last, in order
        places = self.items[["image_id", "source"]].iloc[falling].groupby(["image_id", "source"]).indices
        return {key: falling[rows] for key, rows in places.items()}


def load(folder: Path) -> Tiles:
    """Read back what ``predict.write`` wrote.

    Raises:
        GuidedsegError: it is missing or damaged.
    """
    items = read_items(folder, also=LOSS)
    return Tiles(artifacts.array(folder / "probabilities.npy", items, "items.csv"), items)


def load_gates(folder: Path) -> tuple[Tiles, ...]:
    """The attention maps beside them, a ``Tiles`` per level, coarse to fine; none where the network has no gates."""
    items = read_items(folder, also=LOSS)
    return tuple(Tiles(artifacts.array(path, items, "items.csv"), items) for path in sorted(folder.glob("gates_*.npy")))
