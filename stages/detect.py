"""data/detections.csv: boxes of every image, down to a low confidence."""

import json
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Run the detector on all images."""
    from guidedseg import params
    from guidedseg.detection import yolo
    from guidedseg.writing import whole_file

    settings = params.load()
    weights = Path("models/detector/weights.pt")
    size = json.loads((weights.parent / "args.json").read_text(encoding="utf-8"))["image_size"]
    limits = settings.detect.model_dump()
    images = sorted(Path("data/prepared/images").glob("*.png"))
    boxes = yolo.detect(weights, images, image_size=size, **limits)
    with whole_file(Path("data/detections.csv")) as path:
        boxes.to_csv(path, index=False, lineterminator="\n")
    text = f"{len(boxes)} boxes from confidence {settings.detect.floor} in {len(images)} images"
    return Path("data/detections.csv"), text


if __name__ == "__main__":
    stages.run(main)
