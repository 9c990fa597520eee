"""Lightning trains a network; an interrupted training goes on where it was."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as pl
import pandas as pd
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.strategies import DDPStrategy
from torch.utils.data import DataLoader

from guidedseg.fitting import launching, ranks
from guidedseg.fitting.callbacks import Averaged, Curve, Named, OneNetwork, Patience
from guidedseg.fitting.launching import Rank
from guidedseg.fitting.shown import Shown

log = logging.getLogger(__name__)

PRECISION = {"bf16": "bf16-mixed", "fp16": "16-mixed", "fp32": "32-true"}
"""Lightning's names, on a GPU."""


class Fitted(NamedTuple):
    """What a training leaves, beside the weights of its best epoch in the module of rank 0.

    Attributes:
        curve: a row per epoch: ``epoch``, ``train_loss`` and what is logged.
        epoch: the one whose weights were kept, from 1.
    """

    curve: pd.DataFrame
    epoch: int


def fit(
    module: pl.LightningModule,
    training: DataLoader[Any],
    validation: DataLoader[Any],
    *,
    recipe: Mapping[str, Any],
    rank: Rank = launching.ALONE,
    score: str,
    logged: Sequence[str],
    named: Named,
    key: str,
    title: str,
    folder: Path,
    live: Path | None,
) -> Fitted:
    """Train, and load the weights of the best epoch into the module.

    Of several ranks each calls it, with its own shares, and rank 0 alone writes and shows.

    Args:
        module: with the network at ``network``.
        training: whose ``batch_sampler`` is ``shares.Shares``.
        validation: whose ``batch_sampler`` is ``shares.Turns``.
        recipe: ``epochs``, ``patience``, ``clip``, ``ema``, ``precision``, ``devices``, ``nodes``, ``strategy``.
        rank: of this process.
        score: of what is logged; the epoch where it is highest is kept.
        logged: names of what the module logs in every epoch.
        named: which items a batch has, for the message where a loss is no number.
        key: of params.yaml that holds the recipe, for the same.
        title: of the progress bar.
        folder: of the checkpoints, named after everything that the result depends on: an interrupted training resumes
            there. It is the caller's to remove, once what was trained is written.
        live: a folder for the curve while it grows, emptied first; None: without.

    Raises:
        GuidedsegError: a loss is no number, or the ranks have other data or code.
        LostRankError: another rank has ended.
    """
    curve = Curve(logged, named, key)
    every_epoch = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = ModelCheckpoint(folder, filename="best", monitor=score, mode="max", save_weights_only=True, **every_epoch)
    # Lightning's save_last writes in epochs with a new best only. This one comes after `best` to hold its new state.
    last = ModelCheckpoint(folder, filename="last", **every_epoch)
    stop = Patience(score, mode="max", patience=recipe["patience"], check_on_train_epoch_end=True)
    averaged = [] if recipe["ema"] is None else [Averaged(recipe["ema"])]
    shown = [] if rank.number else [Shown(title, curve, score, live)]
    callbacks = [OneNetwork(), *averaged, curve, *shown, stop, best, last]
    several = recipe["strategy"] == "ddp" or rank.size > 1
    with ranks.together(rank) if several else nullcontext(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        warnings.filterwarnings("ignore", message=".*sync_dist=True.*")  # what is logged is the same on all ranks
        ranks.agree("data, parameters or code", folder.name)
        resumed = ranks.of_first(None if rank.number else _resumable(folder / "last.ckpt"))
        trainer = _trainer(recipe, callbacks, folder, rank if several else None)
        trainer.fit(module, training, validation, ckpt_path=resumed)

    table = pd.DataFrame(curve.rows, columns=list(curve.columns))
    if rank.number:
        return Fitted(table, 0)
    chosen = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)
    module.load_state_dict(chosen["state_dict"])
    return Fitted(table, chosen["epoch"] + 1)


def _trainer(
    recipe: Mapping[str, Any], callbacks: list[pl.Callback], folder: Path, rank: Rank | None = None
) -> pl.Trainer:
    gpu = torch.cuda.is_available()
    # Lightning's `deterministic` has torch fill memory that nothing reads: a kernel more per allocation.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda"):
        logging.getLogger(name).setLevel(logging.WARNING)
    ddp: dict[str, Any] = {}
    if rank is not None:
        # Buffers are left alone: `OneNetwork` makes them one, once per epoch. Parts of library encoders are unused.
        strategy = DDPStrategy(forward_sync_buffers=False, find_unused_parameters=True)
        ddp = {"strategy": strategy, "num_nodes": recipe["nodes"]}
        ddp |= {"plugins": [ranks.Environment(rank, recipe["devices"])], "use_distributed_sampler": False}
        ddp |= {"sync_batchnorm": gpu}  # which torch has for GPUs alone
    return pl.Trainer(
        max_epochs=recipe["epochs"],
        accelerator="gpu" if gpu else "cpu",
        devices=1 if rank is None else recipe["devices"],
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
        **ddp,
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
