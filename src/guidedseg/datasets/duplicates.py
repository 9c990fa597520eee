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
from guidedseg.resizing import resize

SIZE = 32
"""Pixels of a thumbnail's side."""

_BORDER = 0.1  # of each side: the probe marker and the body mark, which all frames of a device share, lie there
_SIGMA = 2.0  # pixels of the thumbnail; what is coarser (bright skin above, dark depth below) all frames share
_FLAT = 0.1  # grey levels: a thumbnail that varies less shows nothing that could be alike


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The middle of an image, small, without its coarse light and dark.

    Args:
        image: (H, W) uint8, grey.

    Returns:
        (32, 32) float32 of mean 0 and length 1, so that the scalar product of two is their correlation; 0 where nothing
        is shown.
    """
    height, width = image.shape
    top, left = round(height * _BORDER), round(width * _BORDER)
    middle = image[top : height - top, left : width - left]
    small = resize(middle, SIZE, SIZE).astype(np.float32)
    fine = small - cv2.GaussianBlur(small, (0, 0), _SIGMA)
    centred = fine - fine.mean()
    spread = centred.std()
    return np.asarray(centred / spread / SIZE if spread > _FLAT else np.zeros_like(fine), dtype=np.float32)


def pairs(
    thumbnails: NDArray[np.float32],
    image_ids: Sequence[str],
    patient_ids: Sequence[str],
    threshold: float,
) -> pd.DataFrame:
    """The pairs of images of different patients that are alike.

    Args:
        thumbnails: (N, 32, 32) float32, of ``thumbnail``; may be memory-mapped, and is not copied if in the order of
            image_ids.
        image_ids: N names.
        patient_ids: N names.
        threshold: the least similarity, the correlation (Pearson) of two thumbnails, rounded to four digits so that
            the order of summation on another machine changes nothing.

    Returns:
        A row per pair: image_a < image_b, patient_a, patient_b, similarity; sorted by image_a, image_b. Not every pair
        of a picture that is like more than ``alike.ENOUGH`` others, and above ``alike.EXACT`` pictures nearly all.
    """
    order = np.argsort(np.asarray(image_ids))
    images, patients = np.asarray(image_ids)[order], np.asarray(patient_ids)[order]
    sorted_already = bool((order == np.arange(len(order))).all())
    unit = (thumbnails if sorted_already else thumbnails[order]).reshape(len(order), -1)
    a, b, similarity = alike.find(unit, np.unique(patients, return_inverse=True)[1], threshold)
    return pd.DataFrame(
        {
            "image_a": images[a],
            "image_b": images[b],
            "patient_a": patients[a],
            "patient_b": patients[b],
            "similarity": similarity,
        }
    )


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
