"""Jobs in shards, killed at random moments, again and again: each has to end with the bytes of an undisturbed one.

    python -m benchmarks.kills --bundle bundles/unetpp --images FOLDER [--kills 50] [--shards 20] [--ways processes ray]

Each job is `guidedseg segment` into a new folder, with two processes or on a Ray cluster of two nodes, which begins
here. At random moments a random one of these gets SIGKILL: the driver, a worker, a node (its raylet; another one
comes). A driver that is dead is called again, with the same words. The table counts kills by way and by victim.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from ray.cluster_utils import Cluster

PROGRAM = "from guidedseg.cli import main; main()"
DONE = {0, 3}
"""Exit codes of a job that ended; 3: some files could not be read."""
VICTIMS = {"processes": ("driver", "worker"), "ray": ("driver", "worker", "node")}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--shards", type=int, default=20)
    parser.add_argument("--pause", type=float, default=6.0, help="mean seconds between two kills")
    parser.add_argument("--ways", nargs="+", choices=VICTIMS, default=[*VICTIMS])
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draws = random.Random(asked.seed)
    kills: Counter[tuple[str, str]] = Counter()
    jobs: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        command = ["segment", str(asked.images), "--bundle", str(asked.bundle), "--outputs", "mask,table"]
        begun = time.monotonic()
        assert start([*command, "--out", str(work / "undisturbed")]).wait() in DONE
        expected = hashes(work / "undisturbed")
        print(f"undisturbed: {len(expected)} files in {time.monotonic() - begun:.0f} s", flush=True)
        for way in asked.ways:
            aim = sum(kills.values()) + asked.kills // len(asked.ways)
            with cluster() if way == "ray" else nothing() as nodes:
                options = ["--ray", nodes.address, "--threads", "1"] if nodes else ["--processes", "2"]
                while sum(kills.values()) < aim:
                    out = work / f"{way}-{jobs[way]}"
                    one = [*command, "--out", str(out), "--shards", str(asked.shards), *options]
                    disturbed(one, way, nodes, draws, asked.pause, kills, aim)
                    assert hashes(out) == expected, f"{out} is not what an undisturbed job leaves"
                    jobs[way] += 1
                    print(f"{way}: {sum(kills.values())} kills, {jobs[way]} jobs", flush=True)
    print("\n| way | victim | kills |\n|---|---|---:|")
    for (way, victim), count in sorted(kills.items()):
        print(f"| {way} | {victim} | {count} |")
    print(f"\n{sum(kills.values())} kills in {sum(jobs.values())} jobs; all ended with the undisturbed bytes.")


def disturbed(
    command: list[str],
    way: str,
    nodes: "Nodes | None",
    draws: random.Random,
    pause: float,
    kills: Counter[tuple[str, str]],
    aim: int,
) -> None:
    """One job, killed until it ends all the same."""
    job = start(command)
    while True:
        try:
            code = job.wait(timeout=draws.expovariate(1 / pause) if sum(kills.values()) < aim else None)
        except subprocess.TimeoutExpired:
            victim = draws.choice(VICTIMS[way])
            if kill(victim, job, nodes, draws):
                kills[way, victim] += 1
            continue
        if code in DONE:
            return
        job = start(command)  # killed, or with shards that failed


def kill(victim: str, job: "subprocess.Popen[bytes]", nodes: "Nodes | None", draws: random.Random) -> bool:
    """SIGKILL; whether there was such a process."""
    if victim == "node":
        assert nodes is not None
        nodes.replace_one()
        return True
    if victim == "driver":
        job.kill()
        return True
    workers = [*working()] if nodes else [child.pid for child in psutil.Process(job.pid).children()]
    if not workers:
        return False
    with suppress(ProcessLookupError):
        os.kill(draws.choice(workers), signal.SIGKILL)
    return bool(workers)


def working() -> Iterator[int]:
    """Processes of Ray that run a task of ours."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if any("ray::_call" in word for word in process.info["cmdline"] or ()):
            yield process.pid


def start(command: list[str]) -> "subprocess.Popen[bytes]":
    """`guidedseg` with these words."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def hashes(folder: Path) -> dict[str, str]:
    """Of all files, hidden ones too."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class Nodes:
    """A Ray cluster on this machine: a head, and a node that is replaced when it is killed."""

    def __init__(self, ray_cluster: Cluster) -> None:
        self.cluster = ray_cluster
        self.node = ray_cluster.add_node(num_cpus=1)

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return str(self.cluster.address)

    def replace_one(self) -> None:
        """Kill its raylet; another node comes."""
        self.cluster.remove_node(self.node, allow_graceful=False)
        self.node = self.cluster.add_node(num_cpus=1)


@contextmanager
def cluster() -> Iterator[Nodes]:
    """For as long as the block lasts."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        yield Nodes(made)
    finally:
        made.shutdown()


@contextmanager
def nothing() -> Iterator[None]:
    """No cluster."""
    yield None


if __name__ == "__main__":
    main()
