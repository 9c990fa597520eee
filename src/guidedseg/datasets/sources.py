"""A raw dataset is brought into place, whole and checked, from a URL, a zip or a folder."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pooch

from guidedseg import progress
from guidedseg.datasets import locating, places, zips
from guidedseg.datasets.dataset import Dataset
from guidedseg.errors import GuidedsegError
from guidedseg.writing import whole_directory

logger = logging.getLogger(__name__)

_DOWNLOAD_TIMEOUT = 60.0  # seconds without a byte, not of the whole download


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
        GuidedsegError: for a missing or broken source, a failed download, a wrong checksum, a zip that
            ``zips.unpacked`` refuses, too little disk space, and whatever ``locating.locate`` and ``check`` object to.
            ``target`` is left as it was.
    """
    origin = places.find(dataset, source, drop_in=drop_in)
    unpacked = scratch / f"unpacked-{drop_in.name}"
    if isinstance(origin, str):
        downloads = scratch / f"download-{drop_in.name}"
        shutil.rmtree(downloads, ignore_errors=True)  # of a run that was killed
        try:
            archive = _download(origin, sha256, drop_in, downloads)
            with zips.unpacked(archive, origin, unpacked, target=target) as folder:
                _place(dataset, folder, target, check, shutil.move)
        finally:
            shutil.rmtree(downloads, ignore_errors=True)
    elif origin.is_dir():
        if sha256 is not None:
            logger.info("%s is a folder: its files are checked, the sha256 of the zip is not", origin)
        _place(dataset, origin, target, check, shutil.copyfile)
    else:
        _verify(origin, sha256, drop_in.name)
        with zips.unpacked(origin, str(origin), unpacked, target=target) as folder:
            _place(dataset, folder, target, check, shutil.move)
    return str(origin)


def _download(url: str, sha256: str | None, drop_in: Path, folder: Path) -> Path:
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
                path=folder,
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
        zips.require_space(sum(file.stat().st_size for file in own), target)
    with whole_directory(target) as partial:
        for file in progress.bar("copy", own, unit="file"):
            place = partial / file.relative_to(found)
            place.parent.mkdir(parents=True, exist_ok=True)
            bring(file, place)
