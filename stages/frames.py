"""data/inputs/direct/: every image, whole, at the segmenters' size."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Write the direct inputs."""
    from guidedseg import params
    from guidedseg.datasets import images
    from guidedseg.segmentation import crops
    from guidedseg.writing import whole_directory

    settings, folder = params.load(), Path("data/prepared")
    synthetic = Path("data/synthetic") if settings.synthetic.given_to("segmenters") else None
    of = images.read(folder, Path("data/split.csv"), settings.datasets.balance, synthetic=synthetic)
    made = crops.frames(of.index, of.split, jitter=settings.frame.jitter, times=of.times)
    size = settings.chosen.inputs.image_size
    with whole_directory(Path("data/inputs/direct")) as target:
        crops.write(made, folder, size, target, synthetic=of.synthetic)
    return Path("data/inputs/direct"), f"{len(made.training) + len(made.items)} frames at {size} x {size}"


if __name__ == "__main__":
    stages.run(main)
