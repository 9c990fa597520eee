"""A network's probabilities for many regions, and its loss where the truth is known; written as they come."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.array_files import Append, appended
from guidedseg.inference.engines.engine import Engine, Floats
from guidedseg.inference.filling import Levels, fill, levels
from guidedseg.lookahead import in_order
from guidedseg.progress import bar

Losses = Callable[[Floats, Levels], npt.NDArray[np.float64]]
"""Logits (N, 1, S, S) and masks (N, S, S) in {0, 1} -> (N,), of every region alone."""


class Predicted(NamedTuple):
    """What a network says about some regions of S x S.

    Attributes:
        probabilities: (M, S, S) uint8, probability x 255, rounded.
        losses: (M,) float64, of every region alone, a batch of one, so that it does not depend on its neighbours; NaN
            without a truth.
        gates: (M, s, s) uint8 a level, coarse to fine: what an attention gate lets through x 255, rounded. None where
            the network has no gates.
    """

    probabilities: Levels
    losses: npt.NDArray[np.float64]
    gates: tuple[Levels, ...]


def predict(
    engine: Engine,
    images: Levels,
    masks: Levels | None = None,
    losses: Losses | None = None,
    *,
    chosen: npt.NDArray[np.int64] | None = None,
    batch: int = 16,
    flips: bool = False,
    progress: str = "regions",
) -> Iterator[Predicted]:
    """Run a network over cropped regions, batches beside each other.

    Args:
        engine: of one thread a call, as every core has a batch of its own.
        images: (N, S, S) uint8, may be memory-mapped.
        masks: (N, S, S) uint8 in {0, 1}, the truth; with it goes a loss.
        losses: with a truth.
        chosen: (K,) positions to predict, in this order; all without it.
        batch: regions per step.
        flips: the logits are the mean over a region and its mirror image (left to right); so are those of the loss. The
            gates are those of the region as it is.
        progress: title of the progress bar.

    Yields:
        The next ``batch`` regions, the last time fewer.
    """
    chosen = np.arange(len(images)) if chosen is None else chosen
    gates = engine.gates()
    steps = [chosen[start : start + batch] for start in range(0, len(chosen), batch)]

    def filled(rows: npt.NDArray[np.int64]) -> tuple[Levels, list[Floats]]:
        return fill(engine, np.asarray(images[rows]), flips=flips, also=["logits", *gates])

    found = zip(steps, in_order(filled, steps), strict=True)
    for rows, (probabilities, (logits, *maps)) in bar(progress, found, unit="batch", total=len(steps)):
        if masks is None or losses is None:
            of_each = np.full(len(rows), np.nan)
        else:
            of_each = losses(logits, np.asarray(masks[rows]))
        yield Predicted(probabilities, of_each, tuple(levels(one) for one in maps))


def write(parts: Iterable[Predicted], items: pd.DataFrame, size: int, target: Path) -> None:
    """Write ``probabilities.npy``, ``gates_1.npy``, ``gates_2.npy`` ... and ``items.csv`` into an existing folder.

    Args:
        parts: K regions in order, taken one by one and never held together.
        items: K rows of the inputs; ``loss`` is added to them.
        size: S of the (K, S, S) probabilities.
        target: the folder.
    """
    losses, done = np.empty(len(items)), 0  # filled in: thousands of small arrays that stay would scatter the heap
    with ExitStack() as files:
        append = files.enter_context(appended(target / "probabilities.npy", (len(items), size, size)))
        append_gates: list[Append] = []
        for part in parts:
            append(part.probabilities)
            if not append_gates:
                shapes = [(len(items), *maps.shape[1:]) for maps in part.gates]
                paths = [target / f"gates_{level}.npy" for level in range(1, len(shapes) + 1)]
                append_gates = [files.enter_context(appended(*file)) for file in zip(paths, shapes, strict=True)]
            for append_maps, maps in zip(append_gates, part.gates, strict=True):
                append_maps(maps)
            losses[done : done + len(part.losses)] = part.losses
            done += len(part.losses)
    items.assign(loss=losses.round(6)).to_csv(target / "items.csv", index=False, lineterminator="\n")
