"""Where a raw dataset is taken from."""

import os
from pathlib import Path

from guidedseg.datasets.dataset import Dataset
from guidedseg.errors import GuidedsegError


def find(dataset: Dataset, source: str | None, *, drop_in: Path) -> Path | str:
    """Where ``sources.fetch`` takes a dataset from: an existing folder or zip, or a URL (as text, not asked).

    Raises:
        GuidedsegError: there is none, which says where to get it and where to put it; or one that cannot be read.
    """
    dropped = _dropped_in(drop_in)
    if dropped is not None:
        return readable(dropped)
    if source is not None and source.startswith("https://"):
        return source
    if source is not None and source.strip() and (path := Path(source).expanduser()).exists():
        return readable(path)
    told = "no source is given" if source is None else f"the source {source!r} is no https:// URL, zip or folder"
    got = f"How one gets it: {dataset.get}.\n" if dataset.get else ""
    raise GuidedsegError(
        f"The dataset {dataset.name} was not found: there is no {drop_in}, no {drop_in}.zip, and {told}.\n{got}"
        f"Put the dataset's folder or zip at {drop_in}, or set datasets.{dataset.name}.source in params.yaml to its "
        "URL, zip or folder."
    )


def readable(path: Path) -> Path:
    """The same path, where it is a folder or a file that the user may read.

    Raises:
        GuidedsegError: it is not.
    """
    if not path.is_dir() and not path.is_file():
        raise GuidedsegError(
            f"{path} is no folder and no file but a pipe, a socket or a device. Give a folder or a zip."
        )
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        raise GuidedsegError(f"{path} may not be read by you. Ask its owner for permission, or copy it.")
    return path


def _dropped_in(drop_in: Path) -> Path | None:
    """What the user put at ``drop_in``, if anything."""
    for path in (drop_in, drop_in.with_name(f"{drop_in.name}.zip")):
        if path.exists():
            return path
        if path.is_symlink():
            raise GuidedsegError(
                f"{path} is a symlink to {path.readlink()}, which does not exist. Point it at the dataset or remove it."
            )
    return None
