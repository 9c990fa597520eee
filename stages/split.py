"""data/split.csv: who is trained on, who validates, who tests; metrics/split.json: counts and the leakage audit."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Split the prepared images."""
    from guidedseg import params
    from guidedseg.datasets import prepared, splitting
    from guidedseg.json_files import write_json
    from guidedseg.names import SPLITS
    from guidedseg.writing import whole_file

    settings = params.load()
    folder = Path("data/prepared")
    index = prepared.read_index(folder)
    split = splitting.assign(index, **settings.split.model_dump())
    audit = splitting.audit(index, split, prepared.read_duplicates(folder))
    with whole_file(Path("metrics/split.json")) as metrics, whole_file(Path("data/split.csv")) as table:
        split.to_csv(table, index=False, lineterminator="\n")
        write_json(audit, metrics)
    images = ", ".join(f"{audit[name]['images']} {name}" for name in SPLITS)
    apart = "_in_several_splits"
    leaks = ", ".join(
        f"{number} {what.removesuffix(apart).replace('_', ' ')}"
        for what, number in audit["leakage"].items()
        if what.endswith(apart)
    )
    unknown = audit["leakage"]["images_of_unknown_patients"]
    blind = f"; OF {unknown} IMAGES NOBODY KNOWS WHOSE THEY ARE: patients may be in several splits" if unknown else ""
    return Path("data/split.csv"), f"{images} images; {leaks} in several splits{blind}"


if __name__ == "__main__":
    stages.run(main)
