"""evaluations/external/MODEL/: the trained pair on all images of the datasets that params.yaml names as external."""

from pathlib import Path
from typing import TYPE_CHECKING

import stages

if TYPE_CHECKING:
    from guidedseg.evaluation.operating import Operating
    from guidedseg.inference.segmenter import Segmenter
    from guidedseg.params import Params


def main() -> tuple[Path, str]:
    """Test the network named on the command line."""
    from functools import partial

    from guidedseg import evaluated, external, params, tested
    from guidedseg.cluster.tasks import Once
    from guidedseg.json_files import write_json
    from guidedseg.writing import whole_directory

    (model,) = stages.words("model")
    settings, out = params.load(), Path("evaluations/external") / model
    home = evaluated.operating(Path("evaluations") / model / "operating.json")
    with whole_directory(out) as target:
        write_json({"datasets": settings.external}, target / "datasets.json")
        if settings.external:  # else no network need be opened
            opening = Once(partial(segmenter, settings, model, home))
            for name in settings.external:
                images, scoring = Path("data/others") / name, settings.scoring
                found = external.test(
                    external.Testing(
                        opening, images, home, scoring.match_iou, scoring.surface_tolerance, Path(".scratch")
                    )
                )
                (target / name).mkdir()
                tested.write(found, target / name)
    return out, ", ".join(settings.external) or "no external dataset is named"


def segmenter(settings: "Params", model: str, home: "Operating") -> "Segmenter":
    """What ``bundle`` would hand on."""
    from guidedseg.bundles.loading import MODULES
    from guidedseg.inference.engines.opening import open_engine
    from guidedseg.inference.proposing import described, proposer
    from guidedseg.inference.segmenter import Cascaded, Filler, Segmenter
    from guidedseg.names import MODES

    trained = Path("models/detector")
    engine, pixels = settings.chosen.engine, settings.chosen.inputs.image_size
    folders = {"detector": trained, **{mode: Path("models") / model / mode for mode in MODES}}
    networks = {name: open_engine(engine, folder, 1, MODULES[name]) for name, folder in folders.items()}
    return Segmenter(
        proposer(networks["detector"], **described(trained, settings.detect.model_dump())),
        Filler(networks["direct"], pixels, home.direct_threshold, home.direct_gate),
        Filler(networks["guided"], pixels, home.guided_threshold),
        settings.roi.margin,
        settings.predict.flips,
        home.confidence,
        Cascaded(
            settings.chosen.cascade.level, settings.detect.max_boxes, home.cascade_confidence, home.cascade_threshold
        ),
    )


if __name__ == "__main__":
    stages.run(main)
