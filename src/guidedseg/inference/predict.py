"""A network's probabilities for many regions, and its loss where the truth is known."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from guidedseg.progress import bar
from guidedseg.segmentation.data import as_input
from guidedseg.segmentation.models.attention_gate import gates
from guidedseg.segmentation.models.layers import outputs_of

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Predicted(NamedTuple):
    """What a network says about K regions of S x S.

    Attributes:
        probabilities: (K, S, S) uint8, probability x 255, rounded.
        losses: (K,) float64, of every region alone, a batch of one, so that it does not depend on its neighbours; NaN
            without a truth.
        gates: (K, s, s) uint8 a level, coarse to fine: what an attention gate lets through x 255, rounded. None where
            the network has no gates or there are no regions.
    """

    probabilities: npt.NDArray[np.uint8]
    losses: npt.NDArray[np.float64]
    gates: tuple[npt.NDArray[np.uint8], ...]


@torch.inference_mode()
def predict(
    network: nn.Module,
    images: npt.NDArray[np.uint8],
    masks: npt.NDArray[np.uint8] | None = None,
    loss: Loss | None = None,
    *,
    batch: int = 16,
    flips: bool = False,
    progress: str = "regions",
) -> Predicted:
    """Run a network over cropped regions.

    Args:
        network: (N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S).
        images: (K, S, S) uint8, may be memory-mapped.
        masks: (K, S, S) uint8 in {0, 1}, the truth; with it goes a loss.
        loss: logits and targets (1, 1, S, S) -> scalar.
        batch: regions per forward pass.
        flips: the logits are the mean over a region and its mirror image (left to right); so are those of the loss. The
            gates are those of the region as it is.
        progress: title of the progress bar.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.to(device).eval()
    result = np.empty(images.shape, dtype=np.uint8)
    losses = np.full(len(images), np.nan)
    attention: list[npt.NDArray[np.uint8]] = []
    for start in bar(progress, range(0, len(images), batch), unit="batch"):
        end = start + batch
        inputs = as_input(np.array(images[start:end]))[:, None].to(device)
        with outputs_of(gates(network)) as maps:
            logits = network(inputs).float()
        if flips:
            logits = (logits + network(inputs.flip(-1)).float().flip(-1)) / 2
        result[start:end] = _levels(logits.sigmoid())
        small = [_levels(_at_most_half(one.float(), images.shape[-1])) for one in maps]
        attention = attention or [np.empty((len(images), *one.shape[1:]), dtype=np.uint8) for one in small]
        for level, part in zip(attention, small, strict=True):
            level[start:end] = part
        if masks is not None and loss is not None:
            targets = torch.from_numpy(masks[start:end].astype(np.float32))[:, None].to(device)
            alone = [loss(*pair) for pair in zip(logits[:, None], targets[:, None], strict=True)]
            losses[start:end] = torch.stack(alone).double().cpu().numpy()
    return Predicted(result, losses, tuple(attention))


def _levels(shares: torch.Tensor) -> npt.NDArray[np.uint8]:
    """(N, 1, H, W) in [0, 1] -> (N, H, W) uint8."""
    levels: npt.NDArray[np.uint8] = (shares.squeeze(1) * 255).round().byte().cpu().numpy()
    return levels


def _at_most_half(maps: torch.Tensor, side: int) -> torch.Tensor:
    """A map at full size would be as large on the disk as the probabilities and shows no more in a picture."""
    return functional.avg_pool2d(maps, 2) if maps.shape[-1] == side else maps
