"""A mask as a PNG of one bit a pixel."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.writing import whole_file


def write(mask: NDArray[np.bool_], target: Path) -> None:
    """Write a mask: black, and white where there is a lesion (0 and 255 to what reads it as grey).

    Args:
        mask: (H, W) bool.
        target: a file that ends in ``.png``; whole or not at all.
    """
    # 856 x 606 takes 0.6 ms; with eight bits a pixel 4 ms
    options = [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 3]
    _, encoded = cv2.imencode(".png", mask.astype(np.uint8) * np.uint8(255), options)
    with whole_file(target) as path:
        path.write_bytes(encoded.tobytes())
