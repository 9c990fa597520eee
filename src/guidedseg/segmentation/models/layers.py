"""The small parts that the networks share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional


class Supervised(NamedTuple):
    """What a network gives in training where its loss has several parts; in evaluation it gives the mask alone.

    Attributes:
        masks: logits (N, 1, S, S), the network's own mask first.
        lesion: logits (N, 2) of "no lesion" and "a lesion", or None.
    """

    masks: list[torch.Tensor]
    lesion: torch.Tensor | None = None


def scaled(channels: int, decoder_width: float) -> int:
    """``channels`` times ``decoder_width``, rounded to a multiple of 8 and at least 8."""
    return max(8, 8 * round(channels * decoder_width / 8))


def conv3x3(in_channels: int, out_channels: int, *, bias: bool = False, dilation: int = 1) -> nn.Sequential:
    """3x3 convolution, batch normalisation, ReLU: (N, in, H, W) -> (N, out, H, W).

    A bias before a normalisation changes nothing: it is there where a network's published size counts it.
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=dilation, dilation=dilation, bias=bias),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


def double_conv(in_channels: int, out_channels: int) -> nn.Sequential:
    """Two 3x3 convolutions, the block of U-Net's family: (N, in, H, W) -> (N, out, H, W)."""
    return nn.Sequential(conv3x3(in_channels, out_channels, bias=True), conv3x3(out_channels, out_channels, bias=True))


def upsampled(x: torch.Tensor, factor: int = 2) -> torch.Tensor:
    """Bilinear upsampling: (N, C, H, W) -> (N, C, factor * H, factor * W)."""
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


@contextmanager
def outputs_of(modules: Iterable[nn.Module]) -> Iterator[list[torch.Tensor]]:
    """A list that fills with what these modules give while the ``with`` block runs, in the order they are called."""
    outputs: list[torch.Tensor] = []
    hooks = [module.register_forward_hook(lambda _, __, output: outputs.append(output)) for module in modules]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()
