"""A region is a box (x0, y0, x1, y1) in the pixels of an original image: half-open, integer, inside the image.

Segmenting a region is always the same: crop and resize to S x S, run a network, put the probabilities back into the
box. The direct approach has one region per image (the frame), the guided one a region per detected box.
"""

import cv2
import numpy as np
import numpy.typing as npt

from guidedseg.resizing import resize

Boxes = npt.NDArray[np.int64]
"""(K, 4) int64, x0, y0, x1, y1."""


def enlarge(boxes: npt.NDArray[np.number], margin: float, width: int, height: int) -> Boxes:
    """Boxes with ``margin`` x their width (height) added on each side, rounded outwards and clipped to the image.

    Args:
        boxes: (K, 4), pixels, fractions allowed (a detector's).
        margin: share of the box's own width and height.
        width: of the image, pixels.
        height: of the image, pixels.

    Returns:
        (K, 4) regions of at least one pixel.
    """
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    extra = margin * np.column_stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]])
    low = np.floor(boxes[:, :2] - extra)
    high = np.ceil(boxes[:, 2:] + extra)
    size = np.array([width, height])
    low = np.clip(low, 0, size - 1)
    high = np.clip(high, low + 1, size)
    return np.hstack([low, high]).astype(np.int64)


def jitter(boxes: npt.NDArray[np.number], share: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Boxes moved and scaled at random, so that training regions err as a detector's do.

    Centre and size change by a uniform draw from [-share, +share] of the box's width and height.

    Args:
        boxes: (K, 4), pixels.
        share: of the box's own size.
        rng: the source of the draws; four a box.

    Returns:
        (K, 4) float64, not clipped.
    """
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    size = boxes[:, 2:] - boxes[:, :2]
    draws = rng.uniform(-share, share, (len(boxes), 4))
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 + draws[:, :2] * size
    half = size * (1 + draws[:, 2:]) / 2
    return np.hstack([centre - half, centre + half])


def crop(image: npt.NDArray[np.uint8], region: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.uint8]:
    """A region of a grey image, resized to (size, size) uint8."""
    x0, y0, x1, y1 = (int(value) for value in region)
    return resize(image[y0:y1, x0:x1], size, size)


def crop_mask(mask: npt.NDArray[np.bool_], region: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.uint8]:
    """A region of a mask, resized to (size, size) uint8 in {0, 1}: 1 where at least half of the pixel is lesion."""
    return as_mask(crop_shares(mask, region, size))


def crop_shares(mask: npt.NDArray[np.bool_], region: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.uint8]:
    """A region of a mask, resized to (size, size) uint8: the share of each pixel that is lesion x 255."""
    return crop(mask.astype(np.uint8) * 255, region, size)


def as_mask(shares: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Shares of lesion x 255 to uint8 in {0, 1}: 1 where at least half of the pixel is lesion."""
    return (shares >= 128).astype(np.uint8)


def turned(
    image: npt.NDArray[np.uint8],
    place: npt.NDArray[np.number],
    region: npt.NDArray[np.number],
    angle: float,
    size: int,
) -> npt.NDArray[np.uint8]:
    """A region turned about its middle, from a picture of its surroundings; what lies outside of them is mirrored.

    Turned by 0 it is ``crop`` but for the interpolation: shapes stay as they are in the original's pixels, however
    much width and height of the surroundings were stretched.

    Args:
        image: (C, C) uint8, the surroundings as ``crop`` makes them.
        place: (4,) where these lie in the original, pixels.
        region: (4,) likewise.
        angle: degrees, counter-clockwise as seen.
        size: S.

    Returns:
        (S, S) uint8.
    """
    low, sides = np.asarray(region[:2], float), np.asarray(region[2:], float) - region[:2]
    scale = len(image) / (np.asarray(place[2:], float) - place[:2])
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    linear = scale[:, None] * turn * (sides / size)  # from pixels of the result to pixels of the surroundings
    middle = (low + sides / 2 - place[:2]) * scale
    shift = middle - linear @ np.full(2, size / 2)
    shift += linear @ np.full(2, 0.5) - 0.5  # OpenCV counts from the middle of a pixel
    matrix = np.column_stack([linear, shift])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    made = cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(made, dtype=np.uint8)


def paste(tile: npt.NDArray[np.uint8], region: npt.NDArray[np.int64], canvas: npt.NDArray[np.uint8]) -> None:
    """Put a tile of probabilities back into its region of ``canvas``, in place; where regions overlap the larger wins.

    Args:
        tile: (S, S) uint8, probability x 255.
        region: (4,) int64 in the pixels of ``canvas``.
        canvas: (H, W) uint8, probability x 255.
    """
    x0, y0, x1, y1 = (int(value) for value in region)
    window = canvas[y0:y1, x0:x1]
    np.maximum(window, resize(tile, x1 - x0, y1 - y0), out=window)
