"""Training on ten tiny pictures: reproducible, resumable, and clear about what it cannot do."""

import copy
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load, load_file, save_file

from guidedseg.errors import GuidedsegError
from guidedseg.params.training import Train
from guidedseg.segmentation import trained, training
from guidedseg.segmentation.data import Batch
from guidedseg.segmentation.inputs import COLUMNS, Inputs
from guidedseg.segmentation.models.layers import Supervised

SIZE, TRAIN, VAL = 32, 7, 3  # three batches of two: the last item would be alone
EPOCHS = 3
# Dropout on purpose: it is the one draw that comes from torch's own generator.
NAME, OPTIONS = "transunet", {"vit": "test_vit", "dropout": 0.5}
NETWORK: dict[str, Any] = {"encoder": "tu-test_efficientnet", "encoder_weights": None, "decoder_width": 0.125}
RECIPE: dict[str, Any] = {
    "loss": "bce_dice",
    "focal_gamma": 2.0,
    "epochs": EPOCHS,
    "patience": EPOCHS,
    "batch": 2,
    "empty_share": None,
    "optimizer": "adamw",
    "lr": 0.03,
    "weight_decay": 1e-4,
    "schedule": "cosine",
    "warmup": 0.1,
    "clip": None,
    "ema": None,
    "precision": "bf16",
    "compile": False,
    "flip": 0.5,
    "rotation": 10.0,
    "brightness": 0.2,
}
RESULTS = ("config.json", "curve.csv", "weights.safetensors")


class Killed(BaseException):
    """Stands in for SIGKILL: nothing in the training catches it or cleans up after it."""


@pytest.fixture(scope="module", autouse=True)
def quiet_on_one_thread() -> Iterator[None]:
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def make_inputs() -> Inputs:
    """Bright squares on noise."""
    rng = np.random.default_rng(0)
    masks = np.zeros((TRAIN + VAL, SIZE, SIZE), dtype=np.uint8)
    for mask in masks:
        x, y = rng.integers(0, 20, 2)
        mask[y : y + 10, x : x + 10] = 1
    images = (60 + 120 * masks + rng.integers(0, 40, masks.shape)).astype(np.uint8)
    items = pd.DataFrame({"image_id": [f"i{number:02d}" for number in range(TRAIN + VAL)]})
    items = items.assign(split=["train"] * TRAIN + ["val"] * VAL, source="frame", confidence=np.nan)
    return Inputs(images, masks, items.assign(x0=0, y0=0, x1=SIZE, y1=SIZE)[COLUMNS])


INPUTS = make_inputs()


def train(work: Path, *, inputs: Inputs = INPUTS, seed: int = 3, workers: int = 0, **recipe: Any) -> dict[str, bytes]:
    """Train into ``work``/target with scratch beside it; the bytes of the results."""
    target = work / "target"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    training.train(
        inputs,
        name=NAME,
        options=OPTIONS,
        network=NETWORK,
        recipe=RECIPE | recipe,
        seed=seed,
        workers=workers,
        scratch=work / "scratch",
        target=target,
    )
    return {name: (target / name).read_bytes() for name in RESULTS}


def checkpoints(work: Path) -> dict[str, int]:
    """Name -> epochs that were finished when it was written."""
    paths = (work / "scratch").glob("*/*.ckpt")
    return {path.stem: torch.load(path, weights_only=True)["epoch"] + 1 for path in paths}


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

        monkeypatch.setattr(training.Segmenter, "on_validation_epoch_end", log)
        return states

    return given


def test_recipe_has_the_keys_of_params() -> None:
    Train.model_validate(RECIPE)


def test_same_seed_gives_the_same_bytes(reference: dict[str, bytes], tmp_path: Path) -> None:
    torch.manual_seed(12345)
    assert train(tmp_path) == reference


def test_other_seed_gives_other_weights(reference: dict[str, bytes], tmp_path: Path) -> None:
    assert train(tmp_path, seed=4, epochs=1)["weights.safetensors"] != reference["weights.safetensors"]


def test_workers_change_nothing(reference: dict[str, bytes], tmp_path: Path) -> None:
    assert train(tmp_path, workers=1) == reference


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
    with caplog.at_level(logging.WARNING, logger=training.__name__):
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


def test_weights_of_the_best_epoch_are_kept(
    validation_dice: Callable[..., list[dict[str, torch.Tensor]]], tmp_path: Path
) -> None:
    states = validation_dice(0.1, 0.9, 0.9)
    train(tmp_path)
    network, config = trained.load(tmp_path / "target")
    assert (config["epoch"], config["epochs"], config["val_dice"]) == (2, 3, 0.9)
    assert len(states) == EPOCHS
    own = network.state_dict()
    assert all(torch.equal(own[key], value) for key, value in states[1].items())
    assert not all(torch.equal(own[key], value) for key, value in states[2].items())


def test_curve_has_a_row_per_epoch(reference: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_bytes(reference["curve.csv"])
    curve = pd.read_csv(tmp_path / "curve.csv")
    assert list(curve.columns) == ["epoch", "train_loss", "val_loss", "val_dice"]
    assert curve["epoch"].tolist() == list(range(1, EPOCHS + 1))
    assert curve["train_loss"].iloc[-1] < curve["train_loss"].iloc[0]
    assert curve["val_dice"].between(0, 1).all()


def test_trained_network_is_loaded_ready_to_predict(tmp_path: Path) -> None:
    train(tmp_path, epochs=1)
    network, config = trained.load(tmp_path / "target")
    assert not network.training
    assert config["name"] == NAME
    assert config["image_size"] == SIZE
    assert network(torch.zeros(1, 1, SIZE, SIZE)).shape == (1, 1, SIZE, SIZE)


def test_weights_that_are_not_those_of_the_description_are_refused(tmp_path: Path) -> None:
    train(tmp_path, epochs=1)
    path = tmp_path / "target" / "weights.safetensors"
    state = load_file(path)
    state.pop(next(key for key in state if key.endswith(".weight")))
    save_file(state, path)
    with pytest.raises(GuidedsegError, match=r"does not fit its config\.json; train again"):
        trained.load(tmp_path / "target")


def test_description_names_the_loss_and_the_weights_that_were_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.models, "weights_used", lambda *given: " ".join(map(str, given)))
    config = json.loads(train(tmp_path, epochs=1, loss="focal")["config.json"])
    assert config["loss"] == "focal"
    assert config["encoder_weights"] == "transunet tu-test_efficientnet None"


@pytest.mark.parametrize(("precision", "on_gpu"), [("bf16", "bf16-mixed"), ("fp16", "16-mixed"), ("fp32", "32-true")])
def test_precision_is_that_of_the_recipe_on_a_gpu_and_full_on_a_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str, on_gpu: str
) -> None:
    monkeypatch.setattr(training.pl, "Trainer", lambda **given: given)
    for gpu, expected in ((True, on_gpu), (False, "32-true")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda gpu=gpu: gpu)
        given = training._trainer(RECIPE | {"precision": precision}, [], tmp_path)
        assert (given["precision"], given["accelerator"]) == (expected, "gpu" if gpu else "cpu")


def test_every_mask_of_a_supervised_network_is_trained_on() -> None:
    class Twice(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> Supervised:
            return Supervised([images, -images])

    module = training.Segmenter(Twice(), RECIPE, seed=0)
    images, masks = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4), torch.eye(4)[None, None]
    expected = (module.loss(images, masks) + module.loss(-images, masks)) / 2
    torch.testing.assert_close(module.training_step((images, masks), 0), expected)


def test_validation_dice_is_pooled_over_batches() -> None:
    class Given(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images - 0.5

    module = training.Segmenter(Given(), RECIPE, seed=0)
    logged: dict[str, float] = {}
    module.log = lambda name, value, **_: logged.update({name: float(value)})
    # pixels of prediction and truth: tp 2, fp 1, fn 0 in one batch, tp 0, fp 1, fn 3 in the other; a probability of one
    # half is predicted as lesion
    first = torch.tensor([1.0, 0.5, 1.0, 0.0]), torch.tensor([1.0, 1.0, 0.0, 0.0])
    second = torch.tensor([0.9, 0.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 1.0, 1.0])
    module.on_validation_epoch_start()
    for images, masks in (first, second):
        module.validation_step((images.reshape(1, 1, 2, 2), masks.reshape(1, 1, 2, 2)), 0)
    module.on_validation_epoch_end()
    assert logged["val_dice"] == 4 / (4 + 2 + 3)
    module.on_validation_epoch_start()  # the next epoch starts at zero
    module.on_validation_epoch_end()
    assert logged["val_dice"] == 0


@pytest.mark.parametrize(("split", "left"), [("train", 1), ("val", 0), ("val", 1)])
def test_too_few_items_are_told_with_the_keys_to_look_at(tmp_path: Path, split: str, left: int) -> None:
    items = INPUTS.items.copy()
    numbers = items.index[items["split"] == split][left:]
    items.loc[numbers, "split"] = "test"
    with pytest.raises(GuidedsegError, match=rf"only {left} {split} item\(s\) to learn transunet from: see the split"):
        train(tmp_path, inputs=replace(INPUTS, items=items))


def test_boxes_of_the_detector_are_not_trained_on(tmp_path: Path) -> None:
    with pytest.raises(GuidedsegError, match="only 0 train"):
        train(tmp_path, inputs=replace(INPUTS, items=INPUTS.items.assign(source="detector")))


def test_loss_that_is_no_number_stops_with_the_keys_to_change(tmp_path: Path) -> None:
    with pytest.raises(GuidedsegError, match=r"Lower profiles\.\*\.train\.lr, set profiles\.\*\.train\.clip"):
        train(tmp_path, lr=1e30)


def test_loss_that_is_no_number_is_told_with_its_step_and_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    step = training.Segmenter.training_step

    def broken(module: training.Segmenter, batch: Batch, number: int) -> torch.Tensor:
        loss = step(module, batch, number)
        if (module.current_epoch, number) != (1, 1):
            return loss
        seen.append(batch[0])
        return loss * torch.inf

    monkeypatch.setattr(training.Segmenter, "training_step", broken)
    with pytest.raises(GuidedsegError, match=r"training loss became inf in epoch 2, step 2 of 3, on ") as caught:
        train(tmp_path, flip=0.0, rotation=0.0, brightness=0.0)
    (images,) = seen
    same = (torch.from_numpy(INPUTS.images) == (255 * images).round()).all(dim=(2, 3))  # (images of the batch, items)
    names = [f"i{int(number):02d} (frame)" for number in same.float().argmax(dim=1)]
    assert same.sum(dim=1).tolist() == [1, 1]
    assert f"on {names[0]}, {names[1]}. Lower" in str(caught.value)
    assert checkpoints(tmp_path)["last"] == 1  # no checkpoint has the broken weights


def test_training_loss_is_the_mean_over_the_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, int]] = []
    step = training.Segmenter.training_step

    def noted(module: training.Segmenter, batch: Batch, number: int) -> torch.Tensor:
        loss = step(module, batch, number)
        seen.append((loss.item(), len(batch[0])))
        return loss

    monkeypatch.setattr(training.Segmenter, "training_step", noted)
    train(tmp_path, batch=4, epochs=1)
    losses, sizes = zip(*seen, strict=True)
    assert sizes == (4, 3)
    curve = pd.read_csv(tmp_path / "target" / "curve.csv")
    assert curve["train_loss"].tolist() == pytest.approx([np.average(losses, weights=sizes)], abs=1e-6)


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

        class Noted(training.Averaged):
            def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
                super().on_fit_start(trainer, pl_module)
                steps.append(copy.deepcopy(pl_module.network.state_dict()))

            def on_train_batch_end(self, trainer: Any, pl_module: Any, *rest: Any) -> None:
                super().on_train_batch_end(trainer, pl_module, *rest)
                steps.append(copy.deepcopy(pl_module.network.state_dict()))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training, "Averaged", Noted)
            validated = validation_dice(0.1, 0.9, 0.3)
            train(tmp_path, ema=0.35)
        network, config = trained.load(tmp_path / "target")
        assert config["epoch"] == 2
        kept = network.state_dict()
        assert all(torch.equal(kept[key], value) for key, value in validated[1].items())
        for key in ("head.weight", "blocks.0.convolutions.0.1.running_var"):
            expected = steps[0][key]
            for step in range(1, 7):  # two epochs of three steps
                decay = min(0.35, (1 + step) / (10 + step))  # 2/11, 3/12, 4/13, then 0.35
                expected = decay * expected + (1 - decay) * steps[step][key]
            torch.testing.assert_close(kept[key], expected)
            assert (kept[key] - steps[6][key]).abs().max() > 1e-4


@pytest.fixture(scope="module")
def averaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An uninterrupted run with averaged weights."""
    return train(tmp_path_factory.mktemp("averaged"), ema=0.9)


def test_share_of_items_without_a_lesion_reaches_the_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = make_inputs()
    inputs.masks[:4] = 0
    drawn: list[int] = []
    step = training.Segmenter.training_step

    def noted(module: training.Segmenter, batch: Batch, number: int) -> torch.Tensor:
        drawn.extend(batch[1].flatten(1).any(dim=1).tolist())
        return step(module, batch, number)

    monkeypatch.setattr(training.Segmenter, "training_step", noted)
    train(tmp_path, inputs=inputs, empty_share=0.25, epochs=2)
    assert sorted(drawn) == 2 * [False] + 6 * [True]  # per epoch 3 with a lesion and 0.25 / 0.75 * 3 = 1 without


def test_gradients_are_clipped_to_the_norm_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    norms: list[float] = []

    def noted(module: training.Segmenter, *_: Any) -> None:
        squares = [p.grad.square().sum().item() for p in module.parameters() if p.grad is not None]
        norms.append(sum(squares) ** 0.5)
        module.zero_grad()

    monkeypatch.setattr(training.Segmenter, "optimizer_zero_grad", noted, raising=False)
    for clip in (None, 0.01):
        train(tmp_path, clip=clip, epochs=1, optimizer="sgd", lr=1e-6)
    free, clipped = norms[1:3], norms[4:6]  # before the first step there is no gradient
    assert min(free) > 0.1
    assert clipped == pytest.approx([0.01, 0.01], rel=1e-3)


def test_network_is_compiled_where_asked_and_trains_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[torch.nn.Module] = []
    compile_module = torch.nn.Module.compile

    def quickly(module: torch.nn.Module) -> None:
        compiled.append(module)
        compile_module(module, backend="eager")  # the same graphs, not translated for the processor

    def tiny(*_: Any, **__: Any) -> torch.nn.Module:
        return torch.nn.Sequential(
            torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.Conv2d(4, 1, 1)
        )

    monkeypatch.setattr(torch.nn.Module, "compile", quickly)
    monkeypatch.setattr(training.models, "build", tiny)
    expected = train(tmp_path, epochs=1, batch=VAL)  # batches of one size
    assert not compiled
    result = train(tmp_path, epochs=1, batch=VAL, compile=True)
    torch.compiler.reset()
    assert len(compiled) == 1
    assert result["config.json"] == expected["config.json"]
    weights, others = (load(results["weights.safetensors"]) for results in (result, expected))
    assert weights.keys() == others.keys()
    for key, value in weights.items():
        torch.testing.assert_close(value, others[key], msg=key)


class TestFingerprint:
    """The folder of a run's checkpoints is named after everything that its result depends on."""

    def of(self, inputs: Inputs = INPUTS, *, seed: int = 3, network: dict[str, Any] = NETWORK, **recipe: Any) -> str:
        return training._fingerprint(inputs, NAME, OPTIONS, network, RECIPE | recipe, seed)

    def test_same_work_has_the_same_name(self) -> None:
        assert self.of() == self.of(make_inputs())

    @pytest.mark.parametrize("key", RECIPE)
    def test_every_key_of_the_recipe_counts(self, key: str) -> None:
        assert self.of(**{key: "another"}) != self.of()

    @pytest.mark.parametrize("package", ["torch", "timm", "albumentations", "segmentation_models_pytorch"])
    def test_versions_of_the_libraries_count(self, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
        before = self.of()
        version = training.version
        monkeypatch.setattr(training, "version", lambda name: "0" if name == package else version(name))
        assert self.of() != before

    def test_seed_counts(self) -> None:
        assert self.of(seed=4) != self.of()

    @pytest.mark.parametrize("kind", ["images", "masks"])
    def test_every_pixel_counts(self, kind: str) -> None:
        inputs = make_inputs()
        getattr(inputs, kind)[-1, -1, -1] ^= 1
        assert self.of(inputs) != self.of()

    def test_items_count(self) -> None:
        items = INPUTS.items.copy()
        items.loc[0, "split"] = "val"
        assert self.of(replace(INPUTS, items=items)) != self.of()

    def test_content_of_the_weights_file_counts(self, tmp_path: Path) -> None:
        weights = tmp_path / "encoder.safetensors"
        network = NETWORK | {"encoder_weights": str(weights)}
        names = []
        for content in (b"first", b"second", b"first"):
            weights.write_bytes(content)
            names.append(self.of(network=network))
        assert names[0] == names[2] != names[1]
        assert self.of(network=network) != self.of()

    def test_memory_mapped_inputs_have_the_name_of_their_pixels(self, tmp_path: Path) -> None:
        np.save(tmp_path / "images.npy", INPUTS.images)
        mapped = replace(INPUTS, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
        assert self.of(mapped) == self.of()
