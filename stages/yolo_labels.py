"""data/yolo/: an Ultralytics dataset anyone can train on."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Write images, labels and data.yaml."""
    from guidedseg.datasets import prepared, splits
    from guidedseg.detection import labels
    from guidedseg.writing import whole_directory

    folder = Path("data/prepared")
    split = splits.read(Path("data/split.csv"))
    with whole_directory(Path("data/yolo")) as target:
        boxes = labels.write(folder, prepared.read_index(folder), prepared.read_lesions(folder), split, target)
    return Path("data/yolo"), f"{len(split)} images, {boxes} boxes"


if __name__ == "__main__":
    stages.run(main)
