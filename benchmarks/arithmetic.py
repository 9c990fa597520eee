"""The floor of a network's arithmetic: its multiplications, and the rate at which this machine multiplies matrices."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from guidedseg.detection.yolo import trained as detectors
from guidedseg.segmentation import trained as segmenters

SIDE = 4096
"""Of the matrices, as in ``benchmarks/networks.py``."""


def matrix(threads: int) -> Callable[[], torch.Tensor]:
    """A product of two matrices of float32."""
    torch.set_num_threads(threads)
    values = torch.rand(SIDE, SIDE)
    return lambda: values @ values


def gmac(bundle: Path, name: str, size: tuple[int, int]) -> float:
    """Multiplications of one picture (width, height) in a network of a bundle, in thousand millions."""
    network, _ = (detectors.answers if name == "detector" else segmenters.answers)(bundle / name)
    return gmac_of(network, size)


def gmac_of(network: nn.Module, size: tuple[int, int]) -> float:
    """The same of any network."""
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 1, size[1], size[0]))
    return float(counter.get_total_flops()) / 2e9
