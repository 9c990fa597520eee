"""Which engine is the faster one on this machine.

No bundle can know it, and no job finds it out by itself: engines differ in the last bits, and one that is chosen by the
clock would make two runs differ.
"""

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from guidedseg.bundles import example
from guidedseg.bundles.loading import opened, segmenter
from guidedseg.inference.engines.opening import Kind

ENGINES: tuple[Kind, ...] = ("onnxruntime", "openvino")
"""Those of a CPU that one would choose; torch is several times slower there."""

TURNS = 15


def times(path: Path) -> list[str]:
    """Let the engines that are installed take turns on the picture of its example, with one region and on one core.

    Args:
        path: a folder or a zip.

    Returns:
        A line for each engine and one that names the fastest.

    Raises:
        GuidedsegError: it is no bundle, or is damaged.
    """
    folder, description, _ = opened(path)
    image = example.draw()
    whole = np.array([[0.0, 0.0, image.shape[1], image.shape[0]]])
    installed = [engine for engine in ENGINES if importlib.util.find_spec(engine) is not None]
    trained = {engine: segmenter(folder, description, engine=engine) for engine in installed}
    seconds = np.array(
        [
            [(_seconds(one.boxes, image), _seconds(one.fill, image, whole, np.ones(1))) for one in trained.values()]
            for _ in range(TURNS + 1)
        ]
    )
    medians = 1000 * np.median(seconds[1:], axis=0)  # the first turn makes ready
    lines = [
        f"time: {one.detector.engine.name}: {detector + region:.1f} ms (detector {detector:.1f}, region {region:.1f})"
        for one, (detector, region) in zip(trained.values(), medians, strict=True)
    ]
    lines += [f"time: {engine} is not installed" for engine in ENGINES if engine not in installed]
    return [*lines, f"the fastest here: --engine {installed[int(medians.sum(axis=1).argmin())]}"]


def _seconds(function: Callable[..., Any], *arguments: Any) -> float:  # noqa: ANN401 - passes them on
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start
