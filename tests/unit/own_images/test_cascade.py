"""Boxes without a detector: around what a network for whole pictures outlines."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from small_detector import write_dataset

from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.operating import Boxed, Curves, choose
from guidedseg.inference.cascade import Cascade, outlined
from guidedseg.inference.proposing import described, proposer


def canvas() -> np.ndarray:
    found = np.zeros((40, 60), np.uint8)
    found[4:10, 6:20] = 100
    found[30:36, 40:55] = 200
    found[32, 45] = 250
    found[20, 20] = 70
    return found


def test_every_component_that_reaches_the_level_has_a_box_and_its_peak():
    boxes, confidences = outlined(canvas(), 0.3)  # 76.5 of 255
    assert boxes.tolist() == [[40, 30, 55, 36], [6, 4, 20, 10]]
    assert confidences.tolist() == [round(250 / 255, 5), round(100 / 255, 5)]
    assert outlined(canvas(), 0.5)[0].tolist() == [[40, 30, 55, 36]]
    assert outlined(np.zeros((5, 5), np.uint8), 0.3)[0].shape == (0, 4)


def test_pixels_that_touch_by_a_corner_are_one_component():
    found = np.zeros((6, 6), np.uint8)
    found[1, 1] = found[2, 2] = 255
    assert outlined(found, 0.5)[0].tolist() == [[1, 1, 3, 3]]


class Drawn:
    """An engine whose answer is what it sees."""

    name = "drawn"

    def run(self, images, outputs):
        return [images for _ in outputs]


def test_a_cascade_proposes_boxes_as_detectors_do():
    found = proposer(Drawn(), level=0.3, image_size=32, floor=0.5, nms_iou=0.5, max_boxes=1)
    assert isinstance(found, Cascade)
    picture = cv2.resize(canvas(), (120, 80), interpolation=cv2.INTER_NEAREST)
    boxes, confidences = found.boxes(picture)
    assert len(boxes) == len(confidences) == 1
    assert np.abs(boxes[0] - [80, 60, 110, 72]).max() <= 5  # seen at 32 x 32
    assert confidences[0] > 0.7


def test_config_tells_which_detector_is_a_cascade(tmp_path: Path):
    detect = {"floor": 0.1, "nms_iou": 0.5, "max_boxes": 3}
    for config, expected in (
        ({"image_size": 96, "kind": "cascade", "level": 0.2}, {"image_size": 96, **detect, "level": 0.2}),
        ({"image_size": 96, "kind": "fcos"}, {"image_size": 96, **detect}),
        ({"image_size": 96}, {"image_size": 96, **detect}),
    ):
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert described(tmp_path, detect) == expected
    (tmp_path / "config.json").unlink()
    with pytest.raises(GuidedsegError, match=r"config\.json"):
        described(tmp_path, detect)


def test_made_of_a_segmenter_it_has_its_files_and_a_score(networks: dict[str, Path], tmp_path: Path):
    from guidedseg.inference import coarse

    target = tmp_path / "cascade"
    target.mkdir()
    curve = coarse.make(networks["direct"], write_dataset(tmp_path / "yolo"), level=0.4, target=target)
    assert list(curve.columns) == ["epoch", "val_map50", "val_map50_95"]
    for name in ("weights.safetensors", "network.onnx"):
        assert (target / name).read_bytes() == (networks["direct"] / name).read_bytes()
    config = json.loads((target / "config.json").read_text())
    assert (config["kind"], config["level"]) == ("cascade", 0.4)
    assert config["image_size"] == json.loads((networks["direct"] / "config.json").read_text())["image_size"]


def test_confidence_and_threshold_of_the_cascade_are_chosen_on_its_own_boxes():
    def image(silent: float, dice: list[list[float]], confidences: list[float]) -> Curves:
        none = np.full((1, 2), silent)
        own = Boxed(np.array(confidences), np.array([[silent, silent], *dice]))
        return Curves(silent, 0, none[0], np.empty(0), none, own)

    lesion = image(0.0, [[0.5, 0.9]], [0.8])
    normal = image(1.0, [[0.0, 0.0]], [0.4])
    found = choose([lesion, normal], (0.5, 0.7), rule="strict", confidence=None, gate=None)
    assert (found.cascade_confidence, found.cascade_threshold) == (pytest.approx(0.6), 0.7)
    assert found.cascade_dice == pytest.approx(0.95)
    without = choose([], (0.5, 0.7), rule="strict", confidence=None, gate=None)
    assert (without.cascade_confidence, without.cascade_threshold, without.cascade_dice) == (0.5, 0.5, None)
