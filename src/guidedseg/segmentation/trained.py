"""A trained network, read back; apart from training, so that prediction does not load Lightning."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import nn

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import models


def load(folder: Path) -> tuple[nn.Module, dict[str, Any]]:
    """A trained network (in evaluation mode, on the CPU) and its config.json.

    Raises:
        GuidedsegError: the weights are not those of the network that config.json describes.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    net = models.build(
        config["name"],
        config["options"],
        encoder=config["encoder"],
        encoder_weights=None,
        decoder_width=config["decoder_width"],
        image_size=config["image_size"],
    )
    try:
        net.load_state_dict(load_file(folder / "weights.safetensors"))
    except RuntimeError as error:
        raise GuidedsegError(
            f"{folder}/weights.safetensors does not fit its config.json; train again: {error}"
        ) from None
    return net.eval(), config
