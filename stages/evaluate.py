"""evaluations/MODEL/: the operating point chosen on the validation images, and what the test images count at it."""

import sys
from dataclasses import asdict
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Evaluate the network named on the command line."""
    from guidedseg import params
    from guidedseg.datasets import prepared, splits
    from guidedseg.evaluation import counts, operating
    from guidedseg.evaluation.surfaces import Mask
    from guidedseg.inference import tiles
    from guidedseg.writing import whole_directory, write_json

    model = sys.argv[1]
    scoring = params.load().scoring
    folder = Path("data/prepared")
    split = splits.read(Path("data/split.csv"))[["image_id", "split"]]
    images = prepared.read_index(folder).merge(split, on="image_id")
    direct, guided = (tiles.load(Path("predictions") / model / mode) for mode in ("direct", "guided"))

    def load_mask(image_id: str) -> Mask:
        return prepared.load_mask(folder, image_id)

    chosen = operating.choose(
        direct,
        guided,
        images.loc[images["split"] == "val", "image_id"].tolist(),
        load_mask,
        confidence=scoring.confidence,
        mask_threshold=scoring.mask_threshold,
    )
    evaluation = counts.evaluate(
        direct,
        guided,
        images[images["split"] == "test"],
        load_mask,
        chosen,
        match_iou=scoring.match_iou,
        surface_tolerance=scoring.surface_tolerance,
    )
    with whole_directory(Path("evaluations") / model) as target:
        counts.write(evaluation, target)
        rounded = {name: value if value is None else round(value, 6) for name, value in asdict(chosen).items()}
        write_json(rounded, target / "operating.json")
    return Path("evaluations") / model, (
        f"{evaluation.images['image_id'].nunique()} test images; boxes count from confidence "
        f"{chosen.confidence}, pixels from {chosen.direct_threshold} (direct) and {chosen.guided_threshold} (guided)"
    )


if __name__ == "__main__":
    stages.run(main)
