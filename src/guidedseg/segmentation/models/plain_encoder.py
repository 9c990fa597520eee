"""The contracting path of U-Net and its kin: the encoder of their originals."""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from guidedseg.segmentation.models.layers import scaled


class PlainEncoder(nn.Module):
    """Blocks of convolutions with 2x2 maximum pooling between them: (N, 1, S, S) -> [input, strides 1, 2, 4, 8, 16]."""

    def __init__(self, widths: Sequence[int], block: Callable[[int, int], nn.Module]) -> None:
        """Build with random weights.

        Args:
            widths: channels at every stride.
            block: from channels in and out to a module that keeps height and width.
        """
        super().__init__()
        self.blocks = nn.ModuleList(block(*channels) for channels in zip([1, *widths[:-1]], widths, strict=True))
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 1, S, S) -> the input, then (N, widths[k], S / 2^k, S / 2^k) for every k."""
        features = [x]
        for number, block in enumerate(self.blocks):
            x = block(self.pool(x) if number else x)
            features.append(x)
        return features


def plain(
    widths: Sequence[int], decoder_width: float, block: Callable[[int, int], nn.Module]
) -> tuple[nn.Module, list[int]]:
    """The encoder of U-Net and its kin with random weights: ``PlainEncoder`` and its channels, scaled."""
    channels = [scaled(width, decoder_width) for width in widths]
    return PlainEncoder(channels, block), channels
