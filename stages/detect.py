"""data/detections.csv: boxes of every image, down to a low confidence."""

from pathlib import Path
from typing import Any

import stages


def main() -> tuple[Path, str]:
    """Run the detector on all images."""
    from guidedseg import params
    from guidedseg.datasets import prepared
    from guidedseg.inference.detect import detect
    from guidedseg.inference.engines.opening import open_engine
    from guidedseg.inference.proposing import described, proposer
    from guidedseg.writing import whole_file

    settings = params.load()
    trained, folder = Path("models/detector"), Path("data/prepared")
    description = described(trained, settings.detect.model_dump())
    # a cascade's torch module would make all code of the segmenters one that every detector's boxes depend on
    kind = "onnxruntime" if "level" in description else settings.chosen.engine
    engine = open_engine(kind, trained, threads=1, module=_module)
    detector = proposer(engine, **description)
    image_ids = prepared.read_index(folder)["image_id"].tolist()
    boxes = detect(detector, folder, image_ids)
    with whole_file(Path("data/detections.csv")) as path:
        boxes.to_csv(path, index=False, lineterminator="\n")
    text = f"{len(boxes)} boxes from confidence {settings.detect.floor} in {len(image_ids)} images, by {engine.name}"
    return Path("data/detections.csv"), text


def _module(folder: Path) -> tuple[Any, tuple[str, ...]]:
    """For the engine torch alone."""
    from guidedseg.detection import trained

    return trained.answers(folder)


if __name__ == "__main__":
    stages.run(main)
