"""Where in a folder or an unpacked zip a dataset lies, and which of the files there are its own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from guidedseg.datasets.dataset import Dataset
from guidedseg.errors import GuidedsegError, listed
from guidedseg.junk import is_junk

_PACKED = {".zip", ".rar", ".7z", ".tar", ".gz", ".tgz"}


class SeveralError(GuidedsegError):
    """A dataset lies in more than one folder."""


def locate(dataset: Dataset, folder: Path) -> Path:
    """Find the folder that holds all members of a dataset, at ``folder`` or anywhere below.

    Raises:
        GuidedsegError: when there is none, naming what is missing where, or several, naming them.
    """
    found: dict[Path, Path] = {}
    incomplete: list[str] = []
    for place in _folders(folder):
        missing = [pattern for pattern in dataset.members if not any(_matches(place, pattern))]
        if not missing:
            found.setdefault(place.resolve(), place)  # a link may lead back to what was found already
        elif len(missing) < len(dataset.members):
            incomplete.append(f"{place} has no {' and no '.join(missing)}")
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        several = listed(
            f"Several datasets lie in {folder}",
            [str(place) for place in found.values()],
            "Keep one, or give the path of the one you mean.",
        )
        raise SeveralError(str(several))
    held = sorted(path.name for path in folder.iterdir() if not is_junk(path.name))
    packed = [path for path in sorted(_below(folder)) if path.suffix.lower() in _PACKED]
    raise listed(
        f"No folder with {together(dataset.members)} was found in {folder} or below",
        [
            *(incomplete or [f"{folder} holds {', '.join(held[:10]) or 'nothing'}"]),
            *(f"{path} is a {path.suffix[1:]}: unpack it" for path in packed),
        ],
        f"That is how {dataset.title} lies in a folder: give it as its zip unpacks it.",
    )


def files(dataset: Dataset, folder: Path) -> list[Path]:
    """The files of a dataset in its own folder, sorted within each pattern."""
    found: dict[Path, None] = {}
    for pattern in (*dataset.members, *dataset.extras):
        for match in sorted(_matches(folder, pattern)):
            found |= dict.fromkeys(_below(match) if match.is_dir() else [match])
    return [path for path in found if path.is_file()]


def unreadable(dataset: Dataset, folder: Path) -> dict[str, str]:
    """What in a dataset's own folder cannot be read or copied: paths below ``folder``, and what is wrong in words.

    Files and folders that are closed to the user, links to nowhere, links to folders (but for members themselves), and
    what is no file.
    """
    problems: dict[str, str] = {}

    def closed(path: Path) -> None:
        problems[path.relative_to(folder).as_posix()] = "may not be read by you; ask its owner, or copy it"

    for pattern in (*dataset.members, *dataset.extras):
        for match in sorted(_matches(folder, pattern)):
            below = _below(match, lambda error: closed(Path(error.filename))) if match.is_dir() else [match]
            for path in below:
                name = path.relative_to(folder).as_posix()
                if path.is_dir():
                    problems[name] = "is a link to a folder, which is not followed; put the folder itself there"
                elif path.is_symlink() and not path.exists():
                    problems[name] = f"is a link to {path.readlink()}, which is not there; put the file itself there"
                elif not path.is_file():
                    problems[name] = "is no file but a pipe, a socket or a device; copy it into a file"
                elif not os.access(path, os.R_OK):
                    closed(path)
    return problems


def _matches(place: Path, pattern: str) -> Iterator[Path]:
    return (path for path in place.glob(pattern) if not is_junk(path.name))


def _folders(folder: Path) -> Iterator[Path]:
    """``folder`` and all folders below; links to folders are named but not entered, so a cycle ends."""
    yield folder
    for path, names, _ in os.walk(folder):
        names[:] = sorted(name for name in names if not is_junk(name))
        yield from (Path(path) / name for name in names)


def _below(folder: Path, closed: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Files, and links to folders; ``closed`` is told of folders that cannot be listed."""
    for path, names, own in os.walk(folder, onerror=closed):
        links = [name for name in names if (Path(path) / name).is_symlink()]
        names[:] = sorted(name for name in names if not is_junk(name))
        yield from (Path(path) / name for name in sorted([*own, *links]) if not is_junk(name))


def together(members: tuple[str, ...]) -> str:
    """In words."""
    *first, last = members
    return f"{', '.join(first)} and {last}" if first else last
