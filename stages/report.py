"""metrics/*.json, plots/ and report/: what came out, for DVC and for people."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import stages

if TYPE_CHECKING:
    from guidedseg.evaluation.counts import Evaluation
    from guidedseg.evaluation.operating import Operating
    from guidedseg.params import Params

SHOWN = ("direct", "guided")
DETECTION_HEADLINE = ("ap50", "ap50_95", "lesion_recall", "precision", "false_boxes_per_normal_image")


def main() -> str:
    """Report on the network named on the command line, with the mode of params.yaml as the headline."""
    from guidedseg import params
    from guidedseg.evaluation import counts, scores
    from guidedseg.evaluation.operating import Operating
    from guidedseg.reporting import tables
    from guidedseg.writing import whole_directory, write_json

    model = sys.argv[1]
    settings = params.load()
    folder = Path("evaluations") / model
    evaluation = counts.read(folder)
    operating = json.loads((folder / "operating.json").read_text(encoding="utf-8"))
    everything = scores.scores(evaluation, seed=settings.seed, batch=settings.scoring.batch)
    everything["operating"] = operating
    detection, detection_counts = _detection(evaluation.images, operating["confidence"], settings)
    everything["detection"] = detection

    chosen = everything["branches"][settings.mode]
    headline = scores.headline(chosen)
    write_json({**headline, "operating": operating}, Path("metrics/segmentation.json"))
    write_json({**chosen, "sample": everything["sample"], "detection": detection}, Path("metrics/details.json"))
    write_json(scores.side_by_side(everything), Path("metrics/comparison.json"))
    short = {name: detection[name] for name in DETECTION_HEADLINE}
    write_json(
        {**short, "operating_confidence": operating["confidence"], **detection_counts}, Path("metrics/detection.json")
    )
    with whole_directory(Path("report")) as target:
        write_json(everything, target / "scores.json")
        (target / "comparison.md").write_text(tables.document(everything, detection, model=model), encoding="utf-8")
    with whole_directory(Path("plots")) as target:
        _curves(model, evaluation, settings, target)
        _pictures(model, evaluation.images, Operating(**operating), target)
    dice = ", ".join(f"{rule} {tables.percent(of_rule['dice'])}" for rule, of_rule in headline.items())
    return f"metrics/segmentation.json: {model} {settings.mode}, Dice in %: {dice}; tables in report, pictures in plots"


def _detection(
    images: pd.DataFrame, confidence: float, settings: "Params"
) -> tuple[dict[str, dict[str, float | None]], dict[str, int]]:
    """The detector's scores on the test images, each with its interval, and the counts behind them."""
    from guidedseg.evaluation import detection
    from guidedseg.evaluation.bootstrap import interval, weights
    from guidedseg.evaluation.scores import one_per_image

    sample, detections, lesions = one_per_image(images), *_boxes()
    estimates = detection.scores(
        detections,
        lesions,
        sample,
        confidence=confidence,
        match_iou=settings.scoring.match_iou,
        weights=weights(sample, seed=settings.seed),
    )
    counted = detection.counts(detections, lesions, sample, confidence=confidence)
    return {name: interval(estimate) for name, estimate in estimates.items()}, counted


def _boxes() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The detector's boxes and the lesions' of all images."""
    from guidedseg.datasets import prepared
    from guidedseg.detection.boxes import read_detections

    return read_detections(Path("data/detections.csv")), prepared.read_lesions(Path("data/prepared"))


def _curves(model: str, evaluation: "Evaluation", settings: "Params", target: Path) -> None:
    """Training curves as CSV and PNG; FROC and reliability curves as CSV."""
    from guidedseg.evaluation import calibration, detection
    from guidedseg.evaluation.scores import one_per_image
    from guidedseg.reporting import figures

    segmenters = {mode: pd.read_csv(Path("models") / model / mode / "curve.csv") for mode in SHOWN}
    detector = pd.read_csv("models/detector/curve.csv")
    figures.curves(segmenters, detector, target / "curves.png")

    boxes, match_iou = (*_boxes(), one_per_image(evaluation.images)), settings.scoring.match_iou
    tables = {
        **{f"segmenter_{mode}": curve for mode, curve in segmenters.items()},
        "detector": detector,
        "froc": detection.froc_curve(*boxes, match_iou=match_iou),
        "reliability_boxes": detection.reliability(*boxes, match_iou=match_iou),
        **{
            f"reliability_{mode}": calibration.reliability(evaluation.levels.query("branch == @mode")) for mode in SHOWN
        },
    }
    for name, table in tables.items():
        table.to_csv(target / f"{name}.csv", index=False, lineterminator="\n", float_format="%.6g")


def _pictures(model: str, test: pd.DataFrame, operating: "Operating", target: Path) -> None:
    """A grid of test images chosen by quantile."""
    from guidedseg.datasets import prepared
    from guidedseg.detection.boxes import BOX, read_detections
    from guidedseg.evaluation.counts import regions_of
    from guidedseg.evaluation.rules import strict
    from guidedseg.inference import tiles
    from guidedseg.reporting import figures, selection

    folder = Path("data/prepared")
    boxes = read_detections(Path("data/detections.csv"))
    boxes = boxes[boxes["confidence"] >= operating.confidence]
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
        regions = regions_of(direct, guided, image_id, operating)
        pictures.append(
            figures.Picture(
                title=f"{image_id}, {pathology[image_id]}",
                image=prepared.load_image(folder, image_id),
                truth=truth,
                predictions={mode: regions[mode].mask(*truth.shape) for mode in SHOWN},
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
