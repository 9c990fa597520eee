"""Curves that are looked at while a training runs: whole, and without any effect on the result."""

import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch
from small_training import EPOCHS, INPUTS, NAME, NETWORK, OPTIONS, RECIPE, RESULTS, Killed

from guidedseg.progress import LiveCurves
from guidedseg.segmentation import training

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", autouse=True)
def deterministic() -> Iterator[None]:
    before = torch.are_deterministic_algorithms_enabled()
    yield
    torch.use_deterministic_algorithms(before)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the process stands, as the root of a project; DVCLive looks for a repository there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path


def table(folder: Path, name: str) -> list[tuple[int, float]]:
    curve = pd.read_csv(folder / f"plots/metrics/{name}.tsv", sep="\t")
    assert list(curve.columns) == ["step", name]
    return list(curve.itertuples(index=False, name=None))


def test_curve_has_a_row_per_epoch_and_the_last_values_stand_alone(folder: Path) -> None:
    curves = LiveCurves(folder / "live")
    curves.add(1, {"val_dice": 0.5, "val_loss": 2})
    curves.add(2, {"val_dice": 0.75, "val_loss": 1})
    assert table(folder / "live", "val_dice") == [(1, 0.5), (2, 0.75)]  # while the training goes on
    curves.close()
    assert table(folder / "live", "val_dice") == [(1, 0.5), (2, 0.75)]
    assert json.loads((folder / "live/metrics.json").read_text()) == {"val_dice": 0.75, "val_loss": 1.0, "step": 2}
    assert "val_dice" in (folder / "live/report.html").read_text()


def test_curves_of_an_earlier_training_stay_until_there_is_one_epoch(folder: Path) -> None:
    before = LiveCurves(folder / "live")
    before.add(1, {"val_dice": 0.5})
    before.close()
    again = LiveCurves(folder / "live")
    again.close()  # as where a training fails before its first epoch ends
    assert table(folder / "live", "val_dice") == [(1, 0.5)]


def test_curves_of_an_earlier_training_go(folder: Path) -> None:
    for name in ("of_other_model", "val_dice"):
        curves = LiveCurves(folder / "live")
        curves.add(1, {name: 0})
    assert sorted(path.stem for path in (folder / "live").rglob("*.tsv")) == ["val_dice"]


def test_no_repository_is_touched(folder: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    before = sorted(folder.rglob("*"))
    curves = LiveCurves(folder / "live")
    curves.add(1, {"val_dice": 0})
    curves.close()
    assert sorted(path for path in folder.rglob("*") if folder / "live" not in (path, *path.parents)) == before


def test_without_a_folder_nothing_is_written(folder: Path) -> None:
    curves = LiveCurves(None)
    curves.add(1, {"val_dice": 0})
    curves.close()
    assert not any(folder.iterdir())


def train(work: Path, live: Path | None) -> dict[str, bytes]:
    target = work / "target"
    target.mkdir(parents=True, exist_ok=True)
    training.train(
        INPUTS,
        name=NAME,
        options=OPTIONS,
        network=NETWORK,
        recipe=RECIPE,
        seed=3,
        workers=0,
        scratch=work / "scratch",
        target=target,
        live=live,
    )
    return {name: (target / name).read_bytes() for name in RESULTS}


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The result of a training without live curves."""
    return train(tmp_path_factory.mktemp("without"), None)


def test_live_curves_are_those_of_the_result_and_change_no_byte_of_it(without: dict[str, bytes], folder: Path) -> None:
    assert train(folder, folder / "live") == without
    curve = pd.read_csv(folder / "target/curve.csv")
    for name in ("train_loss", "val_loss", "val_dice"):
        assert table(folder / "live", name) == list(zip(curve["epoch"], curve[name], strict=True))


def test_resumed_training_has_the_whole_curve(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step: Callable[..., torch.Tensor] = training.Segmenter.training_step

    def until_third_epoch(module: training.Segmenter, *given: Any) -> torch.Tensor:
        if module.current_epoch == 2:
            raise Killed
        return step(module, *given)

    with monkeypatch.context() as patch:
        patch.setattr(training.Segmenter, "training_step", until_third_epoch)
        with pytest.raises(Killed):
            train(folder, folder / "live")
    assert [epoch for epoch, _ in table(folder / "live", "val_dice")] == [1, 2]
    train(folder, folder / "live")
    curve = pd.read_csv(folder / "target/curve.csv")
    assert table(folder / "live", "val_dice") == list(zip(range(1, EPOCHS + 1), curve["val_dice"], strict=True))


def test_training_goes_on_where_curves_cannot_be_written(
    without: dict[str, bytes], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "live").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING, logger="guidedseg.progress"):
        assert train(folder, folder / "live") == without
    assert [record.message.partition(":")[0] for record in caplog.records] == ["training goes on without live curves"]


def test_training_goes_on_where_curves_can_no_longer_be_written(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves = LiveCurves(folder / "live")
    curves.add(1, {"val_dice": 0.5})

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dvclive.plots.Metric.dump", full)
    with caplog.at_level(logging.WARNING, logger="guidedseg.progress"):
        for epoch in (2, 3):
            curves.add(epoch, {"val_dice": 0.5})
        curves.close()
    assert len(caplog.records) == 1


class TestDetector:
    """Ultralytics' callbacks."""

    def test_table_of_epochs_becomes_the_live_curves(self, folder: Path) -> None:
        from guidedseg.detection.yolo import training

        trainer = SimpleNamespace(csv=folder / "results.csv", epochs=2, train_loader=range(5))
        shown = training._Shown(folder / "live")
        shown.on_train_start(trainer)
        table_of_ultralytics = pd.DataFrame({"time": 1.0} | dict.fromkeys(training.CURVE, 0.25), index=[0, 1])
        table_of_ultralytics["epoch"] = [1, 2]
        table_of_ultralytics["metrics/mAP50(B)"] = [0.5, 0.75]
        for epochs in (1, 2, 2):  # the last time with the validation of the best weights
            table_of_ultralytics[:epochs].to_csv(trainer.csv, index=False)
            shown.on_fit_epoch_end(trainer)
        shown.on_train_end(trainer)
        assert table(folder / "live", "val_map50") == [(1, 0.5), (2, 0.75)]
        written = {path.stem for path in (folder / "live").rglob("*.tsv")}
        assert written == set(training.CURVE.values()) - {"epoch"}

    def test_ultralytics_hands_its_training_to_no_other_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from ultralytics.utils.callbacks import base

        from guidedseg.detection import yolo  # noqa: F401 - switches them off

        class Trainer:
            callbacks = base.get_default_callbacks()

        asked: list[str] = []

        def import_module(name: str, _: str) -> SimpleNamespace:
            asked.append(name)
            return SimpleNamespace(callbacks={})

        monkeypatch.setattr(base, "import_module", import_module)
        base.add_integration_callbacks(Trainer())
        assert asked == []
