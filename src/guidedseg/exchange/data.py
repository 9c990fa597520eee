"""The prepared images with their split, as all of this package reads them, and hashes that tell them from others."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from guidedseg.datasets import prepared, splits
from guidedseg.errors import listed
from guidedseg.restoring import restoring

Hashes = dict[str, str]
"""``index``, ``masks``, ``split``: SHA-256 of each."""


@dataclass(frozen=True)
class Data:
    """What is handed on, or what predictions are of.

    Attributes:
        folder: of the prepared images.
        images: ``prepared.read_index`` with ``split``, a row per image.
    """

    folder: Path
    images: pd.DataFrame

    def of(self, *names: str) -> pd.DataFrame:
        """The images of some splits, in the order of the index."""
        return self.images[self.images["split"].isin(names)].reset_index(drop=True)

    def copy_image(self, image_id: str, target: Path) -> None:
        """As a file of its own: who writes into a link would change the data, and DVC's cache of them."""
        shutil.copyfile(self.folder / "images" / f"{image_id}.png", target)

    def mask(self, image_id: str) -> NDArray[np.bool_]:
        """(H, W) bool, True in lesions."""
        return prepared.load_mask(self.folder, image_id)

    def write_label(self, image_id: str, target: Path) -> None:
        """A mask as PNG of 0 and 1."""
        target.write_bytes(cv2.imencode(".png", self.mask(image_id).astype(np.uint8))[1].tobytes())

    @property
    def name(self) -> str:
        """Of its datasets, fit for a file."""
        return "_".join(sorted(self.images["dataset"].unique()))

    def hashes(self) -> Hashes:
        """Of the index (which has those of the images), of all masks, and of who is in which split."""
        masks = hashlib.sha256()
        for image_id in self.images["image_id"]:
            content = (self.folder / "masks" / f"{image_id}.png").read_bytes()
            masks.update(f"{image_id} {hashlib.sha256(content).hexdigest()}\n".encode())
        rows = self.images[["image_id", "split"]].sort_values("image_id").itertuples(index=False)
        return {
            "index": hashlib.sha256((self.folder / "index.csv").read_bytes()).hexdigest(),
            "masks": masks.hexdigest(),
            "split": hashlib.sha256("".join(f"{row.image_id} {row.split}\n" for row in rows).encode()).hexdigest(),
        }


def read(folder: Path, split: Path) -> Data:
    """Read what ``prepare`` and ``split`` made.

    Args:
        folder: of the prepared images.
        split: the table.

    Raises:
        GuidedsegError: a table is missing or damaged, or a picture is missing.
    """
    index = prepared.read_index(folder)
    found = splits.read(split, index)[["image_id", "split"]]
    paths = [folder / kind / f"{name}.png" for kind in ("images", "masks") for name in index["image_id"]]
    if gone := [path for path in paths if not path.is_file()]:
        raise listed(f"{folder} is not whole", [f"{path} is missing" for path in gone], restoring(gone[0]), most=10)
    return Data(folder, index.merge(found, on="image_id", validate="1:1"))
