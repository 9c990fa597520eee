"""What keeps the process of a run in its place: it ends with those that it works for, and works alone."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil
from zc.lockfile import LockError, LockFile

from guidedseg.errors import GuidedsegError

PAUSE = 0.5  # seconds


def end_with(pids: Sequence[int]) -> None:
    """End this process and all that it has started once one of the others has ended, or when asked to terminate.

    However they ended: after ``kill -9`` nobody else would tell the stages of the run, which may be at it for hours.
    """

    def terminate(_number: int, _frame: FrameType | None) -> None:
        _end()

    signal.signal(signal.SIGTERM, terminate)
    try:
        others = [psutil.Process(pid) for pid in pids]
    except psutil.NoSuchProcess:
        _end()
    threading.Thread(target=_watch, args=(others,), daemon=True).start()


def _watch(others: Sequence[psutil.Process]) -> None:
    while all(other.is_running() and other.status() != psutil.STATUS_ZOMBIE for other in others):
        time.sleep(PAUSE)
    _end()


def _end() -> None:
    """All are halted before any is killed, or DVC would tidy up after the failure of a stage.

    Our own child goes last: this process waits for it, and would end before the others were killed.
    """
    started = psutil.Process().children(recursive=True)
    for process in started:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    for process in reversed(started):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(started, timeout=10)
    os._exit(1)


@contextmanager
def alone(file: Path, patience: float) -> Iterator[None]:
    """Hold a lock, which the system takes away from a process that has ended.

    Args:
        file: is made, and stays.
        patience: seconds to wait for it.

    Raises:
        GuidedsegError: another process holds it.
    """
    until = time.monotonic() + patience
    with ExitStack() as stack:
        while not _taken(file, stack):
            if time.monotonic() > until:
                raise GuidedsegError(f"{file.stem} is being run by another process, which holds {file}. Let it end.")
            time.sleep(PAUSE)
        yield


@contextmanager
def device(place: Path, devices: Sequence[str]) -> Iterator[str | None]:
    """Hold the first of the devices that is free; wait until one is.

    Args:
        place: of the locks.
        devices: values of CUDA_VISIBLE_DEVICES; none: nothing is held.
    """
    with ExitStack() as stack:
        while devices:
            for number, value in enumerate(devices):
                if _taken(place / f"device-{number}.lock", stack):
                    yield value
                    return
            time.sleep(PAUSE)
        yield None


def _taken(file: Path, stack: ExitStack) -> bool:
    try:
        stack.callback(LockFile(str(file)).close)
    except LockError:
        return False
    return True
