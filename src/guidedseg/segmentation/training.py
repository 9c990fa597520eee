"""Lightning trains a network; what is kept is its best weights, its description and its curve."""

import hashlib
import json
import logging
import shutil
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pandas as pd
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from safetensors.torch import save_file
from torch import nn

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import data, losses, models
from guidedseg.segmentation.inputs import TRAINED_ON, Inputs, positions

log = logging.getLogger(__name__)


class Segmenter(pl.LightningModule):
    """A network with its loss, optimiser (AdamW, cosine schedule over all steps) and validation Dice.

    Validation Dice is pooled: 2 TP / (2 TP + FP + FN) with counts summed over all validation items at S x S and
    threshold 0.5, so that false regions on normals count and no empty item needs a rule.
    """

    def __init__(self, network: nn.Module, *, loss: str, lr: float, weight_decay: float, seed: int) -> None:
        super().__init__()
        self.network = network
        self.loss = losses.build(loss)
        self.lr = lr
        self.weight_decay = weight_decay
        self.seed = seed
        self.counts = torch.zeros(3)

    def training_step(self, batch: data.Item, number: int) -> torch.Tensor:
        """One batch of images (N, 1, S, S) and masks (N, 1, S, S)."""
        # Dropout depends on epoch and batch alone, so a resumed run continues as if never interrupted. Not once per
        # epoch: Lightning calls no on_train_epoch_start in the epoch that it resumes with.
        torch.manual_seed(data.one_seed(self.seed, self.current_epoch, number))
        images, masks = batch
        loss: torch.Tensor = self.loss(self.network(images), masks)
        if not torch.isfinite(loss):
            raise GuidedsegError(
                f"the training loss became {loss.item()} in epoch {self.current_epoch + 1}: lower profiles.*.train.lr"
            )
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(images))
        return loss

    def on_validation_epoch_start(self) -> None:
        """Counts start at zero."""
        self.counts = torch.zeros(3, dtype=torch.float64, device="cpu")

    def validation_step(self, batch: data.Item, _: int) -> None:
        """Add a batch's loss and counts."""
        images, masks = batch
        logits = self.network(images)
        self.log("val_loss", self.loss(logits, masks), batch_size=len(images))
        predicted, truth = logits >= 0, masks > 0.5
        counts = [(predicted & truth).sum(), (predicted & ~truth).sum(), (~predicted & truth).sum()]
        self.counts += torch.stack(counts).double().cpu()

    def on_validation_epoch_end(self) -> None:
        """Dice of the summed counts; 0 where neither a lesion nor a prediction is left."""
        tp, fp, fn = self.counts.tolist()
        self.log("val_dice", 2 * tp / max(2 * tp + fp + fn, 1), prog_bar=True)

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's union of everything
        """AdamW with a cosine schedule, a step per batch."""
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=self.lr, total_steps=steps, pct_start=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Curve(pl.Callback):
    """The training curve, one row per epoch; part of the checkpoint, so that a resumed run has the whole of it."""

    COLUMNS = ("epoch", "train_loss", "val_loss", "val_dice")

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Add this epoch's row (validation has run by then)."""
        metrics = trainer.callback_metrics
        row = {name: round(float(metrics[name]), 6) for name in self.COLUMNS[1:]}
        self.rows.append({"epoch": trainer.current_epoch + 1, **row})

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The rows of the interrupted run."""
        self.rows = list(state_dict["rows"])


class Patience(EarlyStopping):
    """Early stopping that stands when a run is resumed from the checkpoint of its last epoch."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Train no epoch more where patience had run out."""
        trainer.should_stop = self.wait_count >= self.patience


def train(
    inputs: Inputs,
    *,
    name: str,
    options: Mapping[str, Any],
    network: Mapping[str, Any],
    recipe: Mapping[str, Any],
    seed: int,
    scratch: Path,
    target: Path,
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
        recipe: ``loss``, ``epochs``, ``patience``, ``batch``, ``lr``, ``weight_decay``, ``flip``, ``rotation``,
            ``brightness``, ``workers``.
        seed: of the first weights, the shuffles, the augmentation and the dropout.
        scratch: parent of the checkpoint folder.
        target: an existing folder that receives ``weights.safetensors``, ``config.json`` and ``curve.csv``.

    Returns:
        What config.json holds.

    Raises:
        GuidedsegError: unknown encoder, weights that do not fit, nothing to train or validate on, a loss that is no
            number.
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
    module = Segmenter(net, loss=recipe["loss"], lr=recipe["lr"], weight_decay=recipe["weight_decay"], seed=seed)

    folder = scratch / _fingerprint(inputs, name, options, network, recipe, seed)
    curve = Curve()
    every_epoch = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = ModelCheckpoint(
        folder, filename="best", monitor="val_dice", mode="max", save_weights_only=True, **every_epoch
    )
    # Lightning's save_last writes in epochs with a new best only. This one comes after `best` to hold its new state.
    last = ModelCheckpoint(folder, filename="last", **every_epoch)
    stop = Patience("val_dice", mode="max", patience=recipe["patience"], check_on_train_epoch_end=True)
    trainer = _trainer(recipe["epochs"], [curve, stop, best, last], folder)
    augmentation = data.augmentation(flip=recipe["flip"], rotation=recipe["rotation"], brightness=recipe["brightness"])
    loading = {"batch": recipe["batch"], "workers": recipe["workers"]}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        trainer.fit(
            module,
            data.training_loader(data.TrainingItems(inputs, chosen["train"], augmentation, seed), **loading),
            data.plain_loader(data.PlainItems(inputs, chosen["val"]), **loading),
            ckpt_path=_resumable(folder / "last.ckpt"),
        )

    chosen_epoch = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)
    module.load_state_dict(chosen_epoch["state_dict"])
    state = {key: value.contiguous() for key, value in module.network.state_dict().items()}
    save_file(state, target / "weights.safetensors")
    table = pd.DataFrame(curve.rows, columns=list(Curve.COLUMNS))
    table.to_csv(target / "curve.csv", index=False, lineterminator="\n")
    config = {
        "name": name,
        "options": dict(options),
        "encoder": network["encoder"],
        "encoder_weights": network["encoder_weights"] and Path(network["encoder_weights"]).name,
        "decoder_width": network["decoder_width"],
        "image_size": size,
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "epoch": chosen_epoch["epoch"] + 1,
        "epochs": len(table),
        "val_dice": curve.rows[chosen_epoch["epoch"]]["val_dice"],
    }
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder)
    return config


def _trainer(epochs: int, callbacks: list[pl.Callback], folder: Path) -> pl.Trainer:
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return pl.Trainer(
        max_epochs=epochs,
        accelerator="gpu" if torch.cuda.is_available() else "cpu",
        devices=1,
        precision="16-mixed" if torch.cuda.is_available() else "32-true",
        deterministic="warn" if torch.cuda.is_available() else True,
        callbacks=callbacks,
        logger=False,
        num_sanity_val_steps=0,
        enable_model_summary=False,
        enable_progress_bar=sys.stderr.isatty(),
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
    """A name for everything that the result depends on: settings, inputs, this package's code and torch's version."""
    digest = hashlib.sha256(
        json.dumps([settings, torch.__version__, str(torch.cuda.is_available())], sort_keys=True).encode()
    )
    digest.update(inputs.items.to_csv(index=False).encode())
    for array in (inputs.images, inputs.masks):
        digest.update(array.data.cast("B"))
    weights = settings[2]["encoder_weights"]
    if weights and Path(weights).is_file():
        digest.update(Path(weights).read_bytes())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
