"""models/starts/cascade/: the network that segments whole images, of which `detector: cascade` makes its boxes."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Make a detector of the direct network named on the command line."""
    from guidedseg import params
    from guidedseg.inference import coarse
    from guidedseg.writing import whole_directory

    (model,) = stages.words("model")
    out, level = Path("models/starts/cascade"), params.load().chosen.cascade.level
    with whole_directory(out) as target:
        curve = coarse.make(Path("models") / model / "direct", Path("data/yolo"), level=level, target=target)
    return out, f"{model}, from probability {level}, validation mAP@50:95 {curve['val_map50_95'].max():.3f}"


if __name__ == "__main__":
    stages.run(main)
