"""A training of a detector that takes seconds, on pictures of 64 x 48."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from guidedseg import params
from guidedseg.detection.yolo import training

DECLARED: dict[str, Any] = params.load(Path(__file__).parents[2] / "params.yaml").profiles["quick"].yolo.model_dump()
SMALL = {"imgsz": 64, "epochs": 1, "batch": 4, "lr0": 0.001, "warmup_epochs": 0.0, "mosaic": 0.0, "close_mosaic": 0}
RECIPE = {key: value for key, value in DECLARED.items() if key not in ("weights", "image_size")} | SMALL


def write_dataset(folder: Path) -> Path:
    """Grey noise with a dark disc, as ``labels.write`` lays it out."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 4), ("val", 2), ("test", 1)):
        for kind in ("images", "labels", "masks"):
            (folder / kind / split).mkdir(parents=True)
        for number in range(count):
            picture = rng.integers(90, 150, (48, 64), dtype=np.uint8)
            cv2.circle(picture, (24 + 4 * number, 24), 9, 20, thickness=-1)
            mask = cv2.circle(np.zeros((48, 64), np.uint8), (24 + 4 * number, 24), 9, 255, thickness=-1)
            for kind, drawn in (("images", picture), ("masks", mask)):
                cv2.imwrite(str(folder / kind / split / f"{split}_{number}.png"), drawn)
            label = f"0 {(24 + 4 * number) / 64:.6f} 0.5 {18 / 64:.6f} {18 / 48:.6f}\n"
            (folder / "labels" / split / f"{split}_{number}.txt").write_text(label)
    data = {"train": "images/train", "val": "images/val", "test": "images/test", "names": {0: "lesion"}}
    (folder / "data.yaml").write_text(yaml.safe_dump(data))
    return folder


def train(dataset: Path, weights: str, folder: Path, **changes: Any) -> Path:
    """Train into ``folder``/detector."""
    target = folder / "detector"
    target.mkdir(parents=True)
    training.train(dataset, RECIPE | changes, weights=weights, seed=1, scratch=folder / "scratch", target=target)
    return target
