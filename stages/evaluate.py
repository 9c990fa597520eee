"""evaluations/MODEL/: the operating point chosen on the validation images, and what the test images count at it."""

from dataclasses import asdict
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Evaluate the network named on the command line."""
    from functools import partial

    from guidedseg import counting, params, scoring
    from guidedseg.datasets import prepared, splits
    from guidedseg.evaluation import counts
    from guidedseg.json_files import write_json
    from guidedseg.names import MODES
    from guidedseg.writing import whole_directory

    (model,) = stages.words("model")
    settings = params.load().scoring
    folder = Path("data/prepared")
    index = prepared.read_index(folder)
    split = splits.read(Path("data/split.csv"), index)[["image_id", "split"]]
    images = index.merge(split, on="image_id")
    predicted = counting.Predicted(folder, *(Path("predictions") / model / mode for mode in (*MODES, "cascade")))
    validated, tested = (images[images["split"] == part] for part in ("val", "test"))
    chosen = scoring.operating(
        lambda thresholds: counting.merged_curves(
            counting.in_shards("validation images", partial(predicted.curves, thresholds, "validation"), validated),
            validated,
        ),
        rule=settings.choose,
        confidence=settings.confidence,
        gate=settings.gate,
        mask_threshold=settings.mask_threshold,
    )
    measured = partial(predicted.evaluation, chosen, settings.match_iou, settings.surface_tolerance)
    evaluation = counting.merged(counting.in_shards("test images", measured, tested), tested)
    with whole_directory(Path("evaluations") / model) as target:
        counts.write(evaluation, target)
        rounded = {name: value if value is None else round(value, 6) for name, value in asdict(chosen).items()}
        write_json(rounded, target / "operating.json")
    return Path("evaluations") / model, (
        f"{evaluation.images['image_id'].nunique()} test images; direct from probability "
        f"{chosen.direct_threshold}, in frames that reach {chosen.direct_gate:.3f}; guided from "
        f"{chosen.guided_threshold}, in boxes from confidence {chosen.confidence}; cascade from "
        f"{chosen.cascade_threshold}, from confidence {chosen.cascade_confidence}"
    )


if __name__ == "__main__":
    stages.run(main)
