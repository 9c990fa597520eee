"""A detector of a kind that is trained: its graph for the engines, and itself for the engine torch."""

import json
from pathlib import Path
from typing import Any

from torch import nn


def answers(folder: Path) -> tuple[nn.Module, tuple[str, ...]]:
    """The network in a folder and the name of what it gives.

    Raises:
        GuidedsegError: there is none, or its weights are not those of the network that config.json describes.
    """
    found: tuple[nn.Module, tuple[str, ...]] = _own(folder).answers(folder)
    return found


def export(folder: Path) -> None:
    """Write ``network.onnx`` beside the weights and the config.json of a trained detector.

    Raises:
        GuidedsegError: as ``answers``.
    """
    _own(folder).export(folder)


def _own(folder: Path) -> Any:  # noqa: ANN401 - a module
    if _kind(folder) is None:
        from guidedseg.detection.yolo import trained as yolo  # noqa: PLC0415 - each takes seconds to import

        return yolo
    from guidedseg.detection.pyramid import trained as pyramid  # noqa: PLC0415 - likewise

    return pyramid


def _kind(folder: Path) -> str | None:
    """What config.json tells of all but YOLO."""
    try:
        return json.loads((folder / "config.json").read_text(encoding="utf-8")).get("kind")
    except (OSError, ValueError, AttributeError):
        return None  # whose ``load`` tells
