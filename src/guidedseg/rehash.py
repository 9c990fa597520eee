"""What DVC keeps, read to the last byte: files of its cache and of the work tree held against the hashes in dvc.lock.

DVC trusts its cache: what a disk has damaged there is checked out without a word.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from dvc.repo import Repo

from guidedseg import lock, progress
from guidedseg.errors import GuidedsegError, listed

_FOLDER = ".dir"  # how the hash of a folder ends, whose object lists the files in it


class Kept(NamedTuple):
    """A file that a stage made.

    Attributes:
        path: in the work tree, where it is or was.
        md5: its hash.
        stage: of dvc.lock.
        out: of the stage, the file itself or the folder that it lies in.
        cached: where DVC's cache has it, if it has.
    """

    path: Path
    md5: str
    stage: str
    out: Path
    cached: Path


def run(*, remove: bool) -> Iterator[str]:
    """Hash all that dvc.lock names.

    Args:
        remove: take what is damaged out of the cache, with the outs that it belongs to, so that `dvc repro` makes them
            anew. What differs in the work tree alone stays: someone may have edited it.

    Yields:
        A line about what is as it was, or what was removed.

    Raises:
        GuidedsegError: something is damaged, or no repository of DVC; all of it is named, with the stages to repeat.
    """
    stages = lock.read(Path("dvc.lock"))
    with Repo() as project:
        cache = Path(project.cache.local.path)
    outs = [
        Kept(Path(out.path), out.md5, name, Path(out.path), _cached(cache, out.md5))
        for name, stage in stages.items()
        for out in stage.outs
    ]
    kept, lists = list[Kept](), list[Kept]()
    for out in outs:
        try:
            kept += _files(out, cache)
        except ValueError:
            lists.append(out)
    with ThreadPoolExecutor() as pool:
        looks = zip(kept, pool.map(_look, kept), strict=True)
        found = list(progress.bar("hash", looks, unit="file", total=len(kept)))
    broken = [*lists, *(file for file, look in found if look.cache)]
    odd = [file for file, look in found if look.tree and not look.cache]
    if remove and broken:
        yield _removed(broken, outs)
        broken = []
    problems = [f"{file.cached}: is not what {file.stage} made ({file.path})" for file in broken]
    problems += [f"{file.path}: is not what {file.stage} made; `dvc commit {file.stage}` keeps an edit" for file in odd]
    if problems:
        damaged = f"`guidedseg check --deep --remove` takes it away, then `{_again(broken)}` makes it anew."
        edited = (
            f"If nobody edited them: remove {' '.join(sorted({str(file.out) for file in odd}))}, then `dvc checkout`."
        )
        raise listed("What DVC keeps is damaged", problems, damaged if broken else edited)
    read = sum(look.read for _, look in found) / 1e9
    there = sum(look.there for _, look in found)
    yield f"cache and work tree: {there} files of {len(stages)} stages, {read:.1f} GB, are as they were made"


def _removed(broken: list[Kept], outs: list[Kept]) -> str:
    named = {file.out for file in broken}
    for out in outs:
        if out.path in named:
            out.cached.unlink(missing_ok=True)
            shutil.rmtree(out.path) if out.path.is_dir() else out.path.unlink(missing_ok=True)
    for file in broken:
        file.cached.unlink(missing_ok=True)
    return (
        f"removed: {', '.join(sorted(map(str, named)))}. `{_again(broken)}` makes it anew, or `dvc pull` fetches it "
        "from a remote."
    )


def _again(broken: list[Kept]) -> str:
    return f"dvc repro {' '.join(dict.fromkeys(file.stage for file in broken))}"


def _cached(cache: Path, md5: str) -> Path:
    return cache / md5[:2] / md5[2:]


def _files(own: Kept, cache: Path) -> list[Kept]:
    """The file itself, or those in a folder; of a folder that only a remote has, none.

    Raises:
        ValueError: the object that lists them is damaged.
    """
    if not own.md5.endswith(_FOLDER):
        return [own]
    if not own.cached.exists():
        return []
    content = own.cached.read_bytes()
    if hashlib.md5(content, usedforsecurity=False).hexdigest() + _FOLDER != own.md5:
        raise ValueError("another hash")
    return [
        own._replace(path=own.path / each["relpath"], md5=each["md5"], cached=_cached(cache, each["md5"]))
        for each in json.loads(content)
    ]


class _Look(NamedTuple):
    """Whether there is such a file, that in the cache and that in the work tree are others, and bytes read."""

    there: bool
    cache: bool
    tree: bool
    read: int


def _look(file: Kept) -> _Look:
    cache, tree = file.cached.is_file(), file.path.is_file()
    linked = cache and tree and file.cached.samefile(file.path)
    try:
        return _Look(
            cache or tree,
            cache and _md5(file.cached) != file.md5,
            tree and not linked and _md5(file.path) != file.md5,
            sum(
                path.stat().st_size for path, there in ((file.cached, cache), (file.path, tree and not linked)) if there
            ),
        )
    except OSError as error:
        raise GuidedsegError(f"{error.filename} cannot be read ({error.strerror}): see to the disk") from error


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
