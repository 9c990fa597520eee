"""Localization-guided segmentation of breast ultrasound lesions: ``guidedseg.load(bundle).segment(image)``."""

import importlib
import os
from typing import TYPE_CHECKING, Any

# ONNX Runtime, from 1.29 on, reports to Microsoft on Linux and macOS too and keeps an identifier in the home folder.
# Read when it is first imported, by whichever package; its own function to turn that off comes too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from guidedseg.bundles.loading import load as load

__all__ = ["load"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """``load``, when it is asked for: the pipeline's stages need nothing of it."""
    if name == "load":
        return importlib.import_module("guidedseg.bundles.loading").load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Also what has not been asked for yet, for notebooks that complete names."""
    return sorted({*globals(), *__all__})
