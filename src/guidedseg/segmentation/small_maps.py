"""Where images are too small for a network: convolutions that reach beyond the whole map from every pixel of it."""

import torch
from torch import nn


def blind(network: nn.Module, image_size: int) -> list[tuple[int, int]]:
    """Convolutions that see padding around every pixel: they work, but as 1 x 1 convolutions.

    That is so where the rate reaches the side of the map, as Chen et al. (2017, section 3.3) tell of DeepLabV3's.

    Args:
        network: from (N, 1, S, S) to logits; it loses its weights.
        image_size: S.

    Returns:
        Rate (1 where it is not dilated) and side of the map in pixels of each, in the order in which they are called.
    """
    found = []

    def look(convolution: nn.Conv2d, maps: tuple[torch.Tensor], _: torch.Tensor) -> None:
        sides = zip(convolution.kernel_size, convolution.dilation, maps[0].shape[-2:], strict=True)
        found.extend([(rate, side) for kernel, rate, side in sides if kernel > 1 and rate >= side][:1])

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(look)
    with torch.no_grad():
        network.to("meta").eval()(torch.empty(1, 1, image_size, image_size, device="meta"))  # shapes alone
    return found
