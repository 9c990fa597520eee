"""A network's probabilities for many regions."""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from guidedseg.segmentation.data import as_input


@torch.inference_mode()
def probabilities(
    network: nn.Module, images: npt.NDArray[np.uint8], *, batch: int = 16, progress: str | None = None
) -> npt.NDArray[np.uint8]:
    """Run a network over cropped regions.

    Args:
        network: (N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S).
        images: (K, S, S) uint8, may be memory-mapped.
        batch: regions per forward pass.
        progress: title of a progress bar; none without.

    Returns:
        (K, S, S) uint8, probability x 255, rounded.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.to(device).eval()
    result = np.empty(images.shape, dtype=np.uint8)
    for start in tqdm(range(0, len(images), batch), desc=progress, disable=None if progress else True):
        part = as_input(np.array(images[start : start + batch]))[:, None].to(device)
        scores = torch.sigmoid(network(part).float()).squeeze(1)
        result[start : start + batch] = (scores * 255).round().byte().cpu().numpy()
    return result
