"""A checkpoint of Segment Anything or its kin, as its authors or whoever tuned it wrote it: tensors by SAM's names.

What it is of is told by names and shapes in it, never by the name of the file. Nothing in it is run.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from guidedseg import given
from guidedseg.errors import GuidedsegError

SIGNS = {
    "image_encoder.patch_embed.proj.weight": "SAM",
    "image_encoder.trunk.patch_embed.proj.weight": "SAM 2",
    "image_encoder.patch_embed.seq.0.c.weight": "MobileSAM",
}
"""A tensor that each kind has and no other."""

NESTS = ("model", "state_dict", "model_state_dict")
"""Where checkpoints of trainings have the network, beside the optimiser and the epoch."""

UNUSED = (
    *("pixel_mean", "pixel_std"),
    *("memory_attention.", "memory_encoder.", "maskmem_tpos_enc", "mask_downsample.", "no_mem_pos_enc"),
    *("no_obj_ptr", "no_obj_embed_spatial", "obj_ptr_proj.", "obj_ptr_tpos_proj."),
)
"""How names of what a single picture does not need begin: SAM 2's memory of the frames before."""


class Checkpoint(NamedTuple):
    """What a file holds.

    Attributes:
        kind: a value of ``SIGNS``.
        tensors: float32, by the names in the repository of that kind, without what one picture does not need.
    """

    kind: str
    tensors: dict[str, torch.Tensor]


def read(file: Path) -> Checkpoint:
    """Read a .safetensors file, or one of torch.save.

    Names may have a common beginning (``module.`` of several GPUs), and tensors may lie in one of ``NESTS``.

    Raises:
        GuidedsegError: there is no such file, it holds more than tensors, or those of no network that is understood.
    """
    if not file.is_file():
        raise GuidedsegError(f"{given.KEY}: there is no file {str(file)!r}. Put one there. {given.had()}")
    try:
        found = load_file(file) if file.suffix == ".safetensors" else torch.load(file, "cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise refused(file, "it is no file of weights, or holds more than tensors, which might be a program") from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise refused(file, f"it cannot be read ({' '.join(str(error).split())[:200]})") from error
    named = _tensors(found)
    for sign, kind in SIGNS.items():
        for name in named:
            if name == sign or name.endswith(f".{sign}"):
                own = _own(named, name.removesuffix(sign))
                if odd := [each for each, tensor in own.items() if not tensor.isfinite().all()]:
                    raise refused(file, f"{odd[0]} holds what is no number")
                return Checkpoint(kind, own)
    raise refused(file, f"it has no {' or '.join(SIGNS)}")


def refused(file: Path, why: str) -> GuidedsegError:
    """The error about a file that is of no use; one line."""
    layouts = ", ".join(given.HOMES)
    return GuidedsegError(
        f"{given.KEY}: {file} is of no use: {why}. Understood are the layouts of {layouts}, as .safetensors or as "
        f"torch.save writes a state_dict. {given.had()}"
    )


def _tensors(found: Any) -> dict[str, torch.Tensor]:  # noqa: ANN401 - whatever a file holds
    """By name; those of a nest where there is one."""
    if not isinstance(found, Mapping):
        return {}
    for nest in NESTS:
        if isinstance(found.get(nest), Mapping):
            return _tensors(found[nest])
    return {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}


def _own(named: Mapping[str, torch.Tensor], start: str) -> dict[str, torch.Tensor]:
    """Those whose names begin so, without that and without the unused."""
    names = {name: name.removeprefix(start) for name in named if name.startswith(start)}
    return {
        own: named[name].float() if named[name].is_floating_point() else named[name]
        for name, own in names.items()
        if not own.startswith(UNUSED)
    }
