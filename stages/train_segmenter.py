"""models/MODEL/MODE/: a segmentation network trained on one mode's inputs, or given, with its description and curve."""

from pathlib import Path
from typing import TYPE_CHECKING

import stages

if TYPE_CHECKING:
    from guidedseg.params import Params


def main() -> tuple[Path, str] | None:
    """Train the network and mode named on the command line."""
    from guidedseg import params

    model, mode = stages.words("model", "mode")
    settings = params.load()  # first: a wrong name is told before anything heavy is imported

    if model in params.GIVEN:
        return _given(settings, model, mode)

    from guidedseg.fitting import launching

    recipe = settings.chosen.train
    rank = launching.begin(f"profiles.{settings.profile}.train", recipe.devices, recipe.nodes)
    if rank is None:
        return None

    from guidedseg.segmentation import inputs, trained, training
    from guidedseg.writing import whole_directory

    with whole_directory(Path("models") / model / mode, mine=rank.number == 0) as target:
        config = training.train(
            inputs.load(Path("data/inputs") / mode),
            name=model,
            options=getattr(settings.models, model).model_dump(),
            network=settings.chosen.network.model_dump(),
            recipe=recipe.model_dump(),
            seed=settings.seed,
            workers=settings.chosen.workers,
            scratch=Path(".scratch/train_segmenter"),
            target=target,
            live=Path("dvclive") / f"segmenter_{model}_{mode}",
        )
        if rank.number:
            return None
        trained.export(target)
    return Path("models") / model / mode, (
        f"{config['parameters'] / 1e6:.2f} M parameters, "
        f"validation Dice {config['val_dice']:.3f} at epoch {config['epoch']} of {config['epochs']}"
    )


def _given(settings: "Params", model: str, mode: str) -> tuple[Path, str]:
    """Nothing is trained: the weights are read and measured."""
    from guidedseg.segmentation import inputs, measuring, trained
    from guidedseg.writing import whole_directory

    with whole_directory(Path("models") / model / mode) as target:
        config = measuring.measure(
            inputs.load(Path("data/inputs") / mode),
            name=model,
            options=getattr(settings.models, model).model_dump(),
            recipe=settings.chosen.train.model_dump(),
            target=target,
        )
        trained.export(target)
    found = config["given"]
    return Path("models") / model / mode, (
        f"{found['file']} ({found['kind']}; sha256 {found['sha256'][:12]}), not trained, "
        f"{config['parameters'] / 1e6:.2f} M parameters, validation Dice {config['val_dice']:.3f}"
    )


if __name__ == "__main__":
    stages.run(main)
