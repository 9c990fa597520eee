"""What a training leaves: the best epoch's weights, their description, the curve; and their way back into a network."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from small_training import EPOCHS, NAME, SIZE, as_kept, train

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import trained, training


def test_weights_of_the_best_epoch_are_kept(
    validation_dice: Callable[..., list[dict[str, torch.Tensor]]], tmp_path: Path
) -> None:
    states = validation_dice(0.1, 0.9, 0.9)
    train(tmp_path)
    network, config = trained.load(tmp_path / "target")
    assert (config["epoch"], config["epochs"], config["val_dice"]) == (2, 3, 0.9)
    assert len(states) == EPOCHS
    own = network.state_dict()
    assert all(torch.equal(own[key], value) for key, value in as_kept(states[1]).items())
    assert not all(torch.equal(own[key], value) for key, value in as_kept(states[2]).items())


def test_curve_has_a_row_per_epoch(reference: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_bytes(reference["curve.csv"])
    curve = pd.read_csv(tmp_path / "curve.csv")
    assert list(curve.columns) == ["epoch", "train_loss", "val_loss", "val_dice", "val_strict"]
    assert curve["epoch"].tolist() == list(range(1, EPOCHS + 1))
    assert curve["train_loss"].iloc[-1] < curve["train_loss"].iloc[0]
    assert curve[["val_dice", "val_strict"]].stack().between(0, 1).all()


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
