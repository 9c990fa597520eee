"""predictions/MODEL/MODE/: probabilities, losses and attention maps of the validation and test images' regions."""

from functools import partial
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Predict with the network and mode named on the command line."""
    from guidedseg import params
    from guidedseg.inference.engines.opening import open_engine
    from guidedseg.inference.predict import predict, write
    from guidedseg.segmentation import inputs, losses, trained
    from guidedseg.writing import whole_directory

    model, mode = stages.words("model", "mode")
    settings = params.load()
    recipe = settings.chosen.train
    data = inputs.load(Path("data/inputs") / mode)
    chosen = inputs.positions(data.items, ["val", "test"], ["frame", "detector", "truth"])
    folder = Path("models") / model / mode
    engine = open_engine(settings.chosen.engine, folder, threads=1, module=trained.answers)
    loss = losses.build(recipe.loss, gamma=recipe.focal_gamma)
    parts = predict(
        engine,
        data.images,
        data.masks,
        partial(losses.of_each, loss),
        chosen=chosen,
        flips=settings.predict.flips,
        progress=f"{model} {mode}",
    )
    with whole_directory(Path("predictions") / model / mode) as target:
        write(parts, data.items.iloc[chosen], data.images.shape[-1], target)
    return Path("predictions") / model / mode, f"{len(chosen)} tiles, by {engine.name}"


if __name__ == "__main__":
    stages.run(main)
