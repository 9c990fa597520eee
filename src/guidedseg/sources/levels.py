"""Pictures of more than 8 bits, made into ones of 8."""

import numpy as np
from numpy.typing import NDArray

_BITS = (8, 10, 12, 14, 16)
"""That devices count with."""


def bits_used(largest: int) -> int:
    """How many of 16 bits a file uses, judged by its largest value.

    Devices write 10, 12 or 14 bits into 16 without saying so: taken for 16 bits, such a picture is nearly black.
    """
    return next(bits for bits in _BITS if largest < 2**bits)


def note(bits: int) -> str:
    """What a user is told of it."""
    return f"16 bits per value, of which {bits} are used: 0 to {2**bits - 1} was scaled to 0 to 255"


def from_16_bits(picture: NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    """A picture of any shape, scaled linearly from ``bits`` bits to 8 and rounded."""
    return scaled(np.arange(2**16, dtype=np.float64), 0, 2**bits - 1)[picture]


def scaled(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    """Values of any shape from ``low`` (black) to ``high`` (white), rounded; what lies beyond is one or the other.

    ``low`` may be the larger: then small values are white.
    """
    return np.rint(np.clip((values - low) * (255 / ((high - low) or 1)), 0, 255)).astype(np.uint8)
