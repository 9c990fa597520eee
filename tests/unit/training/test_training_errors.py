"""Training is clear about what it cannot do: too few items, and a loss that is no number."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_training import INPUTS, checkpoints, train

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import training
from guidedseg.segmentation.data import Batch


@pytest.mark.parametrize(("split", "left"), [("train", 1), ("val", 0), ("val", 1)])
def test_too_few_items_are_told_with_the_keys_to_look_at(tmp_path: Path, split: str, left: int) -> None:
    table = "training" if split == "train" else "items"
    fewer = replace(INPUTS, **{table: getattr(INPUTS, table)[:left]})
    with pytest.raises(GuidedsegError, match=rf"only {left} {split} item\(s\) to learn transunet from: see the split"):
        train(tmp_path, inputs=fewer)


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
    same = (torch.tensor(INPUTS.wide_images) == (255 * images).round()).all(dim=(2, 3))  # (images of the batch, items)
    names = [f"i{int(number):02d} (frame)" for number in same.float().argmax(dim=1)]
    assert same.sum(dim=1).tolist() == [1, 1]
    assert f"on {names[0]}, {names[1]}. Lower" in str(caught.value)
    assert checkpoints(tmp_path)["last"] == 1  # no checkpoint has the broken weights
