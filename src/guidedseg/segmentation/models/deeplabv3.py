"""DeepLabV3 (Chen et al. 2017, arXiv 1706.05587): a dilated encoder and atrous spatial pyramid pooling."""

from collections.abc import Sequence
from typing import Literal

import segmentation_models_pytorch as smp
import torch

from guidedseg.encoders.encoders import check_input
from guidedseg.segmentation.models.layers import scaled


class DeepLabV3(smp.DeepLabV3):  # type: ignore[misc]
    """smp's DeepLabV3 on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S), its rates for one size S.

    The image pooling branch normalises one value per image and channel over the batch, so a training batch needs two
    images at least (torch raises ValueError for one): the training loop drops a last batch of size 1. Prediction
    takes any batch.
    """

    ORIGINAL = "resnet50"
    """Stands for ``encoder="original"``: the smaller of the paper's two encoders."""

    def __init__(
        self,
        encoder: str,
        *,
        decoder_width: float,
        image_size: int,
        output_stride: Literal[8, 16] = 8,
        channels: int = 256,
        atrous_shares: Sequence[float] = (0.18, 0.37, 0.55),
    ) -> None:
        """Build with random weights.

        Args:
            encoder: smp or ``tu-`` name of an encoder that can be dilated.
            decoder_width: scales ``channels``.
            image_size: S: with the stride it gives the side of the map, and with this the rates.
            output_stride: of the last features: 8 or 16.
            channels: of each pyramid branch.
            atrous_shares: three rates as shares of the side of the map. The defaults give the paper's, 6, 12, 18 at
                stride 16 and 12, 24, 36 at 8, on its maps of 33 and 65. In pixels they would reach beyond the smaller
                maps here from every one of them, and be 1 x 1 convolutions (section 3.3, figure 4).
        """
        side = image_size // output_stride
        super().__init__(
            encoder_name=encoder,
            encoder_weights=None,
            in_channels=1,
            encoder_output_stride=output_stride,
            decoder_channels=scaled(channels, decoder_width),
            decoder_atrous_rates=tuple(max(1, round(share * side)) for share in atrous_shares),
        )

    def check_input_shape(self, x: torch.Tensor) -> None:
        """Replace smp's RuntimeError, which forward() would raise."""
        check_input(x)
