"""A function over many items on a Ray cluster.

Plain tasks, no actors: Ray repeats a task whose node has gone, and begins using a node that has come. A worker process
of Ray keeps what it has opened for as long as the job lasts.
"""

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # a task without a GPU leaves the user's settings

import ray
from ray import exceptions
from ray._private.utils import read_ray_address

from guidedseg import code, progress
from guidedseg.cluster.tasks import TRIES, Done, Item, Make, Result, told
from guidedseg.errors import GuidedsegError

_AHEAD = 2
"""Tasks that are handed to Ray for every one that can run: a worker never waits, and the driver holds few."""

_LOOK = 10.0
"""Seconds after which it is looked how many nodes there are, and, with nothing finished, whether the head answers."""

_CALLS, _PATIENCE = 3, 3.0
"""How often it is called, and seconds to wait for its answer."""

_opened: dict[str, Callable[[Any], Any]] = {}


def each(
    make: Make[Item, Result], items: Iterable[Item], *, address: str, cpus: float, gpus: float
) -> Iterator[Done[Item, Result]]:
    """Call the function with every item; see ``tasks.each``.

    Args:
        make: makes the function; it is sent once to every node.
        items: taken as they are needed.
        address: of the cluster.
        cpus: that a call takes.
        gpus: likewise.

    Raises:
        GuidedsegError: there is no such cluster, or it has nowhere what one call takes.
    """
    own = not ray.is_initialized()
    if own:
        _connect(address)
    try:
        _check(cpus, gpus)
        sent = [ray.put(make)]  # in a list, or Ray would unpack it before every call
        job, digest = uuid.uuid4().hex, code.digest()
        # of tasks with GPUs Ray would start a process each, and open everything anew
        task = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=TRIES - 1, max_calls=0)(_call)
        running: dict[Any, Item] = {}
        slots, until = 0, 0.0
        for item in items:
            if time.monotonic() >= until:
                slots, until = _slots(cpus, gpus), time.monotonic() + _LOOK
            running[task.remote(sent, job, digest, item)] = item
            while len(running) >= _AHEAD * slots:
                yield _finished(running)
        while running:
            yield _finished(running)
    except exceptions.RaySystemError as error:
        raise _gone(told(error)) from error
    finally:
        if own and _answers(ray.get_runtime_context().gcs_address):  # or it would wait a minute for an answer
            ray.shutdown()


def _connect(address: str) -> None:
    """Join a cluster, or start one.

    Raises:
        GuidedsegError: there is none at the address.
    """
    known = (os.environ.get("RAY_ADDRESS") or read_ray_address()) if address == "auto" else address
    if address != "local" and not (known and _answers(known)):  # Ray itself would try for many minutes
        raise GuidedsegError(
            f"there is no Ray cluster at {address!r}. `ray start --head` begins one, and says its HOST:PORT; auto is "
            "the one of this machine, local a new one for this call alone."
        )
    try:
        ray.init(
            address=None if address == "local" else address,
            include_dashboard=False if address == "local" else None,
            log_to_driver=False,
            logging_level="ERROR",
        )
    except (ConnectionError, ValueError, RuntimeError, exceptions.RayError) as error:
        raise GuidedsegError(f"the Ray cluster at {address!r} cannot be joined: {told(error)}") from None


def _answers(address: str) -> bool:
    """Whether anything listens at HOST:PORT."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():
        return False
    for _ in range(_CALLS):
        try:
            socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
        except OSError:
            time.sleep(_PATIENCE / _CALLS)
        else:
            return True
    return False


def _demand_head() -> None:
    """Whoever asks Ray itself of a head that is gone waits a minute, and is then ended without a word of ours."""
    if not _answers(ray.get_runtime_context().gcs_address):
        raise _gone("it does not answer")


def _gone(why: str) -> GuidedsegError:
    return GuidedsegError(f"the head of the Ray cluster has gone ({why}). Start it again, and repeat the same call.")


def _check(cpus: float, gpus: float) -> None:
    """Ray would wait for ever for a node that is large enough."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(node.get("CPU", 0) >= cpus and node.get("GPU", 0) >= gpus for node in nodes):
        have = "; ".join(f"{node.get('CPU', 0):g} CPUs, {node.get('GPU', 0):g} GPUs" for node in nodes)
        raise GuidedsegError(f"no node of the Ray cluster has {cpus:g} CPUs and {gpus:g} GPUs ({have}). Ask for less.")


def _slots(cpus: float, gpus: float) -> int:
    """Calls that can run beside each other, now: nodes come and go."""
    _demand_head()
    there = ray.cluster_resources()
    by = [there.get(kind, 0) // asked for kind, asked in (("CPU", cpus), ("GPU", gpus)) if asked > 0]
    return max(1, int(min(by, default=1)))


def _finished(running: dict[Any, Item]) -> Done[Item, Any]:
    finished: list[Any] = []
    while not finished:
        finished, _ = ray.wait([*running], timeout=_LOOK)
        if not finished:
            _demand_head()
    (reference,) = finished
    item = running.pop(reference)
    try:
        return Done(item, ray.get(reference))
    except exceptions.RayTaskError as error:
        return Done(item, problem=told(error.cause))
    except exceptions.RaySystemError:
        raise
    except exceptions.RayError as error:  # its process died, its node went, memory or the object store was full
        return Done(item, problem=f"{TRIES} tries failed: {told(error)}")


def _call(sent: list[Any], job: str, digest: str, item: Any) -> Any:  # noqa: ANN401 - what the caller's function takes
    """In a process of the cluster."""
    if job not in _opened:
        if code.digest() != digest:
            raise GuidedsegError(
                f"the guidedseg of node {ray.util.get_node_ip_address()} is another one than that of the driver: "
                "install the same on every node"
            )
        progress.silence()
        _opened[job] = ray.get(sent[0])()
    return _opened[job](item)
