"""data/prepared/: grey images and binary masks on one grid, and the index of what they are."""

import sys
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Prepare the dataset named on the command line."""
    from guidedseg import params
    from guidedseg.datasets import bus_uclm, preparing

    name = sys.argv[1]
    settings = params.load()
    records = bus_uclm.read(Path("data/raw") / name, official=name == "bus_uclm")
    index = preparing.write(records, Path("data/prepared"), duplicate_threshold=settings.prepare.duplicate_similarity)
    return Path("data/prepared"), (
        f"{len(index)} images of {index['patient_id'].nunique()} patients in "
        f"{index['group_id'].nunique()} groups, {index['lesion_count'].sum()} lesions"
    )


if __name__ == "__main__":
    stages.run(main)
