"""data/outside/DATASET/: params.yaml is checked as a whole, then what it names outside DVC's sight is looked at.

For an external dataset that is the dataset alone.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import stages

if TYPE_CHECKING:
    from guidedseg.outside import Hashes, Record
    from guidedseg.params import Params


def main() -> tuple[Path, str]:
    """Look at the source of the dataset named on the command line, at weights files and at synthetic images."""
    from guidedseg import outside, params
    from guidedseg.datasets.catalogue import DATASETS
    from guidedseg.json_files import write_json
    from guidedseg.names import datasets_in
    from guidedseg.writing import write_text

    settings = params.load()
    (name,) = stages.words("dataset")
    folder = Path("data/outside") / name
    own = name == settings.dataset  # not an external one, which nothing is trained on
    paths = {
        reader: folder / f"{reader}.json"
        for reader in ("dataset", *(("encoder", "network", "detector", "synthetic") if own else ()))
    }
    before = {reader: outside.read(path) for reader, path in paths.items()}
    hashes = outside.Hashes(Path(f".scratch/outside_{name}.json"))
    records = {
        "dataset": {
            each: outside.of_dataset(
                DATASETS[each],
                getattr(settings.datasets, each),
                drop_in=Path("data/external") / each,
                before=before["dataset"].get(each, {}),
                hashes=hashes,
            )
            for each in datasets_in(name)
        },
        **(_trained_from(settings, before, hashes) if own else {}),
    }
    hashes.keep()
    # `external` depends on this folder, whatever lies there: nothing that is named no more; git is to leave it alone
    others = Path("data/others")
    write_text(others / ".gitignore", "*\n")
    for left in others.iterdir():
        if left.is_dir() and left.name not in settings.external:
            shutil.rmtree(left)
    for reader, record in records.items():
        write_json(record, paths[reader])
    changed = [reader for reader, record in records.items() if record != before[reader]]
    return folder, f"params.yaml is in order; {', '.join(changed) or 'nothing'} changed outside"


def _trained_from(settings: "Params", before: dict[str, "Record"], hashes: "Hashes") -> dict[str, "Record"]:
    """Of the files that training starts from, and of a folder of synthetic images."""
    from guidedseg import given, outside
    from guidedseg.datasets.folder import DATASET

    encoder_weights = settings.chosen.network.encoder_weights
    network_key, network_weights = settings.network_weights
    detector_key, detector_weights = settings.detector_weights
    return {
        "encoder": outside.of_weights(
            f"profiles.{settings.profile}.network.encoder_weights",
            encoder_weights,
            released=encoder_weights == "imagenet",
            before=before["encoder"],
            hashes=hashes,
        ),
        "network": outside.of_weights(
            network_key,
            network_weights,
            released=False,
            before=before["network"],
            hashes=hashes,
            remedy=f". {given.had()}",
        ),
        "detector": outside.of_weights(
            detector_key,
            detector_weights,
            released=detector_weights is not None and Path(detector_weights).name == detector_weights,
            before=before["detector"],
            hashes=hashes,
        ),
        "synthetic": outside.of_synthetic(
            DATASET, settings.synthetic.folder, before=before["synthetic"], hashes=hashes
        ),
    }


if __name__ == "__main__":
    stages.run(main, noted=False)
