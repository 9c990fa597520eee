"""A job in shards: each is segmented by itself, anywhere, and leaves one archive and one table."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from guidedseg import progress
from guidedseg.bundles import loading, zipped
from guidedseg.cluster import cutting
from guidedseg.cluster.cutting import Shard
from guidedseg.cluster.store import Store
from guidedseg.cluster.tasks import Done, Once, Place, each
from guidedseg.errors import GuidedsegError
from guidedseg.inference.engines.opening import Kind
from guidedseg.jobs import archive
from guidedseg.jobs.folder import RUN, check_same, facts
from guidedseg.jobs.progress_file import NAME as PROGRESS
from guidedseg.jobs.run import Summary, run
from guidedseg.jobs.settings import Settings
from guidedseg.json_files import as_json
from guidedseg.sources.listing import Listed
from guidedseg.temporary import Temporary


@dataclass(frozen=True)
class Part:
    """A shard and its files, with their positions in the whole list."""

    shard: Shard
    files: tuple[Listed, ...] = field(repr=False)
    positions: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True)
class Segmenting:
    """Makes the function that segments a shard; sent to other processes and machines as it is.

    Attributes:
        bundle: what segments, with one thread a picture.
        threads: pictures at a time, in every process.
        settings: of the job.
        expected: what ``run.json`` says: another version of the engine would give other masks.
        store: of the outputs.
    """

    bundle: Once[loading.Bundle] = field(repr=False)
    threads: int
    settings: Settings
    expected: dict[str, Any] = field(repr=False)
    store: Store

    def __call__(self) -> Callable[[Part], Summary]:
        """Load the bundle.

        Raises:
            GuidedsegError: it or its engine is another one here.
        """
        os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
        bundle = self.bundle()
        here = facts(bundle, self.settings)
        if changed := [key for key in here if here[key] != self.expected[key]]:
            told = ", ".join(f"{key} {here[key]} and not {self.expected[key]}" for key in changed)
            raise GuidedsegError(f"this machine has {told}: install the same on every machine")
        return lambda part: self._segment(bundle, part)

    def _segment(self, bundle: loading.Bundle, part: Part) -> Summary:
        with Temporary() as place:
            folder = Path(place)
            summary = run(part.files, bundle, folder, self.settings, self.threads, with_tables=False)
            positions = {listed.name: position for listed, position in zip(part.files, part.positions, strict=True)}
            archive.pack(folder, positions, summary, part.shard, self.store)
        return summary


def told_of(bundle: loading.Bundle, settings: Settings, files: Sequence[Listed], of: int) -> dict[str, Any]:
    """What ``run.json`` says of a job in shards: what segments, how, and which files."""
    names = hashlib.sha256()
    for listed in files:
        names.update(f"{listed.name}\0".encode())
    return {**facts(bundle, settings), "files": {"count": len(files), "sha256": names.hexdigest()}, "shards": of}


def begin(store: Store, told: dict[str, Any]) -> bool:
    """Write ``run.json``, or see that it says the same already.

    Returns:
        Whether the job has been collected, and is one without shards by now.

    Raises:
        GuidedsegError: the store has other files, or is of another job.
    """
    try:
        before = json.loads(store.read(RUN))
    except FileNotFoundError:
        if names := store.names():
            raise GuidedsegError(f"{store} is not empty ({min(names)}): choose another folder.") from None
        store.write(as_json(told).encode(), RUN)
        return False
    except ValueError:
        raise GuidedsegError(f"{store}/{RUN} is damaged: choose another folder.") from None
    whole = {key: value for key, value in told.items() if key not in archive.OF_SHARDS}
    if before == whole and PROGRESS in store.names():
        return True
    check_same(told, before, store)
    return False


def parts(files: Sequence[Listed], of: int, wanted: Sequence[int]) -> Iterator[Part]:
    """The shards with these numbers, one by one."""
    places = cutting.cut([listed.name for listed in files], of)
    for number in wanted:
        positions = tuple(map(int, places[number]))
        yield Part(Shard(number, of), tuple(files[position] for position in positions), positions)


def segment(make: Segmenting, waiting: Iterable[Part], place: Place, *, shards: int) -> list[str]:
    """Segment shards.

    Args:
        make: the function.
        waiting: the shards, taken as they are needed.
        place: where.
        shards: how many they are.

    Returns:
        A line for every shard that failed.
    """
    failed = []
    with progress.bar("shards", unit="shard", total=shards) as bar:
        done: Done[Part, Summary]
        for done in each(make, waiting, place):
            if done.problem is not None:
                failed.append(f"{done.item.shard.number}/{done.item.shard.of}: {done.problem}")
            bar.update()
    return failed


def plan(store: Store, files: Sequence[Listed], of: int) -> None:
    """Write which files each shard has, so that whoever segments one need not list them all."""
    for part in progress.bar("shards", parts(files, of, range(of)), unit="shard", total=of):
        lines = zip(part.positions, map(astuple, part.files), strict=True)
        content = "".join(f"{json.dumps([position, *file])}\n" for position, file in lines)
        store.write(content.encode(), f"{archive.PLAN}/{part.shard.name}.jsonl")


def no_plan(store: Store, shard: Shard) -> GuidedsegError:
    """What to raise where there is none."""
    return GuidedsegError(
        f"{store} has no plan of shard {shard.number} of {shard.of}: give files, folders or patterns, or first the "
        f"same words with these, --shards {shard.of} and --plan."
    )


def planned(store: Store, shard: Shard) -> Part:
    """What ``plan`` wrote of a shard.

    Raises:
        GuidedsegError: it wrote nothing, or of another number of shards.
    """
    try:
        lines = store.read(f"{archive.PLAN}/{shard.name}.jsonl").decode().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        raise no_plan(store, shard) from None
    rows = [json.loads(line) for line in lines]
    return Part(shard, tuple(Listed(*row[1:]) for row in rows), tuple(row[0] for row in rows))


def opened(content: bytes, engine: Kind, confidence: float | None, threshold: float | None) -> loading.Bundle:
    """``loading.load`` of a bundle's zip, with one thread a picture, anywhere."""
    with Temporary() as place:
        path = Path(place) / "bundle.zip"
        path.write_bytes(content)
        return loading.load(path, engine=engine, threads=1, confidence=confidence, threshold=threshold)


def zipped_bundle(path: Path) -> bytes:
    """A bundle, given as a folder or as a zip, as the bytes of a zip."""
    if path.is_file():
        return path.read_bytes()
    with Temporary() as place:
        zipped.pack(path, Path(place) / "bundle.zip")
        return (Path(place) / "bundle.zip").read_bytes()
