"""data/prepared/, data/others/DATASET: grey images and binary masks on one grid, and the index of what they are."""

import sys
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Prepare the dataset, or the union, named on the command line; then comes the folder to write."""
    from guidedseg import params
    from guidedseg.datasets import harmonised, preparing, union

    name, target = sys.argv[1], Path(sys.argv[2])
    settings = params.load()
    raw = union.read(name, dict(settings.datasets), Path("data/raw") / name)
    records = harmonised.records(raw, settings.prepare.harmonising)
    index = preparing.write(records, target, duplicate_threshold=settings.prepare.duplicate_similarity)
    return target, "; ".join([preparing.told(index, target), *harmonised.told(target, settings.prepare.harmonising)])


if __name__ == "__main__":
    stages.run(main)
