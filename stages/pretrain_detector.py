"""models/starts/KIND/: a detector that has seen made-up frames alone; without weights where there are to be none."""

from pathlib import Path

import stages


def main() -> tuple[Path, str] | None:
    """Draw frames and train the detector named on the command line on them; the other kinds start from nothing."""
    from contextlib import ExitStack

    from guidedseg import params
    from guidedseg.detection import pretraining, training
    from guidedseg.fitting.launching import ALONE
    from guidedseg.writing import whole_directory

    (kind,) = stages.words("detector")
    settings, out = params.load(), Path("models/starts")
    rank = training.begin(kind, settings) if settings.chosen.pretrain.images else ALONE
    if rank is None:
        return None
    text = f"nothing: {kind} has no weights of its own"
    with ExitStack() as folders:
        for each in pretraining.KINDS:
            target = folders.enter_context(whole_directory(out / each, mine=rank.number == 0))
            if each != kind:
                pretraining.without(target, "another detector is trained", rank=rank)
                continue
            text = pretraining.pretrain(
                kind,
                settings,
                rank=rank,
                scratch=Path(".scratch/pretrain_detector"),
                target=target,
                live=Path("dvclive/pretraining"),
            )
    return None if rank.number else (out / (kind if kind in pretraining.KINDS else pretraining.KINDS[0]), text)


if __name__ == "__main__":
    stages.run(main)
