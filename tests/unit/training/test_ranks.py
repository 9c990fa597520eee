"""Two processes on a CPU train to the losses and weights of one."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import two_ranks
from small_training import Killed
from two_ranks import train

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import training

CASES: dict[str, dict[str, Any]] = {
    # Dice of the whole batch, the norm of the whole gradient, an average; a last step of unequal shares
    "bce_dice": {"loss": "bce_dice", "batch": 8, "clip": 0.5, "ema": 0.9, "lr": 0.03},
    "hybrid": {"loss": "hybrid", "batch": 4, "empty_share": 0.25, "steps": 4, "lr": 0.03, "focal_gamma": 0.0},
}
BATCH_NORM: dict[str, Any] = {"batch": 8, "ema": 0.9, "lr": 0.01, "devices": 2}


@contextmanager
def equal_in_all_shares(folder: Path) -> Iterator[None]:
    """Nothing in the network depends on which items a rank sees together; each rank's last weights are kept."""
    with pytest.MonkeyPatch.context() as patch:
        build = training.models.build
        patch.setattr(training.models, "build", lambda *a, **b: two_ranks.without_batch_statistics(build(*a, **b)))
        last = folder / f"last{os.environ.get('RANK', '0')}.pt"
        kept = lambda module: torch.save(module.network.state_dict(), last)  # noqa: E731
        patch.setattr(training.Segmenter, "on_train_end", kept)
        yield


def train_cases(folder: Path, devices: int) -> None:
    for name, case in CASES.items():
        (folder / name).mkdir(exist_ok=True)
        with equal_in_all_shares(folder / name):
            own = {"optimizer": "sgd", "dropout": 0.0, "devices": devices}
            train(folder / name, **own | case)


def train_with_batch_norm(folder: Path) -> None:
    """A whole run, one that both ranks leave in the third epoch, and its resumption; and what each rank has drawn."""
    seeds: list[int] = []
    step = training.Segmenter.training_step

    def noted(module: training.Segmenter, batch: Any, number: int) -> torch.Tensor:
        loss = step(module, batch, number)
        seeds.append(torch.initial_seed())
        return loss

    def killed(module: training.Segmenter, batch: Any, number: int) -> torch.Tensor:
        if (module.current_epoch, number) == (2, 1):
            raise Killed
        return step(module, batch, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.Segmenter, "training_step", noted)
        train(folder / "whole", **BATCH_NORM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.Segmenter, "training_step", killed)
        with pytest.raises(Killed):
            train(folder / "resumed", **BATCH_NORM)
    train(folder / "resumed", **BATCH_NORM)
    (folder / f"seeds{os.environ['RANK']}.json").write_text(json.dumps(seeds))


def as_two(folder: Path) -> None:
    train_cases(folder, devices=2)
    train_with_batch_norm(folder)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two ranks have trained."""
    folder = tmp_path_factory.mktemp("two")
    two_ranks.run(as_two, folder)
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process has trained by the same recipes."""
    folder = tmp_path_factory.mktemp("one")
    train_cases(folder, devices=1)
    return folder


@pytest.mark.parametrize("case", CASES)
def test_two_ranks_train_to_the_losses_and_weights_of_one_process(one: Path, two: Path, case: str) -> None:
    """Batch normalisations are replaced: their statistics are of a rank's share on a CPU."""
    weights, *others = (torch.load(path) for path in (one / case / "last0.pt", *sorted((two / case).glob("last*.pt"))))
    assert len(others) == 2
    largest = max((value - other[key]).abs().max().item() for other in others for key, value in weights.items())
    curves = [pd.read_csv(folder / case / "of_rank_0" / "curve.csv") for folder in (one, two)]
    print(f"{case}: weights differ by {largest:.2g}, curves by {(curves[0] - curves[1]).abs().max().max():.2g}")
    assert largest < 1e-5
    pd.testing.assert_frame_equal(*curves, rtol=0, atol=1e-5)


def test_rank_0_alone_writes(two: Path) -> None:
    for run in (*CASES, "whole", "resumed"):
        assert {path.name for path in (two / run / "of_rank_0").iterdir()} == {
            *("weights.safetensors", "curve.csv", "config.json")
        }
        assert not any((two / run / "of_rank_1").iterdir())
        assert not any((two / run / "scratch").iterdir())
        assert [path.name for path in (two / run / "live").iterdir()] == ["of_rank_0"]


def test_what_an_interrupted_training_of_two_ranks_resumes_to_is_the_same(two: Path) -> None:
    """With batch normalisations, of which each rank has statistics of its own until they are validated."""
    for name in ("weights.safetensors", "curve.csv", "config.json"):
        assert (two / "whole" / "of_rank_0" / name).read_bytes() == (two / "resumed" / "of_rank_0" / name).read_bytes()


def test_ranks_drop_out_by_other_draws_and_rank_0_by_those_of_one_process(two: Path) -> None:
    own, others = (json.loads((two / f"seeds{rank}.json").read_text()) for rank in range(2))
    assert len(set(own) | set(others)) == len(own) + len(others) == 12
    assert own == [training.data.one_seed(3, epoch, step) for epoch in range(3) for step in range(2)]


def test_number_of_ranks_is_noted(two: Path) -> None:
    config = json.loads((two / "whole" / "of_rank_0" / "config.json").read_text())
    assert (config["devices"], config["nodes"], config["batch_of_a_rank"]) == (2, 1, 4)


def test_one_process_under_ddp_trains_to_the_same_bytes(tmp_path: Path) -> None:
    auto, ddp = (train(tmp_path / strategy, strategy=strategy, batch=8) for strategy in ("auto", "ddp"))
    assert auto == ddp


def test_more_ranks_than_are_told_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GuidedsegError, match="2 ranks train together, and nothing tells this process which it is"):
        train(tmp_path, devices=2, batch=8)


def as_ranks_of_other_data(folder: Path) -> None:
    own = folder / os.environ["RANK"]
    with pytest.raises(GuidedsegError, match="not all have the same: the machines need one folder"):
        train(own, devices=2, batch=8, seed=int(os.environ["RANK"]))


def test_ranks_that_would_train_something_else_are_told(tmp_path: Path) -> None:
    two_ranks.run(as_ranks_of_other_data, tmp_path)
