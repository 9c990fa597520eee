"""Masks as files: decoded, and what is wrong or odd with one told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.datasets.dataset import Dataset, Entry, any_but_black
from guidedseg.errors import GuidedsegError
from guidedseg.sources.opening import open_source

SMEARED = (
    "smeared edges, as JPEG or resizing leave them: lesion is what is at least half as bright as the brightest pixel, "
    "and a lossless mask would be exact"
)
VALUES = (
    "several values or colours, all of which count as lesion (in a folder of your own datasets.folder.mask_value takes "
    "one of the values)"
)
CORNERS = "a lesion in all four corners: are black and white swapped, or is the background not 0?"

_LABELS = 16  # values of a label map, at most; what has more has smeared edges
_DARK = 16  # grey levels: what a lossy mask has below may be noise


@dataclass
class Mask:
    """A mask as it was found.

    Attributes:
        lesion: (H, W) bool, True in lesions; None for what cannot be read.
        problems: what is wrong with it, a line each, with its file.
        oddities: ``SMEARED``, ``VALUES``, ``CORNERS``: what is odd and yet read.
    """

    lesion: NDArray[np.bool_] | None = None
    problems: list[str] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)


def read(dataset: Dataset, folder: Path, entry: Entry, name: str) -> Mask:
    """Read one mask of an entry.

    Where any pixel but black is lesion, a mask with smeared edges is cut at half of its brightest value: taken at
    their word, the faint pixels that JPEG leaves around a lesion would make it grow.

    Args:
        dataset: tells lesions from what is none.
        folder: the dataset's own.
        entry: whose mask it is.
        name: path below ``folder``.
    """
    found = Mask()
    try:
        source = open_source(folder / name)
    except GuidedsegError as error:
        found.problems.append(str(error).replace(f"{folder}/", ""))
        return found
    if source.kind not in {"picture", "tiff"} or source.count != 1:
        found.problems.append(
            f"{name}: is a {source.kind} of {source.count} frame(s), where a mask is one picture; save it as PNG"
        )
        return found
    if source.turned:
        found.problems.append(f"{name}: is turned by its EXIF; save it upright, as its image is")
        return found
    content, picture = _decoded(folder / name)
    if picture is None:
        found.problems.append(f"{name}: is damaged or cut short. Take it again from where it came from")
        return found
    if dataset.lesion is any_but_black and entry.value is None:
        _sharpen(picture, name, found, lossy=_is_lossy(content))
    found.lesion, wrong = dataset.lesion(picture, entry)
    found.problems += [f"{name}: {each}" for each in wrong]
    if found.lesion[:: max(1, len(found.lesion) - 1), :: max(1, found.lesion.shape[1] - 1)].all():
        found.oddities.append(CORNERS)
    return found


def noted(oddities: Iterable[tuple[str, str]], of: str = "mask(s) have") -> list[str]:
    """A line for each oddity, with how many files have it and the first of them.

    Args:
        oddities: which, and the file's path.
        of: what the files are, in words before the oddity.
    """
    files: dict[str, list[str]] = {}
    for which, name in oddities:
        files.setdefault(which, []).append(name)
    return [
        f"{len(names)} {of} {which} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
        for which, names in files.items()
    ]


def _decoded(path: Path) -> tuple[bytes, NDArray[Any] | None]:
    """The first bytes, and the picture as it is; None for a file that does not decode to its last byte."""
    try:
        content = np.fromfile(path, np.uint8)
        return content[:16].tobytes(), cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error):
        return b"", None


def _is_lossy(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff") or (head[8:12] == b"WEBP" and head[12:16] == b"VP8 ")


def _sharpen(picture: NDArray[Any], name: str, found: Mask, *, lossy: bool) -> None:
    """Blacken what a smeared mask has beside its lesions, in place."""
    shades = picture if picture.ndim == 2 else picture[:, :, :3].max(axis=2)
    bright = picture[shades > 0]
    values = np.flatnonzero(np.bincount(shades.ravel())) if shades.dtype.kind == "u" else np.unique(shades)
    values = values[values > 0]
    if lossy and 0 < values.max(initial=0) < _DARK:
        found.problems.append(
            f"{name}: is a JPEG or WebP of no more than {values.max()} of 255: too dark to be told from its noise. "
            "Save the mask as PNG"
        )
    if not lossy and not _is_smeared(values):
        if len(bright) and (bright != bright[0]).any():
            found.oddities.append(VALUES)
    elif len(values) > 1:
        found.oddities.append(SMEARED)
        picture[shades < values.max() / 2] = 0


def _is_smeared(values: NDArray[Any]) -> bool:
    """Whether the values of a mask, sorted, black left out, are those of smeared edges and not of labels.

    They are many, or some lie close to black and some close to the brightest: 1, 2, 254 and 255, say.
    """
    if len(values) < 2:
        return False
    low, high = values[0], values[-1]
    return len(values) > _LABELS or bool(high >= 8 * _DARK and low < _DARK and values[-2] > high - _DARK)
