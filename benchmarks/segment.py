"""What segmenting one's own images costs: from file to file, against what one would write, and against the floor.

    python -m benchmarks.segment --bundle bundles/unetpp [--images FOLDER] [--parts files memory ...] [--sizes 256 128]

PNG files (RGB, 856 x 606; drawn ones without ``--images``) become masks by the product's own job runner, once it has
started. All contestants of a part take turns, each in a process of its own that keeps its networks; medians count. A
box counts from a confidence on that is chosen so that there is ``--boxes`` a picture on average (BUS-UCLM has 0.6
lesions a picture), whatever the bundle's networks were trained on; ``--sizes`` gives the detector and the segmenters
other input sizes with the same weights, for the speed of a profile that was not trained.

The usual way (``usual_way.py``): Ultralytics' ``predict`` on the path, a crop by OpenCV, the network in eager torch,
``cv2.imwrite``. The floor (``arithmetic.py``): the multiplications of the detector and of a network per box
at the rate of a product of 4096 x 4096 matrices, both on one core and in processor time. Parts: files, memory, floor,
reading, picture, start, engines (the seven networks, as in their papers and small; minutes). ``quantized.py`` has int8
and bfloat16.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks import arithmetic, engines, own_way, starting
from benchmarks.bundle_of_size import of_size
from benchmarks.turns import Turns, alternating
from guidedseg import artifacts
from guidedseg.bundles.loading import opened
from guidedseg.datasets.phantom import Patient, draw_frames
from guidedseg.detection.letterbox import letterbox
from guidedseg.inference.engines.opening import Kind
from guidedseg.jobs.settings import DEFAULT

ENGINES: tuple[Kind, ...] = ("onnxruntime", "openvino")
USUAL, FORCED = "the usual way", "the usual way, torch on all cores"


@dataclass(frozen=True)
class Setting:
    """What all parts share.

    Attributes:
        bundle: its folder.
        paths: of the pictures.
        confidence: a box counts from it on.
        boxes: of a picture that count, on average.
        cores: that every contestant may use.
        turns: of every contestant.
        scratch: an empty folder.
    """

    bundle: Path
    paths: Sequence[Path]
    confidence: float
    boxes: float
    cores: int
    turns: int
    scratch: Path


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--images", type=Path, help="a folder of PNG files; drawn ones without it")
    parser.add_argument("--count", type=int, default=64, help="of pictures, at most")
    parser.add_argument("--boxes", type=float, default=1.0, help="a picture, on average")
    parser.add_argument("--sizes", type=int, nargs=2, metavar=("DETECTOR", "SEGMENTER"), help="other than the bundle's")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=[*PARTS])
    asked = parser.parse_args()
    if "kind" in artifacts.values(asked.bundle / "detector" / "config.json"):
        parser.error("--bundle: its detector must be YOLO, which the usual way is made of")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        paths = drawn(scratch / "drawn", asked.count) if asked.images is None else sorted(asked.images.glob("*.png"))
        # every n-th, or they would be of a few patients
        paths = paths[:: max(1, len(paths) // asked.count)][: asked.count]
        bundle = asked.bundle if asked.sizes is None else of_size(asked.bundle, scratch / "bundle", *asked.sizes)
        confidence, boxes = own_way.confidence_for(bundle, paths, asked.boxes)
        setting = Setting(bundle, paths, confidence, boxes, asked.cores, asked.turns, scratch)
        print(
            f"{machine()}: {asked.cores} of {os.cpu_count()} cores. {len(paths)} pictures, {boxes:.2f} boxes a picture"
        )
        for part in asked.parts:
            PARTS[part](setting)


def files(setting: Setting) -> None:
    """From files to files."""
    common = (setting.bundle, setting.confidence, setting.cores, setting.paths)
    contestants: dict[str, tuple[object, ...]] = {
        f"{engine}, {what}": (
            "benchmarks.own_way:on_files",
            *common,
            setting.scratch / f"{engine} {what}",
            engine,
            outputs,
        )
        for what, outputs in (("masks", ("mask",)), ("default outputs", DEFAULT))
        for engine in ENGINES
    }
    for name in (USUAL, FORCED):
        contestants[name] = ("benchmarks.usual_way:on_files", *common, setting.scratch / name, name == FORCED)
    found = alternating(contestants, cores=setting.cores, turns=setting.turns)
    compared("PNG in, mask PNG out", found, len(setting.paths), setting.cores)
    ours, theirs = setting.scratch / "onnxruntime masks" / "masks", setting.scratch / USUAL
    equal = [np.mean(_read(ours / f"{path.stem}.png") == _read(theirs / f"{path.stem}.png")) for path in setting.paths]
    print(f"\nEqual pixels of the masks, onnxruntime and the usual way: {np.mean(equal):.2%}")


def memory(setting: Setting) -> None:
    """Without reading and writing."""
    common = (setting.bundle, setting.confidence, setting.cores, setting.paths)
    contestants: dict[str, tuple[object, ...]] = {
        engine: ("benchmarks.own_way:in_memory", *common, engine) for engine in ENGINES
    }
    for name in (USUAL, FORCED):
        contestants[name] = ("benchmarks.usual_way:in_memory", *common, name == FORCED)
    found = alternating(contestants, cores=setting.cores, turns=setting.turns)
    compared("The same without reading and writing", found, len(setting.paths), setting.cores)


def compared(title: str, found: dict[str, Turns], count: int, cores: int) -> None:
    """A table of contestants."""
    print(f"\n### {title}\n")
    print("| | images/s | ms of the clock | ms of a core | cores busy | / the usual way | turns | memory, MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, turns in found.items():
        busy = turns.cpu / turns.wall / cores
        first, last = (turn.memory / 1e6 for turn in (turns[0], turns[-1]))
        print(
            f"| {name} | {count / turns.wall:.1f} | {1000 * turns.wall / count:.1f} | {1000 * turns.cpu / count:.1f} | "
            f"{busy:.0%} | {turns.wall / found[USUAL].wall:.2f} | {turns.spread()} | {first:.0f} to {last:.0f} |"
        )


def floor(setting: Setting) -> None:
    """The networks alone against the floor of their arithmetic."""
    described = opened(setting.bundle)[1]
    height, width = _read(setting.paths[0]).shape
    box = letterbox(width, height, described.detector.image_size)
    side = described.guided.image_size
    sizes: dict[str, tuple[int, int]] = {
        "detector": (box.left + box.width + box.right, box.top + box.height + box.bottom),
        "guided": (side, side),
    }
    count = 30
    contestants: dict[str, tuple[object, ...]] = {
        f"{name} {engine}": ("benchmarks.own_way:network", setting.bundle, engine, name, size, count)
        for name, size in sizes.items()
        for engine in ENGINES
    }
    contestants["matrix"] = ("benchmarks.arithmetic:matrix", 1)
    found = alternating(contestants, cores=1, turns=setting.turns)
    rate = arithmetic.SIDE**3 / found["matrix"].cpu
    gmac = {name: arithmetic.gmac(setting.bundle, name, size) for name, size in sizes.items()}
    seconds = {(name, each): found[f"{name} {each}"].cpu / count for name in sizes for each in ENGINES}
    print(f"\n### Networks alone, one core\n\nMatrix product: {2 * rate / 1e9:.0f} GFLOP/s\n")
    print("| | input | GMAC | floor, ms | onnxruntime, ms | / floor | openvino, ms | / floor |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    rows = {
        name: (f"{size[0]} x {size[1]}", gmac[name], [seconds[name, each] for each in ENGINES])
        for name, size in sizes.items()
    }
    both = [seconds["detector", each] + setting.boxes * seconds["guided", each] for each in ENGINES]
    rows["a picture"] = ("", gmac["detector"] + setting.boxes * gmac["guided"], both)
    for name, (size, of_it, taken) in rows.items():
        least = of_it * 1e9 / rate
        cells = " | ".join(f"{1000 * each:.2f} | {each / least:.2f}" for each in taken)
        print(f"| {name} | {size} | {of_it:.3f} | {1000 * least:.2f} | {cells} |")


def reading(setting: Setting) -> None:
    """Reading, cropping and writing against raw OpenCV."""
    found = alternating(
        {
            "ours": ("benchmarks.own_way:files_alone", setting.bundle, setting.paths, setting.scratch / "written"),
            "raw": ("benchmarks.own_way:raw_files", setting.paths, setting.scratch / "raw"),
        },
        cores=1,
        turns=setting.turns,
    )
    count = len(setting.paths)
    print("\n### Reading, cropping and writing, one core\n")
    print(f"- ours: {1000 * found['ours'].cpu / count:.2f} ms a picture")
    print(f"- `cv2.imread` and `cv2.imwrite` of the same files: {1000 * found['raw'].cpu / count:.2f} ms")
    print(f"- ratio: {found['ours'].cpu / found['raw'].cpu:.2f}")


def picture(setting: Setting) -> None:
    """One picture with one and with two threads."""
    threads = (1, setting.cores)
    arguments = setting.bundle, setting.confidence
    contestants: dict[str, tuple[object, ...]] = {
        f"{engine}, {each} thread(s)": ("benchmarks.own_way:one_picture", *arguments, each, setting.paths[0], engine)
        for engine in ENGINES
        for each in threads
    }
    found = alternating(contestants, cores=setting.cores, turns=10 * setting.turns)
    print("\n### One picture in memory\n\n| | ms |\n| --- | ---: |")
    for name, turns in found.items():
        print(f"| {name} | {1000 * turns.wall:.1f} |")


def start(setting: Setting) -> None:
    """The command line and ``load``, from a fresh process."""
    print("\n### Start\n\n| | s |\n| --- | ---: |")
    for name, seconds in starting.measure(setting.bundle, setting.paths[0], setting.scratch, setting.turns).items():
        print(f"| {name} | {seconds:.2f} |")


def seven(setting: Setting) -> None:
    """The seven networks, as in their papers and as in profile ``cpu``."""
    engines.print_tables(setting.cores, setting.turns)


def drawn(folder: Path, count: int) -> list[Path]:
    """Phantoms of BUS-UCLM's picture size."""
    folder.mkdir(parents=True)
    paths = []
    for number in range(count):
        kind = ("Benign", "Malignant", "Normal")[number % 3]
        patient = Patient(name="JABA", kind=kind, labels=(kind,), two_lesions=False)
        (frame,) = draw_frames(patient, (606, 856), np.random.SeedSequence(number))
        paths.append(folder / f"{number:03d}.png")
        cv2.imwrite(str(paths[-1]), frame.picture[..., ::-1])
    return paths


def machine() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def _read(path: Path) -> np.ndarray:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))


PARTS: dict[str, Callable[[Setting], None]] = {
    "files": files,
    "memory": memory,
    "floor": floor,
    "reading": reading,
    "picture": picture,
    "start": start,
    "engines": seven,
}


if __name__ == "__main__":
    main()
