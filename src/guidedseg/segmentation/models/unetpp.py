"""UNet++ (Zhou et al. 2018, arXiv 1807.10165): nested, densely connected skips between encoder and decoder."""

from collections.abc import Sequence

import segmentation_models_pytorch as smp
import torch
from torch import nn

from guidedseg.encoders import encoders
from guidedseg.segmentation.models import plain_encoder
from guidedseg.segmentation.models.layers import Supervised, double_conv, outputs_of, scaled, upsampled

WIDTHS = (32, 64, 128, 256, 512)  # of the original at strides 1, 2, 4, 8, 16, encoder and decoders alike
NESTED = ("x_3_3", "x_2_3", "x_1_3")  # smp's names of the paper's X(0,1), X(0,2), X(0,3), as they are computed


def unetpp(
    encoder: str,
    *,
    decoder_width: float,
    image_size: int,  # noqa: ARG001 - one signature for every network
    decoder_channels: Sequence[int] = (256, 128, 64, 32, 16),
    deep_supervision: bool = False,
) -> nn.Module:
    """Build with random weights.

    Args:
        encoder: ``original``, smp or ``tu-`` name.
        decoder_width: scales ``decoder_channels``; all channels of the original.
        image_size: not used.
        decoder_channels: at strides 16, 8, 4, 2, 1 with a library's encoder.
        deep_supervision: in training a mask from each of the four nested decoders (section 3.2). In evaluation the mask
            is the last one's ("fast mode").
    """
    if encoder == encoders.ORIGINAL:
        return UNetPlusPlus(decoder_width, deep_supervision=deep_supervision)
    return LibraryUNetPlusPlus(encoder, [scaled(width, decoder_width) for width in decoder_channels], deep_supervision)


class NestedNode(nn.Module):
    """X(i, j) of eq. 1: all earlier maps of its level beside the coarser one brought to their size, convolutions."""

    def __init__(self, coarser_channels: int, channels: int, earlier: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(coarser_channels, channels, kernel_size=2, stride=2)
        self.convolutions = double_conv((earlier + 1) * channels, channels)

    def forward(self, earlier: Sequence[torch.Tensor], coarser: torch.Tensor) -> torch.Tensor:
        """Maps (N, channels, H, W) and one (N, coarser_channels, H/2, W/2) -> (N, channels, H, W)."""
        out: torch.Tensor = self.convolutions(torch.cat([*earlier, self.up(coarser)], dim=1))
        return out


class UNetPlusPlus(nn.Module):
    """UNet++ as in its paper, on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S).

    The batch normalisations are ours, as everywhere; the authors' code has dropout in their place.
    """

    def __init__(self, decoder_width: float, *, deep_supervision: bool) -> None:
        super().__init__()
        self.encoder, widths = plain_encoder.plain(WIDTHS, decoder_width, double_conv)
        depth = len(widths) - 1
        self.columns = nn.ModuleList(
            nn.ModuleList(NestedNode(widths[level + 1], widths[level], column) for level in range(depth + 1 - column))
            for column in range(1, depth + 1)
        )
        self.heads = nn.ModuleList(
            nn.Conv2d(widths[0], 1, kernel_size=1) for _ in range(depth if deep_supervision else 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor | Supervised:
        """(N, 1, S, S) -> logits (N, 1, S, S); in training with deep supervision ``Supervised``."""
        encoders.check_input(x)
        levels = [[features] for features in self.encoder(x)[1:]]  # X(i, 0), then X(i, 0..j)
        for column in self.columns:
            for level, node in enumerate(column.children()):
                # the coarser level is one column behind: its node of this column comes after
                levels[level].append(node(levels[level], levels[level + 1][-1]))
        if self.training and len(self.heads) > 1:
            masks = [head(features) for head, features in zip(self.heads, levels[0][:0:-1], strict=True)]
            return Supervised(masks)
        logits: torch.Tensor = self.heads[0](levels[0][-1])
        return logits


class LibraryUNetPlusPlus(smp.UnetPlusPlus):  # type: ignore[misc]
    """smp's UNet++ on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S)."""

    def __init__(self, encoder: str, channels: Sequence[int], deep_supervision: bool) -> None:
        super().__init__(encoder_name=encoder, encoder_weights=None, in_channels=1, decoder_channels=list(channels))
        # from the decoders that end at stride 2; smp's own head is at 1
        self.side_heads = nn.ModuleList()
        if deep_supervision:
            widths = [self.decoder.blocks[name].conv2[0].out_channels for name in NESTED]
            self.side_heads.extend(nn.Conv2d(width, 1, kernel_size=1) for width in widths)

    def forward(self, x: torch.Tensor) -> torch.Tensor | Supervised:
        """(N, 1, S, S) -> logits (N, 1, S, S); in training with deep supervision ``Supervised``."""
        if not (self.training and self.side_heads):
            logits: torch.Tensor = super().forward(x)
            return logits
        with outputs_of(self.decoder.blocks[name] for name in NESTED) as nested:
            last = super().forward(x)
        sides = [upsampled(head(features)) for head, features in zip(self.side_heads, nested, strict=True)]
        return Supervised([last, *sides])

    def check_input_shape(self, x: torch.Tensor) -> None:
        """Replace smp's RuntimeError, which forward() would raise."""
        encoders.check_input(x)
