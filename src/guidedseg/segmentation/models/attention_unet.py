"""Attention U-Net (Oktay et al. 2018, arXiv 1804.03999): a gate set by the coarser level weighs every skip."""

import torch
from torch import nn

from guidedseg.segmentation.models.attention_gate import AttentionGate, gates
from guidedseg.segmentation.models.layers import conv3x3, outputs_of
from guidedseg.segmentation.models.u_shaped import UShaped


class AttentionUNet(UShaped):
    """Attention U-Net on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S).

    U-Net with a gate on every skip, and with bilinear upsampling and a convolution in place of transposed ones.
    """

    def up(self, in_channels: int, out_channels: int) -> nn.Module:
        """(N, in, H, W) -> (N, out, 2H, 2W)."""
        enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        return nn.Sequential(enlarge, conv3x3(in_channels, out_channels, bias=True))

    def gate(self, skip_channels: int, gating_channels: int) -> nn.Module:
        """An additive gate."""
        return AttentionGate(skip_channels, gating_channels)

    def gate_maps(self, x: torch.Tensor) -> list[torch.Tensor]:
        """What the gates let through of every skip, for pictures.

        Args:
            x: (N, 1, S, S) float32 in [0, 1].

        Returns:
            Maps (N, 1, H, H) in (0, 1), from the coarsest skip to the finest.
        """
        with outputs_of(gates(self)) as maps:
            self(x)
        return maps
