"""UNet 3+ (Huang et al. 2020, arXiv 2004.08790): full-scale skip connections."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from guidedseg.encoders import encoders
from guidedseg.segmentation.models import plain_encoder
from guidedseg.segmentation.models.layers import Supervised, conv3x3, double_conv, scaled, upsampled

WIDTHS = (64, 128, 256, 512, 1024)  # of the original's encoder at strides 1, 2, 4, 8, 16
POSITIONS = (3, 2, 1, 0)  # of the nodes among the five scales, coarse to fine; the deepest features are a node as is
NOTHING = -20.0  # logit of a mask that the classifier empties: a probability of 2e-9, and losses stay finite


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
        self.reduce = nn.ModuleList(conv3x3(width, channels, bias=True) for width in in_channels)
        self.fuse = conv3x3(len(in_channels) * channels, len(in_channels) * channels, bias=True)

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
    """UNet 3+ on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S).

    The five scales are strides 1 to 16 in the original and 2 to 32 with a library's encoder.
    """

    def __init__(
        self,
        encoder: str,
        *,
        decoder_width: float,
        image_size: int,  # noqa: ARG002 - one signature for every network
        channels: int = 64,
        deep_supervision: bool = False,
        class_guided: bool = False,
    ) -> None:
        """Build with random weights.

        Args:
            encoder: ``original``, smp or ``tu-`` name.
            decoder_width: scales ``channels``, and the widths of the original's encoder.
            image_size: not used.
            channels: every map is reduced to, in every node.
            deep_supervision: a mask from each of the five scales, in training (section 2.2).
            class_guided: a classifier of the deepest features empties masks of images without a lesion (section 2.3).
                In training it learns beside the masks and leaves them alone: where it errs they would learn nothing.
        """
        super().__init__()
        if encoder == encoders.ORIGINAL:
            self.encoder, widths = plain_encoder.plain(WIDTHS, decoder_width, double_conv)
        else:
            self.encoder, widths = encoders.grey(encoder)
        channels = scaled(channels, decoder_width)
        self.classifier = _classifier(widths[-1]) if class_guided else None
        self.nodes = nn.ModuleList()
        for position in POSITIONS:
            self.nodes.append(FullScaleNode(position, widths, channels))
            widths[position] = len(widths) * channels
        supervised = widths if deep_supervision else widths[:1]
        self.heads = nn.ModuleList(nn.Conv2d(width, 1, kernel_size=3, padding=1) for width in supervised)

    def forward(self, x: torch.Tensor) -> torch.Tensor | Supervised:
        """(N, 1, S, S) -> logits (N, 1, S, S); in training with an option ``Supervised``."""
        encoders.check_input(x)
        size = x.shape[-1]
        maps = list(self.encoder(x)[1:])  # five scales
        lesion = self.classifier(maps[-1]) if self.classifier is not None else None  # (N, 2)
        for position, node in zip(POSITIONS, self.nodes, strict=True):
            # Each node replaces the encoder's map: finer ones are still the encoder's, coarser ones the decoder's.
            maps[position] = node(maps)
        if self.training and (lesion is not None or len(self.heads) > 1):
            return Supervised([self._mask(*pair, size) for pair in zip(self.heads, maps, strict=False)], lesion)
        logits = self._mask(self.heads[0], maps[0], size)
        if lesion is not None:
            found = lesion[:, 1] > lesion[:, 0]  # (N,)
            logits = torch.where(found[:, None, None, None], logits, NOTHING)
        return logits

    @staticmethod
    def _mask(head: nn.Module, x: torch.Tensor, size: int) -> torch.Tensor:
        """(N, C, H, H) -> logits (N, 1, size, size)."""
        logits: torch.Tensor = head(x)
        return logits if logits.shape[-1] == size else upsampled(logits, size // logits.shape[-1])


def _classifier(channels: int) -> nn.Module:
    """(N, channels, H, W) -> logits (N, 2) of "no lesion" and "a lesion"."""
    return nn.Sequential(nn.Dropout(0.5), nn.Conv2d(channels, 2, kernel_size=1), nn.AdaptiveMaxPool2d(1), nn.Flatten())
