"""Non-maximum suppression as a fixed number of steps on whole batches, which a graph for any engine can hold."""

import torch

ROUNDS = 8


def unsuppressed(boxes: torch.Tensor, iou: float) -> torch.Tensor:
    """Which boxes stay: a box goes where it overlaps with a stronger one that stays, or has no area.

    Cluster-NMS (Zheng et al. 2020, arXiv 2005.03572): the same as the greedy way wherever no chain of boxes that would
    each remove the next is longer than ``ROUNDS``.

    Args:
        boxes: (N, K, 4) x0, y0, x1, y1, the strongest first.
        iou: of two boxes that overlap more than this the weaker one goes.

    Returns:
        (N, K) float32, 1 or 0.
    """
    low = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
    high = torch.minimum(boxes[:, :, None, 2:], boxes[:, None, :, 2:])
    shared = (high - low).clamp(min=0).prod(dim=-1)
    areas = (boxes[..., 2:] - boxes[..., :2]).prod(dim=-1)
    over = (shared > iou * (areas[:, :, None] + areas[:, None] - shared)).float().triu(diagonal=1)
    there = (areas > 0).float()
    stay = there
    for _ in range(ROUNDS):
        stay = there * (1 - (over * stay[:, :, None]).amax(dim=1))
    return stay


def strongest(scores: torch.Tensor, count: int, *others: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The highest scores, falling, and what belongs to them: (N, count), then (N, count, ...) each.

    Args:
        scores: (N, A), A at least ``count``.
        count: how many.
        others: (N, A, ...).
    """
    top, places = scores.topk(count, dim=1)
    found = [
        other.gather(1, places.reshape(*places.shape, *[1] * (other.ndim - 2)).expand(-1, -1, *other.shape[2:]))
        for other in others
    ]
    return top, *found
