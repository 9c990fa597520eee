"""What a user sees of a training; no part of its result."""

from pathlib import Path
from typing import Any

import lightning.pytorch as pl

from guidedseg import progress
from guidedseg.fitting.callbacks import Curve


class Shown(pl.Callback):
    """What is seen while a network trains: a bar of all its steps, and the curve as it grows.

    Args:
        name: of the network.
        curve: comes before this callback.
        score: of the curve's columns, the one that a checkpoint is chosen by.
        live: a folder for the curve, emptied first; None: without.
    """

    def __init__(self, name: str, curve: Curve, score: str, live: Path | None) -> None:
        self.name = name
        self.curve = curve
        self.score = score
        self.live = live

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Start where an interrupted run stopped."""
        total = trainer.num_training_batches * trainer.max_epochs
        self.bar = progress.bar(self.name, unit="step", total=total, done=trainer.global_step)
        self.curves = progress.LiveCurves(self.live)
        for row in self.curve.rows:
            self._add(row)

    def on_train_batch_end(self, *_: Any) -> None:  # noqa: ANN401
        """A step more."""
        self.bar.update()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """An epoch more, which ``curve`` has noted by now."""
        row = self.curve.rows[-1]
        self._add(row)
        shown = {"epoch": f"{row['epoch']}/{trainer.max_epochs}", self.score: f"{row[self.score]:.3f}"}
        self.bar.set_postfix(shown)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """No step more."""
        self.bar.close()
        self.curves.close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:  # noqa: ARG002
        """Leave the line to the message."""
        if hasattr(self, "bar"):
            self.bar.close()

    def _add(self, row: dict[str, float]) -> None:
        self.curves.add(int(row["epoch"]), {name: row[name] for name in self.curve.columns[1:]})
