"""Zips of unknown origin: looked through as a whole before anything of them is written, then unpacked."""

import errno
import lzma
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from guidedseg import progress
from guidedseg.errors import GuidedsegError, listed
from guidedseg.junk import is_junk

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,  # a method that zipfile does not have
    RuntimeError,
    ValueError,
    OSError,  # bzip2's, and names that no file can have
)
_ENCRYPTED = 0x1  # bit of an entry's flags
_BOMB = 200  # times its size: pictures in a zip grow by 1 to 3, all black bitmaps, rarely alone, by up to 1000
_SMALL = 1_000_000_000  # bytes that any zip may grow to
_MANY = 150_000  # files; no dataset that is known has a tenth, and small ones cost time alone
_NAME, _PATH = 255, 1000  # bytes of what file systems take, and of a path whose folder has room for itself, too


@contextmanager
def unpacked(archive: Path, named: str, folder: Path, *, target: Path) -> Iterator[Path]:
    """Unpack a zip into ``folder``, which is gone when the block ends; errors speak of ``named`` instead of it.

    Args:
        archive: the zip.
        named: what the user knows it by.
        folder: replaced if it exists: a process that was killed may have left it.
        target: where the files go afterwards, which needs the space too.

    Raises:
        GuidedsegError: the zip is broken, cut short, encrypted or none; it would write outside its folder, one file
            over another, or more than there is room for. Nothing was unpacked then, or nothing is left of it.
    """
    _remove(folder)
    folder.mkdir(parents=True)
    try:
        _unpack(archive, named, folder, target)
        yield folder
    except GuidedsegError as error:
        raise GuidedsegError(str(error).replace(str(folder), named)) from error
    finally:
        _remove(folder)


def require_space(size: int, *places: Path) -> None:
    """Raise GuidedsegError where one of the places has less free disk than ``size`` bytes."""
    for place in places:
        existing = next(path for path in (place.absolute(), *place.absolute().parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if free < size:
            raise GuidedsegError(
                f"{place} needs {size / 1e6:,.1f} MB of disk space and {free / 1e6:,.1f} MB are free: "
                "make room there, or move the repository to a larger disk."
            )


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: Path, named: str, folder: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as bundle:
            entries = [entry for entry in bundle.infolist() if not entry.is_dir()]
            own = [entry for entry in entries if not any(is_junk(part) for part in _path(entry).parts)]
            problems = [*_unsafe(entries), *_unreadable(own), *_misplaced(own), *_bomb(own, archive.stat().st_size)]
            if problems:
                raise listed(
                    f"{named} cannot be unpacked",
                    problems,
                    "Nothing was unpacked. Take the zip from the dataset's own page, or, where you trust it, unpack it "
                    "yourself and give the folder.",
                )
            require_space(sum(entry.file_size for entry in own), folder, target)
            for entry in progress.bar("unpack", own, unit="file"):
                bundle.extract(entry, folder)  # stops at the size that the zip tells, which was looked at
    except _UNREADABLE as error:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise GuidedsegError(
            f"{named} cannot be unpacked ({error}): it is broken, cut short or no zip at all. "
            "Download or copy it again, or unpack it by hand and give the folder."
        ) from error


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(entry.filename.replace("\\", "/"))


def _unsafe(entries: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """Every entry that could write outside the folder it is unpacked into."""
    for entry in entries:
        path = _path(entry)
        if path.is_absolute() or PureWindowsPath(entry.filename).drive:
            yield f"{entry.filename}: an absolute path"
        elif ".." in path.parts:
            yield f"{entry.filename}: leaves its folder by '..'"
        elif stat.S_ISLNK(entry.external_attr >> 16):
            yield f"{entry.filename}: a symlink"


def _unreadable(entries: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """Every entry that is encrypted, or would lie where another one lies on one system or another."""
    names: dict[str, list[str]] = {}
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            yield f"{entry.filename}: is encrypted; unpack it with its password"
        names.setdefault(unicodedata.normalize("NFC", str(_path(entry))).casefold(), []).append(entry.filename)
    for same in names.values():
        if len(same) > 1:
            yield f"{' and '.join(same)}: one name, or one but for the case of letters or the form of accents"


def _misplaced(entries: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """Every entry whose name is too long for a file system, or is another one's folder too; and too many of them."""
    if len(entries) > _MANY:
        yield f"{len(entries)} files: no dataset of one zip has more than {_MANY}"
        return
    folders = {str(folder) for entry in entries for folder in _path(entry).parents}
    for entry in entries:
        path = _path(entry)
        if len(str(path).encode()) > _PATH or any(len(part.encode()) > _NAME for part in path.parts):
            yield f"{entry.filename[:50]}...: a name of {len(entry.filename)} letters"
        elif str(path) in folders:
            yield f"{entry.filename}: a file and a folder of one name"


def _bomb(entries: Sequence[zipfile.ZipInfo], packed: int) -> Iterator[str]:
    size = sum(entry.file_size for entry in entries)
    if size > max(_SMALL, _BOMB * packed):
        largest = max(entries, key=lambda entry: entry.file_size)
        yield (
            f"{packed / 1e6:,.1f} MB would become {size / 1e6:,.1f} MB, as of no pictures; the largest file is "
            f"{largest.filename} with {largest.file_size / 1e6:,.1f} MB"
        )
