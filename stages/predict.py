"""predictions/MODEL/MODE/: probabilities, losses and attention maps of the validation and test images' regions."""

import sys
from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Predict with the network and mode named on the command line."""
    from guidedseg import params
    from guidedseg.inference import tiles
    from guidedseg.inference.predict import predict
    from guidedseg.segmentation import inputs, losses, trained
    from guidedseg.writing import whole_directory

    model, mode = sys.argv[1:3]
    settings = params.load()
    recipe = settings.chosen.train
    data = inputs.load(Path("data/inputs") / mode)
    chosen = inputs.positions(data.items, ["val", "test"], ["frame", "detector", "truth"])
    network, _ = trained.load(Path("models") / model / mode)
    predicted = predict(
        network,
        data.images[chosen],
        data.masks[chosen],
        losses.build(recipe.loss, gamma=recipe.focal_gamma),
        flips=settings.predict.flips,
        progress=f"{model} {mode}",
    )
    items = data.items.iloc[chosen].assign(loss=predicted.losses.round(6))
    with whole_directory(Path("predictions") / model / mode) as target:
        tiles.write(predicted.probabilities, items, target)
        tiles.write_gates(predicted.gates, target)
    return Path("predictions") / model / mode, f"{len(chosen)} tiles"


if __name__ == "__main__":
    stages.run(main)
