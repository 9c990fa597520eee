"""torch: the reference, and the engine of a GPU."""

import threading
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from guidedseg.inference.engines.engine import Floats


class PyTorch:
    """A network in torch, on a GPU where there is one.

    It takes a batch as a whole: the last bits of an image may depend on its neighbours.
    """

    def __init__(self, network: nn.Module, outputs: Sequence[str]) -> None:
        """Take over a network.

        Args:
            network: in evaluation mode; (N, 1, H, W) float32 to a tensor or a tuple of them.
            outputs: their names.
        """
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.name = f"torch {torch.__version__.partition('+')[0]} ({device})"
        self._network = network.to(device)
        self._outputs = tuple(outputs)
        self._device = device
        self._one_at_a_time = threading.Lock()

    def run(self, images: Floats, outputs: Sequence[str]) -> list[Floats]:
        """As ``Engine.run``."""
        with self._one_at_a_time, torch.inference_mode():
            found = self._network(torch.from_numpy(images).to(self._device))
            given = found if isinstance(found, tuple) else (found,)
            by_name: Mapping[str, torch.Tensor] = dict(zip(self._outputs, given, strict=True))
            return [by_name[name].float().cpu().numpy() for name in outputs]

    def gates(self) -> list[str]:
        """As ``Engine.gates``."""
        return [name for name in self._outputs if name.startswith("gates_")]
