"""What one would write without this project: Ultralytics on the file, the network in eager torch, OpenCV around it.

Ultralytics leaves torch one thread fewer than the machine has cores, at its first picture, for the segmenter as well:
``forced`` gives them back, which hardly anybody would think of.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from guidedseg.bundles.loading import opened
from guidedseg.detection.yolo import trained as detectors
from guidedseg.segmentation import trained as segmenters

from ultralytics import YOLO  # isort: skip - guidedseg sets the environment that it is to be imported in
from ultralytics.engine.results import Results  # isort: skip


def on_files(
    bundle: Path, confidence: float, cores: int, paths: Sequence[Path], out: Path, forced: bool
) -> Callable[[], None]:
    """From files to files, one picture after another."""
    segment = _segmenter(bundle, confidence, cores, forced)
    out.mkdir(parents=True)

    def run() -> None:
        for path in paths:
            cv2.imwrite(str(out / f"{path.stem}.png"), segment(str(path)))

    return run


def in_memory(bundle: Path, confidence: float, cores: int, paths: Sequence[Path], forced: bool) -> Callable[[], None]:
    """The same without reading and writing."""
    segment = _segmenter(bundle, confidence, cores, forced)
    pictures = [np.asarray(cv2.imread(str(path))) for path in paths]

    def run() -> None:
        for picture in pictures:
            segment(picture)

    return run


def _segmenter(bundle: Path, confidence: float, cores: int, forced: bool) -> Callable[[str | np.ndarray], np.ndarray]:
    _, described, _ = opened(bundle)
    yolo = YOLO("yolo11n.yaml")
    yolo.model, image_size = detectors.load(bundle / "detector")
    network, _ = segmenters.load(bundle / "guided")
    size, limits = described.guided.image_size, described.detector

    def detect(source: str | np.ndarray) -> Results:
        (found,) = yolo.predict(
            source,
            imgsz=image_size,
            conf=confidence,
            iou=limits.nms_iou,
            max_det=limits.max_boxes,
            device="cpu",
            verbose=False,
        )
        return found

    detect(np.zeros((64, 64, 3), np.uint8))  # its first picture sets the number of threads
    if forced:
        torch.set_num_threads(cores)

    def segment(source: str | np.ndarray) -> np.ndarray:
        found = detect(source)
        grey = cv2.cvtColor(found.orig_img, cv2.COLOR_BGR2GRAY)
        height, width = grey.shape
        probabilities = np.zeros((height, width), np.float32)
        for left, top, right, bottom in found.boxes.xyxy.numpy():
            across, down = described.margin * (right - left), described.margin * (bottom - top)
            x0, x1 = max(0, int(left - across)), min(width, int(np.ceil(right + across)))
            y0, y1 = max(0, int(top - down)), min(height, int(np.ceil(bottom + down)))
            crop = cv2.resize(grey[y0:y1, x0:x1], (size, size), interpolation=cv2.INTER_AREA)
            with torch.inference_mode():
                tile = network(torch.from_numpy(crop)[None, None].float() / 255).sigmoid()[0, 0].numpy()
            window = probabilities[y0:y1, x0:x1]
            np.maximum(window, cv2.resize(tile, (x1 - x0, y1 - y0)), out=window)
        return (probabilities >= described.guided.threshold).astype(np.uint8) * 255

    return segment
