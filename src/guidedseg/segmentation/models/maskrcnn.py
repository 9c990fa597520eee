"""Mask R-CNN (He et al. 2017, arXiv 1703.06870)."""

import torch
from torch import nn

from guidedseg.encoders.encoders import check_input
from guidedseg.instances import maskrcnn, merging
from guidedseg.instances.network import InstanceNetwork, lesions
from guidedseg.segmentation.models.layers import scaled


class MaskRCNN(InstanceNetwork):
    """Mask R-CNN as a segmenter: of a pixel the likeliest lesion that has it (``merging.logits``)."""

    ORIGINAL = "resnet50"
    """Stands for ``encoder="original"``: the smaller of the paper's two encoders."""

    def __init__(
        self, encoder: str, *, decoder_width: float, image_size: int, channels: int = 256, hidden: int = 1024
    ) -> None:
        """Build with random weights.

        Args:
            encoder: as ``encoders.grey`` takes it.
            decoder_width: scales the others.
            image_size: S, for the sizes of anchors.
            channels: of pyramid and masks.
            hidden: of the two layers that judge a box.
        """
        super().__init__()
        self.network = maskrcnn.MaskRCNN(
            encoder,
            channels=scaled(channels, decoder_width),
            hidden=scaled(hidden, decoder_width),
            image_size=image_size,
        )

    @property
    def encoder(self) -> nn.Module:
        """Which ``encoders.load_weights`` fills."""
        return self.network.backbone.encoder

    def loss(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """The sum of torchvision's five losses; torch's seed decides which regions they are of."""
        return torch.stack(
            list(self.network.losses(images, [maskrcnn.target(each) for each in lesions(masks)]).values())
        ).sum()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S)."""
        check_input(images)
        found = self.network(images)
        return merging.logits(merging.pasted(found.masks, found.boxes, *images.shape[-2:]), found.scores)
