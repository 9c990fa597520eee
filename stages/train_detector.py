"""models/detector/: a detector of lesions, its recipe and its training curve."""

import shutil
from pathlib import Path

import stages


def main() -> tuple[Path, str] | None:
    """Train the detector named on the command line on data/yolo; a cascade is ready."""
    from guidedseg import params
    from guidedseg.writing import whole_directory

    (kind,) = stages.words("detector")
    settings, start, out = params.load(), Path("models/starts") / kind, Path("models/detector")
    if kind == "cascade":
        with whole_directory(out) as target:
            shutil.copytree(start, target, dirs_exist_ok=True)
        return out, "cascade: the network for whole images"

    from guidedseg.detection import trained, training

    rank = training.begin(kind, settings)
    if rank is None:
        return None
    with whole_directory(out, mine=rank.number == 0) as target:
        what, curve = training.train(
            kind,
            settings,
            Path("data/yolo"),
            start=start,
            scratch=Path(".scratch/train_detector"),
            target=target,
            live=Path("dvclive/detector"),
        )
        if rank.number:
            return None
        trained.export(target)
    return out, f"{what}, best validation mAP@50:95 {curve['val_map50_95'].max():.3f} in {len(curve)} epochs"


if __name__ == "__main__":
    stages.run(main)
