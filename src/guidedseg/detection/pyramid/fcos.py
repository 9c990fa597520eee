"""FCOS (Tian et al., 2019), torchvision's, on an encoder of the segmenters."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.fcos import FCOS
from torchvision.models.detection.image_list import ImageList

from guidedseg.encoders.pyramid import Pyramid

STRIDES = (8, 16, 32)
"""Of the levels of the pyramid. A box is learned from places in its middle: on the first level where it reaches up to
64 pixels from there, on the second up to 128, on the third beyond. FCOS has two coarser ones: a few pixels here."""


class Detector(nn.Module):
    """FCOS for one class, without what torchvision puts around it: letterbox and suppression are the pipeline's own."""

    def __init__(self, encoder: str, channels: int) -> None:
        super().__init__()
        anchors = AnchorGenerator(tuple((stride,) for stride in STRIDES), ((1.0,),) * len(STRIDES))
        self.fcos = FCOS(Pyramid(encoder, channels, STRIDES), num_classes=1, anchor_generator=anchors)

    @property
    def encoder(self) -> nn.Module:
        """Which ``encoders.load_weights`` fills."""
        return self.fcos.backbone.encoder

    def losses(
        self,
        images: torch.Tensor,
        targets: Sequence[Mapping[str, torch.Tensor]],
        whole: Callable[[torch.Tensor], torch.Tensor] = lambda share: share,
    ) -> dict[str, torch.Tensor]:
        """Focal loss of the class, generalised IoU of the boxes, cross entropy of the centreness; each of a batch.

        Args:
            images: (N, 1, H, W) float32 in [0, 1], H and W multiples of 32; a share of the batch.
            targets: of the whole batch, ``boxes`` (K, 4) float32 x0, y0, x1, y1 of each picture: all three are sums
                over it, divided by the places with a lesion in it.
            whole: makes (n, ...) of the share into that of the whole batch.
        """
        maps = list(self.fcos.backbone(images).values())
        head = {name: whole(each) for name, each in self.fcos.head(maps).items()}
        anchors = self.fcos.anchor_generator(ImageList(images, [tuple(images.shape[-2:])] * len(targets)), maps)
        places = [each.shape[-2] * each.shape[-1] for each in maps]
        labelled = [
            {"boxes": each["boxes"], "labels": each["boxes"].new_zeros(len(each["boxes"]), dtype=torch.int64)}
            for each in targets
        ]
        found: dict[str, torch.Tensor] = self.fcos.compute_loss(labelled, head, anchors, places)
        return found

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Find boxes.

        Args:
            images: (N, 1, H, W) float32 in [0, 1], H and W multiples of 32.

        Returns:
            (N, 5, A): centre x, centre y, width and height in pixels of the input, then the confidence in (0, 1), the
            geometric mean of class and centreness; A is the number of places where the network looks.
        """
        maps = self.fcos.backbone(images).values()
        return torch.cat([self._boxes(each, stride) for each, stride in zip(maps, STRIDES, strict=True)], dim=-1)

    def _boxes(self, level: torch.Tensor, stride: int) -> torch.Tensor:
        """(N, 5, H x W) of a level's map (N, channels, H, W); its places are where torchvision's anchors are."""
        head: dict[str, torch.Tensor] = self.fcos.head([level])
        left, top, right, bottom = (head["bbox_regression"] * stride).unbind(-1)
        rows, columns = (torch.arange(side, device=level.device) * stride for side in level.shape[-2:])
        y, x = (each.reshape(-1) for each in torch.meshgrid(rows, columns, indexing="ij"))
        confidence = (head["cls_logits"].sigmoid() * head["bbox_ctrness"].sigmoid()).sqrt()[..., 0]
        centre_x, centre_y = x + (right - left) / 2, y + (bottom - top) / 2
        return torch.stack([centre_x, centre_y, left + right, top + bottom, confidence], dim=1)
