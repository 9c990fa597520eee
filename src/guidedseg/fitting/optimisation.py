"""Optimisers and schedules of the learning rate, by the recipe's names."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "adamw": AdamW,
    "adam": Adam,
    "sgd": lambda groups, lr: SGD(groups, lr=lr, momentum=0.9, nesterov=True),
}
# From the share of the steps after the warm-up that are done to the share of the full learning rate.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "polynomial": lambda done: (1 - done) ** 0.9,
    "constant": lambda _: 1.0,
}


def build(
    network: nn.Module, *, optimizer: str, lr: float, weight_decay: float, schedule: str, warmup: float, steps: int
) -> tuple[Optimizer, LambdaLR]:
    """An optimiser of a network's parameters and the schedule of its learning rate, a step per batch.

    Biases and the weights of normalisations (parameters of one dimension) do not decay: decay would pull scales to
    zero, and they do not overfit.

    Args:
        network: its parameters are optimised.
        optimizer: a key of ``OPTIMIZERS``.
        lr: the full learning rate.
        weight_decay: of parameters with two dimensions or more.
        schedule: a key of ``SCHEDULES``.
        warmup: share of all steps in which the learning rate rises linearly to ``lr``.
        steps: of the whole training, at least 1.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    built = OPTIMIZERS[optimizer](groups, lr=lr)
    rising = min(round(warmup * steps), steps - 1)  # at least one step with the full learning rate

    def factor(step: int) -> float:
        """Share of the full learning rate in a step (from 0); neither the first step nor the last is wasted on 0."""
        if step < rising:
            return (step + 1) / (rising + 1)
        return SCHEDULES[schedule](min(1.0, (step - rising) / (steps - rising)))

    return built, LambdaLR(built, factor)


def of_recipe(network: nn.Module, recipe: Mapping[str, Any], steps: int) -> dict[str, Any]:
    """``build`` by a recipe's keys, as Lightning's ``configure_optimizers`` gives it."""
    names = ("optimizer", "lr", "weight_decay", "schedule", "warmup")
    optimizer, schedule = build(network, **{name: recipe[name] for name in names}, steps=steps)
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
