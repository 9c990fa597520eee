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
    index, split = prepared.read_index(folder), splits.read(Path("data/split.csv"))
    times = balance.times(index, split, params.load().datasets.balance)
    with whole_directory(Path("data/yolo")) as target:
        boxes = labels.write(folder, index, prepared.read_lesions(folder), split, target, times=times)
    return Path("data/yolo"), f"{len(split)} images, {boxes} boxes"


if __name__ == "__main__":
    stages.run(main)
