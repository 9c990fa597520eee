"""SK-U-Net (Byra et al. 2020, doi 10.1016/j.bspc.2020.102027): selective kernels in place of U-Net's convolutions."""

import torch
from torch import nn

from guidedseg.segmentation.models.layers import conv3x3
from guidedseg.segmentation.models.u_shaped import UShaped


class SelectiveKernel(nn.Module):
    """A plain and a dilated 3x3 convolution, mixed per channel by an attention on the mean of both (figure 2)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        between = max(1, out_channels // 2)
        self.plain = conv3x3(in_channels, out_channels, bias=True)
        self.dilated = conv3x3(in_channels, out_channels, bias=True, dilation=2)
        # normalised as maps of one pixel, so that a training batch of one image fails as clearly as in DeepLabV3
        self.attention = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(out_channels, between, kernel_size=1),
            nn.BatchNorm2d(between),
            nn.ReLU(inplace=True),
            nn.Conv2d(between, out_channels, kernel_size=1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, in, H, W) -> (N, out, H, W)."""
        plain, dilated = self.plain(x), self.dilated(x)
        share = self.attention(plain + dilated)  # (N, out, 1, 1), of the dilated convolution
        return torch.lerp(plain, dilated, share)


class SKUNet(UShaped):
    """SK-U-Net on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S).

    The original has selective kernels everywhere and 16 to 256 channels, as in the authors' code; with a library's
    encoder they are in the decoder. A training batch needs two images at least.
    """

    WIDTHS = (16, 32, 64, 128, 256)

    def convolutions(self, in_channels: int, out_channels: int) -> nn.Module:
        """(N, in, H, W) -> (N, out, H, W)."""
        return nn.Sequential(SelectiveKernel(in_channels, out_channels), SelectiveKernel(out_channels, out_channels))
