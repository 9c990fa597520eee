"""DICOM: stills and cines, decoded frame by frame by pydicom."""

import warnings
from collections.abc import Iterator, Sequence
from io import SEEK_END
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, generate_frames, parse_fragments
from pydicom.pixels import as_pixel_options, get_decoder, iter_pixels
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    SegmentationStorage,
)

from guidedseg.errors import GuidedsegError
from guidedseg.grey import grey
from guidedseg.sources import dicom_levels
from guidedseg.sources.dicom_region import Calibration, calibration
from guidedseg.sources.frame import Frame
from guidedseg.sources.source import Source, broken, check_size, problem

warnings.filterwarnings("ignore", module=r"pydicom\.")  # they quote values of headers, which may tell of a person

_PIXEL_DATA = (b"\xe0\x7f\x10\0", b"\x7f\xe0\0\x10")  # the tag, little and big endian
_COLOUR = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"}
_GREY = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}
_REQUIRED = (
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
)
_EXPORT = "Export it from the viewer or archive again, uncompressed"


def open_dicom(path: Path) -> Source:
    """A DICOM file, of which only the header is read yet.

    Region and millimetres: see ``dicom_region``; grey of what is not colour: see ``dicom_levels``. Colour becomes RGB
    first, whatever it was stored as.

    Raises:
        GuidedsegError: it is damaged, encrypted, shows no picture or none that can be decoded; no word of it quotes a
            value that could tell of a person.
    """
    try:
        header, start = _header(path)
        count = _checked(path, header, has_pixels=start > 0)
        table = dicom_levels.table(header) if header.PhotometricInterpretation in _GREY else None
    except GuidedsegError:
        raise
    except Exception as error:  # pydicom raises whatever a damaged header makes it stumble over
        raise broken(path, 0, None, "its header") from error
    notes = _notes(header)
    try:
        geometry = calibration(header)
    except Exception:  # noqa: BLE001 - likewise; but what lies around the picture is not worth the picture
        geometry = Calibration(notes=["its ultrasound regions or spacing are damaged: none is used"])
    try:
        times = _times(header, count)
    except Exception:  # noqa: BLE001 - likewise
        times = None
        notes.append("its times are damaged: it has none")

    def frames(every: int) -> Iterator[Frame]:
        end = 0
        try:
            for index, stored in _stored(path, header, start, count, every):
                time = times[index] if times else None
                if table is None:
                    colours = _colours(stored, header)
                    shown = grey(colours, order="RGB")
                else:
                    colours, shown = None, _levels(stored, header, table)
                yield Frame(index, shown, geometry.region, geometry.mm_per_pixel, time, colours)
                end = index + 1
        except Exception as error:  # likewise
            raise broken(path, end, count, error) from error
        if end + every <= count:
            raise broken(path, end, count)

    return Source("dicom", count, frames, [*geometry.notes, *notes])


def _header(path: Path) -> tuple[Dataset, int]:
    """All before the pixels, and the place in the file where these begin; 0 where there are none."""
    with path.open("rb") as file:
        header = dcmread(file, stop_before_pixels=True, force=True)
        has_pixels = file.read(4) in _PIXEL_DATA
        start = file.tell() + 8  # where they are compressed: after VR and length
    if _syntax(header) == DeflatedExplicitVRLittleEndian:
        has_pixels = "PixelData" in dcmread(path)
    return header, start if has_pixels else 0


def _syntax(header: Dataset) -> UID:
    stated = header.file_meta.get("TransferSyntaxUID")
    return stated or (ImplicitVRLittleEndian if header.original_encoding[0] else ExplicitVRLittleEndian)


def _checked(path: Path, header: Dataset, *, has_pixels: bool) -> int:
    """The number of frames, if there is something to see."""
    kind = UID(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID") or "")
    if header.preamble is None and not kind:
        raise problem(path, "begins like DICOM without its sign, but is none", "Convert it, or leave it out")
    if not has_pixels and header.get("EncryptedAttributesSequence"):
        raise problem(path, "is encrypted", "Decrypt it first")
    if not has_pixels or kind == SegmentationStorage:
        raise problem(path, f"is DICOM that shows no picture ({_name(kind)})", "Leave it out")
    missing = [keyword for keyword in _REQUIRED if header.get(keyword) is None]
    if missing:
        raise problem(path, f"lacks {', '.join(missing)}", _EXPORT)
    stated = header.get("NumberOfFrames")
    count = 1 if stated is None else int(stated)
    if count < 1:
        raise problem(path, f"says that it has {count} frames", _EXPORT)
    check_size(path, header.Columns, header.Rows)
    bits, samples = header.BitsAllocated, header.SamplesPerPixel
    kinds = {1: _GREY, 3: _COLOUR}.get(samples, ())
    if header.PhotometricInterpretation not in kinds or bits not in {8, 16}:
        raise problem(path, f"has pixels of {samples} x {bits} bits, or in colours, that are not read", _EXPORT)
    syntax = _syntax(header)
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise problem(path, f"is compressed as {_name(syntax)}, which is not read", _EXPORT) from error
    if not decoder.is_available:
        needed = "; ".join(decoder.missing_dependencies)
        raise problem(
            path,
            f"is compressed as {_name(syntax)}, which needs another package ({needed})",
            f"pip install 'guidedseg[dicom]' has the usual ones. {_EXPORT} otherwise",
        )
    return count


def _name(uid: UID) -> str:
    """As the standard has it. What it does not have is not repeated: in a damaged header that may be anything."""
    return uid.name if uid.name != uid else "a kind that the standard does not name"


def _notes(header: Dataset) -> list[str]:
    notes = []
    if header.get("BurnedInAnnotation") == "YES":
        notes.append("BurnedInAnnotation is YES: a name may stand in the picture itself")
    if header.get("Modality") != "US":
        notes.append("its Modality is not US: the networks know ultrasound only")
    return notes


def _times(header: Dataset, count: int) -> list[float] | None:
    """Seconds from the first frame to each; None for a still and where nothing is told."""
    if count == 1:
        return None
    steps = header.get("FrameTimeVector")
    if isinstance(steps, Sequence) and len(steps) == count:  # the first of them lies before the first frame
        return [float(time) / 1000 for time in accumulate([0.0, *steps[1:]])]
    frame_time, rate = header.get("FrameTime"), header.get("CineRate")
    step = frame_time / 1000 if frame_time else 1 / rate if rate else 0
    return [step * index for index in range(count)] if step > 0 else None


def _stored(
    path: Path, header: Dataset, start: int, count: int, every: int
) -> Iterator[tuple[int, NDArray[np.generic]]]:
    """Every N-th frame with its number: (H, W) stored values or (H, W, 3) RGB."""
    syntax, wanted = _syntax(header), range(0, count, every)
    if syntax.is_encapsulated:
        yield from _decompressed(path, header, start, count, every)
    elif syntax == DeflatedExplicitVRLittleEndian:
        yield from zip(wanted, iter_pixels(dcmread(path), indices=wanted), strict=False)
    else:
        yield from zip(wanted, iter_pixels(path, indices=wanted, transfer_syntax_uid=syntax), strict=False)


def _decompressed(
    path: Path, header: Dataset, start: int, count: int, every: int
) -> Iterator[tuple[int, NDArray[np.generic]]]:
    """As ``_stored``. The file is read through once and only what is wanted is decoded.

    pydicom's own ``iter_pixels`` looks for each frame from the start where a file has no table of them, as most cines.
    """
    syntax = _syntax(header)
    decoder = get_decoder(syntax)
    options = as_pixel_options(header, number_of_frames=1, transfer_syntax_uid=syntax, pixel_keyword="PixelData")
    table = options.pop("extended_offsets", None)
    if syntax == JPEGBaseline8Bit:
        options["decoding_plugin"] = "pillow"  # always there, and four times faster than pydicom's first choice
    with path.open("rb") as file:
        file.seek(start)
        cut = _is_cut_short(file)
        file.seek(start)
        frames = generate_frames(file, number_of_frames=count, extended_offsets=table)
        # a decoder may well make a picture of half a frame
        whole = (frame for frame, _ in pairwise(frames)) if cut else frames
        for index, frame in enumerate(islice(whole, count)):
            if index % every == 0:
                yield index, decoder.as_array(encapsulate([frame], has_bot=False), index=0, **options)[0]
    if cut:
        raise ValueError("its end is missing")


def _is_cut_short(file: BinaryIO) -> bool:
    """Whether the file ends within the compressed pixels that begin at its place."""
    *_, last = parse_fragments(file)[1] or [file.tell()]
    file.seek(last + 4)
    length = int.from_bytes(file.read(4), "little")
    return last + 8 + length > file.seek(0, SEEK_END)


def _colours(stored: NDArray[np.generic], header: Dataset) -> NDArray[np.uint8]:
    """(H, W, 3) RGB."""
    wide = stored.dtype.itemsize > 1
    return (stored >> (header.BitsStored - 8) if wide else stored).astype(np.uint8, copy=False)


def _levels(stored: NDArray[np.generic], header: Dataset, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if stored.dtype == np.uint8 and len(table) == 256:
        return np.asarray(cv2.LUT(stored, table), dtype=np.uint8)
    places = stored.astype(np.int32) - dicom_levels.lowest(header)
    return table[np.clip(places, 0, len(table) - 1)]
