"""Whether the end of a video's file is missing, by what its container says about its own length.

FFmpeg reads what there is of some formats and does not mind.
"""

from pathlib import Path
from typing import BinaryIO


def is_cut_short(path: Path, kind: str) -> bool:
    """Whether a file is shorter than it says; False where it does not say.

    Args:
        path: of the file.
        kind: FFmpeg's name of the container.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        return size < {"avi": _riff, "mov": _boxes, "matroska": _segment}.get(kind, _unknown)(file, size)


def _unknown(_file: BinaryIO, _size: int) -> int:
    return 0


def _riff(file: BinaryIO, _size: int) -> int:
    return 8 + int.from_bytes(file.read(8)[4:], "little")


def _boxes(file: BinaryIO, size: int) -> int:
    """MP4 and QuickTime are a row of boxes, each with its length in front: 0 up to the end, 1 where more follows."""
    end = 0
    while end + 8 <= size:
        file.seek(end)
        length = int.from_bytes(file.read(4), "big")
        if length == 1:
            length = int.from_bytes(file.read(12)[4:], "big")
        if length < 8:
            return 0
        end += length
    return end


def _segment(file: BinaryIO, _size: int) -> int:
    """Matroska is a head and a segment, each a sign of four bytes, a length and a content."""
    end = 0
    for _ in range(2):
        file.seek(end + 4)
        first = file.read(1)[0]
        more = 8 - first.bit_length()  # bytes of the length; as many zeros stand before its first one
        length = int.from_bytes(bytes([first]) + file.read(more), "big") - (1 << 7 * (more + 1))
        if length == (1 << 7 * (more + 1)) - 1:  # unknown: it was streamed
            return 0
        end += 5 + more + length
    return end
