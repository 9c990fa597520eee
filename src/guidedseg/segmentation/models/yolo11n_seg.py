"""YOLO11n-seg (Jocher and Qiu 2024, Ultralytics; masks as in YOLACT, arXiv 1904.02689)."""

from collections.abc import Callable
from typing import Self

import torch
from torch.nn import functional

from guidedseg.encoders.encoders import check_input
from guidedseg.instances import merging
from guidedseg.instances.network import InstanceNetwork, lesions
from guidedseg.instances.suppression import strongest, unsuppressed

MASK_RATIO = 4
"""Pixels of a picture, along a side, for one of the masks that it learns from; as Ultralytics has it."""

CANDIDATES, FOUND = 64, 16
"""Of a picture: the most confident boxes, and those of them that have a mask."""

OVER = 0.7
"""IoU of two boxes of which one goes; Ultralytics' default."""


class Yolo11nSeg(InstanceNetwork):
    """Ultralytics' YOLO11n-seg as a segmenter: of a pixel the likeliest lesion that has it (``merging.logits``).

    It has no encoder of a library: the profile's, and its width, are of the others.
    """

    def __init__(
        self,
        encoder: str,  # noqa: ARG002 - as all networks are called
        *,
        decoder_width: float,  # noqa: ARG002
        image_size: int,  # noqa: ARG002
        box: float = 7.5,
        cls: float = 0.5,
        dfl: float = 1.5,
    ) -> None:
        """Build with random weights.

        Args:
            encoder: not used.
            decoder_width: not used.
            image_size: not used.
            box: weight in the loss of boxes and of masks.
            cls: of lesion or not.
            dfl: of where exactly the sides of a box are.
        """
        super().__init__()
        # here: it takes seconds to import, and all networks' modules are; what it must be told before comes first
        import guidedseg.detection.yolo  # noqa: F401, PLC0415

        # isort: split
        from ultralytics.nn.tasks import SegmentationModel, yaml_model_load  # noqa: PLC0415
        from ultralytics.utils import IterableSimpleNamespace  # noqa: PLC0415

        with torch.device("cpu"):  # it looks at a picture while it is built, which without memory it could not
            self.network = SegmentationModel({**yaml_model_load("yolo11n-seg.yaml"), "nc": 1}, ch=3, verbose=False)
        self.network.args = IterableSimpleNamespace(box=box, cls=cls, dfl=dfl, cls_pw=0.0, overlap_mask=True)
        head = self.network.model[-1]
        # boxes and masks alone, and anchors laid out for each picture's own size
        head.export, head.format, head.dynamic = True, "onnx", True

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Self:
        head = self.network.model[-1]
        strides = head.stride
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        head.stride = (
            strides  # three numbers: Ultralytics looks at each, which on a GPU waits, and without memory fails
        )
        return self

    def loss(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Ultralytics' loss of boxes, masks and classes, of a picture."""
        found = lesions(masks)
        boxes = torch.cat([each.boxes for each in found]) / images.shape[-1]
        counts = torch.tensor([len(each.boxes) for each in found], device=images.device)
        numbers = torch.arange(len(found), device=images.device).repeat_interleave(counts)
        batch = {
            "img": _coloured(images),
            "batch_idx": numbers.float(),
            "cls": torch.zeros(len(boxes), 1, device=images.device),
            "bboxes": torch.cat([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], dim=1),
            "masks": torch.stack([each.numbered for each in found])[:, ::MASK_RATIO, ::MASK_RATIO].float(),
        }
        loss: torch.Tensor = self.network.loss(batch)[0].sum()
        return loss / len(images)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S)."""
        check_input(images)
        boxes, scores, masks = self.instances(images)
        return merging.logits(masks * _inside(boxes, *images.shape[-2:]), scores)

    def instances(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What is found in (N, 1, S, S), the most confident first, ``FOUND`` in each picture.

        Returns:
            Boxes (N, K, 4) x0, y0, x1, y1 in pixels; confidences (N, K), 0 where a box overlaps with a stronger one;
            masks (N, K, S, S) in [0, 1], which count within their boxes.
        """
        head = self.network.model[-1]
        training, head.training = head.training, False  # in training mode its head gives what the loss wants
        found, prototypes = self.network(_coloured(images))
        head.training = training
        scores, places, coefficients = found[:, 4], found[:, :4].mT, found[:, 5:].mT
        boxes = torch.cat([places[..., :2] - places[..., 2:] / 2, places[..., :2] + places[..., 2:] / 2], dim=-1)
        scores, boxes, coefficients = strongest(scores, min(CANDIDATES, scores.shape[1]), boxes, coefficients)
        scores = scores * unsuppressed(boxes, OVER)
        scores, boxes, coefficients = strongest(scores, FOUND, boxes, coefficients)
        masks = torch.einsum("nkc,nchw->nkhw", coefficients, prototypes)
        masks = functional.interpolate(masks, size=images.shape[-2:], mode="bilinear", align_corners=False).sigmoid()
        return boxes, scores, masks


def _coloured(images: torch.Tensor) -> torch.Tensor:
    return images.expand(-1, 3, -1, -1)  # it was made for colours


def _inside(boxes: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(N, K, height, width): 1 where the middle of a pixel lies in the box, else 0."""
    x, y = (torch.arange(side, device=boxes.device) + 0.5 for side in (width, height))
    across = (x >= boxes[..., 0:1]) & (x < boxes[..., 2:3])
    down = (y >= boxes[..., 1:2]) & (y < boxes[..., 3:4])
    return (down[..., :, None] & across[..., None, :]).float()
