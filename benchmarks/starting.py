"""How long it takes from nothing to the first mask, each time in a fresh process."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

_COMMAND = "from guidedseg.cli import main; main()"
_LOAD = """
import time
start = time.perf_counter()
import guidedseg
guidedseg.load({bundle!r})
print(time.perf_counter() - start)
"""


def measure(bundle: Path, picture: Path, scratch: Path, turns: int) -> dict[str, float]:
    """Median seconds of: ``guidedseg segment`` of one file; ``import guidedseg`` and ``load``; Python by itself."""
    segment, load, python = list[float](), list[float](), list[float]()
    for turn in range(turns + 1):
        out = scratch / f"start {turn}"
        options = ["segment", str(picture), "--bundle", str(bundle), "--out", str(out)]
        segment.append(_seconds([sys.executable, "-c", _COMMAND, *options]))
        python.append(_seconds([sys.executable, "-c", ""]))
        told = subprocess.run(
            [sys.executable, "-c", _LOAD.format(bundle=str(bundle))], check=True, capture_output=True, text=True
        )
        load.append(float(told.stdout))
    rows = {"`guidedseg segment one.png`, all of it": segment, "`guidedseg.load(...)`, with its import": load}
    return {name: float(np.median(seconds[1:])) for name, seconds in {**rows, "Python alone": python}.items()}


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
