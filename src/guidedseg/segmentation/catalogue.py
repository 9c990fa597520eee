"""What networks and encoders there are, for `guidedseg networks`."""

import sys
from collections.abc import Mapping, Sequence
from fnmatch import filter as fitting
from pathlib import Path
from typing import Any

import torch

from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import models


def networks(
    options: Mapping[str, Mapping[str, Any]], network: Mapping[str, Any], image_size: int
) -> list[dict[str, Any]]:
    """Every network as its paper has it, and as a profile has it. Nothing is downloaded, no weight is drawn.

    Args:
        options: of every network, by its name.
        network: a profile's ``encoder``, ``encoder_weights``, ``decoder_width``.
        image_size: S of that profile.

    Returns:
        One dict per network: name, paper, options, and under ``original`` and ``profile`` its encoder and number of
        parameters, under ``profile`` also the weights that it starts from. Where the profile's encoder does not go with
        the network, parameters is None and ``problem`` says why.
    """
    rows = []
    for name, network_class in models.MODELS.items():
        encoder, weights = network["encoder"], network["encoder_weights"]
        own: dict[str, Any] = {
            "encoder": models.encoder_used(name, encoder),
            "encoder_weights": models.weights_used(name, encoder, weights),
        }
        if models.given(name):
            file = options[name]["weights"]
            own["encoder_weights"] = None if file is None else Path(file).name
        try:
            own["parameters"] = parameters(name, options[name], encoder, network["decoder_width"], image_size)
        except GuidedsegError as error:
            own |= {"parameters": None, "problem": str(error)}
        rows.append(
            {
                "name": name,
                "paper": str(sys.modules[network_class.__module__].__doc__).split(")", maxsplit=1)[0] + ")",
                "options": dict(options[name]),
                "original": {
                    "encoder": models.encoder_used(name, encoders.ORIGINAL),
                    "parameters": parameters(name, {}, encoders.ORIGINAL, 1.0, 224),
                },
                "profile": own,
            }
        )
    return rows


def parameters(name: str, options: Mapping[str, Any], encoder: str, decoder_width: float, image_size: int) -> int:
    """How many parameters a network has.

    Raises:
        GuidedsegError: as ``models.build``.
    """
    with torch.device("meta"):  # shapes without memory
        net = models.build(
            name, options, encoder=encoder, encoder_weights=None, decoder_width=decoder_width, image_size=image_size
        )
    return sum(parameter.numel() for parameter in net.parameters())


def encoder_names(pattern: str = "*") -> list[str]:
    """Names of encoders that fit a shell pattern.

    Raises:
        GuidedsegError: there is none.
    """
    found = fitting(encoders.names(), pattern)
    if not found:
        raise GuidedsegError(f"no encoder fits {pattern!r}. Stars stand for anything: '*efficientnet*'.")
    return found


def text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The networks as a table, then their options."""
    lines = [f"{'network':16}{'original':>10} {'here':>10}  {'encoder here':28}{'weights':12}paper"]
    for row in rows:
        here = row["profile"]
        counts = [_millions(row["original"]["parameters"]), _millions(here["parameters"])]
        weights = here["encoder_weights"] or ("none given" if models.given(row["name"]) else "from scratch")
        lines.append(f"{row['name']:16}{counts[0]:>10} {counts[1]:>10}  {here['encoder']:28}{weights:13}{row['paper']}")
    lines += ["", "options (models.NETWORK.OPTION in params.yaml)"]
    lines += [f"{row['name']:16}" + ", ".join(f"{k}={v}" for k, v in row["options"].items()) for row in rows]
    lines += [f"\n{row['name']}: {row['profile']['problem']}" for row in rows if "problem" in row["profile"]]
    return "\n".join(lines) + "\n"


def _millions(count: int | None) -> str:
    return "-" if count is None else f"{count / 1e6:.3f} M"
