"""FCOS and Mask R-CNN: what FCOS computes is torchvision's; both learn, resume, repeat."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_detector
import torch
from torchvision.models.detection.image_list import ImageList

from guidedseg.detection.pyramid import data, trained, training
from guidedseg.detection.pyramid.fcos import Detector
from guidedseg.errors import GuidedsegError
from guidedseg.params.training import Fcos, MaskRcnn

pytestmark = pytest.mark.usefixtures("one_thread")

ENCODER = "tu-tf_efficientnet_lite0"
RECIPE: dict[str, Any] = {
    "channels": 32,
    "image_size": 64,
    "epochs": 2,
    "patience": 2,
    "batch": 2,
    "steps": None,
    "empty_share": None,
    "optimizer": "adamw",
    "lr": 0.001,
    "weight_decay": 0.01,
    "schedule": "cosine",
    "warmup": 0.1,
    "clip": 1.0,
    "ema": 0.9,
    "precision": "bf16",
    "deterministic": True,
    "devices": 1,
    "nodes": 1,
    "strategy": "auto",
    "flip": 0.5,
    "rotation": 10.0,
    "scale": 0.3,
    "aspect": 0.1,
    "translate": 0.1,
    "brightness": 0.2,
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_detector.write_dataset(tmp_path_factory.mktemp("yolo"))


KINDS: dict[str, dict[str, Any]] = {"fcos": {}, "maskrcnn": {"hidden": 32}}
"""Of each kind what its recipe has beside RECIPE."""


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def train(kind: str, dataset: Path, folder: Path, **changes: Any) -> Path:
    target = folder / "detector"
    target.mkdir(parents=True, exist_ok=True)
    recipe = RECIPE | KINDS[kind] | changes
    settings = {"encoder": ENCODER, "encoder_weights": None, "seed": 1, "workers": 0}
    training.train(kind, dataset, recipe, **settings, scratch=folder / "scratch", target=target)
    return target


@pytest.fixture(scope="module")
def finished(kind: str, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(kind, dataset, tmp_path_factory.mktemp(kind))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "network.onnx"}


def test_recipe_has_the_keys_of_params():
    Fcos.model_validate(RECIPE | {"encoder": ENCODER, "encoder_weights": None})
    MaskRcnn.model_validate(RECIPE | KINDS["maskrcnn"] | {"encoder": ENCODER, "encoder_weights": None})


def test_boxes_and_confidences_are_torchvisions():
    torch.manual_seed(0)
    detector = Detector(ENCODER, 32).eval()
    images = torch.rand(2, 1, 96, 160)
    with torch.no_grad():
        found = detector(images)
        maps = list(detector.fcos.backbone(images).values())
        head = detector.fcos.head(maps)
        anchors = detector.fcos.anchor_generator(ImageList(images, [(96, 160)] * 2), maps)
    for number in range(2):
        centre_x, centre_y, width, height, confidence = found[number]
        corners = torch.stack(
            [centre_x - width / 2, centre_y - height / 2, centre_x + width / 2, centre_y + height / 2]
        )
        decoded = detector.fcos.box_coder.decode(head["bbox_regression"][number], anchors[number])
        torch.testing.assert_close(corners.T, decoded, atol=1e-3, rtol=0)
        mean = (head["cls_logits"][number].sigmoid() * head["bbox_ctrness"][number].sigmoid()).sqrt()[:, 0]
        torch.testing.assert_close(confidence, mean)


def test_fixed_padding_is_timms_where_sides_are_even():
    torch.manual_seed(0)
    encoder = Detector(ENCODER, 32).encoder.eval()
    images = torch.rand(1, 1, 64, 96)
    with torch.no_grad():
        ours = encoder(images)
        changed = [module for module in encoder.modules() if type(module).__name__ == "EvenConv2d"]
        for module in changed:
            module.__class__ = type(module).__mro__[1]
        theirs = encoder(images)
    assert changed
    for one, other in zip(ours, theirs, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("learner", "epochs", "rate"),
    [("fcos", 40, 0.001), ("maskrcnn", 80, 0.004)],
)
@pytest.mark.slow  # half a minute each
def test_it_learns_where_discs_are(learner, epochs, rate, dataset, tmp_path):
    still = {"rotation": 0.0, "aspect": 0.0, "scale": 0.05, "translate": 0.05}
    folder = train(learner, dataset, tmp_path, **still, epochs=epochs, patience=epochs, lr=rate)
    config = json.loads((folder / "config.json").read_text())
    curve = np.genfromtxt(folder / "curve.csv", delimiter=",", names=True)
    assert curve["val_map50"][config["epoch"] - 1] > 0.9
    assert curve["val_map50_95"].argmax() == config["epoch"] - 1


def test_same_seed_same_bytes_and_an_interrupted_training_goes_on(kind, dataset, finished, tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(learner: training.Learner, *_: Any) -> None:
        if learner.current_epoch == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(training.Learner, "on_validation_epoch_start", kill)
        with pytest.raises(Killed):
            train(kind, dataset, tmp_path)
    assert list((tmp_path / "scratch").glob("*/last.ckpt"))
    assert contents(train(kind, dataset, tmp_path)) == contents(finished)
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize("change", [{"lr": 0.002}, {"rotation": 5.0}, {"ema": None}])
def test_every_choice_makes_another_training(change, kind, dataset, finished, tmp_path):
    weights = train(kind, dataset, tmp_path, **change) / "weights.safetensors"
    assert weights.read_bytes() != contents(finished)["weights.safetensors"]


def test_what_is_no_such_detector_is_told(finished, tmp_path):
    (tmp_path / "config.json").write_text(
        (finished / "config.json").read_text().replace('"channels": 32', '"channels": 64')
    )
    (tmp_path / "weights.safetensors").write_bytes((finished / "weights.safetensors").read_bytes())
    with pytest.raises(GuidedsegError, match="are no trained detector"):
        trained.load(tmp_path)


def test_original_is_no_encoder_of_a_detector():
    with pytest.raises(GuidedsegError, match=r"fcos\.encoder: 'original' is of the segmenters"):
        training.network("fcos", "original", RECIPE, None)


class TestData:
    def test_boxes_lie_on_the_letterboxed_discs(self, dataset):
        part = data.read(dataset, "train", 64)
        assert part.image_ids == [f"train_{number}" for number in range(4)]
        for picture, boxes, mask in part.items:
            assert picture.shape == mask.shape == (64, 64)  # 48 rows and 8 of grey above and below
            ((x0, y0, x1, y1),) = boxes.round().astype(int)
            assert np.argwhere(mask).min(axis=0).tolist() == [y0, x0]
            assert picture[y0:y1, x0:x1].mean() < 60 < picture[8:56].mean()

    def test_boxes_follow_what_is_drawn(self, dataset):
        """The dark disc fills its box as before, wherever picture and box were moved."""
        items = data.TrainingItems(data.read(dataset, "train", 64), RECIPE | {"brightness": 0.0}, seed=3)
        for epoch in range(20):
            picture, boxes, mask = items[epoch, 0, 0]
            assert not mask.any() or picture[mask > 0].mean() < 60
            for box in boxes:
                x0, y0, x1, y1 = box.round().astype(int)
                inner = picture[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3]
                assert inner.size
                assert inner.mean() < 60

    def test_draws_depend_on_epoch_item_and_repeat_alone(self, dataset):
        part = data.read(dataset, "train", 64)
        one, other = (data.TrainingItems(part, RECIPE, seed=3) for _ in range(2))
        other[7, 1, 0]
        assert np.array_equal(one[2, 1, 0][0], other[2, 1, 0][0])
        assert not np.array_equal(one[2, 1, 0][0], one[3, 1, 0][0])
        assert not np.array_equal(one[2, 1, 0][0], one[2, 1, 1][0])

    def test_batch_is_as_large_as_its_largest_picture(self):
        boxes = np.array([[1, 2, 3, 4]], np.float32)
        images, targets = data.collated(
            [
                (np.zeros((32, 64), np.uint8), boxes, np.ones((32, 64), np.uint8)),
                (np.zeros((64, 32), np.uint8), boxes[:0], np.zeros((64, 32), np.uint8)),
            ]
        )
        assert images.shape == (2, 1, 64, 64)
        assert float(images[0, 0, 40, 0]) == pytest.approx(114 / 255)
        assert torch.equal(targets[0]["boxes"], torch.from_numpy(boxes))
        assert targets[0]["mask"].sum() == 32 * 64
        assert targets[1]["boxes"].shape == (0, 4)
