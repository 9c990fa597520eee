"""A detector as Ultralytics itself saves it."""

from pathlib import Path

import torch

from guidedseg.detection.yolo import checkpoint, trained

from ultralytics import YOLO  # isort: skip - guidedseg sets the environment that it is to be imported in


def save(path: Path) -> Path:
    """Of one class, and as sure of it as of its absence."""
    torch.manual_seed(0)
    model = YOLO("yolo11n.yaml")
    network = type(model.model)({**model.model.yaml, "nc": 1}, verbose=False)
    for branch in network.model[-1].cv3:
        torch.nn.init.zeros_(branch[-1].bias)
        torch.nn.init.normal_(branch[-1].weight)
    model.model = network
    model.save(path)
    return path


def hand_on(saved: Path, folder: Path, image_size: int) -> Path:
    """The same, without a pickle and with a graph."""
    folder.mkdir(parents=True, exist_ok=True)
    trained.write(checkpoint.read(saved), folder, image_size=image_size, recipe={})
    trained.export(folder)
    return folder
