"""data/yolo/: an Ultralytics dataset anyone can train on."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Write images, labels and data.yaml."""
    from guidedseg import params
    from guidedseg.datasets import images
    from guidedseg.detection import labels
    from guidedseg.writing import whole_directory

    settings, folder = params.load(), Path("data/prepared")
    synthetic = Path("data/synthetic") if settings.synthetic.given_to("detector") else None
    of = images.read(folder, Path("data/split.csv"), settings.datasets.balance, synthetic=synthetic)
    with whole_directory(Path("data/yolo")) as target:
        boxes = labels.write(folder, of.index, of.lesions, of.split, target, times=of.times, synthetic=of.synthetic)
    return Path("data/yolo"), f"{len(of.split)} images, {boxes} boxes"


if __name__ == "__main__":
    stages.run(main)
