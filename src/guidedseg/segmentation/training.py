"""Lightning trains a network; what is kept is its best weights, its description and its curve."""

import hashlib
import json
import logging
import shutil
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pandas as pd
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from safetensors.torch import save_file
from torch import nn

from guidedseg import exporting
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import data, losses, models, optimisation
from guidedseg.segmentation.callbacks import Averaged, Curve, Patience
from guidedseg.segmentation.inputs import TRAINED_ON, Inputs, positions
from guidedseg.segmentation.shown import Shown

log = logging.getLogger(__name__)

PRECISION = {"bf16": "bf16-mixed", "fp16": "16-mixed", "fp32": "32-true"}
"""Lightning's names, on a GPU."""


class Segmenter(pl.LightningModule):
    """A network with its loss, optimiser and validation Dice.

    Validation Dice is pooled: 2 TP / (2 TP + FP + FN) with counts summed over all validation items at S x S and
    threshold 0.5, so that false regions on normals count and no empty item needs a rule.
    """

    def __init__(self, network: nn.Module, recipe: Mapping[str, Any], seed: int) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe
        self.loss = losses.build(recipe["loss"], gamma=recipe["focal_gamma"])
        self.seed = seed
        self.counts = torch.zeros(3)

    def training_step(self, batch: data.Batch, number: int) -> torch.Tensor:
        """The loss of one batch. Nothing here waits for a GPU; ``Curve`` looks at the losses once per epoch."""
        # Dropout depends on epoch and batch alone, so a resumed run continues as if never interrupted. Not once per
        # epoch: Lightning calls no on_train_epoch_start in the epoch that it resumes with.
        torch.manual_seed(data.one_seed(self.seed, self.current_epoch, number))
        images, masks = batch
        return losses.total(self.loss, self.network(images), masks)

    def on_validation_epoch_start(self) -> None:
        """Counts start at zero."""
        self.counts = torch.zeros(3, dtype=torch.int64, device=self.device)

    def validation_step(self, batch: data.Batch, _: int) -> None:
        """Add a batch's loss and counts."""
        images, masks = batch
        logits = self.network(images)
        self.log("val_loss", self.loss(logits, masks), batch_size=len(images))
        predicted, truth = logits >= 0, masks > 0.5
        self.counts += torch.stack([(predicted & truth).sum(), (predicted & ~truth).sum(), (~predicted & truth).sum()])

    def on_validation_epoch_end(self) -> None:
        """Dice of the summed counts; 0 where neither a lesion nor a prediction is left."""
        tp, fp, fn = self.counts.tolist()
        self.log("val_dice", 2 * tp / max(2 * tp + fp + fn, 1), prog_bar=True)

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's union of everything
        """The recipe's, with a step of the schedule per batch."""
        names = ("optimizer", "lr", "weight_decay", "schedule", "warmup")
        optimizer, schedule = optimisation.build(
            self.network,
            **{name: self.recipe[name] for name in names},
            steps=int(self.trainer.estimated_stepping_batches),
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


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
        recipe: the keys of ``params.training.Train``.
        seed: of the first weights, the shuffles, the augmentation and the dropout.
        workers: processes that prepare batches; they change no result.
        scratch: parent of the checkpoint folder.
        target: an existing folder that receives ``weights.safetensors``, ``config.json`` and ``curve.csv``.
        live: a folder for the curve while it grows, emptied first; None: without.

    Returns:
        What config.json holds.

    Raises:
        GuidedsegError: unknown encoder, weights that do not fit, nothing to train or validate on, no lesion for
            ``empty_share``, a loss that is no number.
    """
    size = int(inputs.images.shape[-1])
    chosen = {split: positions(inputs.items, [split], TRAINED_ON) for split in ("train", "val")}
    for split, numbers in chosen.items():
        if len(numbers) < 2:
            raise GuidedsegError(
                f"only {len(numbers)} {split} item(s) to learn {name} from: see the split.* keys and data/split.csv"
            )
    torch.manual_seed(seed)
    net = models.build(name, options, **network, image_size=size)
    module = Segmenter(net, recipe, seed)
    if recipe["compile"]:
        net.compile()  # in place: the names of the weights stay

    folder = scratch / _fingerprint(inputs, name, options, network, recipe, seed)
    curve = Curve()
    every_epoch = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = ModelCheckpoint(
        folder, filename="best", monitor="val_dice", mode="max", save_weights_only=True, **every_epoch
    )
    # Lightning's save_last writes in epochs with a new best only. This one comes after `best` to hold its new state.
    last = ModelCheckpoint(folder, filename="last", **every_epoch)
    stop = Patience("val_dice", mode="max", patience=recipe["patience"], check_on_train_epoch_end=True)
    averaged = [] if recipe["ema"] is None else [Averaged(recipe["ema"])]
    trainer = _trainer(recipe, [*averaged, curve, Shown(name, curve, live), stop, best, last], folder)
    augmentation = data.augmentation(flip=recipe["flip"], rotation=recipe["rotation"], brightness=recipe["brightness"])
    loading = {"batch": recipe["batch"], "workers": workers}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        trainer.fit(
            module,
            data.training_loader(
                data.TrainingItems(inputs, chosen["train"], augmentation, seed),
                empty_share=recipe["empty_share"],
                **loading,
            ),
            data.plain_loader(data.PlainItems(inputs, chosen["val"]), **loading),
            ckpt_path=_resumable(folder / "last.ckpt"),
        )

    chosen_epoch = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)
    module.load_state_dict(chosen_epoch["state_dict"])
    save_file(exporting.compact(module.network.state_dict()), target / exporting.WEIGHTS)
    table = pd.DataFrame(curve.rows, columns=list(Curve.COLUMNS))
    table.to_csv(target / "curve.csv", index=False, lineterminator="\n")
    config = {
        "name": name,
        "options": dict(options),
        "encoder": network["encoder"],
        "encoder_weights": models.weights_used(name, network["encoder"], network["encoder_weights"]),
        "decoder_width": network["decoder_width"],
        "image_size": size,
        "loss": recipe["loss"],
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "epoch": chosen_epoch["epoch"] + 1,
        "epochs": len(table),
        "val_dice": curve.rows[chosen_epoch["epoch"]]["val_dice"],
    }
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder)
    return config


def _trainer(recipe: Mapping[str, Any], callbacks: list[pl.Callback], folder: Path) -> pl.Trainer:
    gpu = torch.cuda.is_available()
    # Lightning's `deterministic` has torch fill memory that nothing reads: a kernel more per allocation.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return pl.Trainer(
        max_epochs=recipe["epochs"],
        accelerator="gpu" if gpu else "cpu",
        devices=1,
        precision=PRECISION[recipe["precision"]] if gpu else "32-true",
        gradient_clip_val=recipe["clip"],
        # "warn": for some gradients a GPU has no deterministic kernel, of bilinear upsampling a slow one
        deterministic=("warn" if recipe["deterministic"] else False) if gpu else True,
        callbacks=callbacks,
        logger=False,
        num_sanity_val_steps=0,
        enable_model_summary=False,
        enable_progress_bar=False,
        default_root_dir=folder,
    )


def _resumable(checkpoint: Path) -> Path | None:
    """The checkpoint of an interrupted run of exactly this work, if it can be read."""
    if not checkpoint.is_file():
        return None
    try:
        torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - whatever a torn file raises, the remedy is to start afresh
        log.warning("%s cannot be read (%s): training starts afresh", checkpoint, error)
        return None
    log.warning("resuming from %s", checkpoint)
    return checkpoint


def _fingerprint(inputs: Inputs, *settings: Any) -> str:  # noqa: ANN401 - anything JSON can hold
    """A name for everything that the result depends on: settings, inputs, this package's code, versions of others."""
    versions = [version(name) for name in ("torch", "timm", "albumentations", "segmentation_models_pytorch")]
    digest = hashlib.sha256(json.dumps([settings, versions, torch.cuda.is_available()], sort_keys=True).encode())
    digest.update(inputs.items.to_csv(index=False).encode())
    for array in (inputs.images, inputs.masks):
        digest.update(array.data.cast("B"))
    weights = settings[2]["encoder_weights"]
    if weights and Path(weights).is_file():
        digest.update(Path(weights).read_bytes())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
