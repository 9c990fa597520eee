"""From the masks of instances to one map of the picture."""

import torch
from torch.nn import functional

SURE = 1e-4
"""No probability is nearer than this to 0 or 1: logits stay finite, in half precision too."""


def pasted(masks: torch.Tensor, boxes: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Masks of boxes in the picture, bilinear, 0 outside of the boxes.

    Args:
        masks: (N, K, M, M), each of its box.
        boxes: (N, K, 4) x0, y0, x1, y1, pixels.
        height: of the picture, pixels.
        width: likewise.

    Returns:
        (N, K, height, width).
    """
    count = masks.shape[1]
    low, sides = boxes[..., :2], (boxes[..., 2:] - boxes[..., :2]).clamp(min=1e-3)
    pixels = (torch.arange(length, device=boxes.device) + 0.5 for length in (width, height))
    across, down = (
        (middles - low[..., axis : axis + 1]) / sides[..., axis : axis + 1] * 2 - 1
        for axis, middles in enumerate(pixels)
    )
    grid = torch.stack(
        [across[:, :, None].expand(-1, -1, height, -1), down[..., None].expand(-1, -1, -1, width)], dim=-1
    ).flatten(0, 1)
    found = functional.grid_sample(masks.flatten(0, 1)[:, None], grid, align_corners=False)
    return found.reshape(-1, count, height, width)


def logits(masks: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    """Of a pixel the likeliest instance that has it: the geometric mean of confidence and mask.

    So a lesion found with confidence 0.5 has 0.5 along an outline where its mask has 0.5; their product would be 0.25.

    Args:
        masks: (N, K, H, W) in [0, 1].
        scores: (N, K) in [0, 1].

    Returns:
        (N, 1, H, W) logits.
    """
    found = (masks * scores[..., None, None]).amax(dim=1, keepdim=True).clamp(min=SURE**2).sqrt()
    return torch.logit(found.clamp(SURE, 1 - SURE))
