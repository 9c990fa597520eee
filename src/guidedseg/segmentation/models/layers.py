"""The three small parts that the networks share."""

import torch
from segmentation_models_pytorch.base.modules import Conv2dReLU
from torch import nn
from torch.nn import functional


def scaled(channels: int, decoder_width: float) -> int:
    """``channels`` times ``decoder_width``, rounded to a multiple of 8 and at least 8."""
    return max(8, 8 * round(channels * decoder_width / 8))


def conv3x3(in_channels: int, out_channels: int) -> nn.Module:
    """3x3 convolution, batch normalisation, ReLU: (N, in, H, W) -> (N, out, H, W)."""
    block: nn.Module = Conv2dReLU(in_channels, out_channels, kernel_size=3, padding=1)
    return block


def upsampled(x: torch.Tensor, factor: int = 2) -> torch.Tensor:
    """Bilinear upsampling: (N, C, H, W) -> (N, C, factor * H, factor * W)."""
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
