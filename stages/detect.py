"""data/detections.csv: boxes of every image, down to a low confidence; data/detector_scores.json: mAP of the test set.

The mAP is computed here, where Ultralytics is loaded anyway, so that `report` can stay light.
"""

import json
from pathlib import Path

import stages


def main() -> str:
    """Run the detector on all images."""
    from guidedseg import params
    from guidedseg.detection import yolo
    from guidedseg.writing import whole_file, write_json

    settings = params.load()
    weights = Path("models/detector/weights.pt")
    size = json.loads((weights.parent / "args.json").read_text(encoding="utf-8"))["image_size"]
    limits = settings.detect.model_dump()
    images = sorted(Path("data/prepared/images").glob("*.png"))
    boxes = yolo.detect(weights, images, image_size=size, **limits)
    scores = yolo.average_precision(
        weights, Path("data/yolo"), image_size=size, **limits, scratch=Path(".scratch/detect")
    )
    with whole_file(Path("data/detections.csv")) as path:
        boxes.to_csv(path, index=False, lineterminator="\n")
    write_json(scores, Path("data/detector_scores.json"))
    return f"data/detections.csv: {len(boxes)} boxes in {len(images)} images; test mAP50 {scores['map50']:.3f}"


if __name__ == "__main__":
    stages.run(main)
