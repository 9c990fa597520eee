"""A function in a process of its own, for what forks: whatever happens there leaves the tests' process alone."""

import multiprocessing
import signal
from collections.abc import Callable
from typing import Any


def apart(function: Callable[..., None], *arguments: Any) -> None:
    """Call ``function`` of a module, with arguments that can be pickled; it writes its result to a file.

    On a virtual machine with a Xeon the kernel has killed processes with forked children at a signal, about once in a
    thousand; why is unknown. Only then it is called once more.
    """
    for _ in range(2):
        process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
        process.start()
        process.join()
        if process.exitcode != -signal.SIGSEGV:
            break
    assert process.exitcode == 0
