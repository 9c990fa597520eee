"""data/inputs/guided/: regions around boxes, at the segmenters' size."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Write the guided inputs."""
    import pandas as pd

    from guidedseg import params
    from guidedseg.datasets import images
    from guidedseg.detection.boxes import read_detections
    from guidedseg.segmentation import crops
    from guidedseg.writing import whole_directory

    settings, folder = params.load(), Path("data/prepared")
    synthetic = Path("data/synthetic") if settings.synthetic.given_to("segmenters") else None
    of = images.read(folder, Path("data/split.csv"), settings.datasets.balance, synthetic=synthetic)
    made = crops.rois(
        of.index,
        of.split,
        of.lesions,
        read_detections(Path("data/detections.csv"), of.index["image_id"]),
        **settings.roi.model_dump(),
        times=of.times,
    )
    size = settings.chosen.inputs.image_size
    with whole_directory(Path("data/inputs/guided")) as target:
        crops.write(made, folder, size, target, synthetic=of.synthetic)
    table = pd.concat([made.training.assign(split="train"), made.items])
    sources = ", ".join(
        f"{number} {' '.join(kind)}" for kind, number in table[["split", "source"]].value_counts().items()
    )
    jitter = made.training["jitter"].max()
    return Path("data/inputs/guided"), f"regions at {size} x {size}: {sources}; training boxes jittered by {jitter}"


if __name__ == "__main__":
    stages.run(main)
