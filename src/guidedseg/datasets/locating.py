"""Where in a folder or an unpacked zip a dataset lies, and which of the files there are its own."""

import os
from collections.abc import Iterator
from pathlib import Path

from guidedseg.datasets.dataset import Dataset
from guidedseg.errors import listed
from guidedseg.junk import is_junk


def locate(dataset: Dataset, folder: Path) -> Path:
    """Find the folder that holds all members of a dataset, at ``folder`` or anywhere below.

    Raises:
        GuidedsegError: when there is none, naming what is missing where, or several, naming them.
    """
    found: list[Path] = []
    incomplete: list[str] = []
    for place in _folders(folder):
        missing = [pattern for pattern in dataset.members if not any(_matches(place, pattern))]
        if not missing:
            found.append(place)
        elif len(missing) < len(dataset.members):
            incomplete.append(f"{place} has no {' and no '.join(missing)}")
    if len(found) == 1:
        return found[0]
    if found:
        raise listed(
            f"Several datasets lie in {folder}",
            [str(place) for place in found],
            "Keep one, or give the path of the one you mean.",
        )
    held = sorted(path.name for path in folder.iterdir() if not is_junk(path.name))
    raise listed(
        f"No folder with {together(dataset.members)} was found in {folder} or below",
        incomplete or [f"{folder} holds {', '.join(held[:10]) or 'nothing'}"],
        f"That is how {dataset.title} lies in a folder: give it as its zip unpacks it.",
    )


def files(dataset: Dataset, folder: Path) -> list[Path]:
    """The files of a dataset in its own folder, sorted within each pattern."""
    found: dict[Path, None] = {}
    for pattern in (*dataset.members, *dataset.extras):
        for match in sorted(_matches(folder, pattern)):
            found |= dict.fromkeys(_below(match) if match.is_dir() else [match])
    return list(found)


def _matches(place: Path, pattern: str) -> Iterator[Path]:
    return (path for path in place.glob(pattern) if not is_junk(path.name))


def _folders(folder: Path) -> Iterator[Path]:
    """``folder`` and all folders below; links to folders are named but not entered, so a cycle ends."""
    yield folder
    for path, names, _ in os.walk(folder):
        names[:] = sorted(name for name in names if not is_junk(name))
        yield from (Path(path) / name for name in names)


def _below(folder: Path) -> Iterator[Path]:
    for path, names, own in os.walk(folder):
        names[:] = sorted(name for name in names if not is_junk(name))
        yield from (Path(path) / name for name in sorted(own) if not is_junk(name))


def together(members: tuple[str, ...]) -> str:
    """In words."""
    *first, last = members
    return f"{', '.join(first)} and {last}" if first else last
