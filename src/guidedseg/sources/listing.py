"""Which files are meant, and under which names their outputs are filed.

Paths are texts here: a million of pathlib's objects take four minutes and two gigabytes, texts 40 seconds and 0.9.
"""

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

from guidedseg.cluster.store import is_url
from guidedseg.errors import GuidedsegError
from guidedseg.junk import is_junk
from guidedseg.sources import remote
from guidedseg.sources.remote import Remote

_INDEX = "DICOMDIR"  # the table of contents of a DICOM medium: beside the pictures in most folders of one, never one
_SUFFIX = re.compile(r"(?<=[^.])\.[A-Za-z][A-Za-z0-9]{0,4}\Z")  # not the `.77` of a file that is named by a DICOM UID
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\:]")
_MOST_BYTES = 120  # of a component of a name: file systems take 255, and outputs add endings of their own

_Found = tuple[str, str, bool]
"""Path or URL of a file; what its name is made of, its path relative to where the search began; whether it was given by
itself."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that is to be read.

    Attributes:
        where: path or URL, as it was given, or as it was found below what was given. It need not exist: opening tells.
        name: under which its outputs are filed, and no other source's: a relative path with ``/`` between its parts. No
            name is that of a folder in another one.
        named: whether it was given by itself, and not found in a folder among others.
    """

    where: str
    name: str
    named: bool = True

    @property
    def path(self) -> Path | Remote:
        """Where it is."""
        return Remote(self.where) if is_url(self.where) else Path(self.where)


def listed(paths: Sequence[str], stdin: TextIO, without: str | None = None) -> list[Listed]:
    """Find the files that are meant, each once, in the order of ``paths`` and below each of them sorted.

    A name is the path relative to the folder given (to the fixed part of a pattern; to a file's own folder), without
    suffix. Where several are the same but for the case of letters, all of these keep their suffix, and so does what has
    the name of a folder (``cine.mp4`` beside ``cine/``); what is the same even then gets ``-2``, ``-3``.

    Args:
        paths: files; folders, with all below them but hidden files and what file managers leave behind; patterns
            (``*``, ``?``, ``[...]``, ``**`` for folders at any depth) where no file has that very name; URLs of any of
            these (``s3://bucket/folder``); ``-`` for more of them from ``stdin``. What does not exist is listed too,
            and so is a folder without files or that must not be read: opening it tells.
        stdin: one path a line; empty lines are skipped.
        without: a folder of which nothing is listed: that of the outputs may lie among the sources.

    Raises:
        GuidedsegError: there is nothing to read at all.
    """
    real_folder = lru_cache(maxsize=None)(os.path.realpath)
    found: dict[str, _Found] = {}
    left_out = None if without is None else f"{without if is_url(without) else os.path.realpath(without)}/"
    some_left_out = False
    for given in _given(paths, stdin):
        for file in remote.found(given) if is_url(given) else _expanded(given):
            real = file[0] if is_url(file[0]) else _real(file[0], real_folder)
            if real == file[0]:
                real = file[0]  # one text, not two
            if left_out is not None and real.startswith(left_out):
                some_left_out = True
            else:
                found.setdefault(real, file)
    if some_left_out and not found:
        raise GuidedsegError(
            f"There is nothing to read: all of it lies in {without}, the folder for the outputs. Choose another one."
        )
    if all(_is_folder(path) for path, *_ in found.values()):
        empty = ", ".join(repr(path) for path, *_ in [*found.values()][:5])
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


def _real(path: str, real_folder: Callable[[str], str]) -> str:
    """The path that a file has once all links are followed; as it is where it cannot be one."""
    folder, name = os.path.split(path)
    try:
        return os.path.realpath(path) if os.path.islink(path) else os.path.join(real_folder(folder), name)
    except (OSError, ValueError):  # a name that no file can have
        return path


def _expanded(given: str) -> Iterator[_Found]:
    """What one argument means: at least one file, even if there is none."""
    path = str(Path(given))
    fixed, pattern = _fixed_part(path)
    if _is_folder(path):
        yield from _below(path, "")
    elif not pattern:
        yield path, os.path.basename(path), True
    else:
        # Path.glob takes hidden files too, and `**` for folders alone
        matches = sorted(glob.iglob(pattern, root_dir=fixed, recursive=True))
        own = [match for match in matches if not any(map(is_junk, Path(match).parts))]
        for match in own:
            here = os.path.join(fixed, match)
            yield from _below(here, match) if _is_folder(here) else [(here, match, True)]
        if not own:
            yield path, os.path.basename(path), True


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except (OSError, ValueError):  # below a folder that must not be entered; longer than a name can be
        return False


def _fixed_part(path: str) -> tuple[str, str]:
    """The folders before a pattern begins, and the pattern; empty where there is none."""
    if not glob.has_magic(path):
        return path, ""
    fixed = Path()
    parts = Path(path).parts
    for number, part in enumerate(parts):
        if glob.has_magic(part) and not os.path.lexists(fixed / part):
            return str(fixed), str(Path(*parts[number:]))
        fixed /= part
    return path, ""


def _below(folder: str, relative: str) -> Iterator[_Found]:
    """All files in a folder and below; the folder itself where there are none.

    Links to folders are followed, but no folder is entered twice: a cycle ends.
    """
    entered: set[tuple[int, int]] = set()
    closed: list[str] = []
    found = False

    def at(place: str, name: str = "") -> str:
        inner = os.path.relpath(place, folder)
        return os.path.join(relative, "" if inner == "." else inner, name).rstrip(os.sep)

    for place, folders, files in os.walk(
        folder, followlinks=True, onerror=lambda error: closed.append(str(error.filename))
    ):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in entered:
            folders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not is_junk(name))
        here = at(place)
        for name in sorted(files):
            if not is_junk(name) and name != _INDEX:
                found = True
                yield os.path.join(place, name), os.path.join(here, name), False
    yield from ((path, at(path), False) for path in closed)
    if not found and not closed:
        yield folder, relative, False


def _names(relative: Sequence[str]) -> list[str]:
    """A name for each path, and no two the same."""
    whole = [_safe(path) for path in relative]
    short = [_safe(_without_suffix(path)) for path in relative]
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


def _without_suffix(path: str) -> str:
    folder, sign, name = path.rpartition(os.sep)
    return f"{folder}{sign}{_SUFFIX.sub('', name)}"


def _safe(relative: str) -> str:
    """A path whose components can be names of files anywhere, and none of which leads out of a folder."""
    return "/".join(_safe_component(part) for part in relative.split(os.sep) if part not in {"", "."}) or "_"


def _safe_component(part: str) -> str:
    part = _UNSAFE.sub("_", part).encode()[:_MOST_BYTES].decode(errors="ignore")
    return part if part.strip(" .") else "_" * len(part)
