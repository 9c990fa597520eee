"""data/inputs/direct/: every image, whole, at the segmenters' size."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Write the direct inputs."""
    from guidedseg import params
    from guidedseg.datasets import prepared, splits
    from guidedseg.segmentation import crops
    from guidedseg.writing import whole_directory

    settings = params.load()
    folder = Path("data/prepared")
    made = crops.frames(prepared.read_index(folder), splits.read(Path("data/split.csv")), jitter=settings.frame.jitter)
    size = settings.chosen.inputs.image_size
    with whole_directory(Path("data/inputs/direct")) as target:
        crops.write(made, folder, size, target)
    return Path("data/inputs/direct"), f"{len(made.training) + len(made.items)} frames at {size} x {size}"


if __name__ == "__main__":
    stages.run(main)
