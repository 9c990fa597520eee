"""A bundle as one zip: the same bytes for the same bundle, and nothing but a bundle comes out."""

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
_WAYS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error)


def pack(folder: Path, target: Path) -> None:
    """Write the zip of a bundle; stored without compression, which would save a twentieth."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in NAMES:
            archive.writestr(entry(name), (folder / name).read_bytes())


def entry(name: str) -> zipfile.ZipInfo:
    """A file in a zip, of 1980 and stored: with no trace of time, machine or version of zlib."""
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = _UNIX, 0o644 << 16
    return made


def unpack(path: Path, target: Path) -> None:
    """Unpack a zip into an existing folder.

    Raises:
        GuidedsegError: it is no zip, is damaged, or holds a name that no bundle has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = [each.filename for each in entries]
            if sorted(names) != sorted(NAMES):
                raise GuidedsegError(f"{path} is no bundle: {_difference(names)}. Fetch it again, as it was made.")
            if sum(each.file_size for each in entries) > LARGEST:
                raise GuidedsegError(f"{path} is no bundle: it would unpack to more than {LARGEST >> 30} GiB.")
            if {each.compress_type for each in entries} - _WAYS:
                raise GuidedsegError(
                    f"{path} is no bundle: it is packed in another way. Fetch it again, as it was made."
                )
            for each in entries:
                place = target / each.filename  # one of NAMES
                place.parent.mkdir(exist_ok=True)
                with archive.open(each) as source, place.open("wb") as file:
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
