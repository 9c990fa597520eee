"""Several processes train one network together: ranks, that are started here, by torchrun or by srun.

What starts ranks on its own machine runs its own command once more for each and waits; it imports nothing heavy.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from guidedseg.errors import GuidedsegError, LostRankError
from guidedseg.temporary import Temporary

GRACE = 10.0
"""Seconds that ranks have to end by themselves, once one of them has ended badly; then they are killed."""

WATCHED = "GUIDEDSEG_RANK_IS_WATCHED"
"""Variable of the ranks that are started here; their standard input ends when the process that started them does."""

RESUMES = "The same command resumes after the last whole epoch."


class Rank(NamedTuple):
    """One of the processes that train together.

    Attributes:
        number: from 0; what is written, rank 0 writes.
        size: how many there are.
        local: number on its own machine, which chooses the GPU.
    """

    number: int
    size: int
    local: int


ALONE = Rank(0, 1, 0)


def begin(key: str, devices: int, nodes: int = 1) -> Rank | None:
    """The rank of this process; or start the ranks and wait for them.

    Args:
        key: of params.yaml that holds ``devices`` and ``nodes``, for messages.
        devices: ranks of a machine.
        nodes: machines.

    Returns:
        None where this process has started the ranks, and they have ended well.

    Raises:
        GuidedsegError: this machine lacks the devices, nothing tells the ranks of several machines, there are others
            than asked for, or one of those that were started here has ended badly.
    """
    check(key, devices)
    found = told(key, devices, nodes)
    if found is None and nodes > 1:
        raise GuidedsegError(
            f"{key}: nodes is {nodes}, and nothing tells this process which rank it is. Start this command by srun or "
            "torchrun, once per device (docs/networks.md, Several GPUs), or set nodes to 1."
        )
    if found is None:
        start(devices)
    elif WATCHED in os.environ:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    return found


def told(key: str, devices: int, nodes: int = 1) -> Rank | None:
    """The rank that torchrun, srun or ``start`` has made this process; None: none of them.

    Where there is one rank no variable is looked at: a process that trains alone may be one of many that srun started.
    Those of torchrun are set from those of srun, because torch and Ultralytics read them.

    Raises:
        GuidedsegError: there are others than asked for.
    """
    size = devices * nodes
    if size == 1:
        return ALONE
    variables = os.environ
    if "RANK" not in variables and int(variables.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        _take_over_slurm()
    if "RANK" not in variables or variables.get("WORLD_SIZE") == "1":
        return None
    found = Rank(*(int(variables[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")))
    if found.size != size:
        raise GuidedsegError(
            f"{key}: {devices} devices on each of {nodes} nodes are {size} ranks, and this process is one of "
            f"{found.size}. Start as many processes as the file says, or change it."
        )
    if found.local >= devices or (found.number - found.local) % devices:
        raise GuidedsegError(
            f"rank {found.number} is process {found.local} of its machine: ranks must be handed out machine by "
            f"machine, {devices} to each (srun --distribution=block --ntasks-per-node={devices})"
        )
    return found


def joined(key: str, devices: int, nodes: int = 1) -> Rank:
    """The rank of a process that trains.

    Raises:
        GuidedsegError: nothing tells it, or there are others than asked for.
    """
    found = told(key, devices, nodes)
    if found is None:
        raise GuidedsegError(
            f"{key}: {devices * nodes} ranks train together, and nothing tells this process which it is: "
            "start them by `launching.begin`, torchrun or srun"
        )
    return found


def check(key: str, devices: int) -> None:
    """Raise a GuidedsegError where this machine has fewer GPUs, or without any fewer cores, than devices are asked for.

    Args:
        key: of params.yaml that holds them.
        devices: ranks of this machine.
    """
    if devices == 1:
        return
    import torch  # noqa: PLC0415 - seconds, for which only those wait who ask

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    there, what = (gpus, "GPU(s)") if gpus else (_cores(), "core(s) and no GPU")
    if devices > there:
        raise GuidedsegError(f"{key}: devices is {devices}, and this machine has {there} {what}")


def start(count: int) -> None:
    """Run this process's command once more per rank, and wait.

    Rank 0 has the terminal; what another says is shown where it is the one that failed.

    Args:
        count: ranks.

    Raises:
        GuidedsegError: one of them was killed or has failed. Then none is left.
        SystemExit: rank 0 has failed and told why.
    """
    command = [sys.executable, *sys.orig_argv[1:]]
    threads = max(1, int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1) // count)
    common = os.environ | {
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "OMP_NUM_THREADS": str(threads),
        WATCHED: "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
        "TORCH_CPP_LOG_LEVEL": "ERROR",  # torch would tell of networks without unused parameters
    }
    with Temporary() as folder:
        said = [Path(folder, str(number)) for number in range(count)]
        running: list[subprocess.Popen[bytes]] = []
        try:
            for number, path in enumerate(said):
                own = common | {"RANK": str(number), "LOCAL_RANK": str(number)}
                with path.open("wb") as file:
                    output = None if number == 0 else file
                    running.append(
                        subprocess.Popen(command, env=own, stdin=subprocess.PIPE, stdout=output, stderr=output)  # noqa: S603 - our own command
                    )
            codes = _ended(running)
        finally:
            for process in running:
                process.kill()
                process.wait()
        _judge(codes, [path.read_text(encoding="utf-8", errors="replace") for path in said])


def _ended(running: Sequence[subprocess.Popen[bytes]]) -> dict[int, int]:
    """Rank -> how it has ended, in the order of ending; without those left ``GRACE`` seconds after a bad end."""
    codes: dict[int, int] = {}
    until = float("inf")
    while len(codes) < len(running) and time.monotonic() < until:
        time.sleep(0.1)
        for number, process in enumerate(running):
            code = process.poll()
            if code is not None and number not in codes:
                codes[number] = code
        if any(codes.values()):
            until = min(until, time.monotonic() + GRACE)
    return codes


def _judge(codes: Mapping[int, int], said: Sequence[str]) -> None:
    """Tell of the rank that was the cause: the first killed one, else rank 0 (which has told), else the first failed.

    A rank that loses another says so by its code, or is aborted by NCCL later.
    """
    size = len(said)
    failed = {number: code for number, code in codes.items() if code not in (0, LostRankError.CODE)}
    for number, code in failed.items():
        if code < 0:
            name = signal.Signals(-code).name
            memory = " (so ends what the system finds no memory for)" if name == "SIGKILL" else ""
            raise GuidedsegError(f"rank {number} of {size} was ended by {name}{memory}, so all were. {RESUMES}")
    if 0 in failed:
        sys.exit(failed[0])
    for number in failed:
        lines = said[number].strip().splitlines() or ["without a word"]
        print(*lines[:-1][-50:], sep="\n", file=sys.stderr)
        raise GuidedsegError(f"rank {number} of {size} has failed, so all have: {lines[-1].removeprefix('ERROR: ')}")
    if len(codes) < size or any(codes.values()):
        raise GuidedsegError(f"the {size} ranks have lost one another. {RESUMES}")


def _end_with_parent() -> None:
    """Without the process that watches them ranks would go on, beside the next run that is started."""
    os.read(0, 1)  # not `sys.stdin`, whose lock would be held when Python ends
    os._exit(1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _take_over_slurm() -> None:
    from lightning.fabric.plugins.environments import SLURMEnvironment  # noqa: PLC0415 - seconds

    variables = os.environ
    node = SLURMEnvironment.resolve_root_node_address(variables["SLURM_STEP_NODELIST"])
    port = 10000 + (31 * int(variables["SLURM_JOB_ID"]) + int(variables["SLURM_STEP_ID"])) % 20000
    variables["RANK"], variables["LOCAL_RANK"] = variables["SLURM_PROCID"], variables["SLURM_LOCALID"]
    variables["WORLD_SIZE"] = variables["SLURM_STEP_NUM_TASKS"]
    variables.setdefault("MASTER_ADDR", node)
    variables.setdefault("MASTER_PORT", str(port))  # the same in all ranks, another in each step of a job


def _free_port() -> int:
    """Below those that the system hands out by itself: between here and rank 0, no other program is given it."""
    for port in random.SystemRandom().sample(range(10000, 32768), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as each:
            try:
                each.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise GuidedsegError("of 100 ports that were tried on 127.0.0.1 none is free")
