"""evaluations/MODEL/: counts per image and branch, and the operating confidence chosen on the validation images."""

import sys
from pathlib import Path

import stages


def main() -> str:
    """Evaluate the network named on the command line."""
    from guidedseg import params
    from guidedseg.datasets import prepared, splits
    from guidedseg.detection.boxes import operating_confidence, read_detections
    from guidedseg.evaluation import counts
    from guidedseg.inference import tiles
    from guidedseg.writing import whole_directory, write_json

    model = sys.argv[1]
    scoring = params.load().scoring
    folder = Path("data/prepared")
    images = prepared.read_index(folder).merge(
        splits.read(Path("data/split.csv"))[["image_id", "split"]], on="image_id"
    )
    images = images[images["split"] != "train"]
    validation = images.loc[images["split"] == "val", "image_id"]
    detections, lesions = read_detections(Path("data/detections.csv")), prepared.read_lesions(folder)
    confidence = operating_confidence(
        detections[detections["image_id"].isin(validation)],
        lesions[lesions["image_id"].isin(validation)],
        scoring.match_iou,
    )
    rows = counts.evaluate(
        tiles.load(Path("predictions") / model / "direct"),
        tiles.load(Path("predictions") / model / "guided"),
        images,
        lambda image_id: prepared.load_mask(folder, image_id),
        confidence=confidence,
        mask_threshold=scoring.mask_threshold,
    )
    with whole_directory(Path("evaluations") / model) as target:
        rows.to_csv(target / "images.csv", index=False, lineterminator="\n")
        write_json({"confidence": confidence}, target / "operating.json")
    return f"evaluations/{model}: {len(rows)} rows, operating confidence {confidence}"


if __name__ == "__main__":
    stages.run(main)
