"""A picture as a detector was trained to see it, and its boxes back in the picture.

Ultralytics' ``LetterBox``, with its roundings: the longer side becomes the detector's image size, the shorter one is
filled up with grey to the next multiple of the stride, half of it on each side.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

STRIDE = 32
GREY = 114


@dataclass(frozen=True)
class Letterbox:
    """Where a picture of one size lies in the detector's input.

    Attributes:
        width: of the resized picture, pixels; likewise height.
        left: pixels of filling; likewise the others.
    """

    width: int
    height: int
    left: int
    top: int
    right: int
    bottom: int


def letterbox(width: int, height: int, image_size: int) -> Letterbox:
    """The place of a picture of this size.

    Args:
        width: of the picture, pixels.
        height: likewise.
        image_size: that the detector was trained at, a multiple of ``STRIDE``.
    """
    scale = min(image_size / height, image_size / width)
    new = max(1, round(width * scale)), max(1, round(height * scale))
    across, down = ((image_size - side) % STRIDE / 2 for side in new)
    return Letterbox(*new, round(across - 0.1), round(down - 0.1), round(across + 0.1), round(down + 0.1))


def boxed(image: npt.NDArray[np.uint8], box: Letterbox) -> npt.NDArray[np.uint8]:
    """(H, W) uint8, resized and filled up."""
    if image.shape[::-1] != (box.width, box.height):
        # as the detector saw its training images: linear, also where a side shrinks
        image = np.asarray(cv2.resize(image, (box.width, box.height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    filled = cv2.copyMakeBorder(
        image, box.top, box.bottom, box.left, box.right, cv2.BORDER_CONSTANT, value=(GREY, GREY, GREY)
    )
    return np.asarray(filled, dtype=np.uint8)


def unboxed(boxes: npt.NDArray[np.float32], box: Letterbox, width: int, height: int) -> npt.NDArray[np.float32]:
    """Boxes of the detector's input, in the pixels of the picture and clipped to it; (K, 4) x0, y0, x1, y1."""
    offset = np.array([box.left, box.top] * 2, dtype=np.float32)
    scale = np.array([box.width / width, box.height / height] * 2, dtype=np.float32)
    return np.clip((boxes - offset) / scale, 0, np.array([width, height] * 2, dtype=np.float32))
