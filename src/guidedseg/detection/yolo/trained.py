"""A trained detector as it is handed on: tensors and a description, no pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ultralytics
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from ultralytics.nn.tasks import DetectionModel

from guidedseg.detection.yolo import network
from guidedseg.detection.yolo.checkpoint import Checkpoint
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
    save_file({name: tensor.contiguous() for name, tensor in trained.tensors.items()}, target / "weights.safetensors")


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
            "Fetch both again with `dvc pull`, or train again with `dvc repro -f train_detector`."
        ) from error
    return net.eval(), image_size
