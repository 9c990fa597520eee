"""models/detector/: a YOLO detector of lesions, its recipe and its training curve."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Train on data/yolo."""
    from guidedseg import params
    from guidedseg.detection.yolo import trained, training
    from guidedseg.writing import whole_directory

    settings = params.load()
    recipe = settings.chosen.detector.model_dump()
    arguments = {key: value for key, value in recipe.items() if key not in ("weights", "image_size")}
    with whole_directory(Path("models/detector")) as target:
        curve = training.train(
            Path("data/yolo"),
            {**arguments, "imgsz": recipe["image_size"]},
            weights=recipe["weights"],
            seed=settings.seed,
            scratch=Path(".scratch/train_detector"),
            target=target,
            live=Path("dvclive/detector"),
        )
        trained.export(target)
    return Path("models/detector"), (
        f"{Path(recipe['weights']).stem}, "
        f"best validation mAP@50:95 {curve['val_map50_95'].max():.3f} in {len(curve)} epochs"
    )


if __name__ == "__main__":
    stages.run(main)
