"""A detector is trained and handed on without a pickle."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import payloads
import pytest
import saved_detector
import small_detector
import torch
from safetensors.torch import load_file, save_file
from small_detector import train

from guidedseg.detection.yolo import checkpoint, trained
from guidedseg.errors import GuidedsegError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_detector.save(tmp_path_factory.mktemp("saved") / "saved.pt")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_detector.write_dataset(tmp_path_factory.mktemp("yolo"))


@pytest.fixture(scope="module")
def tuned(saved: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(dataset, str(saved), tmp_path_factory.mktemp("tuned"))


def test_what_is_handed_on_is_no_pickle(tuned):
    assert {path.name for path in tuned.iterdir()} == {"weights.safetensors", "config.json", "curve.csv"}
    config = json.loads((tuned / "config.json").read_text())
    assert config["image_size"] == 64
    assert config["names"] == ["item"]  # Ultralytics' word for the one class
    assert config["recipe"]["lr0"] == 0.001
    assert config["recipe"]["weights"] == "saved.pt"  # and not its folder
    assert {tensor.dtype for tensor in load_file(tuned / "weights.safetensors").values()} == {
        torch.float16,
        torch.int64,  # counters of batches
    }


def test_fine_tuning_starts_from_the_given_weights_and_is_repeatable(tuned, saved, dataset, tmp_path):
    again = train(dataset, str(saved), tmp_path)
    for path in tuned.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name
    still = train(dataset, str(saved), tmp_path / "still", lr0=1e-12)
    start, end = checkpoint.read(saved).tensors, load_file(still / "weights.safetensors")
    assert all(torch.equal(end[name], start[name]) for name in start if name.endswith("conv.weight"))


def test_training_reads_the_given_file_as_data_only(saved, dataset, tmp_path, monkeypatch):
    unpickled = []

    def load(file: Any, *arguments: Any, original: Any = torch.load, **settings: Any) -> Any:
        if not settings["weights_only"]:
            unpickled.append(Path(file))
        return original(file, *arguments, **settings)

    monkeypatch.setattr(torch, "load", load)
    train(dataset, str(saved), tmp_path)
    assert {path.parent for path in unpickled} == {tmp_path / "scratch" / "run" / "weights"}  # of its own making


def test_cache_beside_the_labels_is_not_unpickled(dataset, saved, tmp_path):
    """Ultralytics reads ``labels/SPLIT.cache`` in place of the labels."""
    shutil.copytree(dataset, tmp_path / "yolo")
    with (tmp_path / "yolo" / "labels" / "train.cache").open("wb") as file:
        np.save(file, np.array(payloads.Payload(tmp_path / "trace")), allow_pickle=True)
    train(tmp_path / "yolo", str(saved), tmp_path)
    assert not (tmp_path / "trace").exists()


def test_download_in_the_dataset_is_not_run(dataset, saved, tmp_path):
    """Ultralytics runs the text under ``download`` where images are missing."""
    shutil.copytree(dataset, tmp_path / "yolo")
    shutil.rmtree(tmp_path / "yolo" / "images" / "val")
    with (tmp_path / "yolo" / "data.yaml").open("a") as file:
        file.write(f"download: open({str(tmp_path / 'trace')!r}, 'w')\n")
    with pytest.raises(RuntimeError, match="images not found"):
        train(tmp_path / "yolo", str(saved), tmp_path)
    assert not (tmp_path / "trace").exists()


def damaged(detector: Path, how: str, target: Path, trace: Path) -> None:
    config = json.loads((detector / "config.json").read_text())
    tensors = load_file(detector / "weights.safetensors")
    first = "model.0.conv.weight"
    if how == "shape":
        tensors[first] = tensors[first][:1].contiguous()
    elif how == "missing":
        del tensors[first]
    elif how == "more":
        tensors["model.99.conv.weight"] = tensors[first].clone()
    elif how == "program":
        config["architecture"]["activation"] = f"open({str(trace)!r}, 'w')"
    elif how == "names":
        config["names"] = ["lesion", "cyst"]
    elif how == "no size":
        del config["image_size"]
    (target / "config.json").write_text(json.dumps(config))
    save_file(tensors, target / "weights.safetensors")
    if how == "pickle":
        payloads.zipped(target / "weights.safetensors", trace)


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ("shape", "size mismatch"),
        ("missing", "Missing key"),
        ("more", "Unexpected key"),
        ("program", "its activation"),
        ("names", "no list of as many names"),
        ("no size", "image_size"),
        ("pickle", "SafetensorError"),
    ],
)
def test_weights_that_do_not_fit_the_description_are_refused(how, what, tuned, tmp_path):
    damaged(tuned, how, tmp_path, tmp_path / "trace")
    with pytest.raises(GuidedsegError, match=rf"(?s){tmp_path}: .*{what}.*`dvc pull`.*`dvc repro -f train_detector`"):
        trained.load(tmp_path)
    assert not (tmp_path / "trace").exists()


def test_folder_without_a_detector_is_told(tmp_path):
    with pytest.raises(GuidedsegError, match=rf"{tmp_path}: .*No such file.*dvc pull"):
        trained.answers(tmp_path)
