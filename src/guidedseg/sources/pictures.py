"""Pictures in one of the formats that people share: PNG, JPEG, BMP, WebP.

They are read by OpenCV as the pipeline's own images are, so that an image of a dataset gives the same grey here. Colour
counts by its luminance; an alpha channel is ignored; a picture that EXIF says to turn is turned, as every viewer shows
it.
"""

from collections.abc import Callable, Iterator
from os import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ExifTags import Base
from PIL.Image import Exif
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from guidedseg.grey import grey
from guidedseg.sources import levels
from guidedseg.sources.frame import Frame
from guidedseg.sources.source import Source, broken, check_size

TURNED = range(2, 9)
"""EXIF's orientations, which are TIFF's, but for the upright one."""

_HEADERS: dict[str, Callable[[BinaryIO], ImageFile]] = {
    "png": PngImageFile,
    "jpeg": JpegImageFile,
    "bmp": BmpImageFile,
    "webp": WebPImageFile,
}


def open_picture(path: Path, kind: str) -> Source:
    """A picture, of which only the header is read yet.

    Args:
        path: of the file.
        kind: ``png``, ``jpeg``, ``bmp`` or ``webp``.

    Raises:
        GuidedsegError: its header is damaged, or tells of too large a picture.
    """
    try:
        with path.open("rb") as file:
            header = _HEADERS[kind](file)
            (width, height), pictures = header.size, getattr(header, "n_frames", 1)
            turned = _is_turned(file, header)
    except Exception as error:  # Pillow raises whatever a damaged header makes it stumble over
        raise broken(path, 0, 1, error) from error
    check_size(path, width, height)
    source = Source("picture", 1, lambda _: _frames(path, source), turned=turned)
    if pictures > 1:
        source.note(f"moves: only the first of its {pictures} pictures is read; as a video all are")
    if turned:
        source.note("turned as its EXIF says, and so is its mask")
    return source


def _is_turned(file: BinaryIO, header: ImageFile) -> bool:
    """Whether OpenCV turns it, which it does as EXIF says and not as XMP does; ``getexif`` would mix them up.

    A damaged EXIF turns nothing, and the picture is none the worse for it.
    """
    if isinstance(header, PngImageFile) and "exif" not in header.info and b"eXIf" in _chunks(file):
        header.load()  # it is behind the pixels: Pillow decodes them to get there, which takes long
    exif = Exif()
    try:
        exif.load(header.info.get("exif", b""))
        return exif.get(Base.Orientation) in TURNED
    except Exception:  # noqa: BLE001 - as with any damaged header
        return False


def _chunks(png: BinaryIO) -> Iterator[bytes]:
    """What the chunks of a PNG file are called."""
    png.seek(8)
    while len(head := png.read(8)) == 8:
        yield head[4:]
        png.seek(int.from_bytes(head[:4], "big") + 4, SEEK_CUR)


def _frames(path: Path, source: Source) -> Iterator[Frame]:
    try:
        # the colours of IMREAD_COLOR, but what is grey is not made colour first
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    except (OSError, cv2.error) as error:
        raise broken(path, 0, 1, error) from error
    if picture is None:
        raise broken(path, 0, 1)
    if picture.dtype == np.uint16:
        bits = levels.bits_used(int(picture.max()))
        source.note(levels.note(bits))
        picture = levels.from_16_bits(picture, bits)
    yield Frame(0, grey(picture), colours=picture[:, :, ::-1] if picture.ndim == 3 else None)
