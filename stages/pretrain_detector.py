"""models/pretrained/: a detector that has seen made-up frames alone; without weights where there are to be none."""

from pathlib import Path

import stages


def main() -> tuple[Path, str] | None:
    """Draw frames and train the detector named on the command line on them."""
    from guidedseg import params
    from guidedseg.detection import pretraining, training
    from guidedseg.fitting.launching import ALONE
    from guidedseg.writing import whole_directory

    (kind,) = stages.words("detector")
    settings, out = params.load(), Path("models/pretrained")
    rank = training.begin(kind, settings) if settings.chosen.pretrain.images else ALONE
    if rank is None:
        return None
    with whole_directory(out, mine=rank.number == 0) as target:
        text = pretraining.pretrain(
            kind,
            settings,
            rank=rank,
            scratch=Path(".scratch/pretrain_detector"),
            target=target,
            live=Path("dvclive/pretraining"),
        )
    return None if rank.number else (out, text)


if __name__ == "__main__":
    stages.run(main)
