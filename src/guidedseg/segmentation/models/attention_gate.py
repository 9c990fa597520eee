"""The gate of Attention U-Net (Oktay et al. 2018, arXiv 1804.03999), and how to find gates in a network."""

import torch
from torch import nn


class AttentionGate(nn.Module):
    """Additive attention gate (eq. 1 and 2, figure 2), on the grid of its skip.

    The gating signal is the coarser level's, brought to the skip's size by the block's upsampling; the paper computes
    the gate on the coarser grid and resamples it. This is how its widely used 2-D version does it (34.879 M).
    """

    def __init__(self, skip_channels: int, gating_channels: int) -> None:
        super().__init__()
        between = max(1, skip_channels // 2)
        self.from_skip = nn.Sequential(nn.Conv2d(skip_channels, between, kernel_size=1), nn.BatchNorm2d(between))
        self.from_gating = nn.Sequential(nn.Conv2d(gating_channels, between, kernel_size=1), nn.BatchNorm2d(between))
        self.psi = nn.Sequential(nn.Conv2d(between, 1, kernel_size=1), nn.BatchNorm2d(1), nn.Sigmoid())

    def forward(self, skip: torch.Tensor, gating: torch.Tensor) -> torch.Tensor:
        """Skip (N, C, H, W) times a map in (0, 1) that the gating signal (N, G, H, W) sets: (N, C, H, W)."""
        out: torch.Tensor = skip * self.psi(torch.relu(self.from_skip(skip) + self.from_gating(gating)))
        return out


def gates(network: nn.Module) -> list[nn.Module]:
    """The modules of a network that give attention maps (N, 1, H, H) in (0, 1), coarse to fine; none in most."""
    return [module.psi for module in network.modules() if isinstance(module, AttentionGate)]
