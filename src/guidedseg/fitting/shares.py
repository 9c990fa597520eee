"""Which items of an epoch a rank has: its share of every training batch, and every so manyth validation batch."""

import math
from collections.abc import Iterator

from torch.utils.data import Sampler

from guidedseg.errors import GuidedsegError
from guidedseg.fitting.launching import Rank
from guidedseg.fitting.sampling import EpochSampler, Key

LEAST = 2
"""Items of a share: batch normalisation cannot train on one."""


class Shares(Sampler[list[Key]]):
    """The batches of an epoch, of which each rank has a share; together they are exactly those of one process.

    So the recipe and the number of steps do not depend on the ranks, but for a last batch that is too small for them.
    """

    def __init__(self, sampler: EpochSampler, batch: int, rank: Rank, *, incomplete: bool = True) -> None:
        """Count what an epoch has.

        Args:
            sampler: of one process.
            batch: items of a whole batch, of all ranks together.
            rank: whose share it is.
            incomplete: whether a smaller last batch is trained on where it has enough for every rank.

        Raises:
            GuidedsegError: there are too few items for so many ranks.
        """
        self.sampler = sampler
        self.batch = batch
        self.rank = rank
        self.total = len(sampler)
        left = self.total % batch
        if self.total > left and (left < LEAST * rank.size or not incomplete):
            self.total -= left
        if rank.size > 1 and self.total < LEAST * rank.size:
            raise GuidedsegError(
                f"{self.total} training items are too few for {rank.size} ranks: each needs {LEAST}. Lower devices."
            )

    def sizes(self, step: int) -> list[int]:
        """Items of each rank in a step (from 0)."""
        each, more = divmod(min(self.batch, self.total - step * self.batch), self.rank.size)
        return [each + (number < more) for number in range(self.rank.size)]

    def of_all(self, epoch: int, step: int) -> list[Key]:
        """What all ranks have in a step of an epoch, both from 0."""
        self.sampler.set_epoch(epoch)
        return list(self.sampler)[step * self.batch : (step + 1) * self.batch]

    def __len__(self) -> int:
        return math.ceil(self.total / self.batch)

    def __iter__(self) -> Iterator[list[Key]]:
        keys = list(self.sampler)
        for step in range(len(self)):
            sizes = self.sizes(step)
            start = step * self.batch + sum(sizes[: self.rank.number])
            yield keys[start : start + sizes[self.rank.number]]


class Turns(Sampler[list[int]]):
    """Whole batches in order, which the ranks take in turn, as many each.

    Where the last turn has no batch left for a rank it repeats one, which ``ranks.everyones`` leaves out. Whole ones,
    because a batch's loss is none of its items' losses.
    """

    def __init__(self, items: int, batch: int, rank: Rank) -> None:
        """Count them.

        Args:
            items: how many there are.
            batch: items of each batch but the last.
            rank: whose turns these are.
        """
        self.items = items
        self.batch = batch
        self.rank = rank
        self.batches = math.ceil(items / batch)

    def __len__(self) -> int:
        return math.ceil(self.batches / self.rank.size)

    def __iter__(self) -> Iterator[list[int]]:
        for turn in range(len(self)):
            start = (turn * self.rank.size + self.rank.number) % self.batches * self.batch
            yield list(range(start, min(start + self.batch, self.items)))
