"""Training gives the same bytes from the same seed, interrupted or not, and leaves nothing behind."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from apart import apart
from small_training import EPOCHS, RESULTS, TRAIN, Killed, checkpoints, train

from guidedseg.fitting import loop
from guidedseg.segmentation import training
from guidedseg.segmentation.data import Batch


def test_same_seed_gives_the_same_bytes(reference: dict[str, bytes], tmp_path: Path) -> None:
    torch.manual_seed(12345)
    assert train(tmp_path) == reference


def test_other_seed_gives_other_weights(reference: dict[str, bytes], tmp_path: Path) -> None:
    assert train(tmp_path, seed=4, epochs=1)["weights.safetensors"] != reference["weights.safetensors"]


def train_with_a_worker(work: Path) -> None:
    torch.set_num_threads(1)
    train(work, workers=1)


def test_workers_change_nothing(reference: dict[str, bytes], tmp_path: Path) -> None:
    apart(train_with_a_worker, tmp_path)
    assert {name: (tmp_path / "target" / name).read_bytes() for name in RESULTS} == reference


@pytest.mark.parametrize("epoch", [2, 3])
def test_interrupted_run_resumes_to_the_same_bytes(
    reference: dict[str, bytes], killed_in: Callable[..., None], tmp_path: Path, epoch: int
) -> None:
    killed_in(epoch)
    assert checkpoints(tmp_path)["last"] == epoch - 1
    torch.manual_seed(12345)
    assert train(tmp_path) == reference


def test_run_interrupted_in_every_epoch_resumes_to_the_same_bytes(
    reference: dict[str, bytes], killed_in: Callable[..., None], tmp_path: Path
) -> None:
    for epoch in range(1, EPOCHS + 1):
        killed_in(epoch)
    assert train(tmp_path) == reference


def test_checkpoint_to_resume_from_is_written_in_epochs_that_are_not_the_best_too(
    killed_in: Callable[..., None], validation_dice: Callable[..., object], tmp_path: Path
) -> None:
    validation_dice(0.9, 0.3, 0.2)
    killed_in(3)
    assert checkpoints(tmp_path) == {"best": 1, "last": 2}


def test_resumed_run_trains_only_the_epochs_that_are_left(
    killed_in: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_in(3)
    trained = []
    step = training.Segmenter.training_step

    def noted(module: training.Segmenter, batch: Batch, number: int) -> torch.Tensor:
        trained.append(module.current_epoch + 1)
        return step(module, batch, number)

    monkeypatch.setattr(training.Segmenter, "training_step", noted)
    train(tmp_path)
    assert trained == [3] * (TRAIN // 2)


@pytest.mark.parametrize(
    ("dice", "epochs"),
    [((0.5, 0.5, 0.9), 2), ((0.5, 0.6, 0.7), EPOCHS)],
    ids=["patience ran out", "all epochs"],
)
def test_run_interrupted_after_its_last_epoch_trains_no_further(
    validation_dice: Callable[..., object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dice: tuple[float, ...],
    epochs: int,
) -> None:
    validation_dice(*dice)
    expected = train(tmp_path / "whole", patience=1)
    assert json.loads(expected["config.json"])["epochs"] == epochs

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_file", killed)
        with pytest.raises(Killed):
            train(tmp_path, patience=1)
    assert checkpoints(tmp_path)["last"] == epochs
    assert train(tmp_path, patience=1) == expected


def test_torn_checkpoint_starts_afresh(
    reference: dict[str, bytes], killed_in: Callable[..., None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    killed_in(2)
    (last,) = (tmp_path / "scratch").glob("*/last.ckpt")
    last.write_bytes(last.read_bytes()[: last.stat().st_size // 2])
    with caplog.at_level(logging.WARNING, logger=loop.__name__):
        assert train(tmp_path) == reference
    assert "training starts afresh" in caplog.text


def test_run_with_another_seed_does_not_resume(killed_in: Callable[..., None], tmp_path: Path) -> None:
    killed_in(2)
    assert train(tmp_path, seed=5, epochs=1) == train(tmp_path / "other", seed=5, epochs=1)
    assert len(list((tmp_path / "scratch").iterdir())) == 1  # that of the interrupted run stays


def test_scratch_is_gone_after_success(tmp_path: Path) -> None:
    train(tmp_path, epochs=1)
    assert not any((tmp_path / "scratch").iterdir())
    assert sorted(path.name for path in (tmp_path / "target").iterdir()) == sorted(RESULTS)
