"""Work done in threads a few items ahead, so that decoding never waits and memory stays bounded."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def cores() -> int:
    """The cores that this process may use: OMP_NUM_THREADS where it is set, else what the system allows."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    function: Callable[[_Item], _Result], items: Iterable[_Item], workers: int | None = None
) -> Generator[_Result, None, None]:
    """Yield ``function(item)`` in the order of ``items``, computed in threads a bounded number of items ahead.

    Args:
        function: called in another thread.
        items: taken one by one, in the caller's thread.
        workers: threads; None: ``cores()``.
    """
    workers = workers or cores()
    pending: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:  # the caller stopped, or an item failed: what has not begun need not
                future.cancel()
