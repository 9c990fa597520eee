"""Losses on logits (N, 1, S, S) and float targets (N, 1, S, S) in {0, 1}, by name. Each gives a scalar."""

from collections.abc import Callable

import torch
from segmentation_models_pytorch.losses import DiceLoss
from torch import nn

from guidedseg.errors import GuidedsegError


class Dice(nn.Module):
    """1 - 2 * sum(y * t) / (sum(y) + sum(t)) with y = sigmoid(logits), the sums over all pixels of the batch.

    The paper does not say whether the sums are per image; over the batch, a false alarm on an image without lesion
    costs as much as any other as long as one image of the batch has a lesion. smp's loss is that formula, and 0
    without gradient where the whole batch has no lesion. There the mean of y stands in: from 0 (nothing found) to 1 and
    with the same pull on every pixel, where the formula would be 1 whatever is predicted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pooled = DiceLoss(mode="binary", from_logits=True, smooth=0.0)

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits and targets (N, 1, S, S) -> scalar in [0, 1]."""
        logits = logits.float()  # the sums of a batch are more than float16 holds
        empty = (targets.sum() == 0).float()
        loss: torch.Tensor = self.pooled(logits, targets) + empty * logits.sigmoid().mean()
        return loss


class BceDice(nn.Module):
    """Binary cross-entropy (mean over pixels) plus Dice, weights 1 and 1."""

    def __init__(self) -> None:
        super().__init__()
        self.bce = nn.BCEWithLogitsLoss()
        self.dice = Dice()

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits and targets (N, 1, S, S) -> scalar."""
        loss: torch.Tensor = self.bce(logits, targets) + self.dice(logits, targets)
        return loss


LOSSES: dict[str, Callable[[], nn.Module]] = {"bce": nn.BCEWithLogitsLoss, "dice": Dice, "bce_dice": BceDice}


def build(name: str) -> nn.Module:
    """The loss of that name.

    Raises:
        GuidedsegError: no such loss.
    """
    if name not in LOSSES:
        raise GuidedsegError(f"loss: there is no '{name}'. Choose one of {', '.join(LOSSES)}.")
    return LOSSES[name]()
