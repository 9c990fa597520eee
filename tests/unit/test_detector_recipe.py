"""Nothing that matters to a detector's training is left to Ultralytics' defaults, and its steps are those declared."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_detector import RECIPE, train, write_dataset

from guidedseg import params
from guidedseg.detection.yolo import training
from guidedseg.errors import GuidedsegError

from ultralytics.cfg import DEFAULT_CFG_DICT  # isort: skip - guidedseg sets the environment that it is to be imported in
from ultralytics.engine import trainer as engine  # isort: skip

pytestmark = pytest.mark.usefixtures("one_thread")

OWN = {"weights": "model", "image_size": "imgsz", "precision": "amp", "ema_decay": None, "ema_tau": None}
DECLARED = {OWN.get(key, key) for key in params.Yolo.model_fields} - {None}
OF_A_RUN = {"task", "mode", "data", "project", "name", "seed", "device", "nbs"}
# of other tasks, of prediction, export and pictures; `pretrained` and `profile` are of what the library would build or
# log itself, `save_period` of checkpoints that nobody reads
IRRELEVANT = set(
    """overlap_mask mask_ratio dropout dis pose kobj rle angle dlog dgrad dlam copy_paste_mode auto_augment erasing
    save_json dnn source vid_stride stream_buffer visualize retina_masks embed show save_frames save_txt save_conf
    save_crop show_labels show_conf show_boxes line_width format optimize dynamic simplify opset workspace cfg tracker
    pretrained profile save_period""".split()  # noqa: SIM905 - as words it is read at a glance
)
TWICE = {"epochs": 2, "patience": 2}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("yolo"))


def watched(watch: Any = None) -> tuple[type, list[Any]]:
    """A trainer that is kept, and calls ``watch`` after each batch."""
    made: list[Any] = []

    class Watched(training.DetectionTrainer):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            made.append(self)
            if watch is not None:
                self.add_callback("on_train_batch_end", watch)

    return Watched, made


def test_every_argument_of_the_library_is_declared_fixed_or_irrelevant() -> None:
    groups = [DECLARED, set(training.FIXED) - {"augmentations"}, OF_A_RUN, IRRELEVANT]
    assert set.union(*groups) == set(DEFAULT_CFG_DICT)
    assert sum(map(len, groups)) == len(DEFAULT_CFG_DICT)  # each in one of them


def test_a_run_differs_from_the_defaults_in_what_is_declared_alone(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, made = watched()
    monkeypatch.setattr(training, "DetectionTrainer", trainer)
    train(dataset, "yolo11n.yaml", tmp_path)
    used = vars(made[0].args)
    known = DECLARED | set(training.FIXED) | OF_A_RUN
    assert {key for key, value in DEFAULT_CFG_DICT.items() if used[key] != value} <= known
    assert set(used) - set(DEFAULT_CFG_DICT) == {"augmentations", "save_dir"}
    expected = {key: value for key, value in RECIPE.items() if key in DECLARED and key != "precision"}
    for key, value in (training.FIXED | expected).items():
        assert used[key] == value, key


def test_every_batch_is_a_step_and_learning_rates_rise_from_zero(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[dict[str, float]] = []
    trainer, made = watched(
        lambda trainer: rates.append({group["param_group"]: group["lr"] for group in trainer.optimizer.param_groups})
    )
    monkeypatch.setattr(training, "DetectionTrainer", trainer)
    train(dataset, "yolo11n.yaml", tmp_path, batch=2, warmup_epochs=1.0, weight_decay=0.01, **TWICE)
    (ran,) = made
    batches = 2 * len(ran.train_loader)
    assert len(rates) == batches == 4
    assert {int(state["step"]) for state in ran.optimizer.state.values()} == {batches}
    assert ran.ema.updates == batches
    assert rates[0] == {"bias": 0, "weight": 0, "bn": 0}  # the library's 0.1 for biases is fixed to 0
    assert all(rate <= RECIPE["lr0"] for row in rates for rate in row.values())
    # as declared, where the library would scale it by batch * accumulated batches / nbs
    assert {group["weight_decay"] for group in ran.optimizer.param_groups} == {0.0, 0.01}


def test_average_is_that_of_the_recipe(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, made = watched()
    monkeypatch.setattr(training, "DetectionTrainer", trainer)
    train(dataset, "yolo11n.yaml", tmp_path, ema_decay=0.5, ema_tau=1.0)
    assert made[0].ema.decay(1) == pytest.approx(0.5 * (1 - np.exp(-1)))
    assert made[0].ema.updates == 1


# Precision


def test_gpu_without_bf16_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "it")
    with pytest.raises(GuidedsegError, match=r"profiles\.\*\.yolo\.precision: .*no bf16.*fp32"):
        train(tmp_path, "yolo11n.yaml", tmp_path)


@pytest.mark.parametrize(
    ("gpu", "precision", "given"), [(True, "bf16", "bf16"), (True, "fp32", "fp32"), (False, "bf16", "fp32")]
)
def test_precision_is_that_of_the_recipe_on_a_gpu_and_full_on_a_cpu(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu: bool, precision: str, given: str
) -> None:
    class Asked(Exception):  # noqa: N818
        pass

    def asked(overrides: dict[str, Any]) -> None:
        assert (overrides["amp"], overrides["device"]) == (given, "0" if gpu else "cpu")
        raise Asked

    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    monkeypatch.setattr(training, "DetectionTrainer", asked)
    with pytest.raises(Asked):
        train(dataset, "yolo11n.yaml", tmp_path, precision=precision)


@pytest.mark.parametrize(("amp", "tested"), [(True, True), ("bf16", False), ("fp32", False)])
def test_no_precision_that_can_be_declared_makes_the_library_test_itself(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amp: Any, tested: bool
) -> None:
    """The test downloads a model. Here on a CPU, where the library decides on it by the same lines."""
    calls: list[Any] = []

    def check_amp(model: Any) -> bool:
        calls.append(model)
        return False

    class Asked(training.DetectionTrainer):
        def __init__(self, overrides: dict[str, Any]) -> None:
            super().__init__(overrides={**overrides, "amp": amp})

    monkeypatch.setattr(engine, "check_amp", check_amp)
    monkeypatch.setattr(engine, "autocast", lambda *_, **__: nullcontext())  # which has bf16 on a GPU alone
    monkeypatch.setattr(training, "DetectionTrainer", Asked)
    train(dataset, "yolo11n.yaml", tmp_path)
    assert bool(calls) == tested


def test_a_loss_that_is_no_number_is_told_with_what_to_lower(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ultralytics would go back an epoch three times, and then end in a traceback."""
    batch = training.DetectionTrainer.preprocess_batch

    def broken(trainer: Any, given: dict[str, Any]) -> dict[str, Any]:
        return {**(made := batch(trainer, given)), "img": made["img"] * (np.nan if trainer.epoch == 1 else 1)}

    monkeypatch.setattr(training.DetectionTrainer, "preprocess_batch", broken)
    with pytest.raises(GuidedsegError, match=r"loss became nan in epoch 2\. Lower profiles\.\*\.yolo\.lr0"):
        train(dataset, "yolo11n.yaml", tmp_path, epochs=3)
    assert not any((tmp_path / "detector").iterdir())
