"""predictions/MODEL/cascade/: what the guided network fills in boxes around what the direct network outlined."""

from functools import partial
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Predict with the guided network named on the command line."""
    from guidedseg import cascading, params
    from guidedseg.datasets import prepared
    from guidedseg.inference import tiles
    from guidedseg.inference.engines.opening import open_engine
    from guidedseg.segmentation import losses, trained
    from guidedseg.temporary import Temporary
    from guidedseg.writing import whole_directory

    (model,) = stages.words("model")
    settings, folder = params.load(), Path("data/prepared")
    chosen, out, scratch = settings.chosen, Path("predictions") / model / "cascade", Path(".scratch")
    direct = tiles.load(Path("predictions") / model / "direct")
    frames = direct.items.loc[direct.items["source"] == "frame", ["image_id", "split"]]
    index = frames.merge(prepared.read_index(folder)[["image_id", "width", "height"]], on="image_id", validate="1:1")
    level, max_boxes, margin = chosen.cascade.level, settings.detect.max_boxes, settings.roi.margin
    made = cascading.rois(direct, index, level=level, max_boxes=max_boxes, margin=margin)
    engine = open_engine(chosen.engine, Path("models") / model / "guided", threads=1, module=trained.answers)
    loss = partial(losses.of_each, losses.build(chosen.train.loss, gamma=chosen.train.focal_gamma))
    scratch.mkdir(exist_ok=True)
    with whole_directory(out) as target, Temporary(scratch) as place:
        size, flips = chosen.inputs.image_size, settings.predict.flips
        cascading.fill(engine, size, made, folder, target, flips=flips, losses=loss, place=Path(place))
    return out, f"{len(made.items)} boxes in {len(index)} images, by {engine.name}"


if __name__ == "__main__":
    stages.run(main)
