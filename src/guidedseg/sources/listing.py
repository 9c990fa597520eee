"""Which files are meant, and under which names their outputs are filed."""

import glob
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from guidedseg.errors import GuidedsegError
from guidedseg.junk import is_junk

_INDEX = "DICOMDIR"  # the table of contents of a DICOM medium: beside the pictures in most folders of one, never one
_SUFFIX = re.compile(r"(?<=[^.])\.[A-Za-z][A-Za-z0-9]{0,4}\Z")  # not the `.77` of a file that is named by a DICOM UID
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\:]")
_MOST_BYTES = 120  # of a component of a name: file systems take 255, and outputs add endings of their own

_Found = tuple[Path, Path, bool]
"""A file; what its name is made of, its path relative to where the search began; whether it was given by itself."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that is to be read.

    Attributes:
        path: as it was given, or as it was found below what was given. It need not exist: opening it tells.
        name: under which its outputs are filed, and no other source's: a relative path with ``/`` between its parts. No
            name is that of a folder in another one.
        named: whether it was given by itself, and not found in a folder among others.
    """

    path: Path
    name: str
    named: bool = True


def listed(paths: Sequence[str], stdin: TextIO, without: Path | None = None) -> list[Listed]:
    """Find the files that are meant, each once, in the order of ``paths`` and below each of them sorted.

    A name is the path relative to the folder given (to the fixed part of a pattern; to a file's own folder), without
    suffix. Where several are the same but for the case of letters, all of these keep their suffix, and so does what has
    the name of a folder (``cine.mp4`` beside ``cine/``); what is the same even then gets ``-2``, ``-3``.

    Args:
        paths: files; folders, with all below them but hidden files and what file managers leave behind; patterns
            (``*``, ``?``, ``[...]``, ``**`` for folders at any depth) where no file has that very name; ``-`` for more
            of these from ``stdin``. What does not exist is listed too, and so is a folder without files or that must
            not be read: opening it tells.
        stdin: one path a line; empty lines are skipped.
        without: a folder of which nothing is listed: that of the outputs may lie among the sources.

    Raises:
        GuidedsegError: there is nothing to read at all.
    """
    real_folder = lru_cache(maxsize=None)(Path.resolve)
    found: dict[Path, _Found] = {}
    left_out = None if without is None else _real(without, Path.resolve)
    some_left_out = False
    for given in _given(paths, stdin):
        for file in _expanded(given):
            real = _real(file[0], real_folder)
            if left_out in real.parents:
                some_left_out = True
            else:
                found.setdefault(real, file)
    if some_left_out and not found:
        raise GuidedsegError(
            f"There is nothing to read: all of it lies in {without}, the folder for the outputs. Choose another one."
        )
    if all(_is_folder(path) for path, *_ in found.values()):
        empty = ", ".join(repr(str(path)) for path, *_ in [*found.values()][:5])
        raise GuidedsegError(
            f"There is nothing to read{f': no file in {empty}' if empty else ''}. Give files, folders, quoted patterns "
            "such as 'folder/**/*.dcm', or - and a list of these on standard input."
        )
    names = _names([relative for _, relative, _ in found.values()])
    return [Listed(path, name, named) for (path, _, named), name in zip(found.values(), names, strict=True)]


def _given(paths: Sequence[str], stdin: TextIO) -> Iterator[str]:
    for path in paths:
        if path == "-":
            yield from filter(None, (line.rstrip("\r\n") for line in stdin))
        elif path:
            yield path


def _real(path: Path, real_folder: Callable[[Path], Path]) -> Path:
    """The path that a file has once all links are followed; as it is where it cannot be one."""
    try:
        return path.resolve() if path.is_symlink() else real_folder(path.parent) / path.name
    except (OSError, RuntimeError, ValueError):  # a link to itself; a name that no file can have
        return path


def _expanded(given: str) -> Iterator[_Found]:
    """What one argument means: at least one file, even if there is none."""
    path = Path(given)
    fixed, pattern = _fixed_part(path)
    if _is_folder(path):
        yield from _below(path, Path())
    elif not pattern:
        yield path, Path(path.name), True
    else:
        # Path.glob takes hidden files too, and `**` for folders alone
        matches = sorted(glob.iglob(pattern, root_dir=fixed, recursive=True))  # noqa: PTH207
        own = [match for match in map(Path, matches) if not any(map(is_junk, match.parts))]
        for match in own:
            yield from _below(fixed / match, match) if _is_folder(fixed / match) else [(fixed / match, match, True)]
        if not own:
            yield path, Path(path.name), True


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # below a folder that must not be entered; longer than a name can be
        return False


def _fixed_part(path: Path) -> tuple[Path, str]:
    """The folders before a pattern begins, and the pattern; empty where there is none."""
    fixed = Path()
    for number, part in enumerate(path.parts):
        if glob.has_magic(part) and not os.path.lexists(fixed / part):
            return fixed, str(Path(*path.parts[number:]))
        fixed /= part
    return fixed, ""


def _below(folder: Path, relative: Path) -> Iterator[_Found]:
    """All files in a folder and below; the folder itself where there are none.

    Links to folders are followed, but no folder is entered twice: a cycle ends.
    """
    entered: set[tuple[int, int]] = set()
    closed: list[Path] = []
    found = False
    for place, folders, files in os.walk(
        folder, followlinks=True, onerror=lambda error: closed.append(Path(error.filename))
    ):
        here = Path(place)
        status = here.stat()
        if (status.st_dev, status.st_ino) in entered:
            folders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not is_junk(name))
        at = relative / here.relative_to(folder)
        for name in sorted(files):
            if not is_junk(name) and name != _INDEX:
                found = True
                yield here / name, at / name, False
    yield from ((path, relative / path.relative_to(folder), False) for path in closed)
    if not found and not closed:
        yield folder, relative, False


def _names(relative: Sequence[Path]) -> list[str]:
    """A name for each path, and no two the same."""
    whole = [_safe(path) for path in relative]
    short = [_safe(path.with_name(_SUFFIX.sub("", path.name)) if path.name else path) for path in relative]
    sharing = Counter(map(_key, short))
    taken = _folders(short)
    wanted = [
        long if sharing[_key(bare)] > 1 or _key(bare) in taken else bare
        for long, bare in zip(whole, short, strict=True)
    ]
    copies: Counter[str] = Counter()
    names = []
    for first in wanted:
        name = first
        while _key(name) in taken:
            copies[_key(first)] += 1
            name = f"{first}-{copies[_key(first)] + 1}"
        taken.add(_key(name))
        names.append(name)
    return names


def _folders(names: Sequence[str]) -> set[str]:
    """Keys of the folders in names: one may hold ``0.png`` beside the frames of a cine that is called like it.

    And these without their suffix: beside a folder ``a.png`` there is no place for the mask of ``a``.
    """
    folders = set[str]()
    for folder in {name.rpartition("/")[0] for name in names}:
        parts = folder.split("/")
        folders |= {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return {_key(key) for folder in folders for key in (folder, _SUFFIX.sub("", folder))}


def _key(name: str) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def _safe(relative: Path) -> str:
    """A path whose components can be names of files anywhere, and none of which leads out of a folder."""
    return "/".join(map(_safe_component, relative.parts)) or "_"


def _safe_component(part: str) -> str:
    part = _UNSAFE.sub("_", part).encode()[:_MOST_BYTES].decode(errors="ignore")
    return part if part.strip(" .") else "_" * len(part)
