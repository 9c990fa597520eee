"""UNet++ (Zhou et al. 2018, arXiv 1807.10165): nested, densely connected skips between encoder and decoder."""

from collections.abc import Sequence

import segmentation_models_pytorch as smp
import torch
from torch import nn

from guidedseg.segmentation.models.encoders import check_input
from guidedseg.segmentation.models.layers import Supervised, outputs_of, scaled, upsampled

NESTED = ("x_3_3", "x_2_3", "x_1_3")  # smp's names of the paper's X(0,1), X(0,2), X(0,3), as they are computed


class UNetPlusPlus(smp.UnetPlusPlus):  # type: ignore[misc]
    """smp's UNet++ on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S)."""

    ORIGINAL = "resnet34"
    """Stands for ``encoder="original"``: smp's decoder goes with an encoder of strides 2 to 32, the paper's own plain
    one (32 to 512 channels) has 1 to 16."""

    def __init__(
        self,
        encoder: str,
        *,
        decoder_width: float,
        image_size: int,  # noqa: ARG002 - one signature for every network
        decoder_channels: Sequence[int] = (256, 128, 64, 32, 16),
        deep_supervision: bool = False,
    ) -> None:
        """Build with random weights.

        Args:
            encoder: smp or ``tu-`` name.
            decoder_width: scales ``decoder_channels``.
            image_size: not used.
            decoder_channels: at strides 16, 8, 4, 2, 1.
            deep_supervision: in training a mask from each of the nested decoders too (section 3.2), at stride 2. The
                mask is the last one's ("fast mode").
        """
        super().__init__(
            encoder_name=encoder,
            encoder_weights=None,
            in_channels=1,
            decoder_channels=[scaled(channels, decoder_width) for channels in decoder_channels],
        )
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
        check_input(x)
