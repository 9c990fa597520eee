"""bundles/MODEL/ and bundles/MODEL.zip: detector, networks and operating point of one model, to be handed on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import stages

if TYPE_CHECKING:
    from guidedseg.params import Params


UNTOLD = {"mode", "external"}
"""Of the parameters: they change nothing in a bundle."""


def main() -> tuple[Path, str]:
    """Put together the bundle of the network named on the command line."""
    from guidedseg import params
    from guidedseg.artifacts import values
    from guidedseg.bundles import making, zipped
    from guidedseg.names import MODES
    from guidedseg.reporting.card.card import card
    from guidedseg.writing import whole_directory, whole_file

    (model,) = stages.words("model")
    description = _description(params.load(), model)
    networks = {mode: Path("models") / model / mode for mode in MODES}
    training = {mode: values(folder / "config.json") for mode, folder in networks.items()}
    text = card(description, values(Path("report/scores.json")), values(Path("metrics/split.json")), training)
    out = Path("bundles") / model
    with whole_directory(out) as target:
        made = making.write(target, {"detector": Path("models/detector"), **networks}, description, text)
    with whole_file(out.with_suffix(".zip")) as path:
        zipped.pack(out, path)
    return out, f"{made.name}, {out.with_suffix('.zip').stat().st_size / 1e6:.1f} MB, by {made.engine}"


def _description(settings: "Params", model: str) -> dict[str, Any]:
    """``bundle.json`` but for what is known at the end."""
    from guidedseg import journal
    from guidedseg.artifacts import values
    from guidedseg.bundles.loading import sha256
    from guidedseg.bundles.schema import SCHEMA
    from guidedseg.harmonising.picture import OFF
    from guidedseg.inference.proposing import described
    from guidedseg.names import SPLITS

    operating, split = values(Path("evaluations") / model / "operating.json"), values(Path("metrics/split.json"))
    size = settings.chosen.inputs.image_size
    versions, how = journal.versions(), settings.prepare.harmonising
    return {
        "schema_version": SCHEMA,
        "name": f"guidedseg-{settings.dataset.replace('+', '-')}-{model}",
        "version": versions["guidedseg"],
        "model": model,
        "intended_use": "Research on segmenting lesions in B-mode breast ultrasound images; not a medical device.",
        "licence": "AGPL-3.0-only",
        "input_format": "(N, 1, H, W) float32 in [0, 1], grey (0.299 R + 0.587 G + 0.114 B)",
        "detector": described(Path("models/detector"), settings.detect.model_dump()),
        "direct": {"image_size": size, "threshold": operating["direct_threshold"], "gate": operating["direct_gate"]},
        "guided": {"image_size": size, "threshold": operating["guided_threshold"], "gate": 0.0},
        "margin": settings.roi.margin,
        "flips": settings.predict.flips,
        "confidence": operating["confidence"],
        "cascade": {
            "level": settings.chosen.cascade.level,
            "confidence": operating["cascade_confidence"],
            "threshold": operating["cascade_threshold"],
        },
        "harmonising": None if how == OFF else how.model_dump(),
        "data": {
            "dataset": settings.dataset,
            "images": {part: split[part]["images"] for part in SPLITS},
            "patients": {part: split[part]["patients"] for part in SPLITS},
            "index_sha256": sha256(Path("data/prepared/index.csv")),
            "split_sha256": sha256(Path("data/split.csv")),
        },
        "made": {
            "commit": journal.last_change(Path()),
            "versions": versions,
            "params": {key: _named(value) for key, value in settings.run.items() if key not in UNTOLD},
        },
    }


def _named(value: Any) -> Any:  # noqa: ANN401 - any parameter
    """Files by their name alone: a bundle is handed on, and folders may name people."""
    if isinstance(value, dict):
        return {key: _named(each) for key, each in value.items()}
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


if __name__ == "__main__":
    stages.run(main)
