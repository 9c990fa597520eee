"""The one place that turns colour into grey, for the pipeline's images and for people's own."""

import cv2
import numpy as np
from numpy.typing import NDArray


def grey(picture: NDArray[np.uint8], *, order: str = "BGR") -> NDArray[np.uint8]:
    """A grey picture: the Rec. 601 luminance of cv2 (0.299 R + 0.587 G + 0.114 B), rounded.

    Equal channels give their own value. Grey stays as it is; an alpha channel is ignored.

    Args:
        picture: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) uint8.
        order: of the colours: BGR (OpenCV's) or RGB (everybody else's).

    Returns:
        (H, W) uint8.
    """
    if picture.ndim == 2:
        return picture
    if picture.shape[2] == 1:
        return picture[:, :, 0]
    code = {"BGR": cv2.COLOR_BGR2GRAY, "RGB": cv2.COLOR_RGB2GRAY}[order]
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture[:, :, :3]), code), dtype=np.uint8)
