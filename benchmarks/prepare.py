"""How fast ``prepare`` is against the same decoding and encoding by cv2 alone, and what it holds in memory.

    python -m benchmarks.prepare speed FOLDER               # of BUS-UCLM, or of another dataset with --dataset
    python -m benchmarks.prepare processes FOLDER           # threads of one process against processes of one thread
    python -m benchmarks.prepare memory 1000 10000 100000   # small made-up pictures, as scale.py draws them

To reach: at least 0.9 of the pictures per second of cv2 alone, which reads image and mask, makes them grey and writes
both with the same compression, in as many threads (``quick`` reads them as grey at once, which libpng rounds its own
way); and memory that does not grow with the pictures. It is that which the system could not take back: the thumbnails
are mapped from the disk.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from benchmarks import turns
from benchmarks.drawn_images import draw
from guidedseg import params
from guidedseg.cluster import cutting
from guidedseg.cluster.tasks import Once
from guidedseg.datasets import locating, preparing, reading, sharded, union
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.unfinished import Unfinished
from guidedseg.harmonising.picture import OFF
from guidedseg.lookahead import cores, in_order

ROOT = Path(__file__).resolve().parent.parent
TURNS = 5
OPTIONS = dict(params.load(ROOT / "params.yaml").datasets)

app = typer.Typer()


def ours(dataset: str, folder: Path, out: Path) -> Callable[[], None]:
    """What the stage calls."""

    def run() -> None:
        shutil.rmtree(out, ignore_errors=True)
        work = Unfinished(out.with_name(f"{out.name}.unfinished") / "run")
        preparing.write(union.read(dataset, OPTIONS, folder), out, duplicate_threshold=0.8, unfinished=work)

    return run


def beside(dataset: str, folder: Path, out: Path) -> Callable[[], None]:
    """What the stage calls where images are many, however few these are."""
    survey = Once(partial(union.survey, dataset, OPTIONS, folder))
    cutting.LENGTH = len(survey().image_ids) - 1

    def run() -> None:
        shutil.rmtree(out, ignore_errors=True)
        place = out.with_name(f"{out.name}.unfinished") / "run"
        sharded.prepare(survey, OFF, place, out, duplicate_threshold=0.8)

    return run


def raw(dataset: str, folder: Path, out: Path, how: int = cv2.IMREAD_COLOR) -> Callable[[], None]:
    """Decode and encode, and nothing else."""
    entries = reading.surveyed(DATASETS[dataset], folder, None).entries

    def one(number: int) -> None:
        for each, name in enumerate((entries[number].image, *entries[number].masks)):
            picture = np.asarray(cv2.imread(str(folder / name), how))
            grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
            cv2.imwrite(str(out / f"{number}_{each}.png"), grey, preparing.PNG)

    def run() -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        for _ in in_order(one, range(len(entries))):
            pass

    return run


@app.command()
def speed(folder: Path, dataset: str = "bus_uclm") -> None:
    """Both take turns; a table."""
    located = locating.locate(DATASETS[dataset], folder)
    count = len(reading.surveyed(DATASETS[dataset], located, None).entries)
    with tempfile.TemporaryDirectory() as place:
        found = turns.alternating(
            {
                "raw": ("benchmarks.prepare:raw", dataset, located, Path(place) / "raw"),
                "quick": ("benchmarks.prepare:raw", dataset, located, Path(place) / "quick", cv2.IMREAD_GRAYSCALE),
                "ours": ("benchmarks.prepare:ours", dataset, located, Path(place) / "ours"),
            },
            cores=cores(),
            turns=TURNS,
        )
    print(f"\n| {count} pictures, {cores()} threads | per second | cores busy | quickest and slowest turn / median |")
    print("|---|---:|---:|---|")
    for name, of in found.items():
        print(f"| {name} | {count / of.wall:.1f} | {of.cpu / of.wall:.2f} | {of.spread()} |")
    for name in ("raw", "quick"):
        print(f"\nours / {name}: {found[name].wall / found['ours'].wall:.2f}")


@app.command()
def processes(folder: Path, dataset: str = "bus_uclm") -> None:
    """As many cores for both, in turns; a table. Starting the processes counts, which many pictures do not notice."""
    located = locating.locate(DATASETS[dataset], folder)
    count = len(reading.surveyed(DATASETS[dataset], located, None).entries)
    with tempfile.TemporaryDirectory() as place:
        found = turns.alternating(
            {
                "one process, threads": ("benchmarks.prepare:ours", dataset, located, Path(place) / "ours"),
                "processes": ("benchmarks.prepare:beside", dataset, located, Path(place) / "beside"),
            },
            cores=cores(),
            turns=TURNS,
        )
    print(f"\n| {count} pictures, {cores()} cores | per second | quickest and slowest turn / median |\n|---|---:|---|")
    for name, of in found.items():
        print(f"| {name} | {count / of.wall:.1f} | {of.spread()} |")
    print(f"\nprocesses / threads: {found['one process, threads'].wall / found['processes'].wall:.2f}")


@app.command()
def memory(images: Annotated[list[int], typer.Argument()]) -> None:
    """A process per size; a table."""
    print("| pictures | seconds | memory, MB | with what is mapped, MB |\n|---:|---:|---:|---:|")
    for size in images:
        with tempfile.TemporaryDirectory() as place:
            (drawn := Path(place) / "raw").mkdir()
            draw(drawn, size)
            code = f"""from pathlib import Path; from benchmarks.prepare import ours
ours('bus_uclm', Path({str(drawn)!r}), Path({place!r}) / 'out')()"""
            start, most = time.perf_counter(), {"RssAnon": 0, "VmHWM": 0}
            with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as process:
                while process.poll() is None:
                    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                        name, _, value = line.partition(":")
                        if name in most:
                            most[name] = max(most[name], int(value.split()[0]) * 1024)
                    time.sleep(0.02)
            if process.returncode:
                sys.exit(1)
            seconds, (anonymous, all_of_it) = time.perf_counter() - start, (each / 1e6 for each in most.values())
            print(f"| {size:,} | {seconds:.0f} | {anonymous:.0f} | {all_of_it:.0f} |", flush=True)


if __name__ == "__main__":
    app()
