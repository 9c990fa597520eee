"""A name for everything that the result of a training depends on."""

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

LIBRARIES = ("torch", "torchvision", "timm", "albumentations", "segmentation_models_pytorch")


def fingerprint(settings: Any, data: Iterable[bytes | memoryview], packages: Iterable[str], weights: str | None) -> str:  # noqa: ANN401
    """16 letters, others where anything is.

    Args:
        settings: anything JSON can hold.
        data: of the training.
        packages: of this project, below ``guidedseg``, whose code trains.
        weights: that it starts from; a file's content counts where it is one.
    """
    versions = [version(name) for name in LIBRARIES]
    digest = hashlib.sha256(json.dumps([settings, versions, torch.cuda.is_available()], sort_keys=True).encode())
    for part in data:
        digest.update(part)
    if weights and Path(weights).is_file():
        digest.update(Path(weights).read_bytes())
    root = Path(__file__).parent.parent
    for path in sorted(path for package in ("fitting", *packages) for path in (root / package).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
