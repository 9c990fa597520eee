"""data/yolo/: an Ultralytics dataset anyone can train on."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Write images, labels and data.yaml."""
    from guidedseg import params
    from guidedseg.datasets import balance, prepared, splits
    from guidedseg.detection import labels
    from guidedseg.writing import whole_directory

    folder = Path("data/prepared")
    index, lesions = prepared.read(folder)
    split = splits.read(Path("data/split.csv"), index)
    times = balance.times(index, split, params.load().datasets.balance)
    with whole_directory(Path("data/yolo")) as target:
        boxes = labels.write(folder, index, lesions, split, target, times=times)
    return Path("data/yolo"), f"{len(split)} images, {boxes} boxes"


if __name__ == "__main__":
    stages.run(main)
