"""What every reader of people's own files gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1: half-open, pixels of the whole picture, inside it."""


@dataclass(frozen=True)
class Frame:
    """A picture: the only one of its file, or one of a stack or a cine.

    Attributes:
        index: in its file, from 0.
        grey: (H, W) uint8, the whole picture.
        region: the ultrasound image within it, where the file tells one that can be trusted; None: the whole picture.
        mm_per_pixel: across and down, of the region; None where it is unknown or not to be trusted.
        time: seconds since the file's first frame; None where there is no time.
    """

    index: int
    grey: NDArray[np.uint8]
    region: Box | None = None
    mm_per_pixel: tuple[float, float] | None = None
    time: float | None = None
