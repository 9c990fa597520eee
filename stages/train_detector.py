"""models/detector/: a detector of lesions, its recipe and its training curve."""

import sys
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Train the detector named on the command line on data/yolo."""
    from guidedseg import params
    from guidedseg.detection import trained, training
    from guidedseg.writing import whole_directory

    out = Path("models/detector")
    with whole_directory(out) as target:
        what, curve = training.train(
            sys.argv[1],
            params.load(),
            Path("data/yolo"),
            start=Path("models/pretrained"),
            scratch=Path(".scratch/train_detector"),
            target=target,
            live=Path("dvclive/detector"),
        )
        trained.export(target)
    return out, f"{what}, best validation mAP@50:95 {curve['val_map50_95'].max():.3f} in {len(curve)} epochs"


if __name__ == "__main__":
    stages.run(main)
