"""A function over many items in processes of this machine."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from pebble import ProcessExpired, ProcessPool

from guidedseg import progress
from guidedseg.cluster.tasks import TRIES, Done, Item, Make, Result, told

_make: Make[Any, Any] | None = None
_function: Callable[[Any], Any] | None = None


def each(make: Make[Item, Result], items: Iterable[Item], processes: int) -> Iterator[Done[Item, Result]]:
    """Call the function with every item; see ``tasks.each``.

    Args:
        make: makes the function.
        items: taken as they are needed.
        processes: beside each other.
    """
    # not forked: threads and engines of this process would not survive it
    context = multiprocessing.get_context("spawn")
    pool = ProcessPool(processes, initializer=_begin, initargs=(make,), context=context)
    running: dict[Future[Result], tuple[Item, int]] = {}

    def start(item: Item, number: int) -> None:
        running[pool.schedule(_call, (item,))] = (item, number)

    try:
        for item in items:
            start(item, 1)
            if len(running) > processes:
                yield from _finished(running, start)
        while running:
            yield from _finished(running, start)
    finally:
        pool.stop()
        pool.join()


def _finished(
    running: dict[Future[Result], tuple[Item, int]], again: Callable[[Item, int], None]
) -> Iterator[Done[Item, Result]]:
    """Wait for one or more; what lost its process starts again."""
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        item, number = running.pop(future)
        try:
            yield Done(item, future.result())
        except ProcessExpired as error:
            if number < TRIES:
                again(item, number + 1)
            else:
                yield Done(item, problem=f"its process died {TRIES} times, with exit code {error.exitcode}")
        except Exception as error:  # noqa: BLE001 - of this item alone
            yield Done(item, problem=told(error))


def _begin(make: Make[Any, Any]) -> None:
    global _make  # noqa: PLW0603 - a process has one
    _make = make
    progress.silence()


def _call(item: Any) -> Any:  # noqa: ANN401 - what the caller's function takes and gives
    global _function  # noqa: PLW0603 - likewise
    if _function is None:
        assert _make is not None  # noqa: S101 - set by _begin
        _function = _make()
    return _function(item)
