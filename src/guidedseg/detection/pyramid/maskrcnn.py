"""Mask R-CNN as a detector: of what it finds the boxes."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from guidedseg.instances import maskrcnn
from guidedseg.instances.network import lesions


class Detector(nn.Module):
    """``instances.maskrcnn.MaskRCNN`` as the detectors of this package are."""

    def __init__(self, encoder: str, channels: int, hidden: int, image_size: int) -> None:
        """Build with random weights; arguments are those of ``instances.maskrcnn.MaskRCNN``."""
        super().__init__()
        self.maskrcnn = maskrcnn.MaskRCNN(encoder, channels=channels, hidden=hidden, image_size=image_size)

    @property
    def encoder(self) -> nn.Module:
        """Which ``encoders.load_weights`` fills."""
        return self.maskrcnn.backbone.encoder

    def losses(self, images: torch.Tensor, targets: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """Torchvision's five losses of a batch (N, 1, H, W); of each target the ``mask`` (H, W) in {0, 1} counts."""
        masks = torch.stack([each["mask"] for each in targets])[:, None].to(images)
        return self.maskrcnn.losses(images, [maskrcnn.target(each) for each in lesions(masks)])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """As ``fcos.Detector`` finds boxes: (N, 5, A), of the ``maskrcnn.FOUND`` most confident."""
        found = self.maskrcnn(images)
        low, high = found.boxes.mT.chunk(2, dim=1)
        return torch.cat([(low + high) / 2, high - low, found.scores[:, None]], dim=1)
