"""Detectors against one another over the folds of a cross-validation, on validation images or on held-out ones.

    python benchmarks/detectors.py --split val fcos=runs/fcos-fold0,runs/fcos-fold1 yolo=runs/yolo-fold0,runs/yolo-fold1

Each name has its runs: folders with data/prepared, data/split.csv and data/detections.csv. A row per name and score:
the mean over the folds, the least and the largest; for every name after the first also the difference from the first
over the same folds, with an interval of whole groups drawn anew (each fold's own score of every draw, then their mean).

Recall is that of the lowest confidence at which normal images have at most ``--false-boxes`` boxes each. It is read off
the very images that are scored, the same for every name: a point on the curve, not an operating point of the pipeline.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from guidedseg.datasets import prepared, splits
from guidedseg.detection.boxes import read_detections
from guidedseg.evaluation import bootstrap
from guidedseg.evaluation.detection import scores

SCORES = {"ap50": "AP50", "ap50_95": "AP50-95", "recall": "recall"}


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="NAME=FOLDER,FOLDER...")
    parser.add_argument("--split", default="val", choices=["val", "test"])
    parser.add_argument("--false-boxes", type=float, default=0.3)
    parser.add_argument("--draws", type=int, default=1000)
    asked = parser.parse_args()
    named = {
        name: [Path(each) for each in folders.split(",")] for name, _, folders in (r.partition("=") for r in asked.runs)
    }
    groups = sorted(
        {group for folders in named.values() for each in folders for group in _images(each, asked.split)["group_id"]}
    )
    drawn = bootstrap.weights(pd.DataFrame({"group_id": groups}), seed=0, draws=asked.draws)
    found = {
        name: {
            score: np.stack([fold[score] for fold in folds])
            for folds in [[of_fold(each, asked.split, groups, drawn, asked.false_boxes) for each in folders]]
            for score in SCORES
        }
        for name, folders in named.items()
    }
    first, *_ = found
    print(f"{asked.split} images; recall at no more than {asked.false_boxes:g} boxes per normal image")
    for name, own in found.items():
        for score, title in SCORES.items():
            values = own[score][:, 0]
            line = f"{name:16} {title:8} {values.mean():.3f} ({values.min():.3f} to {values.max():.3f})"
            if name != first and own[score].shape == found[first][score].shape:
                estimate = np.nanmean(own[score] - found[first][score], axis=0)
                between = bootstrap.interval(estimate, np.ones(len(groups)), bootstrap.DIFFERENCE)
                line += f"   - {first}: {between['value']:+.3f} ({between['ci_low']:+.3f} to {between['ci_high']:+.3f})"
            print(line)


def of_fold(
    folder: Path, split: str, groups: list[str], drawn: np.ndarray, false_boxes: float
) -> dict[str, np.ndarray]:
    """Score -> (1 + draws,)."""
    images = _images(folder, split)
    index, lesions = prepared.read(folder / "data/prepared")
    boxes = read_detections(folder / "data/detections.csv", index["image_id"])
    normals = images.loc[images["pathology"] == "normal", "image_id"]
    on_normals = np.sort(boxes.loc[boxes["image_id"].isin(normals), "confidence"].to_numpy())[::-1]
    most = int(false_boxes * len(normals))
    confidence = np.nextafter(on_normals[most], 1) if len(on_normals) > most else 0.0
    weights = drawn[:, np.searchsorted(groups, np.unique(images["group_id"]))]
    found = scores(boxes, lesions, images, confidence=confidence, match_iou=0.5, weights=weights)
    return {name: found["lesion_recall" if name == "recall" else name].values for name in SCORES}


def _images(folder: Path, split: str) -> pd.DataFrame:
    """image_id, group_id and pathology of one part."""
    index = prepared.read_index(folder / "data/prepared")
    chosen = splits.read(folder / "data/split.csv", index)
    return index[index["image_id"].isin(chosen.loc[chosen["split"] == split, "image_id"])]


if __name__ == "__main__":
    main()
