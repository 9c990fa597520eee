"""A list is cut into shards by a hash of each item's name: the same everywhere, whatever else is in the list."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from guidedseg.errors import GuidedsegError

LENGTH = 2000
"""Items of a shard where nobody says how many shards there should be: a minute or two of segmenting on two cores."""


@dataclass(frozen=True, order=True)
class Shard:
    """One of several parts, from 0.

    Attributes:
        number: which one.
        of: how many there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """``3/8``: of eight shards, from 0, that with the number 3.

        Raises:
            GuidedsegError: it is no such thing.
        """
        number, slash, of = text.partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and 0 <= int(number) < int(of)):
            raise GuidedsegError(f"--shard {text}: I/N is needed, I from 0 to N - 1: 0/8, 1/8, ... 7/8.")
        return cls(int(number), int(of))

    @property
    def name(self) -> str:
        """``00003-of-00008``."""
        return f"{self.number:05d}-of-{self.of:05d}"


def count_for(items: int) -> int:
    """Shards of about ``LENGTH`` items."""
    return max(1, -(-items // LENGTH))


def cut(names: Sequence[str], of: int) -> list[npt.NDArray[np.int64]]:
    """The positions of every shard's items, rising; some shards may have none.

    Args:
        names: of the items; equal names fall into the same shard.
        of: how many shards.
    """
    numbers = np.fromiter((_hash(name) % of for name in names), dtype=np.int64, count=len(names))
    order = np.argsort(numbers, kind="stable")
    ends = np.searchsorted(numbers[order], np.arange(1, of))
    return list(np.split(order, ends))


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode(errors="surrogateescape")).digest()[:8], "big")
