"""A trained network, read back and exported; apart from training, so that nobody needs Lightning for it."""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import nn

from guidedseg import artifacts, exporting
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import models
from guidedseg.segmentation.answers import Answers

KEYS = ("name", "options", "encoder", "decoder_width", "image_size")
"""Of config.json, which make the network."""


def export(folder: Path) -> None:
    """Write ``network.onnx`` (of ``Answers``) beside the weights and the config.json of a trained network.

    Raises:
        GuidedsegError: as ``load``.
    """
    network, config = load(folder)
    answers, side = Answers(network), int(config["image_size"])
    exporting.export(answers, folder, side=(side, side), outputs=answers.names)


def load(folder: Path) -> tuple[nn.Module, dict[str, Any]]:
    """A trained network (in evaluation mode, on the CPU) and its config.json.

    Raises:
        GuidedsegError: the weights are not those of the network that config.json describes.
    """
    config = artifacts.values(folder / "config.json", KEYS)
    options = config["options"]
    if models.given(config["name"]):  # whose sizes are those of its tensors
        options = {**options, "weights": str(folder / exporting.WEIGHTS)}
    net = models.build(
        config["name"],
        options,
        encoder=config["encoder"],
        encoder_weights=None,
        decoder_width=config["decoder_width"],
        image_size=config["image_size"],
    )
    try:
        net.load_state_dict(load_file(folder / exporting.WEIGHTS))
    except RuntimeError as error:
        raise GuidedsegError(
            f"{folder / exporting.WEIGHTS} does not fit its config.json; train again: {error}"
        ) from None
    return net.eval(), config


def answers(folder: Path) -> tuple[nn.Module, tuple[str, ...]]:
    """A trained network as ``Answers`` and the names of what it gives, for the engine torch."""
    found = Answers(load(folder)[0])
    return found, found.names
