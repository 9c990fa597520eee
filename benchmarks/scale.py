"""How time and memory of every stage but training grow with the number of images.

    python -m benchmarks.scale [--images 1000 10000 100000] [--skip detect] [--stages prepare split ...] [--keep FOLDER]

Small drawn images in the layout of BUS-UCLM, 18 a patient as there. Each stage runs as DVC runs it, a process of its
own, with one thread. The detector and the segmenters are trained once, at the smallest size, and copied to the larger
ones. ``--skip detect`` makes up the boxes: those of the lesions, a little moved, and false ones.

The exponent is the p of ``a + b n^p`` through the CPU seconds of the three largest sizes: ``a`` is the start-up, and
other work on the machine moves CPU seconds less than the clock's. Of a short stage the best of three runs counts.
``start-up`` stands where the sizes differ by less than two seconds. Memory is the most that a stage held, with what it
maps of files; less than this benchmark's own 135 MB is not told apart.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from ruamel.yaml import YAML
from scipy.optimize import brentq

from benchmarks.drawn_images import draw
from guidedseg.datasets import prepared
from guidedseg.names import BOX

ROOT = Path(__file__).parent.parent
MODEL = "unet"
EXPONENT, MEMORY, PAGE = 1.1, 2e9, 30e6
LEAST = 2.0
"""CPU seconds between the smallest and the largest size below which there is nothing to fit."""
SHORT = 10.0
"""CPU seconds of a stage that is run three times: other work on the machine disturbs it most."""

TRAINING = ("train_detector", "train_segmenter direct", "train_segmenter guided")
STAGES = {
    "outside": "outside bus_uclm",
    "acquire": "acquire bus_uclm",
    "prepare": "prepare bus_uclm",
    "split": "split",
    "yolo_labels": "yolo_labels",
    "train_detector": "train_detector",
    "detect": "detect",
    "frames": "frames",
    "crop_rois": "crop_rois",
    "train_segmenter direct": f"train_segmenter {MODEL} direct",
    "train_segmenter guided": f"train_segmenter {MODEL} guided",
    "predict direct": f"predict {MODEL} direct",
    "predict guided": f"predict {MODEL} guided",
    "evaluate": f"evaluate {MODEL}",
    "report": f"report {MODEL}",
}
"""Name -> module under stages/ and its arguments, in order."""


class Cost(NamedTuple):
    """Of a stage at a size: seconds on the clock, CPU seconds, most memory (bytes)."""

    wall: float
    cpu: float
    memory: int


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=[*STAGES], help="others run, but are not shown")
    parser.add_argument("--skip", choices=["detect"], help="make the boxes up")
    parser.add_argument("--keep", type=Path, help="an empty folder for the projects; a temporary one without")
    asked = parser.parse_args()
    sizes = sorted(asked.images)
    costs: dict[str, dict[int, Cost]] = {name: {} for name in STAGES}
    pages: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        for size in sizes:
            project = folder / str(size)
            make_project(project, size)
            if size != sizes[0]:
                shutil.copytree(folder / str(sizes[0]) / "models", project / "models")
            for name, command in STAGES.items():
                if name in TRAINING and size != sizes[0]:
                    continue
                if name == asked.skip:
                    make_up_boxes(project)
                    continue
                costs[name][size] = cost = measured(project, command, once=name in TRAINING)
                print(
                    f"{size:7} {name:24} {cost.wall:8.1f} s {cost.cpu:8.1f} s CPU {cost.memory / 1e6:7.0f} MB",
                    flush=True,
                )
            pages[size] = (project / "report/index.html").stat().st_size
            print(table({name: costs[name] for name in asked.stages if name not in TRAINING}, pages), flush=True)


def make_project(folder: Path, images: int) -> None:
    """Raw images and parameters."""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    draw(raw, images)
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params.update(dataset="bus_uclm", profile="quick", model=MODEL)
    params["datasets"]["bus_uclm"].update(source=str(raw), sha256=None, images=images)
    params["split"]["protocol"] = "holdout"
    profile = params["profiles"]["quick"]
    profile["inputs"]["image_size"] = 32
    profile["yolo"].update(image_size=64, epochs=4, close_mosaic=1, warmup_epochs=1.0)
    profile["train"]["epochs"] = 2
    yaml.dump(params, folder / "params.yaml")


def make_up_boxes(project: Path) -> None:
    """data/detections.csv: every lesion's box moved by up to two pixels, and a false box on every third image."""
    rng = np.random.default_rng(0)
    index, lesions = (read(project / "data/prepared") for read in (prepared.read_index, prepared.read_lesions))
    boxes = lesions[["image_id", *BOX]].assign(confidence=rng.uniform(0.2, 1, len(lesions)))
    boxes[BOX] = boxes[BOX] + rng.integers(-2, 3, (len(boxes), 4))
    false = index.iloc[::3][["image_id"]].assign(x0=2.0, y0=2.0, x1=14.0, y1=12.0)
    false["confidence"] = rng.uniform(0.01, 0.6, len(false))
    every = pd.concat([boxes, false]).sort_values(["image_id", "confidence"], ascending=[True, False])
    every.round({"confidence": 5}).to_csv(project / "data/detections.csv", index=False)


def measured(project: Path, command: str, *, once: bool) -> Cost:
    """One stage, a short one thrice."""
    cost = run(project, command)
    runs = [cost] if once or cost.cpu > SHORT else [cost, run(project, command), run(project, command)]
    return min(runs, key=lambda cost: cost.cpu)


def run(project: Path, command: str) -> Cost:
    """One stage, in a process of its own."""
    shutil.rmtree(project / ".scratch", ignore_errors=True)  # hashes that a stage remembers
    threads = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    module, *arguments = command.split()
    start = time.perf_counter()
    with (project / "log.txt").open("a") as log:
        stage = subprocess.Popen(
            [sys.executable, "-m", f"stages.{module}", *arguments],
            cwd=project,
            env={**os.environ, **threads},
            stdout=log,
            stderr=log,
        )
        _, status, used = os.wait4(stage.pid, 0)
    stage.returncode = os.waitstatus_to_exitcode(status)
    if stage.returncode:
        sys.exit(f"{command} failed:\n{(project / 'log.txt').read_text()[-3000:]}")
    return Cost(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Of a + b n^p through three points; 0.01 and 3 stand for less and for more."""
    (n1, n2, n3), (t1, t2, t3) = sizes, seconds
    low, high = 0.01, 3.0
    if t2 <= t1:
        return high if t3 > t2 else low

    def apart(p: float) -> float:
        return (n3**p - n2**p) / (n2**p - n1**p) - (t3 - t2) / (t2 - t1)

    return low if apart(low) > 0 else high if apart(high) < 0 else float(brentq(apart, low, high))


def table(costs: dict[str, dict[int, Cost]], pages: dict[int, int]) -> str:
    """Markdown; what misses its limit is bold."""
    sizes = sorted(pages)
    head = ["stage", *(f"{size:,}: s (CPU), MB" for size in sizes), "exponent"]
    rows = []
    for name, of in costs.items():
        cells = [
            f"{c.wall:.0f} ({c.cpu:.0f}), {marked(c.memory / 1e6, MEMORY / 1e6, '.0f')}" for _, c in sorted(of.items())
        ]
        rows.append([name, *(cells or ["made up"] * len(sizes)), growth(of)])
    rows.append(["page, MB", *(marked(pages[size] / 1e6, PAGE / 1e6, ".1f") for size in sizes), ""])
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def growth(of: dict[int, Cost]) -> str:
    """The exponent of the three largest sizes."""
    last = sorted(of)[-3:]
    if len(last) < 3:
        return "-"
    seconds = [of[n].cpu for n in last]
    return "start-up" if seconds[-1] - seconds[0] < LEAST else marked(exponent(last, seconds), EXPONENT, ".2f")


def marked(value: float, limit: float, form: str) -> str:
    """Bold above the limit."""
    return f"{value:{form}}" if value <= limit else f"**{value:{form}}**"


if __name__ == "__main__":
    main()
