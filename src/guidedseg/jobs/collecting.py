"""The shards of a job, brought together: whether all are there, and what is about all of their files."""

import json
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from guidedseg.cluster.cutting import Shard
from guidedseg.cluster.store import PARTIAL, Store
from guidedseg.errors import GuidedsegError, listed
from guidedseg.jobs import archive, tables
from guidedseg.jobs.folder import RUN
from guidedseg.jobs.progress_file import NAME, as_line
from guidedseg.jobs.run import Summary
from guidedseg.jobs.settings import Settings
from guidedseg.json_files import as_json
from guidedseg.progress import bar
from guidedseg.temporary import Temporary
from guidedseg.writing import whole_file


def collect(store: Store, *, unpacked: bool | None = None) -> Summary:
    """Write the tables of a job whose shards are all there; of few files all that one job would have written.

    Args:
        store: of the outputs.
        unpacked: whether pictures become loose files, and the shards go; None: where there are no more than ``MANY``
            files and the store is a folder of this machine.

    Returns:
        What all shards did.

    Raises:
        GuidedsegError: this is no job in shards; a shard is missing, damaged, or of another cut.
    """
    run, of, count, settings = _read(store)
    _check_all_there(store, of)
    for name in archive.FOLDERS.values():
        store.sweep(name)
    shards = [Shard(number, of) for number in range(of)]
    summary = Summary()
    for shard in shards:
        summary.add(archive.summary(store, shard))
    folder = store.folder
    if unpacked is None:
        unpacked = folder is not None and count <= archive.MANY
    if unpacked and folder is None:
        raise GuidedsegError(f"{store}: loose files are written to a folder of this machine only. Copy it here first.")
    with ExitStack() as stack:
        archives = [stack.enter_context(store.local(archive.name_of(shard, archive.ZIP))) for shard in shards]
        merged = archive.Merged(archives, count)
        target = folder or Path(stack.enter_context(Temporary()))
        tables.write(merged, target, settings)
        if unpacked:
            _unpack(archives, merged, target)
        elif folder is None:
            for path in sorted(target.iterdir()):
                store.put(path, path.name)
    if unpacked and folder is not None:
        # a job like any other from here on; first, or a kill would leave one in shards that has none
        store.write(as_json({key: value for key, value in run.items() if key not in archive.OF_SHARDS}).encode(), RUN)
        remove_shards(folder)
    return summary


def _read(store: Store) -> tuple[dict[str, Any], int, int, Settings]:
    """What ``run.json`` says, how many shards and files there are, and how they were segmented."""
    try:
        run = json.loads(store.read(RUN))
        asked = run["settings"]
        settings = Settings(asked["branch"], tuple(asked["outputs"]), asked["every"], asked["tracking"])
        return run, run["shards"], run["files"]["count"], settings
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        raise GuidedsegError(
            f"{store} is not the folder of a job in shards: {RUN} is missing or damaged, or it has been collected."
        ) from None


def _check_all_there(store: Store, of: int) -> None:
    there = archive.finished(store, of)
    if missing := [f"--shard {number}/{of}" for number in range(of) if number not in there]:
        remedy = "Segment these with the same call as the others, and collect again."
        raise listed(f"{store} lacks shards", missing, remedy)


def _unpack(archives: Sequence[Path], merged: archive.Merged, folder: Path) -> None:
    """What a job without shards would have left."""
    for path in bar("shards", archives, unit="shard"):
        archive.unpack(path, folder)
    with whole_file(folder / NAME) as path, path.open("wb") as file:
        for line in merged.lines():
            file.write(as_line(line))


def remove_shards(folder: Path) -> None:
    """All at once: what is left of a cut must not be taken for a part of one."""
    for name in (*archive.FOLDERS.values(), archive.PLAN):
        gone = folder / f"{PARTIAL}{name}"
        shutil.rmtree(gone, ignore_errors=True)
        if (folder / name).is_dir():
            (folder / name).replace(gone)
            shutil.rmtree(gone)
