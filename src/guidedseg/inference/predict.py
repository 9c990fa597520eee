"""A network's probabilities for many regions, and its loss where the truth is known; written as they come."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import nn
from torch.nn import functional

from guidedseg.array_files import Append, appended
from guidedseg.progress import bar
from guidedseg.segmentation.data import as_input
from guidedseg.segmentation.models.attention_gate import gates
from guidedseg.segmentation.models.layers import outputs_of

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Predicted(NamedTuple):
    """What a network says about some regions of S x S.

    Attributes:
        probabilities: (M, S, S) uint8, probability x 255, rounded.
        losses: (M,) float64, of every region alone, a batch of one, so that it does not depend on its neighbours; NaN
            without a truth.
        gates: (M, s, s) uint8 a level, coarse to fine: what an attention gate lets through x 255, rounded. None where
            the network has no gates.
    """

    probabilities: npt.NDArray[np.uint8]
    losses: npt.NDArray[np.float64]
    gates: tuple[npt.NDArray[np.uint8], ...]


def predict(
    network: nn.Module,
    images: npt.NDArray[np.uint8],
    masks: npt.NDArray[np.uint8] | None = None,
    loss: Loss | None = None,
    *,
    chosen: npt.NDArray[np.int64] | None = None,
    batch: int = 16,
    flips: bool = False,
    progress: str = "regions",
) -> Iterator[Predicted]:
    """Run a network over cropped regions, a batch at a time.

    Args:
        network: (N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S).
        images: (N, S, S) uint8, may be memory-mapped.
        masks: (N, S, S) uint8 in {0, 1}, the truth; with it goes a loss.
        loss: logits and targets (1, 1, S, S) -> scalar.
        chosen: (K,) positions to predict, in this order; all without it.
        batch: regions per forward pass.
        flips: the logits are the mean over a region and its mirror image (left to right); so are those of the loss. The
            gates are those of the region as it is.
        progress: title of the progress bar.

    Yields:
        The next ``batch`` regions, the last time fewer.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.to(device).eval()
    chosen = np.arange(len(images)) if chosen is None else chosen
    for start in bar(progress, range(0, len(chosen), batch), unit="batch"):
        rows = chosen[start : start + batch]
        with torch.inference_mode():
            inputs = as_input(images[rows])[:, None].to(device)
            with outputs_of(gates(network)) as maps:
                logits = network(inputs).float()
            if flips:
                logits = (logits + network(inputs.flip(-1)).float().flip(-1)) / 2
            losses = np.full(len(rows), np.nan)
            if masks is not None and loss is not None:
                targets = torch.from_numpy(masks[rows].astype(np.float32))[:, None].to(device)
                alone = [loss(*pair) for pair in zip(logits[:, None], targets[:, None], strict=True)]
                losses = torch.stack(alone).double().cpu().numpy()
            attention = tuple(_levels(_at_most_half(one.float(), images.shape[-1])) for one in maps)
            part = Predicted(_levels(logits.sigmoid()), losses, attention)
        yield part


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


def _levels(shares: torch.Tensor) -> npt.NDArray[np.uint8]:
    """(N, 1, H, W) in [0, 1] -> (N, H, W) uint8."""
    levels: npt.NDArray[np.uint8] = (shares.squeeze(1) * 255).round().byte().cpu().numpy()
    return levels


def _at_most_half(maps: torch.Tensor, side: int) -> torch.Tensor:
    """A map at full size would be as large on the disk as the probabilities and shows no more in a picture."""
    return functional.avg_pool2d(maps, 2) if maps.shape[-1] == side else maps
