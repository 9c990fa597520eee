"""A checkpoint (``.pt``) of Ultralytics, read as data: none of its classes is imported, none of its functions called.

Such a file is a pickle of a whole network, and a pickle names functions to call with arguments of its own. Allowing the
real classes is not enough: ``DetectionModel`` evaluates a text that the file can choose. So every class that a detector
is made of is replaced by one that only keeps its state, and a file that names anything else is refused unread.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import serialization

OF_A_DETECTOR = re.compile(
    r"(ultralytics|torch\.nn\.modules)\.[\w.]+"
    r"|numpy\.dtype|numpy\.(core|_core)\.multiarray\.scalar|pathlib(\._local)?\.(Posix|Windows)Path"
)
"""Names in released and self-trained checkpoints of detectors, beyond the tensors that torch itself allows: layers,
losses and settings in old and new places; numbers of the training's metrics; paths among its arguments."""


@dataclass(frozen=True)
class Checkpoint:
    """What a detector is rebuilt from; as the file tells it, unchecked.

    Attributes:
        architecture: Ultralytics' model yaml.
        names: of the classes, by number.
        tensors: the network's ``state_dict``, in the file's precision.
    """

    architecture: Any
    names: Any
    tensors: dict[str, torch.Tensor]


class _Inert:
    """Stands where the file names a class; keeps what it would be restored from."""

    def __init__(self, *_: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401
        self.state = state


def read(path: Path) -> Checkpoint:
    """The network of a checkpoint; its averaged one where it has both, as Ultralytics does.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no checkpoint, is damaged, or names what no detector needs; the text says which.
    """
    with _allowed_by_torch_alone():
        try:
            named = serialization.get_unsafe_globals_in_checkpoint(path)
        except OSError:
            raise
        except Exception as error:
            raise ValueError("it is not a zip file as torch.save writes it; a bare pickle is not read") from error
        foreign = sorted(name for name in named if not OF_A_DETECTOR.fullmatch(name))
        if foreign:
            raise ValueError(f"it names {', '.join(foreign)}: no part of a detector, and possibly a program to run")
        serialization.add_safe_globals([(_Inert, name) for name in named])
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            model = content.get("ema") or content["model"]
            return Checkpoint(model.state["yaml"], model.state["names"], dict(_tensors(model)))
        except Exception as error:  # whatever a damaged or made-up file leads to
            what = str(error).splitlines()[0] if str(error) else "no message"
            raise ValueError(f"it holds no network of Ultralytics ({type(error).__name__}: {what})") from error


@contextmanager
def _allowed_by_torch_alone() -> Iterator[None]:
    """Without the real classes that Ultralytics allows for good once it has loaded a file of its own."""
    before = serialization.get_safe_globals()
    serialization.clear_safe_globals()
    try:
        yield
    finally:
        serialization.clear_safe_globals()
        serialization.add_safe_globals(before)


def _tensors(module: _Inert, prefix: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Names and tensors as ``state_dict`` of the real module would have them."""
    for name, tensor in {**module.state["_parameters"], **module.state["_buffers"]}.items():
        if tensor is not None and name not in module.state["_non_persistent_buffers_set"]:
            yield f"{prefix}{name}", tensor.detach()
    for name, child in module.state["_modules"].items():
        if child is not None:
            yield from _tensors(child, f"{prefix}{name}.")
