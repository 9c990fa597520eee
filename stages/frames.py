"""data/inputs/direct/: every image, whole, at the segmenters' size."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Write the direct inputs."""
    from guidedseg import params
    from guidedseg.datasets import balance, prepared, splits
    from guidedseg.segmentation import crops
    from guidedseg.writing import whole_directory

    settings = params.load()
    folder = Path("data/prepared")
    index = prepared.read_index(folder)
    split = splits.read(Path("data/split.csv"), index)
    times = balance.times(index, split, settings.datasets.balance)
    made = crops.frames(index, split, jitter=settings.frame.jitter, times=times)
    size = settings.chosen.inputs.image_size
    with whole_directory(Path("data/inputs/direct")) as target:
        crops.write(made, folder, size, target)
    return Path("data/inputs/direct"), f"{len(made.training) + len(made.items)} frames at {size} x {size}"


if __name__ == "__main__":
    stages.run(main)
