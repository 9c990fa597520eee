"""What grey a stored value of a DICOM picture stands for.

Palette, modality and VOI transformations look at one value at a time, so all of them together are one table.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut

from guidedseg.grey import grey
from guidedseg.sources.levels import scaled

if TYPE_CHECKING:
    from pydicom import Dataset

_NONE = LookupError, NotImplementedError, TypeError, ValueError
"""What pydicom raises over a transformation that is none; it counts as if it was not there."""


def table(header: "Dataset") -> NDArray[np.uint8]:
    """The grey of every value that the picture may store, the smallest first (see ``lowest``).

    PALETTE COLOR goes through its colours. MONOCHROME goes through the modality LUT or rescale, then through the first
    VOI LUT or window; without one of these, from black for the smallest value that fits the stored bits to white for
    the largest. MONOCHROME1 is turned round.

    Returns:
        (2 ** BitsStored,) uint8.
    """
    stored = np.arange(2**header.BitsStored, dtype=np.int32) + lowest(header)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        return grey(_eight_bits(apply_color_lut(stored, header))[None], order="RGB")[0]
    try:
        values = apply_modality_lut(stored, header)
    except _NONE:  # an empty slope
        values = stored
    try:
        shown, black, white = _through_window(values, header)
    except _NONE:  # a width of zero, which devices do write
        shown, black, white = values, values.min(), values.max()
    result = scaled(shown.astype(np.float64), black, white)
    return 255 - result if header.PhotometricInterpretation == "MONOCHROME1" else result


def lowest(header: "Dataset") -> int:
    """The smallest value that the stored bits can hold."""
    return -(2 ** (header.BitsStored - 1)) if header.get("PixelRepresentation") == 1 else 0


def _eight_bits(colours: NDArray[np.uint8 | np.uint16]) -> NDArray[np.uint8]:
    """(N, 3 or 4): a palette of 16 bits repeats a colour in both bytes, or leaves one of them empty."""
    wide = colours.max() > 255
    return (colours >> 8 if wide else colours).astype(np.uint8)


def _through_window(values: NDArray[np.number], header: "Dataset") -> tuple[NDArray[np.number], float, float]:
    """Values after the first VOI LUT or window, if any, and which of them are black and white."""
    if header.get("VOILUTSequence") and "LUTData" in header.VOILUTSequence[0]:
        return apply_voi_lut(values, header), 0, 2 ** header.VOILUTSequence[0].LUTDescriptor[2] - 1
    if header.get("WindowWidth") is None or header.get("WindowCenter") is None:
        return values, values.min(), values.max()
    black, white = apply_voi_lut(np.array([-np.inf, np.inf]), header)
    return apply_voi_lut(values, header), black, white
