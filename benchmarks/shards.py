"""What a shard costs, and what Ray adds to plain processes.

    python -m benchmarks.shards --bundle bundles/unetpp --images FOLDER [--copies 6] [--shards 4]

The images of a folder, each under several names, are segmented by `guidedseg segment`:

- in one shard, once and twice as many, in as many threads as there are cores: images a second, and what a job costs
  besides (start, listing, packing); cut into 20 shards: what each costs; bytes in and out; most memory;
- in `--shards` shards by one process per core, then by a Ray cluster on this machine with a node of one CPU per core,
  in turns: the ratio of their times. Give images enough for shards of half a minute.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from ray.cluster_utils import Cluster

from guidedseg.cluster.tasks import Place, each
from guidedseg.lookahead import cores

PROGRAM = "from guidedseg.cli import main; main()"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--turns", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        run = partial(segmented, asked.bundle, work)
        once, twice = (linked(asked.images, work / str(copies), copies) for copies in (asked.copies, 2 * asked.copies))
        count = len([*once.iterdir()])
        first, memory, out = run(once, "--shards", "1", "--threads", str(cores()))
        second, more, _ = run(twice, "--shards", "1", "--threads", str(cores()))
        cut, _, _ = run(once, "--shards", "20", "--threads", str(cores()))
        rate = count / (second - first)
        read = sum(path.stat().st_size for path in once.iterdir()) / count / 1e3
        written = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / count / 1e3
        print(f"{count} and {2 * count} images, {cores()} cores: {rate:.1f} a second")
        print(f"a job besides: {first - count / rate:.1f} s; a shard more: {(cut - first) / 19:.2f} s")
        print(f"an image: {read:.0f} kB read, {written:.1f} kB written")
        print(f"most memory {memory / 1e6:.0f} and {more / 1e6:.0f} MB", flush=True)
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        for _ in range(cores() - 1):
            cluster.add_node(num_cpus=1)
        print(f"Ray: {joined(cluster.address):.1f} s to join the cluster and have a first result", flush=True)
        by: dict[str, list[float]] = {"processes": [], "ray": []}
        for _ in range(asked.turns):
            by["processes"].append(run(once, "--shards", str(asked.shards), "--processes", str(cores()))[0])
            by["ray"].append(run(once, "--shards", str(asked.shards), "--ray", cluster.address)[0])
        cluster.shutdown()
        for way, times in by.items():
            print(f"{way}: {', '.join(f'{seconds:.1f}' for seconds in times)} s")
        print(f"Ray / processes: {min(by['ray']) / min(by['processes']):.3f}")


def linked(images: Path, folder: Path, copies: int) -> Path:
    """A folder with every image under several names."""
    folder.mkdir()
    for path in sorted(images.iterdir()):
        for copy in range(copies):
            (folder / f"{copy}-{path.name}").hardlink_to(path)
    return folder


def segmented(bundle: Path, work: Path, images: Path, *options: str) -> tuple[float, int, Path]:
    """Seconds, most memory of one process (bytes), and the folder."""
    out = Path(tempfile.mkdtemp(dir=work)) / "out"
    command = ["segment", str(images), "--bundle", str(bundle), "--out", str(out), "--outputs", "mask,table", *options]
    begun = time.perf_counter()
    job = subprocess.Popen([sys.executable, "-c", PROGRAM, *command], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(job.pid, 0)
    job.returncode = os.waitstatus_to_exitcode(status)
    assert job.returncode == 0
    return time.perf_counter() - begun, used.ru_maxrss * 1024, out


def joined(address: str) -> float:
    """Seconds from a call until its first result."""
    begun = time.perf_counter()
    with closing(each(partial(partial, int), ["1"], Place(ray=address))) as results:  # type: ignore[type-var]
        assert next(results).value == 1
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
