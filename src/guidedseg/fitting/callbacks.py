"""What goes along with training and makes its result: the curve, patience, averaged weights."""

from collections.abc import Callable, Sequence
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch.optim.swa_utils import get_ema_multi_avg_fn

from guidedseg.errors import GuidedsegError
from guidedseg.fitting import ranks

Named = Callable[[int, int], str]
"""From an epoch and a step of it (both from 0) to the names of the items of that batch."""


class Curve(pl.Callback):
    """The training curve, one row per epoch; part of the checkpoint, so that a resumed run has the whole of it.

    Args:
        logged: names of what the module logs of an epoch; they follow ``epoch`` and ``train_loss``.
        named: for the message where a loss is no number.
        key: of params.yaml that holds the recipe, for the same.
    """

    def __init__(self, logged: Sequence[str], named: Named, key: str) -> None:
        self.columns = ("epoch", "train_loss", *logged)
        self.named = named
        self.key = key
        self.rows: list[dict[str, float]] = []
        self.losses: list[torch.Tensor] = []
        self.sizes: list[int] = []

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,  # noqa: ARG002
        outputs: Any,  # noqa: ANN401
        batch: Any,  # noqa: ANN401, ARG002
        batch_idx: int,
    ) -> None:
        """Note the loss without looking at it: in every step that would make a GPU wait for the CPU and vice versa."""
        self.losses.append(outputs["loss"])  # of the whole batch, on every rank
        self.sizes.append(sum(trainer.train_dataloader.batch_sampler.sizes(batch_idx)))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Add this epoch's row. Validation has run by then, and no checkpoint of this epoch is written yet.

        Raises:
            GuidedsegError: a loss was no number.
        """
        losses = torch.stack(self.losses).double().cpu().numpy()
        if not np.isfinite(losses).all():
            step = int(np.flatnonzero(~np.isfinite(losses))[0])
            names = self.named(trainer.current_epoch, step)
            raise GuidedsegError(
                f"the training loss became {losses[step]} in epoch {trainer.current_epoch + 1}, step {step + 1} of "
                f"{len(losses)}, on {names}. Lower {self.key}.lr, set {self.key}.clip (1.0, say), or look at these "
                "images."
            )
        row = {"train_loss": np.average(losses, weights=self.sizes)} | trainer.callback_metrics
        values = {name: round(float(row[name]), 6) for name in self.columns[1:]}
        self.rows.append({"epoch": trainer.current_epoch + 1, **values})
        self.losses, self.sizes = [], []

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


class OneNetwork(pl.Callback):
    """Statistics of batch normalisations, which each rank takes of its own shares, become one: their mean.

    Where normalisations are synchronised (on GPUs) it changes nothing.
    """

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Before they are validated and written."""
        ranks.mean_(pl_module.network.buffers())


class Averaged(pl.Callback):
    """An exponential moving average of a network's weights, which is validated, chosen and saved in their place.

    After step t the average is d * average + (1 - d) * weights with d = min(decay, (1 + t) / (10 + t)), as TensorFlow's
    ExponentialMovingAverage has it: with ``decay`` alone a short run would keep most of its random first weights. The
    statistics of batch normalisations are averaged with the weights that they belong to.

    From validation to the next training step the average lies in the network and the trained weights in ``spare``; in
    training it is the other way round. So every checkpoint has the average as its weights. Lightning's
    EMAWeightAveraging keeps it out of checkpoints of weights alone, and makes a GPU wait in every step.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.live: list[torch.Tensor] = []
        self.spare: list[torch.Tensor] = []
        self.inside = False  # whether the average is in the network

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Start from the first weights, or from those of the checkpoint; the network is on its device by now."""
        state = pl_module.network.state_dict().values()
        self.live = [value for value in state if value.is_floating_point()]
        self.spare = [value.to(pl_module.device) for value in self.spare] or [value.clone() for value in self.live]

    def on_train_batch_start(self, *_: Any) -> None:  # noqa: ANN401
        """Train the trained weights. Not once per epoch: Lightning tells no epoch's start to a run that it resumes."""
        if self.inside:
            self._swap()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:  # noqa: ANN401
        """A step of the average."""
        decay = min(self.decay, (1 + trainer.global_step) / (10 + trainer.global_step))
        get_ema_multi_avg_fn(decay)(self.spare, self.live, None)  # type: ignore[no-untyped-call]

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Validate the average, and leave it for the checkpoints."""
        self._swap()
        ranks.mean_(pl_module.network.buffers())  # averages of statistics that each rank has of its own

    def state_dict(self) -> dict[str, Any]:
        """The trained weights; the average is in the checkpoint as the network's."""
        return {"spare": self.spare}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue after validation."""
        self.spare, self.inside = state_dict["spare"], True

    def _swap(self) -> None:
        for live, spare in zip(self.live, self.spare, strict=True):
            kept = live.clone()
            live.copy_(spare)
            spare.copy_(kept)
        self.inside = not self.inside
