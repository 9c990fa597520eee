"""models/pretrained/: a detector that has seen made-up frames alone; without weights where there are to be none."""

import sys
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Draw frames and train the detector named on the command line on them."""
    from guidedseg import params
    from guidedseg.detection import pretraining
    from guidedseg.writing import whole_directory

    out = Path("models/pretrained")
    with whole_directory(out) as target:
        text = pretraining.pretrain(
            sys.argv[1],
            params.load(),
            scratch=Path(".scratch/pretrain_detector"),
            target=target,
            live=Path("dvclive/pretraining"),
        )
    return out, text


if __name__ == "__main__":
    stages.run(main)
