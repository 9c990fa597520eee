"""What ranks tell one another while they train: outputs for the loss, what was validated, statistics.

Of one process alone every function here gives back what it is given.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
from lightning.fabric.plugins.environments import LightningEnvironment
from lightning.fabric.utilities import move_data_to_device
from torch import distributed
from torch.distributed import HashStore  # type: ignore[attr-defined]

from guidedseg.errors import GuidedsegError, LostRankError
from guidedseg.fitting.launching import RESUMES, WATCHED, Rank

T = TypeVar("T")

TIMEOUT = timedelta(minutes=10)
"""After which a rank gives another up that is silent. One that was killed is noticed at once, or by what started it."""


class Environment(LightningEnvironment):
    """Tells Lightning that the ranks are there already."""

    def __init__(self, rank: Rank, devices: int) -> None:
        super().__init__()
        self.rank = rank
        self.devices = devices

    @property
    def creates_processes_externally(self) -> bool:
        """Always."""
        return True

    def local_rank(self) -> int:
        """Of its machine."""
        return self.rank.local

    def node_rank(self) -> int:
        """Of its machine among the machines."""
        return (self.rank.number - self.rank.local) // self.devices

    def teardown(self) -> None:
        """Leave the variables as they are: what started the ranks has set them."""


@contextmanager
def together(rank: Rank) -> Iterator[None]:
    """The ranks of a training, once all are here.

    Raises:
        LostRankError: another has ended or is silent.
    """
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(rank.local)
    alone: dict[str, Any] = {"store": HashStore()} if rank.size == 1 else {}
    try:
        distributed.init_process_group(
            "nccl" if gpu else "gloo", rank=rank.number, world_size=rank.size, timeout=TIMEOUT, **alone
        )
        yield
    except RuntimeError as error:
        # NCCL and the store raise errors of their own, gloo a plain one with the name of its file
        if isinstance(error, distributed.DistError) or "gloo" in str(error):
            text = f"rank {rank.number} of {rank.size} has lost another one. {RESUMES}"
            raise LostRankError(text, told=WATCHED in os.environ) from error
        raise
    else:
        distributed.destroy_process_group()  # not after an error: NCCL might wait for a rank that is gone
    finally:
        if distributed.is_initialized() and not gpu:
            distributed.destroy_process_group()


def size() -> int:
    """How many train together."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def number() -> int:
    """Of this rank, from 0."""
    return distributed.get_rank() if distributed.is_available() and distributed.is_initialized() else 0


def agree(what: str, here: str) -> None:
    """Check that all ranks have the same text.

    Raises:
        GuidedsegError: they differ.
    """
    texts = [text for (text,) in _gathered([here])]
    if len(set(texts)) > 1:
        raise GuidedsegError(
            f"rank {number()} has {'the' if here == texts[0] else 'another'} {what} of rank 0, and not all have the "
            "same: the machines need one folder of the project that all see, and the same packages"
        )


def of_first(value: T) -> T:
    """What rank 0 has."""
    return _gathered([value])[0][0]


def of_each(value: T) -> list[T]:
    """What each rank has, by rank."""
    return [each for (each,) in _gathered([value])]


def everyones(batches: list[T], count: int) -> list[T]:
    """What was made of each batch, in the order of the batches, where ranks take them in turn (``shares.Turns``).

    Args:
        batches: what this rank has made, batch by batch; tensors in it are on the device where the result is to be.
        count: batches in all; beyond them ranks have repeated some.
    """
    if size() == 1:
        return batches
    parts = _gathered(move_data_to_device(batches, torch.device("cpu")))
    in_turn = [each for turn in zip(*parts, strict=True) for each in turn]
    return cast("list[T]", move_data_to_device(in_turn[:count], _device()))


def whole(share: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
    """The outputs of a whole batch from the shares that the ranks have of it.

    A loss of them is that of the whole batch, whatever it is made of: sums over the batch, counts, no mean of items.
    It is the same number on every rank, and its gradient reaches this rank's share alone, times the number of ranks:
    DDP's mean over the ranks is then the gradient of the whole batch.

    Args:
        share: (n, ...) of this rank.
        sizes: n of each rank.

    Returns:
        (N, ...), rank after rank.
    """
    if len(sizes) == 1:
        return share
    return cast(torch.Tensor, _Whole.apply(share, sizes))  # type: ignore[no-untyped-call]


def mean_(tensors: Iterable[torch.Tensor]) -> None:
    """Replace floating-point tensors by their means over the ranks."""
    if size() == 1:
        return
    for tensor in tensors:
        if tensor.is_floating_point():
            distributed.all_reduce(tensor)
            tensor.div_(size())


class _Whole(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, share: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:  # noqa: ANN401 - torch's context
        padded = share.new_zeros((max(sizes), *share.shape[1:]))  # only equal shapes can be gathered
        padded[: len(share)] = share
        parts = [torch.empty_like(padded) for _ in sizes]
        distributed.all_gather(parts, padded)
        ctx.start, ctx.ranks, ctx.own = sum(sizes[: number()]), len(sizes), len(share)
        return torch.cat([part[:count] for part, count in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:  # noqa: ANN401
        (gradient,) = gradients
        return gradient[ctx.start : ctx.start + ctx.own] * ctx.ranks, None


def _gathered(value: list[T]) -> list[list[T]]:
    """A list of each rank."""
    if size() == 1:
        return [value]
    parts: list[list[T]] = [[] for _ in range(size())]
    distributed.all_gather_object(parts, value)
    return parts


def _device() -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
