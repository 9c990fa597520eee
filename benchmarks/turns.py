"""Several ways to do the same, each in a process of its own, that take turns: what disturbs one disturbs all."""

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

Make = Callable[..., Callable[[], Any]]
"""Makes ready what is measured, and returns it."""

_ready: Callable[[], Any]


class Turn(NamedTuple):
    """One turn: seconds on the clock, processor seconds of all threads, the most memory so far (bytes)."""

    wall: float
    cpu: float
    memory: int


class Turns(list[Turn]):
    """All turns of a contestant."""

    @property
    def wall(self) -> float:
        """Median of the seconds on the clock."""
        return float(np.median([turn.wall for turn in self]))

    @property
    def cpu(self) -> float:
        """Median of the processor seconds."""
        return float(np.median([turn.cpu for turn in self]))

    def spread(self) -> str:
        """The quickest and the slowest turn as shares of the median."""
        walls = np.array([turn.wall for turn in self]) / self.wall
        return f"{walls.min():.2f} to {walls.max():.2f}"


def alternating(contestants: Mapping[str, tuple[Any, ...]], *, cores: int, turns: int) -> dict[str, Turns]:
    """Let contestants take turns: A B C A B C ...; each has one turn before that does not count.

    Args:
        contestants: name -> a ``Make`` and its arguments; they are sent to another process.
        cores: that each may use.
        turns: of each.
    """
    spawn = multiprocessing.get_context("spawn")
    pools = {
        name: spawn.Pool(1, _prepare, (cores, make, arguments)) for name, (make, *arguments) in contestants.items()
    }
    found: dict[str, Turns] = {name: Turns() for name in contestants}
    try:
        for pool in pools.values():
            pool.apply(_turn)
        for _ in range(turns):
            for name, pool in pools.items():
                found[name].append(pool.apply(_turn))
    finally:
        for pool in pools.values():
            pool.terminate()
            pool.join()
    return found


def _prepare(cores: int, make: Make, arguments: list[Any]) -> None:
    global _ready  # noqa: PLW0603 - what this process is there for
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    _ready = make(*arguments)


def _turn() -> Turn:
    start, before = time.perf_counter(), time.process_time()
    _ready()
    wall, cpu = time.perf_counter() - start, time.process_time() - before
    return Turn(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
