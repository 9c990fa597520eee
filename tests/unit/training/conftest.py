"""Runs of a small training: a whole one, one that is killed, and one whose validation is given."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from small_training import Killed, train

from guidedseg.segmentation import training
from guidedseg.segmentation.data import Batch


@pytest.fixture(scope="module", autouse=True)
def quiet_on_one_thread() -> Iterator[None]:
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An uninterrupted run."""
    return train(tmp_path_factory.mktemp("reference"))


@pytest.fixture
def killed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Train until the third batch of an epoch (from 1), and no further."""

    def run(epoch: int, **recipe: Any) -> None:
        step = training.Segmenter.training_step

        def until(module: training.Segmenter, batch: Batch, number: int) -> torch.Tensor:
            if (module.current_epoch + 1, number) == (epoch, 2):
                raise Killed
            return step(module, batch, number)

        with monkeypatch.context() as patch:
            patch.setattr(training.Segmenter, "training_step", until)
            with pytest.raises(Killed):
                train(tmp_path, **recipe)

    return run


@pytest.fixture
def validation_dice(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, torch.Tensor]]]:
    """Validation Dice as given, epoch by epoch; the network's weights of every validation are noted."""

    def given(*values: float) -> list[dict[str, torch.Tensor]]:
        states: list[dict[str, torch.Tensor]] = []

        def log(module: training.Segmenter) -> None:
            assert not module.network.training
            states.append(copy.deepcopy(module.network.state_dict()))
            module.log("val_dice", values[module.current_epoch])
            module.log("val_strict", 0.5)
            module.log("val_loss", 0.5)

        monkeypatch.setattr(training.Segmenter, "on_validation_epoch_end", log)
        return states

    return given
