"""``preparing`` of many images: in shards, in processes beside each other, with the bytes of one go."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import pandas as pd

from guidedseg import progress
from guidedseg.cluster.cutting import Shard, count_for, cut
from guidedseg.cluster.tasks import Done, Once, Place, each
from guidedseg.datasets import harmonised, preparing
from guidedseg.datasets.unfinished import Unfinished, begin
from guidedseg.datasets.union import Surveyed
from guidedseg.errors import GuidedsegError
from guidedseg.harmonising.picture import Harmonising
from guidedseg.lookahead import cores

if sys.platform != "win32":
    import fcntl

_EACH = 4
"""Shards of a core, at least: the bar moves, and no core waits long for the last one."""

FEW_CORES = 4
"""Up to which the threads of one process do better: they keep two cores 1.96 busy, and processes have to start."""

Problem = GuidedsegError | OSError | None


@dataclass(frozen=True)
class Preparing:
    """Makes the function that prepares a shard; sent to other processes as it is.

    Attributes:
        survey: of ``union.survey``, once in each process.
        how: as for ``harmonised.records``.
        place: the folder where it is kept what is done.
        of: how many shards there are.
        threads: of a process.
    """

    survey: Once[Surveyed]
    how: Harmonising
    place: Path
    of: int
    threads: int

    def __call__(self) -> Callable[[Shard], Problem]:
        """Survey the dataset."""
        if multiprocessing.parent_process() is not None:
            os.environ["OMP_NUM_THREADS"] = str(self.threads)
            cv2.setNumThreads(self.threads)
        survey = self.survey()
        image_ids = survey.image_ids
        positions = cut(image_ids, self.of)
        return lambda shard: self._prepare(survey, {image_ids[place] for place in positions[shard.number]}, shard)

    def _prepare(self, survey: Surveyed, wanted: set[str], shard: Shard) -> Problem:
        """What ends the stage comes back as it is, and not as a line about it."""
        folder = self.place / shard.name
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with _alone(folder), Unfinished(folder, self.place) as work:
                records = survey.read(wanted.difference(work.image_ids))
                preparing.fill(work, harmonised.records(records, self.how))
        except (GuidedsegError, OSError) as error:
            return error
        return None


def prepare(
    survey: Once[Surveyed], how: Harmonising, place: Path, target: Path, *, duplicate_threshold: float
) -> pd.DataFrame:
    """``preparing.write`` of all images of a survey; of many, in shards.

    Args:
        survey: of ``union.survey``.
        how: as for ``harmonised.records``.
        place: the folder where it is kept what is done, for a run that is killed; goes.
        target: as for ``preparing.write``.
        duplicate_threshold: likewise.

    Returns:
        The index.

    Raises:
        GuidedsegError: for a file that cannot be read, or a process that dies again and again.
    """
    image_ids = survey().image_ids
    of = _begun(place) or _enough(len(image_ids))
    if not of:
        work = Unfinished(place)
        records = harmonised.records(survey().read(set(image_ids).difference(work.image_ids)), how)
    else:
        shards = [Shard(number, of) for number in range(of)]
        fill(survey, how, place, shards)
        work, records = Unfinished.together(place, [place / shard.name for shard in shards]), iter(())
        if work.image_ids != sorted(image_ids):
            raise GuidedsegError(f"{place} was changed from outside. Repeat: what is missing is made again.")
    return preparing.write(records, target, duplicate_threshold=duplicate_threshold, unfinished=work)


def fill(survey: Once[Surveyed], how: Harmonising, place: Path, shards: Sequence[Shard]) -> None:
    """Do what is not done yet of some shards, which have one number ``of``.

    Raises:
        GuidedsegError: as ``prepare`` tells; or the folder has shards of another number.
    """
    (of,) = {shard.of for shard in shards}
    if (begun := _begun(place)) not in (0, of):
        raise GuidedsegError(f"{place} has {begun} shards already: give --shard I/{begun}, or remove that folder.")
    begin(place)
    image_ids = survey().image_ids
    sizes = [len(positions) for positions in cut(image_ids, of)]
    processes = min(cores(), len(shards))
    make = Preparing(survey, how, place, of, max(1, cores() // processes))
    with progress.bar("images", unit="image", total=sum(sizes[shard.number] for shard in shards)) as bar:
        done: Done[Shard, Problem]
        for done in each(make, shards, Place(processes)):
            if done.problem is not None:
                raise GuidedsegError(f"shard {done.item.number} of {of}: {done.problem}")
            if done.value is not None:
                raise done.value
            bar.update(sizes[done.item.number])


def _enough(images: int) -> int:
    """How many shards are made of so many images; 0: none, as these or the cores are few."""
    least, step = count_for(images), _EACH * cores()
    return -(-least // step) * step if least > 1 and cores() > FEW_CORES else 0


def _begun(place: Path) -> int:
    """Of how many shards there are some, by a run that was killed or by hand; 0: there is none.

    Raises:
        GuidedsegError: some are of one number, and some of another.
    """
    begun = {int(folder.name.rpartition("-")[2]) for folder in place.glob("*-of-*")}
    if len(begun) > 1:
        raise GuidedsegError(f"{place} has shards of {' and of '.join(map(str, sorted(begun)))}: remove that folder.")
    return max(begun, default=0)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for another process that is doing the same shard, started by hand, say; it may leave nothing to do."""
    with (folder / "lock").open("wb") as lock:
        if sys.platform != "win32":
            with suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
