"""An encoder with a feature pyramid (Lin et al. 2017, arXiv 1612.03144), for networks that look for boxes."""

from collections import OrderedDict
from collections.abc import Callable

import torch
from timm.layers import Conv2dSame
from torch import nn
from torch.nn import functional
from torchvision.ops import FeaturePyramidNetwork

from guidedseg.encoders import encoders


class EvenConv2d(Conv2dSame):
    """TensorFlow's padding where every side is a multiple of the stride: then it is the same for all sizes.

    timm computes it from each input, which an export for any size turns into minutes of algebra.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As the base class has it."""
        (kernel, _), (stride, _), (dilation, _) = self.kernel_size, self.stride, self.dilation
        total = max(dilation * (kernel - 1) + 1 - stride, 0)
        before, after = total // 2, total - total // 2
        padded = functional.pad(x, [before, after, before, after])
        return functional.conv2d(padded, self.weight, self.bias, self.stride, (0, 0), self.dilation, self.groups)


class Pyramid(nn.Module):
    """Maps at some of an encoder's strides, all of the same width; a backbone as torchvision's detectors want it."""

    def __init__(
        self,
        encoder: str,
        channels: int,
        strides: tuple[int, ...],
        norm_layer: Callable[[int], nn.Module] | None = None,
    ) -> None:
        """Build with random weights.

        Args:
            encoder: as ``encoders.grey`` takes it.
            channels: of every map.
            strides: the finest first, the last of them 32.
            norm_layer: of the pyramid's convolutions, by its channels; None: without.
        """
        super().__init__()
        self.out_channels = channels
        self.encoder, widths = encoders.grey(encoder)
        for module in self.encoder.modules():
            if isinstance(module, Conv2dSame):
                module.__class__ = EvenConv2d
        self.levels = len(strides)
        self.pyramid = FeaturePyramidNetwork(widths[-self.levels :], channels, norm_layer=norm_layer)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """(N, 1, H, W) float32 to a map (N, channels, H / stride, W / stride) per stride."""
        maps = self.encoder(images)[-self.levels :]
        found: dict[str, torch.Tensor] = self.pyramid(
            OrderedDict((str(level), each) for level, each in enumerate(maps))
        )
        return found
