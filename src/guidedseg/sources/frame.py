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
        colours: (H, W, 3) uint8 RGB of ``grey``, where the file has them.
    """

    index: int
    grey: NDArray[np.uint8]
    region: Box | None = None
    mm_per_pixel: tuple[float, float] | None = None
    time: float | None = None
    colours: NDArray[np.uint8] | None = None

    @property
    def within(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """``grey`` and ``colours`` of the region, or of the whole picture."""
        if self.region is None:
            return self.grey, self.colours
        x0, y0, x1, y1 = self.region
        colours = None if self.colours is None else self.colours[y0:y1, x0:x1]
        return np.ascontiguousarray(self.grey[y0:y1, x0:x1]), colours
