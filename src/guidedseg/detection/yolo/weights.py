"""What a detector's training starts from: ``profiles.*.yolo.weights``, which may be somebody else's file."""

import logging
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from ultralytics.nn.tasks import DetectionModel, yaml_model_load
from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, attempt_download_asset

from guidedseg.detection.yolo import checkpoint, network
from guidedseg.errors import GuidedsegError

logger = logging.getLogger(__name__)

KEY = "profiles.*.yolo.weights"
REMEDY = "Give the .pt of a YOLO detector as Ultralytics saves it, or train from scratch with 'yolo11n.yaml'."


@dataclass(frozen=True)
class Start:
    """Where training starts.

    Attributes:
        architecture: Ultralytics' model yaml.
        pretrained: the network whose weights are taken over; None: from scratch.
    """

    architecture: dict[str, Any]
    pretrained: DetectionModel | None


def check(weights: str) -> str:
    """Tell what can be known before training; downloads nothing.

    Args:
        weights: as ``load`` takes it.

    Returns:
        A line that says what training would start from.

    Raises:
        GuidedsegError: a ``.yaml`` or ``.pt`` that ``load`` would refuse.
    """
    if _to_download(weights):
        return f"{weights}: downloaded when the detector is first trained"
    pretrained = load(weights, Path()).pretrained
    return f"{weights}: {'from scratch' if pretrained is None else f'pretrained, {len(pretrained.names)} class(es)'}"


def load(weights: str, downloads: Path) -> Start:
    """Read what training starts from, without running anything that a file contains.

    Args:
        weights: a model ``.yaml`` (from scratch), a ``.pt`` path, or the name of a released ``.pt``, which is
            downloaded.
        downloads: the folder for downloads.

    Raises:
        GuidedsegError: it cannot be had, is no detector of Ultralytics, or is one that pictures do not fit.
    """
    try:
        if weights.endswith(".yaml"):
            start = Start(_architecture(weights), None)
        else:
            found = checkpoint.read(_downloaded(weights, downloads) if _to_download(weights) else Path(weights))
            if odd := [name for name, tensor in found.tensors.items() if not tensor.isfinite().all()]:
                raise ValueError(f"{odd[0]} of it holds what is no number")
            pretrained = network.build(found.architecture, found.names, found.tensors)
            start = Start(network.checked(found.architecture), pretrained)
        network.check_stride(start.architecture)
    except OSError as error:
        raise GuidedsegError(f"{KEY}: {weights!r} cannot be read ({error}). {REMEDY}") from error
    except ValueError as error:
        raise GuidedsegError(f"{KEY}: {weights!r} is refused: {error}. {REMEDY}") from error
    return start


def _architecture(weights: str) -> dict[str, Any]:
    """That of a ``.yaml`` beside params.yaml or, under this name, of Ultralytics itself."""
    if "://" in weights:  # or Ultralytics would fetch it
        raise ValueError("it is an address, not a file")
    try:
        return network.checked(yaml_model_load(weights))
    except (yaml.YAMLError, TypeError) as error:
        raise ValueError(f"it is no model yaml of Ultralytics ({error})") from error


def _to_download(weights: str) -> bool:
    """Whether it is a name under which Ultralytics has released weights, and no file here."""
    return weights in GITHUB_ASSETS_NAMES and not Path(weights).is_file()


def _downloaded(name: str, folder: Path) -> Path:
    path = folder / name
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    logger.info("downloading %s", name)
    try:
        with redirect_stdout(StringIO()):  # a bar, also where nobody looks
            return Path(attempt_download_asset(path))
    except (OSError, RuntimeError) as error:
        raise GuidedsegError(
            f"{KEY}: {name!r} could not be downloaded ({error}). Put the file beside params.yaml, set its path, or "
            "train from scratch with 'yolo11n.yaml'."
        ) from error
