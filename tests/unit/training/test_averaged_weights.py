"""Training with averaged weights: what is kept, and what it leaves as it was."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from small_training import as_kept, checkpoints, train

from guidedseg.fitting import loop
from guidedseg.segmentation import trained


@pytest.fixture(scope="module")
def averaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An uninterrupted run with averaged weights."""
    return train(tmp_path_factory.mktemp("averaged"), ema=0.9)


class TestAverage:
    """``ema``: the averaged weights are what is validated, chosen and kept; the trained ones go on."""

    @pytest.mark.parametrize("epoch", [2, 3])
    def test_interrupted_run_resumes_to_the_same_bytes(
        self, averaged: dict[str, bytes], killed_in: Callable[..., None], tmp_path: Path, epoch: int
    ) -> None:
        killed_in(epoch, ema=0.9)
        assert checkpoints(tmp_path)["last"] == epoch - 1
        torch.manual_seed(12345)
        assert train(tmp_path, ema=0.9) == averaged

    def test_training_itself_is_the_same(
        self, reference: dict[str, bytes], averaged: dict[str, bytes], tmp_path: Path
    ) -> None:
        curves = []
        for results in (reference, averaged):
            (tmp_path / "curve.csv").write_bytes(results["curve.csv"])
            curves.append(pd.read_csv(tmp_path / "curve.csv"))
        assert curves[0]["train_loss"].tolist() == curves[1]["train_loss"].tolist()
        assert curves[0]["val_loss"].tolist() != curves[1]["val_loss"].tolist()
        assert averaged["weights.safetensors"] != reference["weights.safetensors"]

    def test_kept_weights_are_the_average_over_the_steps(
        self, validation_dice: Callable[..., list[dict[str, torch.Tensor]]], tmp_path: Path
    ) -> None:
        steps: list[dict[str, torch.Tensor]] = []  # the weights before the first step and after every one

        class Noted(loop.Averaged):
            def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
                super().on_fit_start(trainer, pl_module)
                steps.append(copy.deepcopy(pl_module.network.state_dict()))

            def on_train_batch_end(self, trainer: Any, pl_module: Any, *rest: Any) -> None:
                super().on_train_batch_end(trainer, pl_module, *rest)
                steps.append(copy.deepcopy(pl_module.network.state_dict()))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "Averaged", Noted)
            validated = validation_dice(0.1, 0.9, 0.3)
            train(tmp_path, ema=0.35)
        network, config = trained.load(tmp_path / "target")
        assert config["epoch"] == 2
        kept = network.state_dict()
        assert all(torch.equal(kept[key], value) for key, value in as_kept(validated[1]).items())
        for key in ("head.weight", "blocks.0.convolutions.0.1.running_var"):
            expected = steps[0][key]
            for step in range(1, 7):  # two epochs of three steps
                decay = min(0.35, (1 + step) / (10 + step))  # 2/11, 3/12, 4/13, then 0.35
                expected = decay * expected + (1 - decay) * steps[step][key]
            torch.testing.assert_close(kept[key], expected, rtol=2**-11, atol=1e-6)  # kernels in half precision
            assert (kept[key] - steps[6][key]).abs().max() > 1e-4
