"""A function over many items in processes of this machine.

Every process has a pipe of its own: with locks or queues that all share, one that dies at the wrong moment takes the
others with it (a pool of the standard library breaks whole, Pebble's lost tasks or waited where an idle one died).
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Generic

from guidedseg import progress
from guidedseg.cluster.tasks import TRIES, Done, Item, Make, Result, told


class _Worker(Generic[Item, Result]):
    """A process and what it works on."""

    def __init__(self, make: Make[Item, Result]) -> None:
        # not forked: threads and engines of this process would not survive it
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # or its end would not be told by the pipe's
        with suppress(OSError):  # no argument: ``start`` would wait for ever to hand a large one to the dead
            self.connection.send(make)

    def begin(self, item: Item, number: int) -> None:
        """Give it an item, for the ``number``-th time."""
        self.item, self.number = item, number
        with suppress(OSError):  # it died: ``answer`` tells
            self.connection.send(item)

    def answer(self) -> Done[Item, Result] | None:
        """What it sent; None: it died."""
        try:
            value, problem = self.connection.recv()
        except (EOFError, OSError):  # the latter in the middle of its answer
            self.process.join()
            self.connection.close()
            return None
        return Done(self.item, value, problem)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def each(make: Make[Item, Result], items: Iterable[Item], processes: int) -> Iterator[Done[Item, Result]]:
    """Call the function with every item; see ``tasks.each``.

    Args:
        make: makes the function.
        items: taken as they are needed.
        processes: beside each other.
    """
    first = ((item, 1) for item in items)
    again: list[tuple[Item, int]] = []
    idle: list[_Worker[Item, Result]] = []
    busy: dict[Any, _Worker[Item, Result]] = {}
    done: Done[Item, Result] | None = None
    try:
        while True:
            while len(busy) < processes and (task := again.pop() if again else next(first, None)):
                worker = idle.pop() if idle else _Worker(make)
                busy[worker.connection] = worker
                worker.begin(*task)
            if done is not None:  # only now: no process waits for whoever takes this
                yield done
            if not busy:
                return
            worker = busy.pop(wait(busy)[0])
            done = worker.answer()
            if done is not None:
                idle.append(worker)
            elif worker.number < TRIES:
                again.append((worker.item, worker.number + 1))
            else:
                code = worker.process.exitcode
                done = Done(worker.item, problem=f"its process died {TRIES} times, with exit code {code}")
    finally:
        for worker in [*idle, *busy.values()]:
            worker.stop()


def _serve(connection: "Connection[Any, Any]") -> None:
    """What a process does: answer every item with a value or a problem."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    progress.silence()
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    function = None
    with suppress(EOFError, OSError):  # it has gone
        make: Make[Any, Any] = connection.recv()
        while True:
            item = connection.recv()
            try:
                function = function or make()
                connection.send((function(item), None))
            except Exception as error:  # noqa: BLE001 - of this item alone
                connection.send((None, told(error)))


def _leave_with_parent() -> None:
    """A run that was killed leaves no process behind that still writes what the next one writes too."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
