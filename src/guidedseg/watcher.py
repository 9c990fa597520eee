"""A process beside a stage that tells when the kernel killed the stage for memory: the stage itself no longer can."""

import os
import re
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVENTS = Path("/proc/vmstat")
"""Where Linux counts the processes that it killed for memory, those of a container's limit too."""

_TEXT = (
    "ERROR: the kernel killed this stage: memory ran out. Give it more, or lower `batch`, `image_size` and `workers` "
    "of the profile in params.yaml; fewer runs beside each other take less, too. Repeat the command: a training goes "
    "on from its last epoch."
)


@contextmanager
def watched() -> Iterator[None]:
    """Have the block watched. Nothing is told where no process can be forked or the kernel does not count."""
    before = _killed()
    if before is None:
        yield
        return
    ended, ends = os.pipe()
    stage = os.getpid()
    if os.fork() == 0:
        os.close(ends)
        _watch(stage, ended, before)
    os.close(ended)
    try:
        yield
    finally:
        os.write(ends, b".")  # however it ended, it could tell of that itself
        os.close(ends)


def _watch(stage: int, ended: int, before: int) -> None:
    """In the process beside it; never returns."""
    try:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(each, signal.SIG_IGN)  # they are the stage's, whose end ends this
        while os.getppid() == stage and not select.select([ended], [], [], 1)[0]:
            pass
        told = select.select([ended], [], [], 0)[0] and os.read(ended, 1)
        if not told and (_killed() or 0) > before:
            print(_TEXT, file=sys.stderr, flush=True)
    finally:
        os._exit(0)  # nothing of the stage's own is to be done twice at the end


def _killed() -> int | None:
    """How many processes the kernel has killed for memory; None where it does not tell."""
    try:
        found = re.search(r"^oom_kill (\d+)$", EVENTS.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found and hasattr(os, "fork") else None
