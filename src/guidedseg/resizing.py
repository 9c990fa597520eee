"""One way to resize, for images, masks and probabilities."""

import cv2
import numpy as np
import numpy.typing as npt


def resize(image: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """A picture in another size: averaged along a side that shrinks, interpolated linearly along one that grows.

    Pixels are areas: the outer borders of the picture stay where they are, and nothing in it moves.

    Args:
        image: (H, W) uint8.
        width: wanted, pixels.
        height: wanted, pixels.

    Returns:
        (height, width) uint8.
    """
    # INTER_AREA averages only where no side grows; else it samples off the pixels' centres. So first what shrinks.
    shrunk = cv2.resize(image, (min(width, image.shape[1]), min(height, image.shape[0])), interpolation=cv2.INTER_AREA)
    # The exact kind rounds to the nearest level, INTER_LINEAR down, and is the same bit for bit on every machine.
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR_EXACT), dtype=np.uint8)
