"""Makes what ``cascade`` reads: a trained segmenter of whole pictures as a detector, with its score as one."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from guidedseg import artifacts
from guidedseg.detection import labels
from guidedseg.detection.average_precisions import FLOOR, MAX_BOXES, NMS_IOU, average_precisions
from guidedseg.inference.engines.onnx_runtime import OnnxRuntime
from guidedseg.inference.engines.opening import GRAPH, WEIGHTS
from guidedseg.inference.proposing import described, proposer

DETECT = {"floor": FLOOR, "nms_iou": NMS_IOU, "max_boxes": MAX_BOXES}
"""Of the boxes of validation pictures."""


def make(segmenter: Path, dataset: Path, *, level: float, target: Path) -> pd.DataFrame:
    """Make a detector of a trained segmenter: the same weights and graph, and in ``config.json`` what it is.

    Args:
        segmenter: its folder.
        dataset: an Ultralytics dataset, as ``labels.write`` makes it.
        level: as ``inference.cascade.Cascade`` has it.
        target: the existing folder that receives ``weights.safetensors``, ``network.onnx``, ``config.json`` and
            ``curve.csv``, which has a row alone: the average precision on validation pictures.

    Returns:
        What curve.csv holds.

    Raises:
        GuidedsegError: there is no trained segmenter.
    """
    config = artifacts.values(segmenter / "config.json", ["image_size"])
    for name in (WEIGHTS, GRAPH):
        shutil.copyfile(segmenter / name, target / name)
    text = json.dumps({"kind": "cascade", "level": level, **config}, indent=2)
    (target / "config.json").write_text(text + "\n", encoding="utf-8")
    cascade = proposer(OnnxRuntime(target / GRAPH, threads=1), **described(target, DETECT))
    found = []
    for path in sorted((dataset / "images" / "val").glob("*.png")):
        picture = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
        boxes, confidences = cascade.boxes(picture)
        truth = labels.boxes(dataset, "val", path.stem, *picture.shape[::-1])
        found.append((boxes.astype(np.float32), confidences.astype(np.float32), truth))
    precisions = average_precisions(found)
    row = {"epoch": 1, "val_map50": float(precisions[0]), "val_map50_95": float(precisions.mean())}
    curve = pd.DataFrame([row])
    curve.to_csv(target / "curve.csv", index=False, lineterminator="\n")
    return curve
