"""What a raw dataset's reader gives and the writer of the prepared one takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RawImage:
    """One image of a raw dataset in canonical form.

    Attributes:
        image_id: the file name without its ending, for example ``ALWI_000``.
        patient_id: its first four letters.
        pathology: normal, benign or malignant.
        image: (H, W) uint8, grey, on the mask's grid.
        mask: (H, W) bool, True in lesions.
        stretched: whether the image had another size than the mask and was resized to it.
        flags: doppler, marks and combined, each yes or no.
        source: the image's path below the dataset's folder.
        official_split: train, val or test as the dataset's authors have it, or empty.
    """

    image_id: str
    patient_id: str
    pathology: str
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    stretched: bool
    flags: dict[str, str]
    source: str
    official_split: str
