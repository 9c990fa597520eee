"""A bundle as one zip: the same bytes for the same bundle, and nothing but a bundle comes out."""

import lzma
import shutil
import zipfile
import zlib
from pathlib import Path

from guidedseg.bundles.schema import FILES
from guidedseg.errors import GuidedsegError

NAMES = ("bundle.json", *FILES)

LARGEST = 2**31
"""Bytes of all files of a bundle together, and of one."""

_UNIX = 3  # whichever system writes it
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, lzma.LZMAError)


def pack(folder: Path, target: Path) -> None:
    """Write the zip of a bundle; stored without compression, which would save a twentieth."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in NAMES:
            entry = zipfile.ZipInfo(name)  # of 1980, with no trace of the machine
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16
            archive.writestr(entry, (folder / name).read_bytes())


def unpack(path: Path, target: Path) -> None:
    """Unpack a zip into an existing folder.

    Raises:
        GuidedsegError: it is no zip, is damaged, or holds a name that no bundle has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            if sorted(names) != sorted(NAMES):
                raise GuidedsegError(f"{path} is no bundle: {_difference(names)}. Fetch it again, as it was made.")
            if sum(entry.file_size for entry in entries) > LARGEST:
                raise GuidedsegError(f"{path} is no bundle: it would unpack to more than {LARGEST >> 30} GiB.")
            for entry in entries:
                place = target / entry.filename  # one of NAMES
                place.parent.mkdir(exist_ok=True)
                with archive.open(entry) as source, place.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (*_UNREADABLE, OSError) as error:  # the latter for a place that is not there, too, and for a full disk
        raise GuidedsegError(
            f"{path} cannot be unpacked ({error}). Fetch it again, or give the bundle as a folder."
        ) from error


def _difference(names: list[str]) -> str:
    """The first thing that is wrong with them."""
    for name in names:
        if name not in NAMES:
            return f"it holds {name!r}"
    missing = next((name for name in NAMES if name not in names), None)
    return f"it lacks {missing}" if missing else "it holds a file twice"
