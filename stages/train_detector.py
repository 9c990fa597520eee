"""models/detector/: a detector of lesions, its recipe and its training curve."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import stages

if TYPE_CHECKING:
    import pandas as pd

    from guidedseg.params import Params

SCRATCH, LIVE = Path(".scratch/train_detector"), Path("dvclive/detector")


def main() -> tuple[Path, str]:
    """Train the detector named on the command line on data/yolo."""
    from guidedseg import params
    from guidedseg.writing import whole_directory

    kind = sys.argv[1]
    settings = params.load()
    train = {"yolo": _yolo, "fcos": _fcos}[kind]
    out = Path("models/detector")
    with whole_directory(out) as target:
        return out, f"{kind}, {train(settings, target)}"


def _yolo(settings: "Params", target: Path) -> str:
    from guidedseg.detection.yolo import trained, training

    recipe = settings.chosen.yolo.model_dump()
    arguments = {key: value for key, value in recipe.items() if key not in ("weights", "image_size")}
    curve = training.train(
        Path("data/yolo"),
        {**arguments, "imgsz": recipe["image_size"]},
        weights=recipe["weights"],
        seed=settings.seed,
        scratch=SCRATCH,
        target=target,
        live=LIVE,
    )
    trained.export(target)
    return f"{Path(recipe['weights']).stem}, {_best(curve)}"


def _fcos(settings: "Params", target: Path) -> str:
    from guidedseg.detection.fcos import trained, training

    recipe = settings.chosen.fcos.model_dump()
    encoder, weights = recipe.pop("encoder"), recipe.pop("encoder_weights")
    curve = training.train(
        Path("data/yolo"),
        recipe,
        encoder=encoder,
        encoder_weights=weights,
        seed=settings.seed,
        workers=settings.chosen.workers,
        scratch=SCRATCH,
        target=target,
        live=LIVE,
    )
    trained.export(target)
    return f"{encoder}, {_best(curve)}"


def _best(curve: "pd.DataFrame") -> str:
    return f"best validation mAP@50:95 {curve['val_map50_95'].max():.3f} in {len(curve)} epochs"


if __name__ == "__main__":
    stages.run(main)
