"""How well a network does on validation items; of one that is not trained this is all that is to be done."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from safetensors.torch import save_file

from guidedseg import exporting, given
from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError
from guidedseg.progress import bar
from guidedseg.segmentation import data, losses, models
from guidedseg.segmentation.inputs import Inputs, validated
from guidedseg.segmentation.models.sam import Sam


class Validated(NamedTuple):
    """What is kept of a validation batch.

    Attributes:
        loss: of the batch, times its items.
        counts: (3,) int64 pixels TP, FP, FN of the batch.
        strict: (N,) Dice of each item, 1 where mask and prediction are empty.
    """

    loss: torch.Tensor
    counts: torch.Tensor
    strict: torch.Tensor


def validated_batch(
    logits: torch.Tensor, masks: torch.Tensor, loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
) -> Validated:
    """Compare what a network says of a batch with the truth, both (N, 1, S, S), at a probability of 0.5."""
    predicted, truth = logits >= 0, masks > 0.5
    pixels = (predicted & truth, predicted & ~truth, ~predicted & truth)
    counts = torch.stack([each.flatten(1).sum(dim=1) for each in pixels])
    wrong = counts[1] + counts[2]
    strict = torch.where(wrong == 0, 1.0, 2 * counts[0] / (2 * counts[0] + wrong).clamp(min=1))
    return Validated(loss(logits, masks) * len(logits), counts.sum(dim=1), strict)


def scores(batches: Sequence[Validated]) -> dict[str, Any]:
    """``val_loss``; ``val_dice`` of summed counts, 0 without lesion and prediction; ``val_strict``, the mean."""
    tp, fp, fn = torch.stack([batch.counts for batch in batches]).sum(dim=0).tolist()
    strict = torch.cat([batch.strict for batch in batches])
    return {
        "val_loss": sum(batch.loss for batch in batches) / len(strict),
        "val_dice": 2 * tp / max(2 * tp + fp + fn, 1),
        "val_strict": strict.mean(),
    }


def measure(
    inputs: Inputs, *, name: str, options: Mapping[str, Any], recipe: Mapping[str, Any], target: Path
) -> dict[str, Any]:
    """Take a network with the weights that are given, and measure it once; the same files as of a training.

    Args:
        inputs: of one mode; the margin of its training regions tells where in a region the box is.
        name: of the network, of those that are ``models.given``.
        options: of that network; ``weights`` is the path of a checkpoint.
        recipe: ``loss`` and ``focal_gamma`` of what is noted, ``batch``.
        target: an existing folder that receives ``weights.safetensors``, ``config.json`` and ``curve.csv``, which has
            one row, without a training loss.

    Returns:
        What config.json holds: as of a training, and under ``given`` the file, its sha256, what it is of and the
        margin.

    Raises:
        GuidedsegError: no weights, or such as do not fit; no validation item, or no training region.
    """
    if options["weights"] is None:
        raise GuidedsegError(f"{given.KEY}: None given, but {name} is not trained. {given.had()}")
    items, margins = validated(inputs.items), inputs.training["margin"].unique()
    if not len(items) or len(margins) != 1:
        raise GuidedsegError(
            f"{name}: no validation item to measure it on, or no training region, which tells the margin: see the "
            "split.* keys and data/split.csv"
        )
    file, size, margin = Path(options["weights"]), int(inputs.images.shape[-1]), float(margins[0])
    net = models.build(
        name, options, encoder=encoders.ORIGINAL, encoder_weights=None, decoder_width=1.0, image_size=size
    ).eval()
    if not isinstance(net, Sam):
        raise TypeError(f"{name} has no prompt")
    net.prompt(margin)
    kept = exporting.compact(net.state_dict())
    save_file(kept, target / exporting.WEIGHTS)
    net.load_state_dict(kept)  # what is measured has gone through it
    row = {"epoch": 1, "train_loss": None, **_measured(net, inputs, recipe)}
    pd.DataFrame([row]).to_csv(target / "curve.csv", index=False, lineterminator="\n")
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    config = {
        "name": name,
        "options": {**options, "weights": None},  # a path of this machine, which is of no use elsewhere
        "encoder": encoders.ORIGINAL,
        "encoder_weights": file.name,
        "decoder_width": 1.0,
        "image_size": size,
        "loss": recipe["loss"],
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "given": {"file": file.name, "sha256": sha256, "kind": net.kind, "margin": margin},
        "epoch": 1,
        "epochs": 1,
        **{score: row[score] for score in ("val_dice", "val_strict")},
    }
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return config


def _measured(net: torch.nn.Module, inputs: Inputs, recipe: Mapping[str, Any]) -> dict[str, float]:
    """``scores``, to six digits; on a GPU where there is one."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loss = losses.build(recipe["loss"], gamma=recipe["focal_gamma"])
    loader = data.plain_loader(data.PlainItems(inputs, validated(inputs.items)), batch=recipe["batch"], workers=0)
    net, batches = net.to(device), []
    with torch.inference_mode():
        for images, masks in bar("validation", loader, unit="batch"):
            batches.append(validated_batch(net(images.to(device)), masks.to(device), loss))
    return {score: round(float(value), 6) for score, value in scores(batches).items()}
