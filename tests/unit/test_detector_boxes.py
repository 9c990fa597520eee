"""The boxes of a picture are those that Ultralytics finds in it, with every engine."""

import gc
from pathlib import Path

import cv2
import numpy as np
import pytest
import saved_detector
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

from guidedseg.detection.letterbox import STRIDE, boxed, letterbox, unboxed
from guidedseg.detection.suppression import suppressed
from guidedseg.detection.yolo import network, trained
from guidedseg.errors import GuidedsegError
from guidedseg.inference.detector import Detector
from guidedseg.inference.engines import open_vino
from guidedseg.inference.engines.opening import open_engine

from ultralytics import YOLO  # isort: skip - guidedseg sets the environment that it is to be imported in
from ultralytics.data.augment import LetterBox  # isort: skip

pytestmark = pytest.mark.usefixtures("one_thread")

SIZE = 64
# Nothing is suppressed: boxes of an untrained network overlap by any share, and the last bit decides.
LIMITS = {"floor": 0.01, "nms_iou": 1.0, "max_boxes": 20}
SIDES = st.integers(1, 700)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_detector.save(tmp_path_factory.mktemp("saved") / "saved.pt")


@pytest.fixture(scope="module")
def detector(saved: Path) -> Path:
    return saved_detector.hand_on(saved, saved.parent / "detector", SIZE)


def open_detector(kind: str, folder: Path, threads: int = 1) -> Detector:
    return Detector(open_engine(kind, folder, threads, trained.answers), SIZE, **LIMITS)


def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = [(48, 64), (64, 64), (96, 128), (120, 80), (33, 64), (10, 200)]
    return [cv2.GaussianBlur(rng.integers(0, 256, size, dtype=np.uint8), (5, 5), 0) for size in sizes]


@pytest.mark.parametrize("kind", ["onnxruntime", "openvino", "torch"])
def test_boxes_are_those_of_ultralytics_own_prediction(kind, saved, detector):
    found, model = open_detector(kind, detector), YOLO(saved)
    count = 0
    for picture in pictures():
        colours = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        (expected,) = model.predict(
            colours, imgsz=SIZE, conf=0.01, iou=1.0, max_det=20, device="cpu", verbose=False, rect=True
        )
        boxes, confidences = found.boxes(picture)
        np.testing.assert_allclose(boxes, expected.boxes.xyxy.numpy(), atol=0.02)
        np.testing.assert_allclose(confidences, expected.boxes.conf.numpy(), atol=2e-5)
        count += len(boxes)
    assert count > 50


def test_any_number_of_threads_and_neighbours_gives_the_same_bytes(detector):
    images = np.random.default_rng(1).random((3, 1, 64, 96), dtype=np.float32)
    (one,) = open_engine("onnxruntime", detector, 1, trained.answers).run(images, ["boxes"])
    (two,) = open_engine("onnxruntime", detector, 2, trained.answers).run(images[::-1], ["boxes"])
    assert one.shape == (3, 5, 8 * 12 + 4 * 6 + 2 * 3)
    assert one.tobytes() == two[::-1].tobytes()


def test_openvino_keeps_networks_of_the_last_few_sizes_alone(detector):
    """And one that was forgotten gives the same again."""

    def compiled() -> int:
        gc.collect()
        return sum(type(each) is open_vino.openvino.CompiledModel for each in gc.get_objects())

    before, engine = compiled(), open_engine("openvino", detector, 1, trained.answers)
    images = [np.full((1, 1, 32, 32 * columns), 0.5, np.float32) for columns in range(1, 12)]
    first, again = ([engine.run(image, ["boxes"])[0].tobytes() for image in images] for _ in range(2))
    assert first == again
    assert compiled() - before == 8


@given(width=SIDES, height=SIDES, image_size=st.sampled_from([32, 64, 160, 256]))
@settings(max_examples=60, deadline=None)
def test_letterbox_is_ultralytics_own(width, height, image_size):
    picture = np.random.default_rng(width * height).integers(0, 256, (height, width), dtype=np.uint8)
    theirs = LetterBox((image_size, image_size), auto=True, stride=32)(image=cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    np.testing.assert_array_equal(boxed(picture, letterbox(width, height, image_size)), theirs[..., 0])


def test_detectors_are_refused_that_pictures_do_not_fit():
    assert network.STRIDE == STRIDE


@given(width=SIDES, height=SIDES)
def test_boxes_go_back_to_where_they_came_from(width, height):
    """Ultralytics works out the scale anew from the size of its input, and is half a pixel off for some sizes."""
    box = letterbox(width, height, 256)
    whole = np.array([[box.left, box.top, box.left + box.width, box.top + box.height]], dtype=np.float32)
    np.testing.assert_allclose(unboxed(whole, box, width, height), [[0, 0, width, height]], rtol=1e-6)
    beyond = np.array([[-50, -50, 500, 500]], dtype=np.float32)
    np.testing.assert_array_equal(unboxed(beyond, box, width, height), [[0, 0, width, height]])


@given(seed=st.integers(0, 10_000), nms_iou=st.floats(0.05, 0.95))
@settings(deadline=None)
def test_suppression_is_torchvisions(seed, nms_iou):
    rng = np.random.default_rng(seed)
    raw = np.vstack([rng.uniform(0, 60, (2, 80)), rng.uniform(0, 30, (2, 80)), rng.random((1, 80))]).astype(np.float32)
    raw[4, 40:] = raw[4, :40]  # as confident as another: the first one goes first
    centres, halves = raw[:2].T, raw[2:4].T / 2
    boxes = torch.from_numpy(np.hstack([centres - halves, centres + halves]))
    enough = np.flatnonzero(raw[4] > np.float32(0.3))
    kept = enough[torchvision.ops.nms(boxes[enough], torch.from_numpy(raw[4, enough]), nms_iou).numpy()][:10]
    found, confidences = suppressed(raw, 0.3, nms_iou, 10)
    np.testing.assert_array_equal(found, boxes[kept])
    np.testing.assert_array_equal(confidences, raw[4, kept])


def test_suppression_takes_a_box_for_its_most_likely_class():
    raw = np.array([[10, 10, 4, 4, 0.2, 0.9], [10, 10, 4, 4, 0.8, 0.1]], dtype=np.float32).T
    _, confidences = suppressed(raw, 0.5, 0.5, 10)
    np.testing.assert_array_equal(confidences, np.float32([0.9]))


def test_nothing_above_the_floor_gives_no_boxes():
    boxes, confidences = suppressed(np.zeros((5, 7), dtype=np.float32), 0.01, 0.5, 10)
    assert boxes.shape == (0, 4)
    assert confidences.shape == (0,)


@pytest.mark.parametrize("kind", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("what", ["no graph", "no weights", "text"])
def test_a_folder_without_a_network_is_named(kind, what, detector, tmp_path):
    for path in detector.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    if what == "text":
        (tmp_path / "network.onnx").write_text("hello")
    else:
        (tmp_path / {"no graph": "network.onnx", "no weights": "weights.safetensors"}[what]).unlink()
    with pytest.raises(
        GuidedsegError, match=rf"{tmp_path}/(network\.onnx|weights\.safetensors) (is missing|and .* {kind} can open)"
    ):
        open_detector(kind, tmp_path).boxes(pictures()[0])
