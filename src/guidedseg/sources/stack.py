"""TIFF: a picture, or a stack of them, read page by page.

Its resolution is that of a print and gives no millimetres.
"""

import os
from collections.abc import Iterator
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.ExifTags import Base
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    COMPRESSION,
    PHOTOMETRIC_INTERPRETATION,
    STRIPBYTECOUNTS,
    STRIPOFFSETS,
    ImageFileDirectory_v2,
    TiffImageFile,
)
from PIL.TiffTags import LONG

from guidedseg.errors import GuidedsegError
from guidedseg.grey import grey
from guidedseg.sources import levels
from guidedseg.sources.frame import Frame
from guidedseg.sources.pictures import TURNED
from guidedseg.sources.source import Source, broken, check_size, problem

_WHITE_IS_ZERO = 0
_RAW, _OLD_JPEG = 1, 6  # compressions; the tables of the latter lie anywhere in the file
_OF_PIXELS = frozenset(  # tags that decide what a page looks like (TIFF 6.0)
    (256, 257, 258, 259, 262, 266, 274, 277, 278, 279, 284, 292, 293, 317, 320, 338, 339, 347, 529, 530, 531, 532)
)
_COLOUR = {"P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}
_REMEDY = "Save it in grey or RGB with 8 or 16 bits, uncompressed"

_Values = NDArray[Any]


def open_stack(path: Path) -> Source:
    """A TIFF file, whose pages are counted and not decoded yet.

    Raises:
        GuidedsegError: its header is damaged, or tells of too large a picture or of one that Pillow does not read.
    """
    try:
        with path.open("rb") as file:
            page = TiffImageFile(file)
            size, bits, turned = page.size, max(page.tag_v2.get(BITSPERSAMPLE, (1,))), page.tag_v2.get(Base.Orientation)
            count = page.n_frames  # which goes on to the other pages
    except Exception as error:  # Pillow raises whatever a damaged header makes it stumble over
        raise _unread(path, 0, None, error) from error
    check_size(path, *size)
    source = Source("tiff", count, lambda every: _frames(path, source, every), turned=turned in TURNED)
    if page.mode in _COLOUR and bits > 8:
        source.note(f"{bits} bits per colour, of which the upper 8 are read")
    if source.turned:
        source.note("turned as its Orientation says, and so is its mask")
    return source


def _frames(path: Path, source: Source, every: int) -> Iterator[Frame]:
    bits = None
    for index, values, white_is_zero in _pages(path, source.count or 0, every):
        if values.dtype == np.uint8:
            yield Frame(index, grey(values, order="RGB"), colours=values if values.ndim == 3 else None)
            continue
        if bits is None:
            bits = _bits(path, source.count or 0)
            source.note(levels.note(bits))
        shown = levels.from_16_bits(values, bits)
        # Pillow turns the grey of 8 bits round itself, that of 16 it does not
        yield Frame(index, 255 - shown if white_is_zero else shown)


def _bits(path: Path, count: int) -> int:
    """How many bits the pages of 16 use, all good ones together: with a scale for each, a cine would flicker."""
    largest = 0
    try:
        for _, values, _ in _pages(path, count, 1):
            if values.dtype == np.uint16:
                largest = max(largest, int(values.max()))
    except GuidedsegError:
        pass  # told when the frames get there
    return levels.bits_used(largest)


def _pages(path: Path, count: int, every: int) -> Iterator[tuple[int, _Values, bool]]:
    """Every N-th page: its number; (H, W) or (H, W, 3) RGB uint8 or (H, W) uint16; whether its zero is white."""
    index = 0
    with path.open("rb") as file:
        try:
            stack = TiffImageFile(file)
            for index in range(0, count, every):
                stack.seek(index)
                check_size(path, *stack.size)
                page = _alone(stack, file) if count > 1 else stack
                yield index, _values(path, page), stack.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO
        except GuidedsegError:
            raise
        except Exception as error:
            raise _unread(path, index, count, error) from error


def _alone(stack: TiffImageFile, file: BinaryIO) -> TiffImageFile:
    """A page as the only one of a file, if it is compressed in strips.

    Pillow decodes these with libtiff, which walks through all pages of a file for each: 14 ms a page of 10,000.
    """
    tags = stack.tag_v2
    places, sizes = tags.get(STRIPOFFSETS, ()), tags.get(STRIPBYTECOUNTS, ())
    packed = tags.get(COMPRESSION, _RAW) not in {_RAW, _OLD_JPEG}
    if not packed or not sizes or len(places) != len(sizes) or sum(sizes) > os.fstat(file.fileno()).st_size:
        return stack
    strips = []
    for place, size in zip(places, sizes, strict=True):
        file.seek(place)
        strips.append(file.read(size))
    if any(len(strip) < size for strip, size in zip(strips, sizes, strict=True)):
        return stack  # cut short, which its decoder tells
    alone = ImageFileDirectory_v2(prefix=tags.prefix)
    alone.tagtype = {**tags.tagtype, STRIPOFFSETS: LONG, STRIPBYTECOUNTS: LONG}
    for tag in _OF_PIXELS.intersection(tags):
        alone[tag] = tags[tag]
    alone[STRIPOFFSETS] = tuple(accumulate(sizes[:-1], initial=0))  # from the end of the header, which saving adds
    page = BytesIO()
    alone.save(page)
    page.writelines(strips)
    page.seek(0)
    return TiffImageFile(page)


def _unread(path: Path, read: int, count: int | None, error: Exception) -> GuidedsegError:
    """What to tell where Pillow gives up: of pixels of a kind that it does not know, or of damage."""
    if str(error).startswith("unknown "):
        return problem(path, f"has pixels of a kind that is not read ({error})", _REMEDY)
    if isinstance(error.__cause__ or error, KeyError):
        return problem(path, f"is compressed in a way that is not read (TIFF's number {error})", _REMEDY)
    return broken(path, read, count, error)


def _values(path: Path, page: TiffImageFile) -> _Values:
    if page.mode.startswith("I"):
        values = np.asarray(page)
        if values.min() < 0 or values.max() >= 2**16:
            raise problem(path, "has values below zero or of more than 16 bits", _REMEDY)
        return values.astype(np.uint16)
    if page.mode in _COLOUR:
        return np.asarray(page.convert("RGB"))
    if page.mode in {"1", "L", "LA"}:
        return np.asarray(page.convert("L"))
    raise problem(path, f"has pixels of the kind {page.mode}, which is not read", _REMEDY)
