"""Where a raw dataset is taken from, and which of its files are its own."""

from pathlib import Path

from guidedseg.errors import GuidedsegError
from guidedseg.junk import is_junk

LAYOUT = ("images", "masks", "INFO.csv")
"""What the dataset's own folder holds; nothing else is copied."""


def files(dataset: Path) -> list[Path]:
    """What is copied of a dataset's own folder, sorted within each member of ``LAYOUT``."""
    return [file for member in LAYOUT for file in _files(dataset / member)]


def find(source: str, *, drop_in: Path) -> Path | str:
    """Where ``sources.fetch`` takes a dataset from: an existing folder or zip, or a URL (as text, not asked).

    Raises:
        GuidedsegError: there is none; says where to put it.
    """
    path = _dropped_in(drop_in)
    if path is not None:
        return path
    return source if source.startswith("https://") else _existing(source, drop_in)


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


def _existing(source: str, drop_in: Path) -> Path:
    path = Path(source).expanduser()
    if source.strip() and path.exists():
        return path
    raise GuidedsegError(
        f"The dataset {drop_in.name} was not found: there is no {drop_in}, no {drop_in}.zip, and the source {source!r} "
        f"is neither an https:// URL nor an existing zip or folder.\n{_remedy(drop_in)}"
    )


def _remedy(drop_in: Path) -> str:
    return (
        f"Put the dataset's folder or zip at {drop_in}, or set datasets.{drop_in.name}.source in params.yaml "
        "to its URL, zip or folder."
    )


def _files(member: Path) -> list[Path]:
    if member.is_file():
        return [member]
    return sorted(file for file in member.iterdir() if not is_junk(file.name))
