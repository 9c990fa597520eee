"""The segmentation networks, by name.

Each takes grey images (N, 1, S, S) float32 in [0, 1] and gives logits (N, 1, S, S), in training perhaps ``Supervised``,
and has its encoder at ``encoder``.
"""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation.models.attention_unet import AttentionUNet
from guidedseg.segmentation.models.deeplabv3 import DeepLabV3
from guidedseg.segmentation.models.maskrcnn import MaskRCNN
from guidedseg.segmentation.models.sam import Sam
from guidedseg.segmentation.models.skunet import SKUNet
from guidedseg.segmentation.models.transunet import TransUNet
from guidedseg.segmentation.models.unet import UNet
from guidedseg.segmentation.models.unet3plus import UNet3Plus
from guidedseg.segmentation.models.unetpp import unetpp
from guidedseg.segmentation.models.yolo11n_seg import Yolo11nSeg

# Called as MODELS[name](encoder, decoder_width=, image_size=, **options).
MODELS: dict[str, Callable[..., nn.Module]] = {
    "unet": UNet,
    "unetpp": unetpp,
    "unet3plus": UNet3Plus,
    "attention_unet": AttentionUNet,
    "transunet": TransUNet,
    "deeplabv3": DeepLabV3,
    "skunet": SKUNet,
    "maskrcnn": MaskRCNN,
    "yolo11n_seg": Yolo11nSeg,
    "sam": Sam,
}


OWN = frozenset({"yolo11n_seg", "sam"})
"""Networks without an encoder of a library, as their authors have them whatever a profile says."""


def given(name: str) -> bool:
    """Whether a network's weights are given (its option ``weights``) and nothing is trained."""
    return getattr(MODELS.get(name), "GIVEN", False)


def defaults(name: str) -> dict[str, Any]:
    """The options of a network and their defaults.

    Raises:
        GuidedsegError: no such network.
    """
    if name not in MODELS:
        raise GuidedsegError(f"model: there is no '{name}'. Choose one of {', '.join(MODELS)}.")
    parameters = inspect.signature(MODELS[name]).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}


def encoder_used(name: str, encoder: str) -> str:
    """A network's encoder: the library's that stands for ``original`` in some, its own in some, else as given."""
    if name in OWN:
        return encoders.ORIGINAL
    return getattr(MODELS[name], "ORIGINAL", encoder) if encoder == encoders.ORIGINAL else encoder


def weights_used(name: str, encoder: str, encoder_weights: str | None) -> str | None:
    """What a network starts from: ``imagenet``, a file's name or None.

    A profile is common to all networks, and for the plain encoders of U-Net and its kin there are no ImageNet weights:
    they start from scratch. So do those without an encoder of a library.
    """
    plain = encoder_used(name, encoder) == encoders.ORIGINAL and not hasattr(MODELS[name], "load_weights")
    if name in OWN or encoder_weights is None or (plain and encoder_weights == encoders.IMAGENET):
        return None
    return Path(encoder_weights).name


def build(
    name: str,
    options: Mapping[str, Any],
    *,
    encoder: str,
    encoder_weights: str | None,
    decoder_width: float,
    image_size: int,
) -> nn.Module:
    """Build a network; torch's seed decides the weights that are not loaded.

    Args:
        name: a key of MODELS.
        options: some or all of ``defaults(name)``.
        encoder: ``original``, an smp encoder, or ``tu-`` and the name of a timm model.
        encoder_weights: ``imagenet`` (the library's own download; nothing where there is none, see ``weights_used``),
            None, or the path of a .safetensors or .pth file.
        decoder_width: scales the channel counts of decoders and plain encoders (multiples of 8, at least 8).
        image_size: S in pixels, a multiple of 32.

    Returns:
        Module from (N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S), in training mode. Its weights lie in memory
        as channels_last: ``safetensors`` wants ``.contiguous()`` of each.

    Raises:
        GuidedsegError: an unknown name, option or encoder, a wrong size, or weights that cannot be had or do not fit.
    """
    allowed = defaults(name)
    if unknown := sorted(set(options) - set(allowed)):
        raise GuidedsegError(
            f"models.{name}: there is no option {', '.join(unknown)}. Options are {', '.join(allowed)}."
        )
    encoder = encoder_used(name, encoder)
    encoders.check_name(encoder)
    encoders.check_size(image_size, image_size)
    try:
        network = MODELS[name](encoder, decoder_width=decoder_width, image_size=image_size, **options)
    except (ValueError, TypeError, RuntimeError, NotImplementedError) as error:
        raise GuidedsegError(
            f"models.{name} cannot be built with encoder '{encoder}' and options {dict(options)}: "
            f"{str(error).rstrip('.!')}. Change the options, or choose another encoder."
        ) from error
    if encoder_weights is not None and weights_used(name, encoder, encoder_weights) is not None:
        if isinstance(network, TransUNet):  # its transformer has pretrained weights too
            network.load_weights(encoder_weights)
        else:
            encoders.load_weights(network.get_submodule("encoder"), encoder, encoder_weights)
    # 1.4 to 1.8 times as fast on a CPU as the default layout; the same shapes and names.
    return network.to(memory_format=torch.channels_last)
