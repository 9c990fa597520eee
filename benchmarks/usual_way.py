"""What one would write without this project: Ultralytics on the file, the network in eager torch, OpenCV around it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from guidedseg.bundles.loading import opened
from guidedseg.detection.yolo import trained as detectors
from guidedseg.segmentation import trained as segmenters

from ultralytics import YOLO  # isort: skip - guidedseg sets the environment that it is to be imported in


def on_files(bundle: Path, confidence: float, cores: int, paths: Sequence[Path], out: Path) -> Callable[[], None]:
    """From files to files, one picture after another, torch on all cores."""
    segment = _segmenter(bundle, confidence, cores)
    out.mkdir(parents=True)

    def run() -> None:
        for path in paths:
            cv2.imwrite(str(out / f"{path.stem}.png"), segment(str(path)))

    return run


def in_memory(bundle: Path, confidence: float, cores: int, paths: Sequence[Path]) -> Callable[[], None]:
    """The same without reading and writing."""
    segment = _segmenter(bundle, confidence, cores)
    pictures = [np.asarray(cv2.imread(str(path))) for path in paths]

    def run() -> None:
        for picture in pictures:
            segment(picture)

    return run


def _segmenter(bundle: Path, confidence: float, cores: int) -> Callable[[str | np.ndarray], np.ndarray]:
    torch.set_num_threads(cores)
    _, described, _ = opened(bundle)
    yolo = YOLO("yolo11n.yaml")
    yolo.model, image_size = detectors.load(bundle / "detector")
    network, _ = segmenters.load(bundle / "guided")
    size, limits = described.guided.image_size, described.detector

    def segment(source: str | np.ndarray) -> np.ndarray:
        (found,) = yolo.predict(
            source,
            imgsz=image_size,
            conf=confidence,
            iou=limits.nms_iou,
            max_det=limits.max_boxes,
            device="cpu",
            verbose=False,
        )
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
