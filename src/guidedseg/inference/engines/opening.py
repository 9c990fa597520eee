"""A trained network and an engine for it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from guidedseg.errors import GuidedsegError
from guidedseg.inference.engines.engine import Engine
from guidedseg.restoring import missing

if TYPE_CHECKING:
    from torch import nn

Kind = Literal["onnxruntime", "openvino", "torch"]

GRAPH, WEIGHTS = "network.onnx", "weights.safetensors"


def open_engine(
    kind: Kind, folder: Path, threads: int, module: Callable[[Path], tuple["nn.Module", tuple[str, ...]]]
) -> Engine:
    """Open the network in a folder.

    Args:
        kind: which engine.
        folder: holds ``network.onnx`` and ``weights.safetensors``.
        threads: that one call of ``run`` uses; torch has its own setting.
        module: for torch, from the folder to the network and the names of its outputs.

    Raises:
        GuidedsegError: the engine is not installed, or the folder holds no network that it can open.
        OSError: a file of it may not be read.
    """
    for path in () if kind == "torch" else (folder / GRAPH, folder / WEIGHTS):  # which an engine would not name
        if not path.is_file():
            raise GuidedsegError(f"{missing(path)} If it was handed on to you, fetch its folder again.")
        path.open("rb").close()
    # one at a time: torch alone takes two seconds to import, and nobody needs all three
    try:
        if kind == "torch":
            from guidedseg.inference.engines.pytorch import PyTorch  # noqa: PLC0415

            return PyTorch(*module(folder))
        if kind == "openvino":
            if importlib.util.find_spec("openvino") is None:
                raise GuidedsegError("The engine openvino is not installed: pip install 'guidedseg[openvino]'")
            from guidedseg.inference.engines.open_vino import OpenVino  # noqa: PLC0415

            return OpenVino(folder / GRAPH, threads)
        from guidedseg.inference.engines.onnx_runtime import OnnxRuntime  # noqa: PLC0415

        return OnnxRuntime(folder / GRAPH, threads)
    except GuidedsegError:
        raise
    except Exception as error:  # engines raise what they like
        what = " ".join(str(error).split())[:300] or type(error).__name__
        read = "config.json" if kind == "torch" else GRAPH
        raise GuidedsegError(
            f"{folder / read} and weights.safetensors beside it are no network that {kind} can open ({what}). "
            "Fetch the folder again."
        ) from error
