"""A trained detector of this package as it is handed on: tensors and a description, no pickle."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from guidedseg import exporting
from guidedseg.detection.letterbox import STRIDE
from guidedseg.detection.pyramid.networks import Detector, build
from guidedseg.errors import GuidedsegError

OUTPUTS = ("boxes",)


def export(folder: Path) -> None:
    """Write ``network.onnx`` beside the weights and the config.json of a trained detector.

    Raises:
        GuidedsegError: as ``load``.
    """
    network, image_size = load(folder)
    side = (image_size, image_size)
    exporting.export(_Named(network), folder, side=side, outputs=OUTPUTS, stride=STRIDE)


def answers(folder: Path) -> tuple[nn.Module, tuple[str, ...]]:
    """A trained detector and the name of what it gives, for the engine torch."""
    return load(folder)[0], OUTPUTS


def load(folder: Path) -> tuple[Detector, int]:
    """A trained detector (in evaluation mode, float32, on the CPU) and the image size that it was trained at.

    Raises:
        GuidedsegError: there is none, or its weights are not those of the network that config.json describes.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        network = build(config["kind"], config["encoder"], config)
        network.load_state_dict(load_file(folder / exporting.WEIGHTS))
        return network.eval(), int(config["image_size"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise GuidedsegError(
            f"{folder}: config.json and weights.safetensors are no trained detector ({type(error).__name__}: {error}). "
            "Fetch them again with `dvc pull`, or train again with `dvc repro -f train_detector`."
        ) from error


class _Named(nn.Module):
    """The network under the name that ``exporting.export`` looks for."""

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        boxes: torch.Tensor = self.network(images)
        return boxes
