"""A detector that saw made-up frames first: what is drawn, where there is none, and that training starts from it."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import small_detector
import torch
from safetensors.torch import load_file

from guidedseg import params
from guidedseg.datasets import phantom_wide
from guidedseg.detection import pretraining, training
from guidedseg.errors import GuidedsegError
from guidedseg.params import Params

pytestmark = pytest.mark.usefixtures("one_thread")

ROOT = Path(__file__).parents[2]
SMALL = {
    "yolo": {"image_size": 64, "epochs": 1, "patience": 1, "batch": 4, "warmup_epochs": 0.0, "close_mosaic": 0},
    "fcos": {"image_size": 64, "epochs": 1, "patience": 1, "batch": 4, "channels": 32},
}


def settings(**changes: dict[str, Any]) -> Params:
    """Of the profile ``quick``, small; ``changes`` are of its groups."""
    whole = params.load(ROOT / "params.yaml").model_dump()
    groups = whole["profiles"]["quick"]
    for name, values in [*SMALL.items(), ("pretrain", {"images": 24, "epochs": 2}), *changes.items()]:
        groups[name] |= values
    groups["yolo"]["mosaic"] = 0.0
    return Params.model_validate(whole)


def pretrained(kind: str, folder: Path, **changes: Any) -> tuple[Path, str]:
    target = folder / "pretrained"
    target.mkdir(parents=True)
    chosen = settings(**changes)
    text = pretraining.pretrain(kind, chosen, scratch=folder / "scratch", target=target, live=folder / "live")
    return target, text


@pytest.fixture(scope="module", params=["yolo", "fcos"])
def first(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, str]:
    return request.param, *pretrained(request.param, tmp_path_factory.mktemp(request.param))


def test_it_is_a_trained_detector_and_leaves_nothing_else(first):
    _, folder, text = first
    assert {path.name for path in folder.iterdir()} == {"config.json", "curve.csv", "weights.safetensors"}
    assert len((folder / "curve.csv").read_text().splitlines()) == 3  # two epochs
    assert "24 made-up frames with" in text
    assert not [path for path in (folder.parent / "scratch").rglob("*") if path.is_file()]


def test_training_starts_from_it(first, tmp_path):
    kind, folder, _ = first
    dataset = small_detector.write_dataset(tmp_path / "yolo")
    rate = {"yolo": {"lr0": 1e-12}, "fcos": {"lr": 1e-12, "ema": None}}[kind]
    ends = {}
    for name, start in (("with", folder), ("without", tmp_path / "nothing")):
        target = tmp_path / name
        target.mkdir()
        where = {"scratch": tmp_path / "scratch", "live": tmp_path / "live"}
        training.train(kind, settings(**{kind: rate}), dataset, start=start, target=target, **where)
        ends[name] = load_file(target / "weights.safetensors")
    begun = load_file(folder / "weights.safetensors")
    kernels = [name for name, tensor in begun.items() if tensor.ndim == 4]
    same = [torch.equal(ends["with"][name], begun[name]) for name in kernels]
    other = [torch.equal(ends["without"][name], begun[name]) for name in kernels]
    assert np.mean(same) > 0.95  # a weight next to the middle of two halves may round to the other one
    assert np.mean(other) < 0.1


def test_same_seed_same_bytes_and_another_number_of_frames_is_another_detector(tmp_path):
    weights = []
    for name, images in (("one", 24), ("again", 24), ("more", 28)):
        folder, _ = pretrained("fcos", tmp_path / name, pretrain={"images": images})
        weights.append((folder / "weights.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"pretrain": {"images": 0}}, "profiles.*.pretrain.images is 0"),
        ({"yolo": {"weights": "folder/yolo11n.pt"}}, "yolo11n.pt is pretrained"),
    ],
)
def test_where_there_is_to_be_none_a_note_says_why(tmp_path, changes, why):
    folder, text = pretrained("yolo", tmp_path, **changes)
    assert text == f"nothing: {why}"
    assert [path.name for path in folder.iterdir()] == ["off.json"]
    assert json.loads((folder / "off.json").read_text()) == {"pretrained": False, "why": why}


def test_frames_are_written_as_a_dataset_with_their_boxes(tmp_path):
    boxes = pretraining.write(tmp_path / "set", images=20, width=64, seed=5)
    found = 0
    for number in range(20):
        part = "val" if number < 3 else "train"
        frame = phantom_wide.draw(np.random.default_rng([5, number]), (48, 64))
        picture = cv2.imread(str(tmp_path / f"set/images/{part}/{number:06d}.png"), cv2.IMREAD_GRAYSCALE)
        np.testing.assert_array_equal(picture, frame.picture)
        lines = (tmp_path / f"set/labels/{part}/{number:06d}.txt").read_text().splitlines()
        assert len(lines) == len(frame.masks)
        for line, mask in zip(lines, frame.masks, strict=True):
            kind, x, y, width, height = map(float, line.split())
            assert kind == 0
            x0, y0, x1, y1 = ((x - width / 2) * 64, (y - height / 2) * 48, (x + width / 2) * 64, (y + height / 2) * 48)
            rows, columns = np.nonzero(mask)
            expected = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert [x0, y0, x1, y1] == pytest.approx(expected, abs=1e-3)
        found += len(lines)
    assert found == boxes > 0


def test_too_few_frames_are_refused():
    with pytest.raises(ValueError, match=r"images must be 0 \(none\) or at least 20"):
        settings(pretrain={"images": 5})


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(cv2, "imwrite", lambda *_: False)
    with pytest.raises(GuidedsegError, match="could not be written: is the disk full"):
        pretraining.write(tmp_path / "set", images=20, width=64, seed=5)
