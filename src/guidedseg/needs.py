"""What a training needs of memory, before it begins: about, and enough to tell 2 GB from 20."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

BESIDE = 1.0
"""GB of a process that trains nothing yet: PyTorch, its libraries, and what is read ahead."""

KEPT = 1.3
"""What a training step keeps, as a multiple of what the layers give: 0.85 to 1.7 were measured over the seven networks,
on a CPU in single precision."""

WEIGHTS = 4
"""Copies of the weights: themselves, their gradients, and two averages of the optimiser."""

BESIDES = 3
"""Tensors as large as the largest that an engine has at a time: what goes into a step, what comes out, one beside."""

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # of a container


def training(network: nn.Module, batch: int, image_size: int) -> float:
    """GB that a step takes.

    Args:
        network: from (N, 1, S, S) to logits; it loses its weights.
        batch: N.
        image_size: S.
    """
    given = 0

    def look(_: nn.Module, __: object, made: object) -> None:
        nonlocal given
        given += made.numel() if isinstance(made, torch.Tensor) else 0

    for module in network.modules():
        if not any(True for _ in module.children()):
            module.register_forward_hook(look)
    with torch.no_grad():
        network.to("meta").train()(torch.empty(batch, 1, image_size, image_size, device="meta"))  # shapes alone
    weights = sum(parameter.numel() for parameter in network.parameters())
    return BESIDE + 4e-9 * (KEPT * given + WEIGHTS * weights)


def running(network: nn.Module, image_size: int) -> tuple[float, float]:
    """GB that a network takes in an engine of the CPU, and beside that GB for each picture that is looked at.

    Args:
        network: from (N, 1, S, S) to logits; it loses its weights.
        image_size: S.
    """
    weights = sum(parameter.numel() for parameter in network.parameters())
    steps = _Largest()  # type: ignore[no-untyped-call]
    with torch.no_grad(), steps:
        network.to("meta")(torch.empty(1, 1, image_size, image_size, device="meta"))
    return BESIDE + 4e-9 * weights, 4e-9 * BESIDES * steps.largest


class _Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes how many numbers the largest tensor has that any operation gives."""

    largest = 0

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,  # noqa: ANN401 - torch's signature
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        made = func(*args, **(kwargs or {}))
        self.largest = max(self.largest, made.numel() if isinstance(made, torch.Tensor) else 0)
        return made


def memory() -> tuple[float, float]:
    """GB that there are and GB that are free: of the first GPU, or else of the machine or its container."""
    if torch.cuda.is_available():
        free, there = torch.cuda.mem_get_info()
        return there / 1e9, free / 1e9
    machine = psutil.virtual_memory()
    limits = [Path(path).read_text(encoding="ascii").strip() for path in _LIMITS if Path(path).exists()]
    there = min([machine.total, *(int(limit) for limit in limits if limit.isdigit())])
    return there / 1e9, min(machine.available, there) / 1e9
