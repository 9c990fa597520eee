"""Drawn probabilities and truths for losses, and what a loss and its gradient are on them."""

import torch

from guidedseg.segmentation import losses


def logits_of(probabilities):
    """(H, W) probabilities as logits (1, 1, H, W)."""
    return torch.logit(torch.tensor(probabilities, dtype=torch.float64)).float()[None, None]


def targets_of(mask):
    return torch.tensor(mask, dtype=torch.float32)[None, None]


HALF = logits_of([[0.5, 0.5], [0.25, 0.75]])
TRUTH = targets_of([[1, 0], [0, 1]])

# Two images of 24 x 24, two scales of MS-SSIM: a lesion of 12 x 12, and none.
LESION = torch.zeros(1, 1, 24, 24)
LESION[..., 6:18, 6:18] = 1
EMPTY = torch.zeros_like(LESION)
BOTH = torch.cat([LESION, EMPTY])
NOISE = 3 * torch.randn(BOTH.shape, generator=torch.Generator().manual_seed(0))


def part(name, gamma=2.0):
    return losses.PARTS[name](gamma)


def value_and_gradient(loss, logits, targets):
    logits = logits.clone().requires_grad_()
    value = loss(logits, targets)
    value.backward()
    return value.detach(), logits.grad
