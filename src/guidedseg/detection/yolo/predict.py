"""A trained YOLO detector lists its boxes."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from ultralytics.models.yolo.detect import DetectionPredictor

from guidedseg import progress
from guidedseg.detection.yolo import network, trained


def detect(
    detector: Path, images: Sequence[Path], *, floor: float, nms_iou: float, max_boxes: int, batch: int = 16
) -> pd.DataFrame:
    """Boxes of every image down to a low confidence.

    Args:
        detector: the folder that ``training.train`` filled; images are resized as they were for training.
        images: files named ``ID.png``.
        floor: lowest confidence kept.
        nms_iou: of two boxes that overlap more the weaker is dropped.
        max_boxes: kept per image.
        batch: images per forward pass.

    Returns:
        One row per box: image_id, x0, y0, x1, y1 (float, original pixels, clipped to the image), confidence; in the
        order of ``images``, then by falling confidence.

    Raises:
        GuidedsegError: the folder holds no trained detector.
    """
    net, image_size = trained.load(detector)
    predictor = DetectionPredictor(
        overrides={
            "task": "detect",
            "mode": "predict",
            "imgsz": image_size,
            "conf": floor,
            "iou": nms_iou,
            "max_det": max_boxes,
            "device": network.device(),
            "batch": batch,
            "rect": True,  # images of one shape are padded to a multiple of the stride, not to a square
            "save": False,
            "verbose": False,
        }
    )
    predictor.setup_model(net, verbose=False)
    rows = []
    shown = progress.bar("images", unit="image", total=len(images))
    for start in range(0, len(images), batch):
        paths = images[start : start + batch]
        results = predictor([str(path) for path in paths])
        for path, result in zip(paths, results, strict=True):
            for box, confidence in zip(result.boxes.xyxy.tolist(), result.boxes.conf.tolist(), strict=True):
                rows.append((path.stem, *(round(value, 2) for value in box), round(confidence, 5)))
        shown.update(len(paths))
    shown.close()
    return pd.DataFrame(rows, columns=["image_id", "x0", "y0", "x1", "y1", "confidence"])
