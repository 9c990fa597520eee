"""data/prepared/, data/others/DATASET: grey images and binary masks on one grid, and the index of what they are."""

import sys
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Prepare the dataset, or the union, named on the command line; then comes the folder to write."""
    from guidedseg import params
    from guidedseg.datasets import harmonised, preparing, union
    from guidedseg.datasets.unfinished import Unfinished, key

    name, target = sys.argv[1], Path(sys.argv[2])
    settings, raw = params.load(), Path("data/raw") / name
    how = settings.prepare.harmonising
    work = Unfinished(
        Path(".scratch/prepare") / target.name / key(raw, settings.model_dump(include={"datasets", "prepare"}))
    )
    records = harmonised.records(union.read(name, dict(settings.datasets), raw, done=work.image_ids), how)
    index = preparing.write(records, target, duplicate_threshold=settings.prepare.duplicate_similarity, unfinished=work)
    return target, "; ".join([preparing.told(index, target), *harmonised.told(target, how)])


if __name__ == "__main__":
    stages.run(main)
