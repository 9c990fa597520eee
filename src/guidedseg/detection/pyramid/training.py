"""A detector of this package learns to find lesions, in the same loop as the segmenters."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from guidedseg import exporting
from guidedseg.detection.average_precisions import FLOOR, MAX_BOXES, NMS_IOU, Found, average_precisions
from guidedseg.detection.pyramid import data, fcos, networks, trained
from guidedseg.detection.pyramid.data import Targets
from guidedseg.detection.pyramid.networks import Detector
from guidedseg.detection.suppression import suppressed
from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError
from guidedseg.fitting import launching, loop, optimisation, ranks
from guidedseg.fitting.fingerprint import fingerprint
from guidedseg.fitting.sampling import EpochSampler, Key
from guidedseg.fitting.shares import Shares, Turns

LOGGED = ("val_map50", "val_map50_95", "val_loss")


class Validated(NamedTuple):
    """What is kept of a validation batch: its loss times its pictures, and what was found in each of these."""

    loss: torch.Tensor
    found: list[Found]


class Learner(pl.LightningModule):
    """A detector with its loss, optimiser and average precision on the validation pictures."""

    def __init__(self, net: Detector, recipe: Mapping[str, Any], seed: int) -> None:
        super().__init__()
        self.network = net
        self.recipe = recipe
        self.seed = seed
        self.validated: list[Validated] = []

    def training_step(self, batch: data.Batch, number: int) -> torch.Tensor:
        """The loss of one batch."""
        # what is dropped out depends on epoch, batch and rank alone, so a resumed run continues as if never interrupted
        drawn = [self.seed, self.current_epoch, number, *([ranks.number()] if ranks.number() else [])]
        torch.manual_seed(int(np.random.SeedSequence(drawn).generate_state(1)[0]))
        images, targets = batch
        if ranks.size() == 1:
            return torch.stack(list(self.network.losses(images, targets).values())).sum()
        sizes = self.trainer.train_dataloader.batch_sampler.sizes(number)
        images, targets = _whole(images, targets)
        if not isinstance(self.network, fcos.Detector):
            raise TypeError("Mask R-CNN trains on one device: its losses are of what it draws from each picture")
        found = self.network.losses(images, targets, lambda share: ranks.whole(share, sizes))
        return torch.stack(list(found.values())).sum()

    def on_validation_epoch_start(self) -> None:
        """No boxes yet."""
        self.validated = []

    def validation_step(self, batch: data.Batch, _: int) -> None:
        """Keep a batch's boxes."""
        images, targets = batch
        torch.manual_seed(self.seed)  # Mask R-CNN draws what its losses are of
        loss = torch.stack(list(self.network.losses(images, targets).values())).sum()
        raws = self.network(images).float().cpu().numpy()
        found = [
            (*suppressed(raw, FLOOR, NMS_IOU, MAX_BOXES), target["boxes"].cpu().numpy())
            for raw, target in zip(raws, targets, strict=True)
        ]
        self.validated.append(Validated(loss * len(images), found))

    def on_validation_epoch_end(self) -> None:
        """Average precision over all pictures, on every rank the same."""
        of_all = self.validated
        if ranks.size() > 1:
            of_all = ranks.everyones(of_all, self.trainer.val_dataloaders.batch_sampler.batches)
        found = [each for batch in of_all for each in batch.found]
        self.log("val_loss", sum(batch.loss for batch in of_all) / len(found))
        precisions = average_precisions(found)
        self.log("val_map50", float(precisions[0]))
        self.log("val_map50_95", float(precisions.mean()), prog_bar=True)

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's union of everything
        """The recipe's, with a step of the schedule per batch."""
        return optimisation.of_recipe(self.network, self.recipe, int(self.trainer.estimated_stepping_batches))


def train(
    kind: str,
    dataset: Path,
    recipe: Mapping[str, Any],
    *,
    encoder: str,
    encoder_weights: str | None,
    seed: int,
    workers: int,
    start: Path | None = None,
    scratch: Path,
    target: Path,
    live: Path | None = None,
) -> pd.DataFrame:
    """Train on the training pictures, and keep the epoch with the best average precision on the validation pictures.

    An interrupted training goes on where it was.

    Args:
        kind: of detector, a key of ``networks.SIZES``.
        dataset: an Ultralytics dataset, as ``labels.write`` makes it.
        recipe: the kind's ``networks.SIZES`` and ``image_size``, what ``fitting.loop.fit`` and ``data.augmentation``
            read, and that of the optimiser; of several ranks each process calls this with the same.
        encoder: as ``encoders.encoders.grey`` takes it.
        encoder_weights: as ``encoders.encoders.load_weights`` takes it.
        seed: of every random draw.
        workers: processes that prepare batches; they change no result.
        start: a folder that this function wrote, whose weights training starts from; None: the encoder's alone.
        scratch: parent of the checkpoint folder.
        target: the existing folder that receives ``weights.safetensors``, ``config.json`` and ``curve.csv``, of rank 0.
        live: a folder for the curves while they grow, emptied first; None: without.

    Returns:
        What curve.csv holds, a row per epoch.

    Raises:
        GuidedsegError: this process is not told which rank it is; weights that cannot be had or do not fit, no lesion
            to learn from or to validate on, a loss that is no number.
        LostRankError: another rank has ended.
    """
    key = f"profiles.*.{kind}"
    rank = launching.joined(key, recipe["devices"], recipe["nodes"])
    parts = {name: data.read(dataset, name, recipe["image_size"]) for name in ("train", "val")}
    for name, part in parts.items():
        if not any(len(boxes) for _, boxes, _ in part.items):
            raise GuidedsegError(f"no {name} picture has a lesion: see the split.* keys and data/split.csv")
    torch.manual_seed(seed)
    net = network(kind, encoder, recipe, encoder_weights if start is None else None)
    if start is not None:
        net.load_state_dict(trained.load(start)[0].state_dict())
    settings = {"kind": kind, "encoder": encoder, "encoder_weights": encoder_weights, **recipe, "seed": seed}
    pixels = [array.data.cast("B") for part in parts.values() for item in part.items for array in item if array.size]
    if start is not None:
        pixels.append(memoryview((start / exporting.WEIGHTS).read_bytes()))
    folder = scratch / fingerprint(settings, pixels, ["detection/pyramid", "encoders", "instances"], encoder_weights)
    empty = np.array([not len(boxes) for _, boxes, _ in parts["train"].items], dtype=bool)
    length = None if recipe["steps"] is None else recipe["steps"] * recipe["batch"]
    sampler = EpochSampler(empty, seed, length=length, empty_share=recipe["empty_share"])
    shares = Shares(sampler, recipe["batch"], rank, incomplete=False)
    turns = Turns(len(parts["val"].items), recipe["batch"], rank)
    module = Learner(net, recipe, seed)
    fitted = loop.fit(
        module,
        data.loader(data.TrainingItems(parts["train"], dict(recipe), seed), shares, workers=workers),
        data.loader(data.PlainItems(parts["val"]), turns, workers=workers),
        recipe=recipe,
        rank=rank,
        score="val_map50_95",
        logged=LOGGED,
        named=lambda epoch, step: _names(parts["train"], shares.of_all(epoch, step)),
        key=key,
        title="detector",
        folder=folder,
        live=live,
    )
    if rank.number:
        return fitted.curve
    save_file(exporting.compact(net.state_dict()), target / exporting.WEIGHTS)
    fitted.curve.to_csv(target / "curve.csv", index=False, lineterminator="\n")
    used = None if encoder_weights is None else Path(encoder_weights).name
    config = {
        "kind": kind,
        "encoder": encoder,
        "encoder_weights": used,
        **{name: recipe[name] for name in dict.fromkeys((*networks.SIZES[kind], "image_size"))},
        "recipe": {**recipe, "seed": seed},
        "batch_of_a_rank": recipe["batch"] // rank.size,
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "epoch": fitted.epoch,
        "epochs": len(fitted.curve),
    }
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder)
    return fitted.curve


def network(kind: str, encoder: str, sizes: Mapping[str, Any], encoder_weights: str | None) -> Detector:
    """The detector before it is trained; torch's seed decides the weights that are not loaded.

    Args:
        kind: a key of ``networks.SIZES``.
        encoder: as ``encoders.encoders.grey`` takes it.
        sizes: as ``networks.build`` takes it.
        encoder_weights: as ``encoders.encoders.load_weights`` takes it.

    Raises:
        GuidedsegError: an unknown encoder, or weights that cannot be had or do not fit.
    """
    if encoder == encoders.ORIGINAL:
        raise GuidedsegError(
            f"profiles.*.{kind}.encoder: 'original' is of the segmenters. Name an encoder, resnet50, say."
        )
    encoders.check_name(encoder)
    built = networks.build(kind, encoder, sizes)
    encoders.load_weights(built.encoder, encoder, encoder_weights)
    return built.to(memory_format=torch.channels_last)


def _whole(images: torch.Tensor, targets: Targets) -> tuple[torch.Tensor, Targets]:
    """A rank's pictures, filled up to the size of the largest in the whole batch, and the boxes of all pictures."""
    of_each = ranks.of_each((images.shape[2], images.shape[3], [each["boxes"].cpu() for each in targets]))
    images = data.enlarged(images, *(max(sides) for sides in list(zip(*of_each, strict=True))[:2]))
    boxes = [each.to(images.device) for *_, own in of_each for each in own]
    return images, [{"boxes": each} for each in boxes]


def _names(part: data.Part, keys: Sequence[Key]) -> str:
    return ", ".join(part.image_ids[position] for _, position, _ in keys)
