"""Encoders for grey images, and where their weights come from.

An encoder takes (N, 1, S, S) and gives a list: the input, then features at strides 2, 4, 8, 16, 32 (those of smp and
timm) or 1, 2, 4, 8, 16 (the plain ones of U-Net and its kin).

Pretrained encoders were trained on normalised colours. Networks here take grey in [0, 1] as it is: what they expect is
folded into their first convolutions (``normalisation``).
"""

import difflib
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import timm
import torch
from huggingface_hub import constants, get_session, is_offline_mode
from safetensors import SafetensorError
from safetensors.torch import load_file
from segmentation_models_pytorch.encoders import get_encoder, get_encoder_names
from timm.layers import ScaledStdConv2d, ScaledStdConv2dSame, StdConv2d, StdConv2dSame
from torch import nn

from guidedseg.encoders import normalisation
from guidedseg.errors import GuidedsegError, listed

STRIDE = 32
ORIGINAL = "original"  # the encoder of a network's paper
IMAGENET = "imagenet"
STANDARDISED = (StdConv2d, StdConv2dSame, ScaledStdConv2d, ScaledStdConv2dSame)

# What classification networks have behind their last features (timm, torchvision and smp names): no encoder needs it.
HEADS = ("classifier_", "fc_", "head_", "conv_head_", "bn2_", "norm_", "last_linear_", "_fc_", "_conv_head_", "_bn1_")


def check_name(name: str) -> None:
    """Raise GuidedsegError with close matches where neither smp nor timm (``tu-`` names) knows the encoder."""
    if name == ORIGINAL or name in get_encoder_names():
        return
    if not (name.startswith("tu-") and timm.is_model(name.removeprefix("tu-"))):
        unknown(name, names(), "encoder")


def names() -> list[str]:
    """All names that an encoder can have."""
    return [ORIGINAL, *get_encoder_names(), *(f"tu-{model}" for model in timm.list_models())]


def unknown(name: str, known: Sequence[str], what: str) -> NoReturn:
    """Raise GuidedsegError with the names most like a wrong one."""
    close = difflib.get_close_matches(name, known) or difflib.get_close_matches(f"tu-{name}", known)
    raise GuidedsegError(
        f"{what}: there is no '{name}'. {'Did you mean ' + ' or '.join(close) + '? ' if close else ''}"
        f"`guidedseg networks --encoders` lists the encoders; timm.list_models() everything of timm."
    )


def check_size(height: int, width: int) -> None:
    """Raise GuidedsegError that names the size to use where a side is no multiple of 32."""
    if height % STRIDE or width % STRIDE or not height or not width:
        use = [STRIDE * max(1, round(side / STRIDE)) for side in (height, width)]
        raise GuidedsegError(
            f"image size {height} x {width} (height x width): every side must be a multiple of {STRIDE}. "
            f"Use {use[0]} x {use[1]}."
        )


def check_input(x: torch.Tensor) -> None:
    """Raise GuidedsegError where a network's input is not (N, 1, H, W) or a side of it is no multiple of 32."""
    if x.ndim != 4 or x.shape[1] != 1:
        raise GuidedsegError(
            f"images {_shape(x)}: networks take grey images, N x 1 x height x width. Give one channel of colours."
        )
    check_size(*x.shape[-2:])


def grey(name: str, depth: int = 5) -> tuple[nn.Module, list[int]]:
    """A convolutional encoder with random weights for one input channel.

    Args:
        name: as in smp, or ``tu-`` and a timm name.
        depth: number of features behind the input; the last has stride ``2 ** depth``.

    Returns:
        Module from (N, 1, S, S) to ``depth + 1`` maps, the first of which is the input, and the channels of the others.

    Raises:
        GuidedsegError: the encoder has no features at stride 2 (transformers start at 4), which skips need.
    """
    encoder = get_encoder(name, in_channels=1, depth=depth, weights=None)
    channels = list(encoder.out_channels[1:])
    if 0 in channels:  # smp stands empty maps in for a missing stride
        raise GuidedsegError(f"encoder: '{name}' gives no features at stride 2. Choose a convolutional encoder.")
    return encoder, channels


def load_weights(encoder: nn.Module, name: str, weights: str | None) -> None:
    """Fill a grey encoder with pretrained weights.

    A first convolution made for three normalised colours becomes one for grey, which gives the same features as the
    grey in each colour, normalised, in the original.

    Args:
        encoder: of ``grey`` or of an smp network built with ``in_channels=1``; changed in place.
        name: its name.
        weights: None (nothing is done), ``imagenet`` (smp's or timm's own download) or the path of a .safetensors or
            .pth file with the names of the smp or timm encoder.

    Raises:
        GuidedsegError: no such file, not readable, does not fit the encoder, or the download failed.
    """
    if weights is None:
        return
    first = next(module for module in encoder.modules() if isinstance(module, nn.Conv2d))
    if isinstance(first, STANDARDISED):
        raise GuidedsegError(
            f"encoder_weights: '{name}' standardises its convolutions: its weights for colours cannot be made to give "
            "the same for grey. Choose another encoder, or null to train from scratch."
        )
    if weights == IMAGENET:
        pretrained = True if name.startswith("tu-") else IMAGENET
        state = downloaded(name, lambda: get_encoder(name, in_channels=3, weights=pretrained))
    else:
        state = read(weights)
    encoder.load_state_dict(fitted(state, encoder, name, weights))


def downloaded(name: str, make: Callable[[], nn.Module]) -> dict[str, torch.Tensor]:
    """The weights of what ``make`` builds with a library's own download.

    Raises:
        GuidedsegError: they could not be had.
    """
    try:
        if not is_offline_mode():
            # The hub client asks six times per file and waits up to a minute each; one question shows whether to start.
            get_session().head(constants.ENDPOINT, timeout=10)
        return dict(make().state_dict())
    except Exception as error:  # a class of whichever HTTP client the hub's library uses
        raise GuidedsegError(
            f"encoder_weights: imagenet weights for '{name}' could not be had ({type(error).__name__}: "
            f"{str(error).splitlines()[0] if str(error) else 'no message'}). Give the path of a .safetensors or .pth "
            "file instead, or null to train from scratch; HF_HUB_OFFLINE=1 uses an earlier download."
        ) from error


def read(weights: str) -> dict[str, torch.Tensor]:
    """The tensors of a .safetensors or .pth file.

    Raises:
        GuidedsegError: there is no such file, or it holds something else.
    """
    path = Path(weights)
    if not path.is_file():
        raise GuidedsegError(
            f"encoder_weights: there is no file {path}. Give the path of a .safetensors or .pth file, 'imagenet', or "
            "null to train from scratch."
        )
    try:
        state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise GuidedsegError(
            f"encoder_weights: {path} cannot be read as {path.suffix or 'weights'} ({str(error).splitlines()[0]}). "
            "Write the encoder's state_dict with safetensors.torch.save_file or torch.save."
        ) from error
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise GuidedsegError(f"encoder_weights: {path} holds more than tensors by name. Save the state_dict alone.")
    return dict(state)


def fitted(state: dict[str, torch.Tensor], encoder: nn.Module, name: str, weights: str) -> dict[str, torch.Tensor]:
    """Weights under the encoder's own names and in its shapes, those of a first convolution for colours made grey.

    Args:
        state: tensors under smp's or timm's names.
        encoder: what they are for.
        name: of the encoder, for messages and to know what it left out.
        weights: where they come from, for messages.

    Raises:
        GuidedsegError: they are those of something else, or what their inputs are to be shifted by has no place.
    """
    found = {_plain(key): value for key, value in state.items()}
    fitted, shifts, problems = {}, {}, []
    for key, own in encoder.state_dict().items():
        value = found.pop(_plain(key), None)
        if value is None and key.endswith("num_batches_tracked"):
            value = own  # a counter that old files lack and nothing reads
        if value is None:
            problems.append(f"{key} is missing")
            continue
        if value.ndim == 4 and value.shape[1] == 3 and own.shape[1] == 1:
            value, shifts[key.removesuffix(".weight")] = normalisation.grey(value, name)
        if value.shape != own.shape:
            problems.append(f"{key} is {_shape(value)}, the encoder has {_shape(own)}")
        fitted[key] = value
    problems += [f"{key} holds what is no number" for key, value in fitted.items() if not value.isfinite().all()]
    problems += [f"{key} is of no use to the encoder" for key in _leftovers(found, name)]
    if problems:
        raise listed(
            f"encoder_weights: {weights} does not fit encoder '{name}'",
            problems,
            f"Give the weights of '{name}' itself, 'imagenet', or null to train from scratch.",
            most=5,
        )
    _shift(fitted, shifts, encoder, name)
    return fitted


def _shift(fitted: dict[str, torch.Tensor], shifts: Mapping[str, torch.Tensor], encoder: nn.Module, name: str) -> None:
    """Take away behind first convolutions what their inputs were to be shifted by: the weights are changed in place."""
    behind = None
    for path, shift in shifts.items():
        if f"{path}.bias" in fitted:
            fitted[f"{path}.bias"] = fitted[f"{path}.bias"].float() - shift
            continue
        behind = normalisation.behind(encoder) if behind is None else behind
        if path not in behind:
            raise GuidedsegError(
                f"encoder_weights: behind the first convolution of '{name}' is no batch normalisation, and it has no "
                "bias: what its inputs are normalised by has no place. Choose another encoder, or null to train from "
                "scratch."
            )
        mean = f"{behind[path]}.running_mean"
        fitted[mean] = fitted[mean].float() + shift


def _leftovers(found: Mapping[str, torch.Tensor], name: str) -> list[str]:
    """What is left of a file and belongs neither to a classifier nor to stages that a shallower encoder cuts off."""
    left = [key for key in found if not key.startswith(HEADS)]
    if left and name != ORIGINAL and name in names():
        whole = {_plain(key) for key in get_encoder(name, in_channels=1, weights=None).state_dict()}
        left = [key for key in left if key not in whole]
    return left


def _plain(key: str) -> str:
    """One spelling for timm's ``stages.0.conv``, its features' ``stages_0.conv`` and smp's ``model.stages_0.conv``."""
    return key.removeprefix("model.").replace(".", "_")


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"
