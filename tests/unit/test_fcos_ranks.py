"""FCOS of two processes learns what one does: pictures of several shapes, counts of places with lesions, boxes."""

import os
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import small_detector
import torch
import two_ranks
from test_pyramid_detectors import ENCODER, RECIPE

from guidedseg.detection.pyramid import training

CHANGES = {"batch": 4, "epochs": 3, "optimizer": "sgd", "lr": 0.003, "clip": 0.5, "image_size": 96}


def write_dataset(folder: Path) -> Path:
    """Pictures of two shapes in training, so that ranks' shares are of other sizes; one has no lesion."""
    small_detector.write_dataset(folder)
    rng = np.random.default_rng(1)
    for split, numbers in (("train", range(8)), ("val", range(2, 9))):
        for number in numbers:
            height, width = ((64, 96), (96, 40))[number % 2]
            picture = rng.integers(90, 150, (height, width), dtype=np.uint8)
            cv2.circle(picture, (20, 24 + number), 9, 20, thickness=-1)
            for kind in ("images", "masks"):  # of masks only the size counts for FCOS
                cv2.imwrite(str(folder / kind / split / f"{split}_{number}.png"), picture)
            label = f"0 {20 / width:.6f} {(24 + number) / height:.6f} {18 / width:.6f} {18 / height:.6f}\n"
            text = "" if (split, number) == ("train", 5) else label
            (folder / "labels" / split / f"{split}_{number}.txt").write_text(text)
    return folder


def train(dataset: Path, folder: Path, devices: int) -> None:
    rank = os.environ.get("RANK", "0")
    target = folder / f"of_rank_{rank}"
    target.mkdir(parents=True)
    settings = {"encoder": ENCODER, "encoder_weights": None, "seed": 1, "workers": 0}
    build, enlarged = training.network, training.data.enlarged

    def noted(images: torch.Tensor, height: int, width: int) -> torch.Tensor:
        if images.shape[2:] != (height, width):
            (folder / "enlarged").touch()
        return enlarged(images, height, width)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "network", lambda *given: two_ranks.without_batch_statistics(build(*given)))
        patch.setattr(training.data, "enlarged", noted)
        patch.setattr(
            training.Learner,
            "on_train_end",
            lambda module: torch.save(module.network.state_dict(), folder / f"last{rank}.pt"),
            raising=False,
        )
        recipe = RECIPE | CHANGES | {"devices": devices}
        training.train("fcos", dataset, recipe, **settings, scratch=folder / "scratch", target=target)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_two_ranks_learn_what_one_process_does(tmp_path: Path) -> None:
    """Batch normalisations are replaced: their statistics are of a rank's share on a CPU."""
    dataset = write_dataset(tmp_path / "yolo")
    one, two = tmp_path / "one", tmp_path / "two"
    train(dataset, one, 1)
    two_ranks.run(train, dataset, two, 2)
    weights, *others = (torch.load(path) for path in (one / "last0.pt", two / "last0.pt", two / "last1.pt"))
    largest = max((value - other[key]).abs().max().item() for other in others for key, value in weights.items())
    curves = [pd.read_csv(folder / "of_rank_0" / "curve.csv") for folder in (one, two)]
    print(f"weights differ by {largest:.2g}, curves by {(curves[0] - curves[1]).abs().max().max():.2g}")
    assert largest < 1e-5
    pd.testing.assert_frame_equal(*curves, rtol=0, atol=1e-5)
    assert (two / "enlarged").exists()  # or the shares of no step had other shapes
    assert not any((two / "of_rank_1").iterdir())
