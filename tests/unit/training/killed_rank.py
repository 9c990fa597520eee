"""A stage in miniature, run by its tests as a command: FOLDER DEVICES NODES [RANK EPOCH], of the rank that kills itself
in the second step of an epoch (from 1)."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import stages

FOLDER, DEVICES, NODES = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
KILLED = tuple(map(int, sys.argv[4:]))


def main() -> tuple[Path, str] | None:
    from guidedseg.fitting import launching
    from guidedseg.writing import whole_directory

    rank = launching.begin("profiles.quick.train", DEVICES, NODES)
    if rank is None:
        return None

    import small_training
    import two_ranks

    from guidedseg.segmentation import training

    step = training.Segmenter.training_step

    def killed(module: training.Segmenter, batch: Any, number: int) -> Any:
        if (rank.number, module.current_epoch + 1, number) == (*KILLED, 1):
            os.kill(os.getpid(), signal.SIGKILL)
        return step(module, batch, number)

    training.Segmenter.training_step = killed
    with whole_directory(FOLDER / "out", mine=rank.number == 0) as target:
        training.train(
            two_ranks.make_inputs(),
            name=small_training.NAME,
            options=small_training.OPTIONS,
            network=small_training.NETWORK,
            recipe=small_training.RECIPE | {"batch": 8, "lr": 0.01, "devices": DEVICES, "nodes": NODES},
            seed=3,
            workers=0,
            scratch=FOLDER / "scratch",
            target=target,
        )
    return None if rank.number else (Path("out"), "trained")


if __name__ == "__main__":
    stages.run(main, noted=False)
