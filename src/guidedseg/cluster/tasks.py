"""A function is called with every item of a list, somewhere; a process that dies costs a repetition, not the run."""

import importlib.util
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from guidedseg.errors import GuidedsegError

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

Make = Callable[[], Callable[[Item], Result]]
"""Makes the function, once in each process: what is slow to open (an engine) is opened then. It can be pickled."""

TRIES = 4
"""Of an item whose process dies."""


@dataclass(frozen=True)
class Done(Generic[Item, Result]):
    """What came of an item.

    Attributes:
        item: which one.
        value: what the function returned.
        problem: one line where it raised, or where its process died again and again; None: it returned.
    """

    item: Item
    value: Result | None = None
    problem: str | None = None


class Once(Generic[Result]):
    """Called once in a process: what it has made stays, and stays behind where it is sent to another process."""

    def __init__(self, make: Callable[[], Result], *made: Result) -> None:
        """Name what makes it, which can be pickled, and what was made here already, if it was."""
        self._make = make
        self._made = [*made]

    def __call__(self) -> Result:
        """Make it, or give what was made."""
        if not self._made:
            self._made.append(self._make())
        return self._made[0]

    def __reduce__(self) -> tuple[type, tuple[Callable[[], Result]]]:
        """Without what was made."""
        return type(self), (self._make,)


@dataclass(frozen=True)
class Place:
    """Where the function is called.

    Attributes:
        processes: of this machine, beside each other; 1: this process itself.
        ray: address of a Ray cluster: ``auto`` (the one that runs here), ``local`` (a new one of this machine alone) or
            ``HOST:PORT``; None: no cluster.
        cpus: of Ray, that a call takes.
        gpus: likewise.
    """

    processes: int = 1
    ray: str | None = None
    cpus: float = 1
    gpus: float = 0


def each(make: Make[Item, Result], items: Iterable[Item], place: Place) -> Iterator[Done[Item, Result]]:
    """Call the function with every item; what is finished comes first, in no order.

    Items are taken as they are needed, a few more than are worked on, so that their number costs no memory.

    Args:
        make: makes the function.
        items: each can be pickled.
        place: where to call it. Without Ray installed, the processes of this machine serve, which is said.

    Raises:
        GuidedsegError: there is no such cluster.
    """
    if place.ray is not None and importlib.util.find_spec("ray") is None:
        log.warning(
            "Ray is not installed (pip install 'guidedseg[ray]'): going on with %d process(es) of this machine.",
            place.processes,
        )
    elif place.ray is not None:
        from guidedseg.cluster import on_ray  # noqa: PLC0415 - an extra

        yield from on_ray.each(make, items, address=place.ray, cpus=place.cpus, gpus=place.gpus)
        return
    if place.processes > 1:
        from guidedseg.cluster import local  # noqa: PLC0415 - not needed otherwise

        yield from local.each(make, items, place.processes)
        return
    function: Callable[[Item], Result] | None = None
    for item in items:
        try:
            function = function or make()
            yield Done(item, function(item))
        except Exception as error:  # noqa: BLE001 - of this item alone
            yield Done(item, problem=told(error))


def told(error: BaseException) -> str:
    """One line about whatever was raised."""
    words = " ".join(str(error).split())
    if isinstance(error, GuidedsegError):
        return words
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__
