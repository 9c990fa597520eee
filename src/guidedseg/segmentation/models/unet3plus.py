"""UNet 3+ (Huang et al. 2020, arXiv 2004.08790): full-scale skip connections.

The five scales are the encoder's strides 2 to 32 (1 to 16 in the paper). Without deep supervision and the
classification-guided module.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from guidedseg.segmentation.models import encoders
from guidedseg.segmentation.models.layers import conv3x3, scaled, upsampled

POSITIONS = (3, 2, 1, 0)  # of the nodes among the five scales, coarse to fine; the deepest features are a node as is


class FullScaleNode(nn.Module):
    """One decoder node: maps of all five scales brought to its own, reduced, joined and fused (eq. 1, figure 2)."""

    def __init__(self, position: int, in_channels: Sequence[int], channels: int) -> None:
        """Build with random weights.

        Args:
            position: which of the maps has the node's own scale.
            in_channels: of the maps, finest first.
            channels: each map is reduced to; the node gives ``len(in_channels) * channels``.
        """
        super().__init__()
        self.position = position
        self.reduce = nn.ModuleList(conv3x3(width, channels) for width in in_channels)
        self.fuse = conv3x3(len(in_channels) * channels, len(in_channels) * channels)

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Five maps, each half the size of the one before, to (N, 5 * channels, H, W) at the size of its own."""
        reduced = []
        for scale, (reduce, x) in enumerate(zip(self.reduce, maps, strict=True)):
            steps = 2 ** abs(scale - self.position)
            if scale < self.position:
                x = functional.max_pool2d(x, steps)  # noqa: PLW2901 - (N, C, steps*H, steps*W) -> (N, C, H, W)
            elif scale > self.position:
                x = upsampled(x, steps)  # noqa: PLW2901 - (N, C, H/steps, W/steps) -> (N, C, H, W)
            reduced.append(reduce(x))  # (N, channels, H, W)
        fused: torch.Tensor = self.fuse(torch.cat(reduced, dim=1))  # (N, 5 * channels, H, W)
        return fused


class UNet3Plus(nn.Module):
    """UNet 3+ on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S)."""

    def __init__(
        self,
        encoder: str,
        *,
        decoder_width: float,
        image_size: int,  # noqa: ARG002 - one signature for every network
        channels: int = 64,
    ) -> None:
        """Build with random weights.

        Args:
            encoder: smp or ``tu-`` name.
            decoder_width: scales ``channels``.
            image_size: not used.
            channels: every map is reduced to, in every node.
        """
        super().__init__()
        self.encoder, widths = encoders.grey(encoder)
        channels = scaled(channels, decoder_width)
        self.nodes = nn.ModuleList()
        for position in POSITIONS:
            self.nodes.append(FullScaleNode(position, widths, channels))
            widths[position] = len(widths) * channels
        self.head = nn.Conv2d(widths[0], 1, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, S, S) -> logits (N, 1, S, S)."""
        encoders.check_size(*x.shape[-2:])
        maps = list(self.encoder(x)[1:])  # strides 2, 4, 8, 16, 32
        for position, node in zip(POSITIONS, self.nodes, strict=True):
            # Each node replaces the encoder's map: finer ones are still the encoder's, coarser ones the decoder's.
            maps[position] = node(maps)
        return upsampled(self.head(maps[0]))  # (N, 1, S/2, S/2) -> (N, 1, S, S)
