"""data/split.csv: who is trained on, who validates, who tests; metrics/split.json: counts and the leakage audit.

``python -m stages.split --edited`` keeps a split.csv that was edited, and audits it; then `dvc commit --force split`.
"""

import argparse
from pathlib import Path

import stages

SPLIT, METRICS = Path("data/split.csv"), Path("metrics/split.json")


def main() -> tuple[Path, str]:
    """Split the prepared images."""
    from guidedseg import params
    from guidedseg.datasets import prepared, splits, splitting
    from guidedseg.json_files import write_json
    from guidedseg.names import SPLITS
    from guidedseg.writing import whole_file

    parser = argparse.ArgumentParser(prog="python -m stages.split")
    parser.add_argument("--edited", action="store_true", help="keep data/split.csv as it was edited, and audit it")
    edited, settings = parser.parse_args().edited, params.load()
    folder = Path("data/prepared")
    index = prepared.read_index(folder)
    split = splits.read(SPLIT, index) if edited else splitting.assign(index, **settings.split.model_dump())
    audit = splitting.audit(index, split, prepared.read_duplicates(folder))
    with whole_file(METRICS) as metrics, whole_file(SPLIT) as table:
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
    kept = "; `dvc commit --force split` keeps it, then `dvc repro`" if edited else ""
    return SPLIT, f"{images} images; {leaks} in several splits{blind}{kept}"


if __name__ == "__main__":
    stages.run(main)
