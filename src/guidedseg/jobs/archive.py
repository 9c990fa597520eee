"""What a shard leaves: a zip of its pictures and records, and a table of its lesions; neither a million loose files.

A shard is finished once its table is there, which is put last. Both have the same bytes wherever they are made.
"""

import heapq
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any

from guidedseg.bundles.zipped import entry
from guidedseg.cluster.cutting import Shard
from guidedseg.cluster.store import Store
from guidedseg.errors import GuidedsegError
from guidedseg.jobs.progress_file import NAME, Finished, ProgressFile, as_line, finished_of
from guidedseg.jobs.run import Summary
from guidedseg.outputs.records import Record

OF_SHARDS = ("files", "shards")
"""What ``run.json`` of a job in shards has more than that of another: count and hash of the files, number of shards."""

MANY = 10_000
"""Files from which on a job is cut into shards, and its pictures stay in archives."""

FOLDERS = {".zip": "shards", ".parquet": "lesions"}
ZIP, TABLE = FOLDERS
PLAN = "plan"
"""Folder with a list of files for every shard, where a job was planned."""

_KINDS = ("masks", "overlays", "dicom")


def name_of(shard: Shard, suffix: str) -> str:
    """``shards/00003-of-00008.zip``, ``lesions/00003-of-00008.parquet``."""
    return f"{FOLDERS[suffix]}/{shard.name}{suffix}"


def pack(folder: Path, positions: Mapping[str, int], summary: Summary, shard: Shard, store: Store) -> None:
    """Put what a job has left in a folder into the store, as one zip and one table.

    Args:
        folder: of a finished job without tables.
        positions: of its files in the whole list, by their names.
        summary: of the job; it is put into the table.
        shard: which one it is.
        store: of the outputs.
    """
    from guidedseg.jobs import shard_table  # noqa: PLC0415 - Polars: a third of a second, for shards alone

    made = folder / f"shard{ZIP}"
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(path for kind in _KINDS for path in (folder / kind).rglob("*") if path.is_file()):
            archive.writestr(entry(path.relative_to(folder).as_posix()), path.read_bytes())
        with ProgressFile(folder) as done, archive.open(entry(NAME), "w", force_zip64=True) as file:
            for line in done.lines():
                position = positions[line["finished"] if "finished" in line else line["source"]]
                file.write(as_line({"position": position, **line}))
    store.put(made, name_of(shard, ZIP))
    made.unlink()
    table = folder / f"shard{TABLE}"
    shard_table.write(folder, summary, table)
    store.put(table, name_of(shard, TABLE))


def summary(store: Store, shard: Shard) -> Summary:
    """What was noted when the shard was packed."""
    from guidedseg.jobs import shard_table  # noqa: PLC0415 - likewise

    with store.local(name_of(shard, TABLE)) as path:
        return shard_table.summary(path)


def finished(store: Store, of: int) -> set[int]:
    """Numbers of the shards that are there.

    Raises:
        GuidedsegError: there are some of another cut, too.
    """
    found = []
    for suffix, folder in FOLDERS.items():
        names = store.names(folder)
        wanted = {f"{Shard(number, of).name}{suffix}": number for number in range(of)}
        if foreign := sorted(names - wanted.keys()):
            raise GuidedsegError(
                f"{store}/{folder} holds {foreign[0]}{' and others' if len(foreign) > 1 else ''}, which is of none of "
                f"the {of} shards that run.json tells of: it would count twice. Remove it."
            )
        found.append({number for name, number in wanted.items() if name in names})
    return found[0] & found[1]


class Merged:
    """The records of all shards in the order of the whole list; read as those of a ``ProgressFile`` are."""

    def __init__(self, archives: Sequence[Path], count: int) -> None:
        """Name the zips.

        Args:
            archives: of all shards.
            count: of files in the whole list.
        """
        self.archives = archives
        self.count = count

    def records(self) -> Iterator[Record]:
        """All frames, in order."""
        yield from (line for line in self.lines() if "finished" not in line)

    def finished(self) -> Iterator[Finished]:
        """All files, in order.

        Raises:
            GuidedsegError: a file is in no shard, or in two.
        """
        yield from (finished_of(line) for line in self.lines() if "finished" in line)

    def lines(self) -> Iterator[dict[str, Any]]:
        """As the single job would have written them.

        Raises:
            GuidedsegError: a file is in no shard, or in two; or a shard is damaged.
        """
        expected = 0
        with ExitStack() as opened:
            streams = [_lines(opened, path) for path in self.archives]
            for line in heapq.merge(*streams, key=lambda line: line["position"]):
                position = line.pop("position")
                if position != expected:
                    what = "twice" if position < expected else "missing"
                    raise GuidedsegError(
                        f"{self.archives[0].parent}: file {min(position, expected)} of the list is {what}: these "
                        "shards are not of one list. Segment into another folder."
                    )
                expected += "finished" in line
                yield line
        if expected != self.count:
            raise GuidedsegError(
                f"{self.archives[0].parent}: {expected} of {self.count} files are in the shards. Remove these, and "
                "segment again."
            )


def unpack(archive: Path, folder: Path) -> None:
    """Write the pictures of a shard as loose files.

    Raises:
        GuidedsegError: the zip is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            for each in opened.infolist():
                parts = PurePosixPath(each.filename).parts
                if parts[0] in _KINDS and ".." not in parts:
                    target = folder / each.filename
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(opened.read(each))
    except (zipfile.BadZipFile, EOFError) as error:
        raise _damaged(archive, error) from error


def _lines(opened: ExitStack, path: Path) -> Iterator[dict[str, Any]]:
    try:
        archive = opened.enter_context(zipfile.ZipFile(path))
        with archive.open(NAME) as file:
            yield from map(json.loads, file)
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(archive: Path, error: Exception) -> GuidedsegError:
    number, _, of = archive.stem.partition("-of-")
    return GuidedsegError(
        f"{archive} is damaged ({error}). Remove it, and segment its shard again: --shard {int(number)}/{int(of)}"
    )
