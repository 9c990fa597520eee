"""A trained detector as it is handed on: tensors and a description, no pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ultralytics
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from guidedseg import exporting
from guidedseg.detection.yolo import network
from guidedseg.detection.yolo.checkpoint import Checkpoint
from guidedseg.detection.yolo.head import RawHead
from guidedseg.errors import GuidedsegError


def write(trained: Checkpoint, target: Path, *, image_size: int, recipe: Mapping[str, Any]) -> None:
    """Write ``weights.safetensors`` and ``config.json``; the same bytes for the same training.

    Args:
        trained: the tensors are kept in their precision.
        target: an existing folder.
        image_size: that the detector was trained at.
        recipe: of its training, for readers.
    """
    config = {
        "architecture": network.checked(trained.architecture),
        "names": list(trained.names.values()),
        "image_size": image_size,
        "ultralytics": ultralytics.__version__,
        "recipe": dict(recipe),
    }
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    save_file(exporting.compact(trained.tensors), target / exporting.WEIGHTS)


def export(folder: Path) -> None:
    """Write ``network.onnx`` (of ``RawHead``) beside the weights and the config.json of a trained detector.

    Raises:
        GuidedsegError: as ``load``.
    """
    net, image_size = load(folder)
    head, stride = RawHead(net), int(net.stride.max())
    exporting.export(head, folder, side=(image_size, image_size), outputs=head.names, stride=stride)


def answers(folder: Path) -> tuple[nn.Module, tuple[str, ...]]:
    """A trained detector as ``RawHead`` and the name of what it gives, for the engine torch."""
    found = RawHead(load(folder)[0])
    return found, found.names


def load(folder: Path) -> tuple[DetectionModel, int]:
    """A trained detector (in evaluation mode, float32, on the CPU) and the image size that it was trained at.

    Raises:
        GuidedsegError: there is none, or its weights are not those of the network that config.json describes.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "weights.safetensors")
        net, image_size = network.build(config["architecture"], config["names"], tensors), int(config["image_size"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise GuidedsegError(
            f"{folder}: config.json and weights.safetensors are no trained detector ({type(error).__name__}: {error}). "
            "Fetch them again with `dvc pull`, or train again with `dvc repro -f train_detector`."
        ) from error
    return net.eval(), image_size
