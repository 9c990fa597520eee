"""What a step and an epoch of training do: precision, losses, clipping, compiling, the share without a lesion."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load
from small_training import INPUTS, RECIPE, VAL, train

from guidedseg.fitting import loop
from guidedseg.segmentation import training
from guidedseg.segmentation.data import Batch
from guidedseg.segmentation.models.layers import Supervised


@pytest.mark.parametrize(("precision", "on_gpu"), [("bf16", "bf16-mixed"), ("fp16", "16-mixed"), ("fp32", "32-true")])
def test_precision_is_that_of_the_recipe_on_a_gpu_and_full_on_a_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str, on_gpu: str
) -> None:
    monkeypatch.setattr(loop.pl, "Trainer", lambda **given: given)
    for gpu, expected in ((True, on_gpu), (False, "32-true")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda gpu=gpu: gpu)
        given = loop._trainer(RECIPE | {"precision": precision}, [], tmp_path)
        assert (given["precision"], given["accelerator"]) == (expected, "gpu" if gpu else "cpu")


@pytest.mark.parametrize(("deterministic", "on_gpu"), [(True, "warn"), (False, False)])
def test_training_on_a_gpu_is_as_deterministic_as_asked_and_on_a_cpu_always(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deterministic: bool, on_gpu: str | bool
) -> None:
    monkeypatch.setattr(loop.pl, "Trainer", lambda **given: given)
    for gpu, expected in ((True, on_gpu), (False, True)):
        monkeypatch.setattr(torch.cuda, "is_available", lambda gpu=gpu: gpu)
        given = loop._trainer(RECIPE | {"deterministic": deterministic}, [], tmp_path)
        assert given["deterministic"] == expected


def test_every_mask_of_a_supervised_network_is_trained_on() -> None:
    class Twice(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> Supervised:
            return Supervised([images, -images])

    module = training.Segmenter(Twice(), RECIPE, seed=0)
    images, masks = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4), torch.eye(4)[None, None]
    expected = (module.loss(images, masks) + module.loss(-images, masks)) / 2
    torch.testing.assert_close(module.training_step((images, masks), 0), expected)


def test_validation_dice_is_pooled_over_batches_and_its_mean_is_noted() -> None:
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
    assert logged["val_strict"] == pytest.approx((4 / 5 + 0) / 2)
    module.on_validation_epoch_start()  # the next epoch starts at zero
    module.validation_step((torch.zeros(3, 1, 2, 2), torch.zeros(3, 1, 2, 2)), 0)  # rightly empty
    module.on_validation_epoch_end()
    assert (logged["val_dice"], logged["val_strict"]) == (0, 1)


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


def test_steps_and_share_of_items_without_a_lesion_reach_the_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = INPUTS.wide_masks.copy()
    masks[:4] = 0
    drawn: list[list[bool]] = []
    step = training.Segmenter.training_step

    def noted(module: training.Segmenter, batch: Batch, number: int) -> torch.Tensor:
        drawn.append(batch[1].flatten(1).any(dim=1).tolist())
        return step(module, batch, number)

    monkeypatch.setattr(training.Segmenter, "training_step", noted)
    train(tmp_path, inputs=replace(INPUTS, wide_masks=masks), steps=4, empty_share=0.25, epochs=2)
    assert [len(batch) for batch in drawn] == [2] * 8  # two epochs of 4 steps, of 2 items each
    for epoch in (drawn[:4], drawn[4:]):
        assert sum(sum(batch) for batch in epoch) == 6


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
