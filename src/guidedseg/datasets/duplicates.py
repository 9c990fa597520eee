"""Pictures that are the same, or nearly, under several patients put those patients in one group.

BUS-UCLM holds four frames twice, under CHCO and CHVI: a split by patient alone would test on training images. Measured
on its 683 images: these four pairs have a similarity of 1.000, the other frames of the two (one examination, it seems)
at most 0.523, and frames of any other two patients at most 0.331. The same image keeps at least 0.9 after JPEG at
quality 20, noise of sigma 10, another brightness, contrast or gamma, half the resolution, four calipers, a shift by 3
pixels or a crop by 1 %. A mirrored copy is not recognised.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from guidedseg.datasets import alike

_SIZE = 32  # pixels
_BORDER = 0.1  # of each side: the probe marker and the body mark, which all frames of a device share, lie there
_SIGMA = 2.0  # pixels of the thumbnail; what is coarser (bright skin above, dark depth below) all frames share
_FLAT = 0.1  # grey levels: a thumbnail that varies less shows nothing that could be alike


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The middle of an image at (32, 32) float32 in grey levels, without its coarse light and dark.

    Args:
        image: (H, W) uint8, grey.
    """
    height, width = image.shape
    top, left = round(height * _BORDER), round(width * _BORDER)
    middle = image[top : height - top, left : width - left]
    small = cv2.resize(middle, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine: NDArray[np.float32] = small - cv2.GaussianBlur(small, (0, 0), _SIGMA)
    return fine


def pairs(
    thumbnails: Sequence[NDArray[np.float32]] | NDArray[np.float32],
    image_ids: Sequence[str],
    patient_ids: Sequence[str],
    threshold: float,
) -> pd.DataFrame:
    """The pairs of images of different patients that are alike.

    Args:
        thumbnails: N of (32, 32) float32, of ``thumbnail``.
        image_ids: N names.
        patient_ids: N names.
        threshold: the least similarity, the Pearson correlation of two thumbnails, rounded to four digits so that
            the order of summation on another machine changes nothing.

    Returns:
        A row per pair: image_a < image_b, patient_a, patient_b, similarity; sorted by image_a, image_b. Not every pair
        of a picture that is like more than ``alike.ENOUGH`` others, and above ``alike.EXACT`` pictures nearly all.
    """
    order = np.argsort(np.asarray(image_ids))
    images, patients = np.asarray(image_ids)[order], np.asarray(patient_ids)[order]
    a, b, similarity = alike.find(_unit(thumbnails, order), np.unique(patients, return_inverse=True)[1], threshold)
    return pd.DataFrame(
        {
            "image_a": images[a],
            "image_b": images[b],
            "patient_a": patients[a],
            "patient_b": patients[b],
            "similarity": similarity,
        }
    )


def _unit(thumbnails: Sequence[NDArray[np.float32]] | NDArray[np.float32], order: NDArray[np.intp]) -> alike.Unit:
    """(N, 1024) float32: rows of mean 0 and length 1, whose scalar product is the correlation; 0 for a flat picture."""
    unit = np.empty((len(order), _SIZE**2), dtype=np.float32)
    for row, place in zip(unit, order, strict=True):  # one by one: a hundred thousand fill half a gigabyte
        centred = thumbnails[place].ravel() - thumbnails[place].mean()
        spread = centred.std()
        row[:] = centred / spread / _SIZE if spread > _FLAT else 0
    return unit


def groups(patient_ids: Sequence[str], pairs: pd.DataFrame) -> dict[str, str]:
    """The group of each patient: patients linked by pairs, directly or through others, share one.

    Args:
        patient_ids: of all images, repeated or not.
        pairs: of ``pairs``.

    Returns:
        From each patient to the alphabetically first patient of its group.
    """
    patients = sorted(set(patient_ids))
    number = {patient: k for k, patient in enumerate(patients)}
    ends = [[number[patient] for patient in pairs[column]] for column in ("patient_a", "patient_b")]
    links = coo_array((np.ones(len(pairs)), ends), shape=(len(patients), len(patients)))
    _, component = connected_components(links, directed=False)
    first: dict[int, str] = {}
    return {patient: first.setdefault(c, patient) for patient, c in zip(patients, component.tolist(), strict=True)}
