"""metrics/*.json, plots/ and report/: what came out, for DVC and for people."""

import json
import sys
from pathlib import Path

import pandas as pd

import stages

SHOWN = ("direct", "guided")


def main() -> str:
    """Report on the network named on the command line, with the mode of params.yaml as the headline."""
    from guidedseg import params
    from guidedseg.datasets import prepared, splits
    from guidedseg.detection.boxes import read_detections, summary
    from guidedseg.evaluation import counts, scores
    from guidedseg.reporting import tables
    from guidedseg.writing import whole_directory, write_json

    model = sys.argv[1]
    settings = params.load()
    folder, evaluation = Path("data/prepared"), Path("evaluations") / model
    confidence = json.loads((evaluation / "operating.json").read_text(encoding="utf-8"))["confidence"]
    rows = counts.read(evaluation / "images.csv")
    test = rows[rows["split"] == "test"]

    comparison = scores.comparison(test, seed=settings.seed)
    headline = scores.score(test[test["branch"] == settings.mode])
    images = splits.read(Path("data/split.csv")).query("split == 'test'")["image_id"]
    index, lesions = prepared.read_index(folder), prepared.read_lesions(folder)
    detections = read_detections(Path("data/detections.csv"))
    ap = json.loads(Path("data/detector_scores.json").read_text(encoding="utf-8"))
    detector = summary(
        detections[detections["image_id"].isin(images)],
        lesions[lesions["image_id"].isin(images)],
        index[index["image_id"].isin(images)],
        confidence=confidence,
        match_iou=settings.scoring.match_iou,
    )
    write_json({**headline, "images": len(images)}, Path("metrics/segmentation.json"))
    write_json(comparison, Path("metrics/comparison.json"))
    write_json({**ap, "operating_confidence": confidence, **detector}, Path("metrics/detection.json"))
    with whole_directory(Path("report")) as target:
        (target / "comparison.md").write_text(tables.comparison(comparison), encoding="utf-8")

    with whole_directory(Path("plots")) as target:
        _plots(
            model,
            test,
            detections[detections["confidence"] >= confidence],
            confidence,
            settings.scoring.mask_threshold,
            target,
        )
    strict = pd.Series(headline["strict"]).map("{:.3f}".format).to_dict()
    return f"metrics/segmentation.json: {model} {settings.mode}, strict {strict}; pictures in plots, tables in report"


def _plots(
    model: str, test: pd.DataFrame, boxes: pd.DataFrame, confidence: float, threshold: float, target: Path
) -> None:
    """Curves as CSV and PNG, and a grid of test images chosen by quantile."""
    from guidedseg.datasets import prepared
    from guidedseg.detection.boxes import BOX
    from guidedseg.evaluation.counts import branch_tiles
    from guidedseg.evaluation.rules import strict
    from guidedseg.inference import tiles
    from guidedseg.reporting import figures, selection

    folder = Path("data/prepared")
    segmenters = {mode: pd.read_csv(Path("models") / model / mode / "curve.csv") for mode in SHOWN}
    detector = pd.read_csv("models/detector/curve.csv")
    for mode, curve in segmenters.items():
        curve.to_csv(target / f"segmenter_{mode}.csv", index=False, lineterminator="\n")
    detector.to_csv(target / "detector.csv", index=False, lineterminator="\n")
    figures.curves(segmenters, detector, target / "curves.png")

    direct, guided = (tiles.load(Path("predictions") / model / mode) for mode in SHOWN)
    dice = {
        branch: pd.Series(strict(rows)[:, 0], index=rows["image_id"])
        for branch, rows in test.groupby("branch", sort=False)
    }
    pathology = test.drop_duplicates("image_id").set_index("image_id")["pathology"]
    chosen = [
        *selection.by_quantile(dice["guided"][pathology != "normal"]),
        *selection.by_quantile(dice["guided"][pathology == "normal"])[:1],
    ]
    pictures = []
    for image_id in chosen:
        truth = prepared.load_mask(folder, image_id)
        branches = branch_tiles(direct, guided, image_id, confidence)
        pictures.append(
            figures.Picture(
                title=f"{image_id}, {pathology[image_id]}",
                image=prepared.load_image(folder, image_id),
                truth=truth,
                predictions={mode: tiles.assemble(*branches[mode], *truth.shape) >= threshold * 255 for mode in SHOWN},
                captions={mode: f"{mode}: strict Dice {dice[mode][image_id]:.3f}" for mode in SHOWN},
                boxes=boxes.loc[boxes["image_id"] == image_id, BOX].to_numpy(),
            )
        )
    figures.picture_grid(
        pictures,
        f"{model}: test images with a lesion at the quantiles 0, 25, 50, 75 and 100 % of guided Dice, and the worst "
        "normal.\nTruth green, prediction red, the detector's boxes yellow.",
        target / "test_images.png",
    )


if __name__ == "__main__":
    stages.run(main)
