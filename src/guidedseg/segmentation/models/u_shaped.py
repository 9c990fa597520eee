"""What U-Net, Attention U-Net and SK-U-Net have in common: an encoder, skips, and a block per level on the way up."""

from collections.abc import Sequence

import torch
from torch import nn

from guidedseg.encoders import encoders
from guidedseg.segmentation.models import plain_encoder
from guidedseg.segmentation.models.layers import double_conv, scaled


class UpBlock(nn.Module):
    """Up by two, the skip beside it, convolutions."""

    def __init__(self, up: nn.Module, gate: nn.Module | None, convolutions: nn.Module) -> None:
        super().__init__()
        self.up = up
        self.gate = gate
        self.convolutions = convolutions

    def forward(self, x: torch.Tensor, skip: torch.Tensor | None) -> torch.Tensor:
        """(N, C, H, W) and the skip (N, K, 2H, 2W), or None, -> (N, out, 2H, 2W)."""
        x = self.up(x)  # (N, out, 2H, 2W)
        if skip is not None:
            if self.gate is not None:
                skip = self.gate(skip, x)
            x = torch.cat([skip, x], dim=1)  # (N, K + out, 2H, 2W)
        out: torch.Tensor = self.convolutions(x)
        return out


class UShaped(nn.Module):
    """Grey images (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S); what a method gives, a network may change.

    With ``encoder="original"`` that of U-Net's paper, but for batch normalisation and padded convolutions, as in every
    implementation that keeps the size. A library's encoder has strides 2 to 32 in place of 1 to 16, so one more block,
    without skip, leads back to S.
    """

    WIDTHS = (64, 128, 256, 512, 1024)
    """Channels of the original at strides 1, 2, 4, 8, 16."""

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
            encoder: ``original``, smp or ``tu-`` name.
            decoder_width: scales ``decoder_channels``; all channels of the original.
            image_size: not used.
            decoder_channels: at strides 16, 8, 4, 2, 1 with a library's encoder; the last has no skip.
        """
        super().__init__()
        if encoder == encoders.ORIGINAL:
            self.encoder, widths = plain_encoder.plain(self.WIDTHS, decoder_width, self.convolutions)
            *skips, deepest = widths
            joined, out = skips[::-1], skips[::-1]
        else:
            self.encoder, (*skips, deepest) = encoders.grey(encoder)
            joined, out = [*skips[::-1], 0], [scaled(channels, decoder_width) for channels in decoder_channels]
        self.blocks = nn.ModuleList(
            UpBlock(
                self.up(before, after),
                self.gate(skip, after) if skip else None,
                self.convolutions(skip + after, after),
            )
            for before, skip, after in zip([deepest, *out[:-1]], joined, out, strict=True)
        )
        self.head = nn.Conv2d(out[-1], 1, kernel_size=1)

    def convolutions(self, in_channels: int, out_channels: int) -> nn.Module:
        """(N, in, H, W) -> (N, out, H, W)."""
        return double_conv(in_channels, out_channels)

    def up(self, in_channels: int, out_channels: int) -> nn.Module:
        """(N, in, H, W) -> (N, out, 2H, 2W)."""
        return nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)

    def gate(self, skip_channels: int, gating_channels: int) -> nn.Module | None:  # noqa: ARG002 - for Attention U-Net
        """From skip (N, skip, H, W) and gating signal (N, gating, H, W) to a skip; None: the skip as it is."""
        return None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, S, S) -> logits (N, 1, S, S)."""
        encoders.check_input(x)
        *skips, x = self.encoder(x)[1:]
        skips = [None] * (len(self.blocks) - len(skips)) + skips
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            x = block(x, skip)
        logits: torch.Tensor = self.head(x)
        return logits
