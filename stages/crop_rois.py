"""data/inputs/guided/: regions around boxes, at the segmenters' size."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Write the guided inputs."""
    from guidedseg import params
    from guidedseg.datasets import prepared, splits
    from guidedseg.detection.boxes import read_detections
    from guidedseg.segmentation import crops
    from guidedseg.writing import whole_directory

    settings = params.load()
    folder = Path("data/prepared")
    items = crops.rois(
        prepared.read_index(folder),
        splits.read(Path("data/split.csv")),
        prepared.read_lesions(folder),
        read_detections(Path("data/detections.csv")),
        **settings.roi.model_dump(),
        seed=settings.seed,
    )
    size = settings.chosen.inputs.image_size
    with whole_directory(Path("data/inputs/guided")) as target:
        crops.write(items, folder, size, target)
    sources = ", ".join(f"{number} {name}" for name, number in items["source"].value_counts().items())
    return Path("data/inputs/guided"), f"{len(items)} regions at {size} x {size}: {sources}"


if __name__ == "__main__":
    stages.run(main)
