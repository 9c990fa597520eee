"""A network's probabilities for many regions, and its loss where the truth is known."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from guidedseg.segmentation.data import as_input

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@torch.inference_mode()
def predict(
    network: nn.Module,
    images: npt.NDArray[np.uint8],
    masks: npt.NDArray[np.uint8] | None = None,
    loss: Loss | None = None,
    *,
    batch: int = 16,
    flips: bool = False,
    progress: str | None = None,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Run a network over cropped regions.

    Args:
        network: (N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S).
        images: (K, S, S) uint8, may be memory-mapped.
        masks: (K, S, S) uint8 in {0, 1}, the truth; with it goes a loss.
        loss: logits and targets (1, 1, S, S) -> scalar.
        batch: regions per forward pass.
        flips: the logits are the mean over a region and its mirror image (left to right); so are those of the loss.
        progress: title of a progress bar; none without.

    Returns:
        (K, S, S) uint8, probability x 255, rounded; and the loss of every region alone, a batch of one, so that it does
        not depend on its neighbours: (K,), NaN without a truth.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.to(device).eval()
    result = np.empty(images.shape, dtype=np.uint8)
    losses = np.full(len(images), np.nan)
    for start in tqdm(range(0, len(images), batch), desc=progress, disable=None if progress else True):
        end = start + batch
        inputs = as_input(np.array(images[start:end]))[:, None].to(device)
        logits = network(inputs).float()
        if flips:
            logits = (logits + network(inputs.flip(-1)).float().flip(-1)) / 2
        result[start:end] = (logits.sigmoid().squeeze(1) * 255).round().byte().cpu().numpy()
        if masks is not None and loss is not None:
            targets = torch.from_numpy(masks[start:end].astype(np.float32))[:, None].to(device)
            alone = [loss(*pair) for pair in zip(logits[:, None], targets[:, None], strict=True)]
            losses[start:end] = torch.stack(alone).double().cpu().numpy()
    return result, losses
