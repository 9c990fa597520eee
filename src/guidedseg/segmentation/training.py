"""Lightning trains a network; what is kept is its best weights, its description and its curve."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from safetensors.torch import save_file
from torch import nn

from guidedseg import exporting
from guidedseg.errors import GuidedsegError
from guidedseg.fitting import launching, loop, optimisation, ranks
from guidedseg.fitting.fingerprint import fingerprint
from guidedseg.instances.network import InstanceNetwork
from guidedseg.segmentation import data, losses, measuring, models
from guidedseg.segmentation.inputs import Inputs, validated
from guidedseg.segmentation.models.layers import Supervised

KEY = "profiles.*.train"
"""Of params.yaml: the recipe."""


class Segmenter(pl.LightningModule):
    """A network with its loss, optimiser and validation Dice.

    Of all validation items at S x S and threshold 0.5: ``val_dice`` is 2 TP / (2 TP + FP + FN) of the summed counts, so
    that false regions on normals count and no empty item needs a rule; it chooses the weights that are kept.
    ``val_strict`` is the mean over the items, 1 where mask and prediction are empty; it is noted.
    """

    def __init__(self, network: nn.Module, recipe: Mapping[str, Any], seed: int) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe
        self.loss = losses.build(recipe["loss"], gamma=recipe["focal_gamma"])
        self.seed = seed
        self.validated: list[measuring.Validated] = []

    def training_step(self, batch: data.Batch, number: int) -> torch.Tensor:
        """The loss of one batch. Nothing here waits for a GPU; ``Curve`` looks at the losses once per epoch."""
        # Dropout depends on epoch, batch and rank alone, so a resumed run continues as if never interrupted. Not once
        # per epoch: Lightning calls no on_train_epoch_start in the epoch that it resumes with.
        rank = [ranks.number()] if ranks.number() else []
        torch.manual_seed(data.one_seed(self.seed, self.current_epoch, number, *rank))
        images, masks = batch
        if isinstance(self.network, InstanceNetwork):
            return self.network.loss(images, masks)
        outputs = self.network(images)
        if ranks.size() > 1:
            sizes = self.trainer.train_dataloader.batch_sampler.sizes(number)
            outputs, masks = _whole(outputs, sizes), ranks.whole(masks, sizes)
        return losses.total(self.loss, outputs, masks)

    def on_validation_epoch_start(self) -> None:
        """Nothing is counted yet."""
        self.validated = []

    def validation_step(self, batch: data.Batch, _: int) -> None:
        """Keep a batch's loss and counts."""
        images, masks = batch
        self.validated.append(measuring.validated_batch(self.network(images), masks, self.loss))

    def on_validation_epoch_end(self) -> None:
        """Dice of the summed counts; 0 where neither a lesion nor a prediction is left. On every rank the same."""
        of_all = self.validated
        if ranks.size() > 1:
            of_all = ranks.everyones(of_all, self.trainer.val_dataloaders.batch_sampler.batches)
        for name, value in measuring.scores(of_all).items():
            self.log(name, value, prog_bar=name == "val_dice")

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's union of everything
        """The recipe's, with a step of the schedule per batch."""
        return optimisation.of_recipe(self.network, self.recipe, int(self.trainer.estimated_stepping_batches))


def train(
    inputs: Inputs,
    *,
    name: str,
    options: Mapping[str, Any],
    network: Mapping[str, Any],
    recipe: Mapping[str, Any],
    seed: int,
    workers: int,
    scratch: Path,
    target: Path,
    live: Path | None = None,
) -> dict[str, Any]:
    """Train one network on one mode's inputs.

    Checkpoints lie in a folder of ``scratch`` that is named after everything the result depends on: an interrupted run
    resumes there, and a run with another parameter, input or version of this package starts afresh. The folder goes
    when the run is finished.

    Args:
        inputs: items of training and validation images.
        name: of the network, a key of ``models.MODELS``.
        options: of that network.
        network: ``encoder``, ``encoder_weights``, ``decoder_width``.
        recipe: the keys of ``params.training.Train``; of several ranks each process calls this with the same.
        seed: of the first weights, the shuffles, the augmentation and the dropout.
        workers: processes that prepare batches; they change no result.
        scratch: parent of the checkpoint folder.
        target: an existing folder that receives ``weights.safetensors``, ``config.json`` and ``curve.csv``, of rank 0.
        live: a folder for the curve while it grows, emptied first; None: without.

    Returns:
        What config.json holds; of another rank than 0 nothing.

    Raises:
        GuidedsegError: this process is not told which rank it is; a network that is not trained; unknown encoder,
            weights that do not fit, nothing to train or validate on, no lesion for ``empty_share``, a loss that is no
            number.
        LostRankError: another rank has ended.
    """
    if models.given(name):
        raise GuidedsegError(f"{name} is not trained: its weights are given (models.{name}.weights)")
    rank = launching.joined(KEY, recipe["devices"], recipe["nodes"])
    size = int(inputs.images.shape[-1])
    validation = validated(inputs.items)
    for split, number in (("train", len(inputs.training)), ("val", len(validation))):
        if number < 2:
            raise GuidedsegError(
                f"only {number} {split} item(s) to learn {name} from: see the split.* keys and data/split.csv"
            )
    torch.manual_seed(seed)
    net = models.build(name, options, **network, image_size=size)
    module = Segmenter(net, recipe, seed)
    if recipe["compile"]:
        net.compile()  # in place: the names of the weights stay

    drawn = {key: recipe[key] for key in ("rotation", "flip", "brightness")}
    dataset = data.TrainingItems(inputs, size, **drawn, seed=seed)
    loading = {"batch": recipe["batch"], "workers": workers, "rank": rank}
    length = None if recipe["steps"] is None else recipe["steps"] * recipe["batch"]
    training = data.training_loader(dataset, length=length, empty_share=recipe["empty_share"], **loading)
    folder = scratch / _fingerprint(inputs, name, options, network, recipe, seed)
    fitted = loop.fit(
        module,
        training,
        data.plain_loader(data.PlainItems(inputs, validation), **loading),
        recipe=recipe,
        rank=rank,
        score="val_dice",
        logged=("val_loss", "val_dice", "val_strict"),
        named=lambda epoch, step: data.names_of_batch(training, epoch, step),
        key=KEY,
        title=name,
        folder=folder,
        live=live,
    )
    if rank.number:
        return {}
    save_file(exporting.compact(module.network.state_dict()), target / exporting.WEIGHTS)
    fitted.curve.to_csv(target / "curve.csv", index=False, lineterminator="\n")
    config = {
        "name": name,
        "options": dict(options),
        "encoder": network["encoder"],
        "encoder_weights": models.weights_used(name, network["encoder"], network["encoder_weights"]),
        "decoder_width": network["decoder_width"],
        "image_size": size,
        "loss": recipe["loss"],
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "devices": recipe["devices"],
        "nodes": recipe["nodes"],
        "batch_of_a_rank": recipe["batch"] // rank.size,
        "epoch": fitted.epoch,
        "epochs": len(fitted.curve),
        **{name: fitted.curve[name][fitted.epoch - 1] for name in ("val_dice", "val_strict")},
    }
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder)
    return config


def _whole(outputs: torch.Tensor | Supervised, sizes: list[int]) -> torch.Tensor | Supervised:
    """Outputs of the whole batch from a rank's."""
    if isinstance(outputs, torch.Tensor):
        return ranks.whole(outputs, sizes)
    lesion = None if outputs.lesion is None else ranks.whole(outputs.lesion, sizes)
    return Supervised([ranks.whole(mask, sizes) for mask in outputs.masks], lesion)


def _fingerprint(inputs: Inputs, *settings: Any) -> str:  # noqa: ANN401 - anything JSON can hold
    tables = [table.to_csv(index=False).encode() for table in (inputs.items, inputs.training)]
    arrays = (inputs.images, inputs.masks, inputs.wide_images, inputs.wide_masks)
    seen = [*tables, *(array.data.cast("B") for array in arrays if array.size)]
    return fingerprint(settings, seen, packages=["segmentation", "encoders"], weights=settings[2]["encoder_weights"])
