"""``guidedseg segment`` in shards: which ones, where, and what came of them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from guidedseg.bundles.loading import Bundle
from guidedseg.cluster.cutting import Shard, count_for
from guidedseg.cluster.store import Store
from guidedseg.cluster.tasks import Place
from guidedseg.errors import GuidedsegError, listed
from guidedseg.jobs import archive, sharded
from guidedseg.jobs.collecting import collect
from guidedseg.jobs.folder import RUN, facts
from guidedseg.jobs.run import Summary
from guidedseg.jobs.settings import Settings
from guidedseg.lookahead import cores
from guidedseg.sources.listing import Listed
from guidedseg.sources.source import shown

HERE = Place()


@dataclass(frozen=True)
class Many:
    """How a job is cut into shards.

    Attributes:
        shard: the only one to segment; None: all.
        shards: how many there are; None: as many as the number of files asks for.
        plan: whether to write what each shard has, and segment none.
        place: where they are segmented.
    """

    shard: Shard | None = None
    shards: int | None = None
    plan: bool = False
    place: Place = HERE

    @property
    def asked(self) -> bool:
        """Whether the job is to be cut, however few its files are."""
        return self != Many()

    def threads(self, given: int | None) -> int:
        """Pictures at a time in each process.

        Args:
            given: on the command line.
        """
        return given or (1 if self.place.ray else max(1, cores() // self.place.processes))


def options(
    shard: str | None,
    shards: int | None,
    *,
    plan: bool = False,
    processes: int = 1,
    ray: str | None = None,
    cpus: int = 1,
    gpus: float = 0,
) -> Many:
    """Those of the command line.

    Raises:
        GuidedsegError: they contradict each other, or ``shard`` is none.
    """
    one = None if shard is None else Shard.parse(shard)
    if one and shards not in (None, one.of):
        raise GuidedsegError(f"--shard {shard} says how many shards there are; --shards {shards} says another number.")
    if (one or plan) and (ray or processes > 1 or (one and plan)):
        alone = "--plan" if plan else f"--shard {shard}"
        raise GuidedsegError(f"{alone} goes without --ray, --processes{' and --shard' if plan else ''}.")
    return Many(one, shards, plan, Place(processes, ray, cpus, gpus) if ray else Place(processes))


def begin(
    loaded: Bundle, asked: Settings, files: Sequence[Listed] | None, store: Store, many: Many
) -> dict[str, Any] | None:
    """What ``run.json`` says of the job, which is written or is there already.

    Args:
        loaded: what segments.
        asked: of the job.
        files: all of them; None: those of a plan.
        store: of the outputs.
        many: how it is cut.

    Returns:
        None where the job has been collected: it is like any other by now.

    Raises:
        GuidedsegError: the store has other files, or is of another job; or there is no plan.
    """
    if files is not None:
        of = many.shard.of if many.shard else many.shards or count_for(len(files))
        told = sharded.told_of(loaded, asked, files, of)
    else:
        assert many.shard is not None  # noqa: S101 - the caller's
        try:
            before = json.loads(store.read(RUN))
            told = {**facts(loaded, asked), "files": before["files"], "shards": many.shard.of}
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            raise sharded.no_plan(store, many.shard) from None
    return None if sharded.begin(store, told) else told


def segment(
    make: sharded.Segmenting, files: Sequence[Listed] | None, told: dict[str, Any], many: Many
) -> tuple[Summary, list[str]]:
    """Segment one shard or all of them, and bring these together.

    Args:
        make: makes the function.
        files: all of them; None: those of a plan.
        told: of ``begin``.
        many: how it is cut, and where the shards are segmented.

    Returns:
        What they did, and a line for each that failed.

    Raises:
        GuidedsegError: there is no plan.
    """
    store, of = make.store, int(told["shards"])
    wanted = [many.shard.number] if many.shard else list(range(of))
    there = archive.finished(store, of)
    waiting = [number for number in wanted if number not in there]
    failed = sharded.segment(make, _parts(store, files, of, waiting), many.place, shards=len(waiting))
    there = archive.finished(store, of)
    if many.shard is None and len(there) == of:
        return collect(store), failed
    summary = Summary()
    for number in set(wanted) & there:
        summary.add(archive.summary(store, Shard(number, of)))
    print(f"{len(there)} of {of} shards are there. Once all are: guidedseg collect {shown(store)}")
    return summary, failed


def plan(files: Sequence[Listed], told: dict[str, Any], store: Store) -> None:
    """Write what each shard has, and tell how it goes on."""
    of = int(told["shards"])
    sharded.plan(store, files, of)
    print(
        f"{len(files)} files in {of} shards. The same words without the files and with --shard 0/{of} to "
        f"--shard {of - 1}/{of} segment them, anywhere; then: guidedseg collect {shown(store)}"
    )


def failure(failed: Sequence[str], told: dict[str, Any]) -> GuidedsegError:
    """What to raise where shards failed."""
    return listed(f"{len(failed)} of {told['shards']} shards failed", failed, "Mend that; the same call goes on.")


def _parts(store: Store, files: Sequence[Listed] | None, of: int, numbers: Sequence[int]) -> Iterator[sharded.Part]:
    if files is None:
        yield from (sharded.planned(store, Shard(number, of)) for number in numbers)
    else:
        yield from sharded.parts(files, of, numbers)
