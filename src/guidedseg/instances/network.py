"""What networks that find lesions one by one have in common: a loss of their own, and lesions to learn from."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import nn


class InstanceNetwork(nn.Module, ABC):
    """A network from grey images (N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S), as all segmenters are.

    It learns by ``loss``: what the recipe says of losses is not its own.
    """

    @abstractmethod
    def loss(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """The loss of a batch, in training mode: images and masks (N, 1, S, S), these float32 in {0, 1}."""


class Lesions(NamedTuple):
    """The lesions of one mask, K of them.

    Attributes:
        numbered: (H, W) int32: 0 is no lesion, 1 to K are the lesions.
        boxes: (K, 4) float32 x0, y0, x1, y1, half-open, pixels.
    """

    numbered: torch.Tensor
    boxes: torch.Tensor


def lesions(masks: torch.Tensor) -> list[Lesions]:
    """The connected components (8 neighbours) of each of (N, 1, H, W) masks in {0, 1}; on the masks' device."""
    found = []
    for mask in masks[:, 0].cpu().numpy().astype(np.uint8):
        _, numbered, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        left, top, width, height = stats[1:, : cv2.CC_STAT_AREA].T
        boxes = np.stack([left, top, left + width, top + height], axis=1).astype(np.float32)
        found.append(Lesions(*(torch.from_numpy(each).to(masks.device) for each in (numbered, boxes))))
    return found
