"""Attention U-Net (Oktay et al. 2018, arXiv 1804.03999): a gate set by the coarser level weighs every skip."""

from collections.abc import Sequence

import torch
from torch import nn

from guidedseg.segmentation.models import encoders
from guidedseg.segmentation.models.layers import conv3x3, scaled, upsampled


class AttentionGate(nn.Module):
    """Additive attention gate (eq. 1 and 2, figure 2), computed on the coarser grid."""

    def __init__(self, skip_channels: int, gating_channels: int) -> None:
        super().__init__()
        between = max(1, skip_channels // 2)
        self.from_skip = nn.Conv2d(skip_channels, between, kernel_size=2, stride=2, bias=False)
        self.from_gating = nn.Conv2d(gating_channels, between, kernel_size=1)
        self.psi = nn.Conv2d(between, 1, kernel_size=1)

    def forward(self, skip: torch.Tensor, gating: torch.Tensor) -> torch.Tensor:
        """Skip (N, C, 2H, 2W) times a map in (0, 1) that the gating signal (N, G, H, W) sets: (N, C, 2H, 2W)."""
        joined = torch.relu(self.from_skip(skip) + self.from_gating(gating))  # (N, C/2, H, W)
        gate = torch.sigmoid(self.psi(joined))  # (N, 1, H, W)
        return skip * upsampled(gate)


class UpBlock(nn.Module):
    """Upsampling, the gated skip beside it, two convolutions."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        """Build with random weights; ``skip_channels`` 0 builds a block without skip and gate."""
        super().__init__()
        self.gate = AttentionGate(skip_channels, in_channels) if skip_channels else None
        self.convs = nn.Sequential(
            conv3x3(in_channels + skip_channels, out_channels), conv3x3(out_channels, out_channels)
        )

    def forward(self, x: torch.Tensor, skip: torch.Tensor | None) -> torch.Tensor:
        """(N, C, H, W) and the skip (N, K, 2H, 2W) -> (N, out, 2H, 2W)."""
        up = upsampled(x)  # (N, C, 2H, 2W)
        if self.gate is not None:
            up = torch.cat([up, self.gate(skip, x)], dim=1)  # (N, C + K, 2H, 2W)
        out: torch.Tensor = self.convs(up)
        return out


class AttentionUNet(nn.Module):
    """Attention U-Net on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S)."""

    def __init__(
        self,
        encoder: str,
        *,
        decoder_width: float,
        image_size: int,  # noqa: ARG002 - one signature for every network
        decoder_channels: Sequence[int] = (256, 128, 64, 32, 16),
    ) -> None:
        """Build with random weights.

        Args:
            encoder: smp or ``tu-`` name.
            decoder_width: scales ``decoder_channels``.
            image_size: not used.
            decoder_channels: at strides 16, 8, 4, 2, 1; the last has no skip.
        """
        super().__init__()
        self.encoder, (*skips, deepest) = encoders.grey(encoder)
        out = [scaled(channels, decoder_width) for channels in decoder_channels]
        self.blocks = nn.ModuleList(
            UpBlock(*channels) for channels in zip([deepest, *out[:-1]], [*reversed(skips), 0], out, strict=True)
        )
        self.head = nn.Conv2d(out[-1], 1, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, S, S) -> logits (N, 1, S, S)."""
        encoders.check_size(*x.shape[-2:])
        *skips, x = self.encoder(x)[1:]  # strides 2, 4, 8, 16 and 32
        for block, skip in zip(self.blocks, [*reversed(skips), None], strict=True):
            x = block(x, skip)  # strides 16, 8, 4, 2, 1
        logits: torch.Tensor = self.head(x)
        return logits
