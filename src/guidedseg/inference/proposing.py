"""What proposes boxes, whichever kind of detector was trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guidedseg.inference.cascade import Cascade
from guidedseg.inference.detector import Detector
from guidedseg.inference.engines.engine import Engine

Proposer = Detector | Cascade


def described(folder: Path, detect: Mapping[str, Any]) -> dict[str, Any]:
    """How boxes are made by the detector in a folder, as ``proposer`` takes it and a bundle tells it.

    Args:
        folder: of the detector, with its ``config.json``.
        detect: ``floor``, ``nms_iou``, ``max_boxes``.

    Raises:
        GuidedsegError: there is none.
    """
    from guidedseg import artifacts  # noqa: PLC0415 - it imports pandas, which nobody needs who segments

    config = artifacts.values(folder / "config.json", ["image_size"])
    level = {"level": config["level"]} if config.get("kind") == "cascade" else {}
    return {"image_size": config["image_size"], **detect, **level}


def proposer(engine: Engine, *, level: float | None = None, nms_iou: float, **settings: Any) -> Proposer:  # noqa: ANN401
    """A detector in an engine, ready to propose; ``level`` is of a cascade alone, whose boxes need no suppression."""
    if level is not None:
        return Cascade(engine, level=level, **settings)
    return Detector(engine, nms_iou=nms_iou, **settings)
