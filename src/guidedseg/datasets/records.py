"""What the reader of raw datasets gives and the writer of the prepared one takes."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from guidedseg.sources.frame import Box


class Shown(NamedTuple):
    """Which part of a dataset's picture an image shows.

    Attributes:
        box: pixels of the picture, on the grid of its mask.
        size: width and height of the picture.
        marks_px: pixels of it that were painted over.
        resampled: whether the image has another size of pixels.
    """

    box: Box
    size: tuple[int, int]
    marks_px: int
    resampled: bool


@dataclass(frozen=True)
class RawImage:
    """One image of a raw dataset in canonical form.

    Attributes:
        image_id: its name, of letters, digits, ``_``, ``-`` and ``.``; no other image has it.
        patient_id: whose; empty: nobody knows.
        pathology: normal, benign, malignant, or unknown: a lesion of which nothing is told.
        image: (H, W) uint8, grey, on the mask's grid.
        mask: (H, W) bool, True in lesions.
        stretched: whether the image had another size than the mask and was resized to it.
        flags: what else the dataset tells of it, doppler, say.
        source: the image's path below the dataset's folder.
        official_split: train, val or test as the dataset's authors have it, or empty.
        mm_per_pixel: of the image as it is here; None: unknown.
        dataset: of which it is.
        region: the ultrasound image within it, where its file tells one; pixels of the image as it is here.
        spacing: mm per pixel across and down, told by a table or by the file; None: unknown.
        colours: (H, W, 3) uint8 RGB of the image, where its file has them.
        shown: how the image came about, where ``harmonised`` made it of another.
    """

    image_id: str
    patient_id: str
    pathology: str
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    stretched: bool
    flags: tuple[str, ...]
    source: str
    official_split: str
    mm_per_pixel: float | None = None
    dataset: str = ""
    region: Box | None = None
    spacing: tuple[float, float] | None = None
    colours: NDArray[np.uint8] | None = None
    shown: Shown | None = None
