"""Mask R-CNN (He et al. 2017, arXiv 1703.06870): torchvision's parts and losses on an encoder of the segmenters.

It learns as torchvision's does. What it finds afterwards is computed in steps of fixed sizes, where torchvision has as
many boxes as there happen to be: so it is one graph for any engine, and pictures of a batch do not wait for each other.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.ops import MultiScaleRoIAlign, roi_align

from guidedseg.encoders.pyramid import Pyramid
from guidedseg.instances.network import Lesions
from guidedseg.instances.suppression import strongest, unsuppressed

STRIDES = (4, 8, 16, 32)

RATIOS = (0.5, 1.0, 2.0)
"""Heights of anchors by their widths."""

LEARNED = (64, 128)
"""Anchors, and regions, of a picture that the losses are of; torchvision has 256 and 512, for pictures full of
things."""

PROPOSED, KEPT, FOUND = 192, 64, 16
"""Of a picture: the likeliest anchors, of which those stay that no likelier one overlaps, and the boxes with a mask."""

APART, OVER = 0.7, 0.5
"""IoU of two proposals, and of two boxes, of which one goes."""

Targets = list[dict[str, torch.Tensor]]
"""Of each picture ``boxes`` (K, 4) float32 x0, y0, x1, y1, ``labels`` (K,) int64, all 1, ``masks`` (K, H, W) uint8."""


class Instances(NamedTuple):
    """What was found in N pictures, ``FOUND`` boxes each, the most confident first.

    Attributes:
        boxes: (N, K, 4) x0, y0, x1, y1, pixels of the input.
        scores: (N, K) in [0, 1]; 0 where a box overlaps with a stronger one.
        masks: (N, K, M, M) in [0, 1], of each box.
    """

    boxes: torch.Tensor
    scores: torch.Tensor
    masks: torch.Tensor


def normalised(channels: int) -> nn.Module:
    """Groups, and not batches: of a few pictures, or of as many boxes as there happen to be."""
    return nn.GroupNorm(8, channels)


class MaskRCNN(nn.Module):
    """Proposals, boxes and masks of one class, a lesion.

    Pyramid and masks are normalised, as in torchvision's second version (Li et al. 2021, arXiv 2111.11429): without, it
    learns next to nothing in the few hundred steps of a small data set.
    """

    def __init__(self, encoder: str, *, channels: int, hidden: int, image_size: int) -> None:
        """Build with random weights.

        Args:
            encoder: as ``encoders.grey`` takes it.
            channels: of the pyramid and of the masks' convolutions, a multiple of 8 (paper: 256).
            hidden: of the boxes' two layers (paper: 1,024).
            image_size: longer side of the pictures. Anchors are 1/16 to 1/2 of it (paper: 32 to 256 of 800 pixels, and
                512), and boxes take their features from levels of the pyramid as they would in pictures of 800.
        """
        super().__init__()
        self.backbone = Pyramid(encoder, channels, STRIDES, normalised)
        self.anchors = AnchorGenerator(
            tuple((image_size // share,) for share in (16, 8, 4, 2)), (RATIOS,) * len(STRIDES)
        )
        self.rpn = RegionProposalNetwork(
            self.anchors,
            RPNHead(channels, len(RATIOS)),
            fg_iou_thresh=0.7,
            bg_iou_thresh=0.3,
            batch_size_per_image=LEARNED[0],
            positive_fraction=0.5,
            pre_nms_top_n={"training": 500, "testing": 500},
            post_nms_top_n={"training": 200, "testing": 200},
            nms_thresh=APART,
        )
        names, scale = [str(level) for level in range(len(STRIDES))], 224 * image_size // 800
        boxes, masks = (MultiScaleRoIAlign(names, side, sampling_ratio=2, canonical_scale=scale) for side in (7, 14))
        self.roi_heads = RoIHeads(
            boxes,
            TwoMLPHead(channels * 49, hidden),
            FastRCNNPredictor(hidden, num_classes=2),
            fg_iou_thresh=0.5,
            bg_iou_thresh=0.5,
            batch_size_per_image=LEARNED[1],
            positive_fraction=0.25,
            bbox_reg_weights=None,
            score_thresh=0.0,
            nms_thresh=OVER,
            detections_per_img=FOUND,
            mask_roi_pool=masks,
            mask_head=MaskRCNNHeads(channels, (channels,) * 4, 1, norm_layer=normalised),
            mask_predictor=MaskRCNNPredictor(channels, channels, num_classes=2),
        )

    def losses(self, images: torch.Tensor, targets: Targets) -> dict[str, torch.Tensor]:
        """Torchvision's five, of a batch (N, 1, H, W), also in evaluation mode; torch's seed decides what of."""
        sizes = [tuple(images.shape[-2:])] * len(images)
        maps = self.backbone(images)
        self.rpn.training = self.roi_heads.training = True  # which of themselves have no layer that would care
        proposals, first = self.rpn(ImageList(images, sizes), maps, targets)
        _, second = self.roi_heads(maps, proposals, sizes, targets)
        self.rpn.training = self.roi_heads.training = self.training
        return {**first, **second}

    def forward(self, images: torch.Tensor) -> Instances:
        """Find lesions in (N, 1, H, W) float32 in [0, 1], H and W multiples of 32, 64 or more."""
        maps = list(self.backbone(images).values())
        boxes, likely = self._proposals(maps, images)
        features = self.roi_heads.box_head(self._pooled(maps, boxes, self.roi_heads.box_roi_pool))
        classes, moves = self.roi_heads.box_predictor(features)
        moved = self.roi_heads.box_coder.decode_single(moves[:, 4:], boxes.flatten(0, 1))
        scores = classes.softmax(dim=-1)[:, 1].reshape(likely.shape) * likely
        scores, boxes = strongest(scores, FOUND, clipped(moved.reshape(boxes.shape), images))
        scores = scores * unsuppressed(boxes, OVER)
        pooled = self._pooled(maps, boxes, self.roi_heads.mask_roi_pool)
        masks = self.roi_heads.mask_predictor(self.roi_heads.mask_head(pooled))[:, 1].sigmoid()
        return Instances(boxes, scores, masks.reshape(*scores.shape, *masks.shape[-2:]))

    def _proposals(self, maps: Sequence[torch.Tensor], images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, KEPT, 4) boxes, and (N, KEPT): 1, or 0 for one that overlaps with a likelier one."""
        objectness, moves = self.rpn.head(list(maps))
        count = len(RATIOS)
        scores = torch.cat([each.permute(0, 2, 3, 1).flatten(1) for each in objectness], dim=1)
        flat = [each.unflatten(1, (count, 4)).permute(0, 3, 4, 1, 2).flatten(1, 3) for each in moves]
        anchors = torch.cat([self._anchors(level, each) for level, each in enumerate(maps)])
        anchors = anchors.expand(images.shape[0], -1, -1)
        scores, own, moved = strongest(scores, PROPOSED, anchors, torch.cat(flat, dim=1))
        boxes = self.rpn.box_coder.decode_single(moved.flatten(0, 1), own.flatten(0, 1)).reshape(own.shape)
        boxes = clipped(boxes, images)
        stay = unsuppressed(boxes, APART)
        # those that stay come first, each half by likelihood
        _, boxes, stay = strongest(scores.sigmoid() + stay, KEPT, boxes, stay)
        return boxes, stay

    def _anchors(self, level: int, features: torch.Tensor) -> torch.Tensor:
        """(H x W x ratios, 4) of a level's map, in the order of torchvision's."""
        cell = self.anchors.cell_anchors[level].to(features.device)
        rows, columns = (torch.arange(side, device=features.device) * STRIDES[level] for side in features.shape[-2:])
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        return (torch.stack([x, y, x, y], dim=-1).reshape(-1, 1, 4) + cell).reshape(-1, 4)

    @staticmethod
    def _pooled(maps: Sequence[torch.Tensor], boxes: torch.Tensor, pool: MultiScaleRoIAlign) -> torch.Tensor:
        """(N x K, channels, side, side): each box from the level of its size, as torchvision's pooling chooses it."""
        flat = boxes.flatten(0, 1)
        numbers = torch.arange(boxes.shape[0], device=flat.device, dtype=flat.dtype)
        rois = torch.cat([numbers[:, None].expand(-1, boxes.shape[1]).reshape(-1, 1), flat], dim=1)
        sides = (flat[:, 2:] - flat[:, :2]).clamp(min=0).prod(dim=1).sqrt()
        level = (pool.canonical_level + torch.log2(sides / pool.canonical_scale + 1e-6)).floor()
        level = (level - 2).clamp(0, len(maps) - 1)  # stride 4 is level 2 of the paper
        of_all = torch.stack(
            [
                roi_align(each, rois, pool.output_size, 1 / stride, pool.sampling_ratio)
                for each, stride in zip(maps, STRIDES, strict=True)
            ]
        )
        levels = torch.arange(len(maps), device=flat.device)
        return (of_all * (level == levels[:, None])[..., None, None, None]).sum(dim=0)


def target(found: Lesions) -> dict[str, torch.Tensor]:
    """What is learned of a picture with these lesions; of ``Targets``."""
    labels = torch.ones(len(found.boxes), dtype=torch.int64, device=found.boxes.device)
    own = torch.arange(1, len(labels) + 1, device=labels.device)[:, None, None]
    return {"boxes": found.boxes, "labels": labels, "masks": (found.numbered == own).to(torch.uint8)}


def clipped(boxes: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """(N, K, 4) within the pictures (N, 1, H, W)."""
    height, width = images.shape[-2:]
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], dim=-1)
