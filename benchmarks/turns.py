"""Several ways to do the same, each in a process of its own, that take turns: what disturbs one disturbs all."""

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

DISTURBED = 0.05
"""Share of the cores that other programs may have in a turn."""

PATIENCE = 600.0
"""Seconds after which a turn counts however much disturbed it was."""


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

    A turn is taken again where other programs had more than ``DISTURBED`` of the machine (Linux tells), for
    ``PATIENCE``.

    Args:
        contestants: name -> ``module:function`` and its arguments, which makes ready what is measured and returns it.
            It runs in a process that has imported nothing else. Arguments are paths and what JSON has.
        cores: that each may use.
        turns: of each.
    """
    found: dict[str, Turns] = {name: Turns() for name in contestants}
    waiting = 0.0
    with ExitStack() as stack:
        processes = {name: stack.enter_context(_Process(cores, *arguments)) for name, arguments in contestants.items()}
        for turn in range(turns + 1):
            for name, process in processes.items():
                taken, others = process.turn()
                while turn and others > DISTURBED and waiting < PATIENCE:
                    waiting += 1 + taken.wall
                    time.sleep(1)
                    taken, others = process.turn()
                if turn:
                    found[name].append(taken)
    if waiting >= PATIENCE:
        print("\nOther programs took part of the machine: these figures are too high.")
    return found


class _Process:
    """Another process, which waits between its turns."""

    def __init__(self, cores: int, *what: Any) -> None:  # noqa: ANN401 - sent as JSON
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.turns"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        asked = json.dumps([cores, *what], default=_path_as_json)
        self._process.stdin.write(asked.encode() + b"\n")  # type: ignore[union-attr]

    def __enter__(self) -> "_Process":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # its end of input is its end

    def turn(self) -> tuple[Turn, float]:
        """Let it take one; and the share of the machine that other programs had meanwhile."""
        before = _busy()
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise RuntimeError("a process without pipes")
        asked.write(b"\n")
        asked.flush()
        answer = answers.readline()
        if not answer:
            raise RuntimeError("a contestant has failed, see above")
        taken = Turn(*json.loads(answer))
        return taken, (_busy() - before - taken.cpu) / taken.wall / (os.cpu_count() or 1)


def _path_as_json(path: Path) -> dict[str, str]:
    return {"path": os.fspath(path)}


def _path_from_json(value: dict[str, str]) -> Path:
    return Path(value["path"])


def _busy() -> float:
    """Processor seconds that all programs of this machine have used; 0 where it does not tell."""
    path = Path("/proc/stat")
    if not path.is_file():
        return 0.0
    user, nice, system, *_ = path.read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _memory() -> int:
    """Bytes, the most so far; ``getrusage`` would count what the parent had when it started this process."""
    path = Path("/proc/self/status")
    if not path.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    (line,) = (line for line in path.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _wait_for_turns() -> None:
    """What the other process does."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints
    cores, where, *arguments = json.loads(sys.stdin.buffer.readline(), object_hook=_path_from_json)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    module, function = where.split(":")
    ready = getattr(importlib.import_module(module), function)(*arguments)
    while sys.stdin.buffer.readline():
        start, before = time.perf_counter(), time.process_time()
        ready()
        wall, cpu = time.perf_counter() - start, time.process_time() - before
        print(json.dumps([wall, cpu, _memory()]), file=answers, flush=True)


if __name__ == "__main__":
    _wait_for_turns()
