"""A raw dataset is brought into place, whole and checked, from a URL, a zip or a folder."""

import logging
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

import pooch

from guidedseg import progress
from guidedseg.datasets import locating, places
from guidedseg.datasets.dataset import Dataset
from guidedseg.errors import GuidedsegError, listed
from guidedseg.junk import is_junk
from guidedseg.writing import whole_directory

logger = logging.getLogger(__name__)

_DOWNLOAD_TIMEOUT = 60.0  # seconds without a byte, not of the whole download
_UNREADABLE_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def fetch(
    dataset: Dataset,
    source: str | None,
    *,
    sha256: str | None,
    drop_in: Path,
    target: Path,
    check: Callable[[Path], object],
    scratch: Path,
) -> str:
    """Copy a dataset's official layout into ``target``, whole or not at all.

    What stands at ``drop_in`` (a folder, a symlink to one, a zip, or a zip named ``<drop_in>.zip``) is taken before
    ``source``, so that a machine without internet needs no change of parameters.

    Args:
        dataset: what it should be.
        source: an ``https://`` URL of a zip, or a path of a zip or folder; None: only ``drop_in`` is looked at.
        sha256: the zip's SHA-256 in hex, or None for no verification. A folder has none and is not verified by it.
        drop_in: where a user may put the dataset; its name is the dataset's name in params.yaml.
        target: the folder to write; replaced if it exists.
        check: raises GuidedsegError for a dataset that is not whole.
        scratch: a folder for the download and the unpacked zip; nothing is left in it.

    Returns:
        Where the dataset was taken from: a path or the URL.

    Raises:
        GuidedsegError: for a missing or broken source, a failed download, a wrong checksum, a zip with unsafe entries,
            too little disk space, and whatever ``locating.locate`` and ``check`` object to. ``target`` is left as it
            was.
    """
    origin = places.find(dataset, source, drop_in=drop_in)
    if isinstance(origin, str):
        archive = _download(origin, sha256, drop_in, scratch)
        try:
            with _unpacked(archive, origin, target, scratch) as folder:
                _place(dataset, folder, target, check, shutil.move)
        finally:
            archive.unlink()
    elif origin.is_dir():
        if sha256 is not None:
            logger.info("%s is a folder: its files are checked, the sha256 of the zip is not", origin)
        _place(dataset, origin, target, check, shutil.copyfile)
    else:
        _verify(origin, sha256, drop_in.name)
        with _unpacked(origin, str(origin), target, scratch) as folder:
            _place(dataset, folder, target, check, shutil.move)
    return str(origin)


def _download(url: str, sha256: str | None, drop_in: Path, scratch: Path) -> Path:
    """The downloaded zip; pooch writes it whole or not at all."""
    by_hand = f"Download it by hand and put the zip (or its folder) at {drop_in}."
    logger.info("downloading %s", url)
    pooch.get_logger().setLevel(logging.WARNING)  # or it says the same, and what to do in its Python interface
    try:
        with progress.bar("download", unit="B", total=1, scale=True) as shown:  # pooch sets the total
            path = pooch.retrieve(
                url,
                known_hash=None if sha256 is None else f"sha256:{sha256.lower()}",
                fname=f"{drop_in.name}.zip",
                path=scratch,
                downloader=pooch.HTTPDownloader(progressbar=shown, timeout=_DOWNLOAD_TIMEOUT),
            )
    except OSError as error:  # the errors of requests are OSErrors too
        raise GuidedsegError(f"Downloading {url} failed: {error}\n{by_hand}") from error
    except ValueError as error:  # pooch's word for a wrong checksum
        raise GuidedsegError(
            f"{url} is not the file that datasets.{drop_in.name}.sha256 names: {error}\n"
            f"Try again, correct the sha256 in params.yaml if the dataset has a new version, or: {by_hand}"
        ) from error
    return Path(path)


def _verify(archive: Path, sha256: str | None, name: str) -> None:
    if sha256 is None:
        return
    found = pooch.file_hash(str(archive), alg="sha256")
    if found != sha256.lower():
        raise GuidedsegError(
            f"{archive} has the sha256 {found}, but datasets.{name}.sha256 is {sha256}. "
            "Download or copy the zip again, or correct the sha256 in params.yaml if this version is the one you want."
        )


@contextmanager
def _unpacked(archive: Path, named: str, target: Path, scratch: Path) -> Iterator[Path]:
    """Yield a folder with the zip's files, gone when the block ends; errors speak of ``named`` instead of it."""
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=scratch) as folder:
        try:
            _unpack(archive, named, Path(folder), target)
            yield Path(folder)
        except GuidedsegError as error:
            raise GuidedsegError(str(error).replace(folder, named)) from error


def _unpack(archive: Path, named: str, folder: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as bundle:
            _refuse_unsafe(bundle.infolist(), named)
            entries = [entry for entry in bundle.infolist() if not _is_junk_entry(entry)]
            _require_space(sum(entry.file_size for entry in entries), folder, target)
            for entry in progress.bar("unpack", entries, unit="file"):
                bundle.extract(entry, folder)
    except _UNREADABLE_ZIP as error:
        raise GuidedsegError(
            f"{named} cannot be unpacked ({error}): it is broken, encrypted or no zip at all. "
            "Download or copy it again, or unpack it by hand and give the folder."
        ) from error


def _is_junk_entry(entry: zipfile.ZipInfo) -> bool:
    return entry.is_dir() or any(is_junk(part) for part in PurePosixPath(entry.filename).parts)


def _refuse_unsafe(entries: Iterable[zipfile.ZipInfo], named: str) -> None:
    """Name every entry that could write outside the folder it is unpacked into."""
    problems = []
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or PureWindowsPath(entry.filename).drive:
            problems.append(f"{entry.filename}: an absolute path")
        elif ".." in path.parts:
            problems.append(f"{entry.filename}: leaves its folder by '..'")
        elif stat.S_ISLNK(entry.external_attr >> 16):
            problems.append(f"{entry.filename}: a symlink")
    if problems:
        remedy = "Nothing was unpacked. Take the zip from the dataset's own page."
        raise listed(f"{named} is not safe to unpack", problems, remedy)


def _place(
    dataset: Dataset,
    folder: Path,
    target: Path,
    check: Callable[[Path], object],
    bring: Callable[[Path, Path], object],
) -> None:
    """Check the dataset somewhere below ``folder``, then bring its files to ``target``."""
    found = locating.locate(dataset, folder)
    check(found)
    own = locating.files(dataset, found)
    if bring is shutil.copyfile:
        _require_space(sum(file.stat().st_size for file in own), target)
    with whole_directory(target) as partial:
        for file in progress.bar("copy", own, unit="file"):
            place = partial / file.relative_to(found)
            place.parent.mkdir(parents=True, exist_ok=True)
            bring(file, place)


def _require_space(size: int, *places: Path) -> None:
    for place in places:
        existing = next(path for path in (place.absolute(), *place.absolute().parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if free < size:
            raise GuidedsegError(
                f"{place} needs {size / 1e6:,.1f} MB of disk space and {free / 1e6:,.1f} MB are free: "
                "make room there, or move the repository to a larger disk."
            )
