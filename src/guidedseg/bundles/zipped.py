"""A bundle as one zip: the same bytes for the same bundle, and nothing but a bundle comes out."""

import shutil
import zipfile
from pathlib import Path

from guidedseg.bundles.schema import FILES
from guidedseg.errors import GuidedsegError

NAMES = ("bundle.json", *FILES)

LARGEST = 2**31
"""Bytes that a zip may unpack to."""


def pack(folder: Path, target: Path) -> None:
    """Write the zip of a bundle; stored without compression, which would save a twentieth."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in NAMES:
            entry = zipfile.ZipInfo(name)  # of 1980, with no trace of the machine
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (folder / name).read_bytes())


def unpack(path: Path, target: Path) -> None:
    """Unpack a zip into an existing folder.

    Raises:
        GuidedsegError: it is no zip, is damaged, or holds a name that no bundle has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            foreign = [entry.filename for entry in entries if entry.filename not in NAMES]
            if foreign or len(entries) != len(NAMES):
                raise GuidedsegError(
                    f"{path} is no bundle: it holds {len(entries)} entries, where a bundle has {len(NAMES)}"
                    + (f"; {foreign[0]!r} is not one of them." if foreign else ".")
                )
            if sum(entry.file_size for entry in entries) > LARGEST:
                raise GuidedsegError(f"{path} is no bundle: it would unpack to more than {LARGEST >> 30} GiB.")
            for entry in entries:
                place = target / entry.filename  # one of NAMES
                place.parent.mkdir(exist_ok=True)
                with archive.open(entry) as source, place.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise GuidedsegError(f"{path} is no zip that can be read ({error}). Fetch it again.") from None
