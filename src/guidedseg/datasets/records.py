"""What the reader of raw datasets gives and the writer of the prepared one takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
