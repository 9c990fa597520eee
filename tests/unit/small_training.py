"""A training that takes a second, on ten tiny pictures."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import small_inputs
import torch

from guidedseg.exporting import compact
from guidedseg.segmentation import training
from guidedseg.segmentation.inputs import Inputs

SIZE, TRAIN, VAL = 32, 7, 3  # three batches of two: the last item would be alone
EPOCHS = 3
# Dropout on purpose: it is the one draw that comes from torch's own generator.
NAME, OPTIONS = "transunet", {"vit": "test_vit", "dropout": 0.5}
NETWORK: dict[str, Any] = {"encoder": "tu-test_efficientnet", "encoder_weights": None, "decoder_width": 0.125}
RECIPE: dict[str, Any] = {
    "loss": "bce_dice",
    "focal_gamma": 2.0,
    "epochs": EPOCHS,
    "patience": EPOCHS,
    "batch": 2,
    "steps": None,
    "empty_share": None,
    "optimizer": "adamw",
    "lr": 0.03,
    "weight_decay": 1e-4,
    "schedule": "cosine",
    "warmup": 0.1,
    "clip": None,
    "ema": None,
    "precision": "bf16",
    "compile": False,
    "deterministic": True,
    "devices": 1,
    "nodes": 1,
    "strategy": "auto",
    "flip": 0.5,
    "rotation": 10.0,
    "brightness": 0.2,
}
RESULTS = ("config.json", "curve.csv", "weights.safetensors")


class Killed(BaseException):
    """Stands in for SIGKILL: nothing in the training catches it or cleans up after it."""


def make_inputs() -> Inputs:
    """Bright squares on noise."""
    rng = np.random.default_rng(0)
    masks = np.zeros((TRAIN + VAL, SIZE, SIZE), dtype=np.uint8)
    for mask in masks:
        x, y = rng.integers(0, 20, 2)
        mask[y : y + 10, x : x + 10] = 1
    images = (60 + 120 * masks + rng.integers(0, 40, masks.shape)).astype(np.uint8)
    return small_inputs.whole(images, masks, train=TRAIN)


INPUTS = make_inputs()


def as_kept(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A ``state_dict`` as it comes back from a file."""
    return {name: tensor.to(state[name].dtype) for name, tensor in compact(state).items()}


def train(work: Path, *, inputs: Inputs = INPUTS, seed: int = 3, workers: int = 0, **recipe: Any) -> dict[str, bytes]:
    """Train into ``work``/target with scratch beside it; the bytes of the results."""
    target = work / "target"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    training.train(
        inputs,
        name=NAME,
        options=OPTIONS,
        network=NETWORK,
        recipe=RECIPE | recipe,
        seed=seed,
        workers=workers,
        scratch=work / "scratch",
        target=target,
    )
    return {name: (target / name).read_bytes() for name in RESULTS}


def checkpoints(work: Path) -> dict[str, int]:
    """Name -> epochs that were finished when it was written."""
    paths = (work / "scratch").glob("*/*.ckpt")
    return {path.stem: torch.load(path, weights_only=True)["epoch"] + 1 for path in paths}
