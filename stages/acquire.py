"""data/raw/DATASET: the raw dataset in its official layout, from a URL, a zip, a folder or the phantom generator."""

import sys
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Acquire the dataset named on the command line."""
    from guidedseg import params
    from guidedseg.datasets import bus_uclm

    name = sys.argv[1]
    settings = params.load()
    target = Path("data/raw") / name
    if name == "phantom":
        from guidedseg.datasets import phantom
        from guidedseg.writing import whole_directory

        with whole_directory(target) as folder:
            phantom.generate(folder, **settings.datasets.phantom.model_dump())
            bus_uclm.check(folder, expected_images=settings.datasets.phantom.images)
        return target, f"{settings.datasets.phantom.images} images, generated"

    from guidedseg.datasets import sources

    wanted = settings.datasets.bus_uclm
    origin = sources.fetch(
        wanted.source,
        sha256=wanted.sha256,
        drop_in=Path("data/external") / name,
        target=target,
        locate=bus_uclm.locate,
        check=lambda folder: bus_uclm.check(folder, expected_images=wanted.images),
        scratch=Path(".scratch"),
    )
    return target, f"{len(list((target / 'images').iterdir()))} images from {origin}"


if __name__ == "__main__":
    stages.run(main)
