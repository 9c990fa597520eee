"""Detectors against one another over the folds of a cross-validation, on validation images or on held-out ones.

    python -m benchmarks.detectors --split val fcos=runs/fcos-fold0,runs/fcos-fold1 yolo=runs/yolo-fold0,runs/yolo-fold1

Each name has its runs: folders with data/prepared, data/split.csv and data/detections.csv. Folders joined by ``+`` are
detectors of one fold, as of several seeds, whose boxes are fused (`pip install ensemble-boxes`; Solovyev et al., Image
and Vision Computing 107, 2021). A row per name and score: the mean over the runs, the least and the largest; for every
name after the first also the difference from the first, where its images are the same, with an interval of whole groups
drawn anew (each run's own score of every draw, then their mean).

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
from guidedseg.names import BOX

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
        name: [[Path(each) for each in run.split("+")] for run in runs.split(",")]
        for name, _, runs in (r.partition("=") for r in asked.runs)
    }
    images = {name: [tested_by(run, asked.split) for run in runs] for name, runs in named.items()}
    tested = {name: {*pd.concat(of_runs)["image_id"]} for name, of_runs in images.items()}
    groups = sorted({group for of_runs in images.values() for each in of_runs for group in each["group_id"]})
    drawn = bootstrap.weights(pd.DataFrame({"group_id": groups}), seed=0, draws=asked.draws)
    found = {}
    for name, runs in named.items():
        folds = [of_fold(*each, groups, drawn, asked.false_boxes) for each in zip(runs, images[name], strict=True)]
        found[name] = {score: np.stack([fold[score] for fold in folds]) for score in SCORES}
    first, *_ = found
    print(f"{asked.split} images; recall at no more than {asked.false_boxes:g} boxes per normal image")
    for name, own in found.items():
        for score, title in SCORES.items():
            values = own[score][:, 0]
            line = f"{name:16} {title:8} {values.mean():.3f} ({values.min():.3f} to {values.max():.3f})"
            if name != first and tested[name] == tested[first]:
                estimate = np.nanmean(own[score], axis=0) - np.nanmean(found[first][score], axis=0)
                between = bootstrap.interval(estimate, np.ones(len(groups)), bootstrap.DIFFERENCE)
                line += f"   - {first}: {between['value']:+.3f} ({between['ci_low']:+.3f} to {between['ci_high']:+.3f})"
            print(line)


def of_fold(
    detectors: list[Path], images: pd.DataFrame, groups: list[str], drawn: np.ndarray, false_boxes: float
) -> dict[str, np.ndarray]:
    """Score -> (1 + draws,), of one detector, or of the fused boxes of several."""
    index, lesions = prepared.read(detectors[0] / "data/prepared")
    each = [read_detections(folder / "data/detections.csv", index["image_id"]) for folder in detectors]
    boxes = each[0] if len(each) == 1 else fused(each, images)
    normals = images.loc[images["pathology"] == "normal", "image_id"]
    on_normals = np.sort(boxes.loc[boxes["image_id"].isin(normals), "confidence"].to_numpy())[::-1]
    most = int(false_boxes * len(normals))
    confidence = np.nextafter(on_normals[most], 1) if len(on_normals) > most else 0.0
    weights = drawn[:, np.searchsorted(groups, np.unique(images["group_id"]))]
    found = scores(boxes, lesions, images, confidence=confidence, match_iou=0.5, weights=weights)
    return {name: found["lesion_recall" if name == "recall" else name].values for name in SCORES}


def fused(each: list[pd.DataFrame], images: pd.DataFrame) -> pd.DataFrame:
    """Boxes with an IoU above 0.55, the library's default, are averaged; what a third of them have counts a third."""
    from ensemble_boxes import weighted_boxes_fusion  # noqa: PLC0415 - brings numba, and is for this alone

    by_image = [dict(list(boxes.groupby("image_id"))) for boxes in each]
    rows = []
    for image in images.itertuples():
        size = np.array([image.width, image.height, image.width, image.height])
        own = [boxes.get(image.image_id, each[0][:0]) for boxes in by_image]
        corners, confidences, _ = weighted_boxes_fusion(
            [(boxes[BOX].to_numpy() / size).clip(0, 1).tolist() for boxes in own],
            [boxes["confidence"].tolist() for boxes in own],
            [[0] * len(boxes) for boxes in own],
        )
        rows += [[image.image_id, *box, sure] for box, sure in zip(corners * size, confidences, strict=True)]
    return pd.DataFrame(rows, columns=["image_id", *BOX, "confidence"])


def tested_by(detectors: list[Path], split: str) -> pd.DataFrame:
    """Rows of the index of one part, the same for all detectors of a run."""
    first, *others = (_images(folder, split) for folder in detectors)
    if any({*other["image_id"]} != {*first["image_id"]} for other in others):
        raise SystemExit(f"{' + '.join(map(str, detectors))}: not of one fold, their data/split.csv differ")
    return first


def _images(folder: Path, split: str) -> pd.DataFrame:
    """Rows of the index of one part."""
    index = prepared.read_index(folder / "data/prepared")
    chosen = splits.read(folder / "data/split.csv", index)
    return index[index["image_id"].isin(chosen.loc[chosen["split"] == split, "image_id"])]


if __name__ == "__main__":
    main()
