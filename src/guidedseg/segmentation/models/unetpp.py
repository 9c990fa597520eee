"""UNet++ (Zhou et al. 2018, arXiv 1807.10165): nested, densely connected skips between encoder and decoder."""

from collections.abc import Sequence

import segmentation_models_pytorch as smp
import torch

from guidedseg.segmentation.models.encoders import check_size
from guidedseg.segmentation.models.layers import scaled


class UNetPlusPlus(smp.UnetPlusPlus):  # type: ignore[misc]
    """smp's UNet++ on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S)."""

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
            encoder: smp or ``tu-`` name.
            decoder_width: scales ``decoder_channels``.
            image_size: not used.
            decoder_channels: at strides 16, 8, 4, 2, 1.
        """
        super().__init__(
            encoder_name=encoder,
            encoder_weights=None,
            in_channels=1,
            decoder_channels=[scaled(channels, decoder_width) for channels in decoder_channels],
        )

    def check_input_shape(self, x: torch.Tensor) -> None:
        """Replace smp's RuntimeError, which forward() would raise."""
        check_size(*x.shape[-2:])
