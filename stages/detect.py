"""data/detections.csv: boxes of every image, down to a low confidence."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Run the detector on all images."""
    from guidedseg import params
    from guidedseg.detection.yolo import predict
    from guidedseg.writing import whole_file

    limits = params.load().detect
    images = sorted(Path("data/prepared/images").glob("*.png"))
    boxes = predict.detect(Path("models/detector"), images, **limits.model_dump())
    with whole_file(Path("data/detections.csv")) as path:
        boxes.to_csv(path, index=False, lineterminator="\n")
    text = f"{len(boxes)} boxes from confidence {limits.floor} in {len(images)} images"
    return Path("data/detections.csv"), text


if __name__ == "__main__":
    stages.run(main)
