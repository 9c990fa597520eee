"""predictions/MODEL/MODE/: probabilities of the validation and test images' regions."""

import sys
from pathlib import Path

import stages


def main() -> str:
    """Predict with the network and mode named on the command line."""
    from guidedseg.inference import predict, tiles
    from guidedseg.segmentation import inputs, trained
    from guidedseg.writing import whole_directory

    model, mode = sys.argv[1:3]
    data = inputs.load(Path("data/inputs") / mode)
    chosen = inputs.positions(data.items, ["val", "test"], ["frame", "detector", "truth"])
    network, _ = trained.load(Path("models") / model / mode)
    probabilities = predict.probabilities(network, data.images[chosen], progress=f"{model} {mode}")
    with whole_directory(Path("predictions") / model / mode) as target:
        tiles.write(probabilities, data.items.iloc[chosen], target)
    return f"predictions/{model}/{mode}: {len(chosen)} tiles"


if __name__ == "__main__":
    stages.run(main)
