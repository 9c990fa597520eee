"""A YOLO detector built from a description that others may have written."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import torch
from ultralytics.nn.tasks import DetectionModel

LAYERS = frozenset(
    """A2C2f ADown AConv Bottleneck C2 C2PSA C2f C2fCIB C3 C3Ghost C3k2 CBFuse CBLinear Concat Conv DWConv Detect ELAN1
    GhostBottleneck GhostConv PSA RepC3 RepNCSPELAN4 SCDown SPP SPPELAN SPPF nn.ConvTranspose2d nn.Identity nn.MaxPool2d
    nn.Upsample nn.ZeroPad2d v10Detect""".split()  # noqa: SIM905 - as words it is read at a glance
)
"""What Ultralytics' own detectors consist of. It would call whatever it knows under a name, with arguments that the
description chooses, and some of that loads or downloads files."""

HEADS = ("Detect", "v10Detect")

STRIDE = 32
"""Pictures come to a detector in multiples of it (``inference.letterbox``)."""

ACTIVATION = re.compile(r"(torch\.)?nn\.[A-Z]\w*\(\)")


def checked(architecture: Any) -> dict[str, Any]:  # noqa: ANN401 - that it is a dict is what is checked first
    """A copy of a model yaml that Ultralytics can build without running or loading anything else.

    Args:
        architecture: as Ultralytics has it in its ``.yaml`` files and checkpoints.

    Returns:
        The same as JSON holds it, without the path of the file that it once came from.

    Raises:
        ValueError: it is not a detector, or not a plain one.
    """
    try:
        plain = json.loads(json.dumps(architecture, allow_nan=False))
        rows = [*plain["backbone"], *plain["head"]]
        layers = [layer for _, _, layer, _ in rows]
        count = plain["nc"]
    except (TypeError, ValueError, KeyError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ValueError(f"its architecture is no model yaml of Ultralytics ({what})") from error
    unknown = sorted({str(layer) for layer in layers} - LAYERS)
    if unknown:
        raise ValueError(f"its architecture has layers that no YOLO detector of Ultralytics has: {', '.join(unknown)}")
    if not layers or layers[-1] not in HEADS:
        raise ValueError(f"its architecture is no detector: it does not end in one of {', '.join(HEADS)}")
    activation = plain.get("activation")
    if activation is not None and not ACTIVATION.fullmatch(str(activation)):
        raise ValueError(f"its activation {activation!r} is not of the form nn.SiLU()")
    if not isinstance(count, int) or count < 1:
        raise ValueError(f"its number of classes is {count!r}")
    return {key: value for key, value in plain.items() if key != "yaml_file"}


def check_stride(architecture: Mapping[str, Any]) -> None:
    """Tell before a training that pictures would not fit the network.

    Args:
        architecture: as ``checked`` gives it.

    Raises:
        ValueError: it needs sides that are multiples of more than ``STRIDE`` pixels, or cannot be built.
    """
    try:
        stride = int(_plain(architecture, architecture["nc"]).stride.max())
    except Exception as error:  # of whichever layer cannot be built as described
        raise ValueError(f"its architecture cannot be built ({type(error).__name__}: {error})") from error
    if STRIDE % stride:
        raise ValueError(f"it takes sides in multiples of {stride} pixels, and pictures come in multiples of {STRIDE}")


def build(architecture: Any, names: Any, tensors: Mapping[str, torch.Tensor]) -> DetectionModel:  # noqa: ANN401
    """The detector with these weights, in float32 and on the CPU.

    Args:
        architecture: as ``checked`` takes it.
        names: of its classes: a list, or a mapping from their numbers.
        tensors: its ``state_dict``, in any precision.

    Raises:
        ValueError: what is described is no detector, or the tensors are those of another.
    """
    description = checked(architecture)
    named = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(named, dict) or len(named) != description["nc"] or set(named) != set(range(len(named))):
        raise ValueError(f"it has {description['nc']} class(es) and no list of as many names")
    try:
        net = _plain(description, description["nc"])
        width = _class_width(net, tensors)
        if width != _class_width(net, net.state_dict()):
            net.load(_plain(description, width), verbose=False)
        net.load_state_dict(tensors)
    except Exception as error:  # of whichever layer cannot be built as described
        what = " ".join(str(error).split("\n\t")[:2])  # torch lists every tensor, a line each
        raise ValueError(f"its weights do not fit its architecture ({type(error).__name__}: {what})") from error
    net.names = {number: str(name) for number, name in named.items()}
    return net


def _plain(description: Mapping[str, Any], classes: int) -> DetectionModel:
    return DetectionModel(deepcopy(description), ch=description.get("channels", 3), nc=classes, verbose=False)


def _class_width(net: DetectionModel, tensors: Mapping[str, torch.Tensor]) -> int:
    """Channels before the last layer of the branch that tells classes.

    There are as many as classes (within bounds), and after fine-tuning for fewer classes still as many as before:
    ``load`` takes over the branch of the other network.
    """
    branch = net.model[-1].cv3[0]
    return tensors[f"model.{len(net.model) - 1}.cv3.0.{len(branch) - 1}.weight"].shape[1]


def device() -> str:
    """Where it runs, in Ultralytics' words."""
    return "0" if torch.cuda.is_available() else "cpu"
