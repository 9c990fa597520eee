"""What an epoch has: equally many items whatever there are, so that budgets can be compared."""

import logging
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler

from guidedseg.errors import GuidedsegError

log = logging.getLogger(__name__)

Key = tuple[int, int, int]
"""epoch, position, and how often the epoch drew this position before."""


class EpochSampler(Sampler[Key]):
    """A seeded shuffle that depends on the epoch alone, of a given length and with a given share of empty items.

    Of each kind none is drawn twice before all were drawn once. Lightning calls ``set_epoch``.
    """

    def __init__(
        self, empty: npt.NDArray[np.bool_], seed: int, *, length: int | None = None, empty_share: float | None = None
    ) -> None:
        """Count what an epoch has.

        Args:
            empty: (K,), which items have no lesion.
            seed: of shuffles and draws.
            length: items of an epoch; None: K.
            empty_share: share of an epoch's items without a lesion, in [0, 1); None: as many as there are.

        Raises:
            GuidedsegError: a share of empty items is asked for, and no item has a lesion.
        """
        self.seed = seed
        self.epoch = 0
        self.groups = [np.flatnonzero(~empty), np.flatnonzero(empty)]
        with_lesion, without = map(len, self.groups)
        if empty_share is not None and not with_lesion:
            raise GuidedsegError(
                f"empty_share is {empty_share:g}, but no training item has a lesion: set it to null, or see the "
                "split.* keys"
            )
        if empty_share and not without:
            log.warning("empty_share is %g, but every training item has a lesion", empty_share)
        share = float(np.mean(empty)) if empty_share is None or not without else empty_share
        total = len(empty) if length is None else length
        self.counts = [total - round(share * total), round(share * total)]

    def set_epoch(self, epoch: int) -> None:
        """Choose the draws of the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        return sum(self.counts)

    def __iter__(self) -> Iterator[Key]:
        rng = np.random.default_rng([self.seed, self.epoch])
        keys: list[Key] = []
        for group, count in zip(self.groups, self.counts, strict=True):
            rounds, rest = divmod(count, max(1, len(group)))
            drawn = [*[group] * rounds, rng.choice(group, rest, replace=False) if rest else group[:0]]
            keys += [(self.epoch, int(place), repeat) for repeat, places in enumerate(drawn) for place in places]
        yield from (keys[number] for number in rng.permutation(len(keys)))
