"""Arrays that are written part by part, so that they need not fit into memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from guidedseg.writing import whole_file

Append = Callable[[npt.NDArray[np.uint8]], None]
"""Takes the next (M, ...) rows."""


@contextmanager
def appended(path: Path, shape: tuple[int, ...]) -> Iterator[Append]:
    """Write a .npy file of uint8, the same bytes as ``np.save`` of the whole array; whole or not at all.

    Written in order and not through a memory map, which on a full disk kills the process instead of raising.

    Args:
        path: the file.
        shape: (N, ...) of the whole.

    Yields:
        A function that takes the next rows.

    Raises:
        ValueError: the parts are not of that shape or type, or not N rows together.
        OSError: the disk is full.
    """
    rows = 0

    def append(part: npt.NDArray[np.uint8]) -> None:
        nonlocal rows
        if part.shape[1:] != shape[1:] or part.dtype != np.uint8:
            raise ValueError(f"{path}: rows of {part.shape[1:]} {part.dtype}, not of {shape[1:]} uint8")
        file.write(part.tobytes())
        rows += len(part)

    with whole_file(path) as partial:
        with partial.open("wb") as file:
            header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)), "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            yield append
        if rows != shape[0]:
            raise ValueError(f"{path}: {rows} rows, not {shape[0]}")
