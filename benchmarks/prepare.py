"""How fast ``prepare`` is against the same decoding and encoding by cv2 alone, and what it holds in memory.

    python benchmarks/prepare.py FOLDER                  # a folder of BUS-UCLM, or of any dataset with --dataset
    python benchmarks/prepare.py --images 10000 100000   # memory: small made-up pictures, as scale.py draws them

To reach: at least 0.9 of the pictures per second of cv2 alone, which reads image and mask, turns the image grey and
writes both with the same compression, in as many threads; and memory that grows by its tables alone.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import cv2
import typer

from benchmarks import turns
from benchmarks.drawn_images import draw
from guidedseg.datasets import locating, preparing, reading, union
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.lookahead import cores, in_order

Run = Callable[[], None]

THREADS = cores()
TURNS = 5


def ours(dataset: str, folder: Path, out: Path, most: int | None) -> Run:
    """The stage's own calls."""

    def run() -> None:
        shutil.rmtree(out, ignore_errors=True)
        records = union.read(dataset, {dataset: None}, folder)
        preparing.write(records, out, duplicate_threshold=0.8)

    del most
    return run


def raw(dataset: str, folder: Path, out: Path, most: int | None) -> Run:
    """Decode, grey, encode."""
    entries = reading.surveyed(DATASETS[dataset], folder, None).entries[:most]

    def one(number: int) -> None:
        entry = entries[number]
        image = cv2.imread(str(folder / entry.image), cv2.IMREAD_COLOR)
        cv2.imwrite(str(out / f"{number}.png"), cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), preparing.PNG)
        masks = [cv2.imread(str(folder / mask), cv2.IMREAD_UNCHANGED) for mask in entry.masks]
        if masks:
            mask = masks[0] if masks[0].ndim == 2 else masks[0].max(axis=2)
            cv2.imwrite(str(out / f"{number}_mask.png"), mask, preparing.PNG)

    def run() -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        for _ in in_order(one, range(len(entries))):
            pass

    return run


def main(
    folder: Annotated[Path | None, typer.Argument(help="A dataset as it is handed out.")] = None,
    dataset: str = "bus_uclm",
    images: Annotated[list[int], typer.Option(help="Sizes, for memory and growth.")] = [],  # noqa: B006
) -> None:
    """Print both, as Markdown."""
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        if folder is not None:
            located = locating.locate(DATASETS[dataset], folder)
            count = len(reading.surveyed(DATASETS[dataset], located, None).entries)
            found = turns.alternating(
                {
                    name: (f"benchmarks.prepare:{name}", dataset, located, scratch / name, None)
                    for name in ("raw", "ours")
                },
                cores=THREADS,
                turns=TURNS,
            )
            print(f"\n| {count} pictures, {THREADS} threads | per second | cores busy | spread | memory, MB |")
            print("|---|---:|---:|---|---:|")
            for name, of in found.items():
                busy = of.cpu / of.wall
                memory = max(turn.memory for turn in of) / 1e6
                print(f"| {name} | {count / of.wall:.1f} | {busy:.2f} | {of.spread()} | {memory:.0f} |")
            print(f"\nours / raw: {found['raw'].wall / found['ours'].wall:.2f}")
        for size in images:
            drawn = scratch / f"drawn{size}"
            drawn.mkdir()
            draw(drawn, size)
            of = turns.alternating(
                {"ours": ("benchmarks.prepare:ours", "bus_uclm", drawn, scratch / "out", None)}, cores=THREADS, turns=0
            )
            del of
            shutil.rmtree(drawn)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    typer.run(main)
