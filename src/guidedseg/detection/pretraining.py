"""A detector learns from made-up frames before it sees real ones."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from guidedseg import progress
from guidedseg.datasets import phantom_wide
from guidedseg.detection import labels, training
from guidedseg.errors import GuidedsegError
from guidedseg.fitting.launching import ALONE, Rank
from guidedseg.json_files import write_json
from guidedseg.lookahead import in_order
from guidedseg.params import Params

ASPECT = 0.75
"""Height of a frame by its width, about that of scanners' pictures."""

VALIDATION = 0.15
"""Share of the frames that chooses the epoch."""

OFF = "off.json"

KINDS = ("yolo", "fcos", "maskrcnn")
"""Detectors that are trained."""


def pretrain(kind: str, settings: Params, *, rank: Rank = ALONE, scratch: Path, target: Path, live: Path) -> str:
    """Train on as many frames as ``profiles.*.pretrain`` says, by the recipe of the detector itself.

    Args:
        kind: one of ``KINDS``.
        settings: recipe and seed.
        rank: of this process, which draws the frames for itself.
        scratch: a folder of this run's own.
        target: an existing folder: a trained detector, or a note why there is none.
        live: a folder for the curves while they grow.

    Returns:
        What was done, in words.
    """
    recipe, epochs = getattr(settings.chosen, kind), settings.chosen.pretrain.epochs
    images = settings.chosen.pretrain.images
    if not images:
        return without(target, "profiles.*.pretrain.images is 0")
    if kind == "yolo" and recipe.weights.endswith(".pt"):
        return without(target, f"{Path(recipe.weights).name} is pretrained")
    dataset = scratch / f"dataset{rank.number or ''}"
    shutil.rmtree(dataset, ignore_errors=True)
    boxes = write(dataset, images=images, width=recipe.image_size, seed=settings.seed)
    changes = {"epochs": epochs, "patience": epochs}
    if kind == "yolo":
        changes["close_mosaic"] = min(recipe.close_mosaic, epochs // 2)
    what, curve = training.train(
        kind, settings, dataset, start=None, scratch=scratch / "training", target=target, live=live, changes=changes
    )
    shutil.rmtree(dataset)
    best = curve["val_map50_95"].max()
    return f"{what}, {images} made-up frames with {boxes} lesions, best mAP@50:95 of such frames {best:.3f}"


def write(target: Path, *, images: int, width: int, seed: int) -> int:
    """Write made-up frames as an Ultralytics dataset; the first of them validate.

    Args:
        target: the folder to make.
        images: how many; a frame is the same, however many there are.
        width: pixels.
        seed: of every draw.

    Returns:
        How many lesions they have.

    Raises:
        GuidedsegError: a file cannot be written.
    """
    labels.lay_out(target)
    size = (round(ASPECT * width), width)
    validating = max(2, round(VALIDATION * images))

    def written(number: int) -> int:
        frame = phantom_wide.draw(np.random.default_rng([seed, number]), size)
        part = "val" if number < validating else "train"
        mask = np.zeros(size, dtype=np.uint8)
        for lesion in frame.masks:
            mask[lesion] = 255
        for kind, picture in zip(labels.PICTURES, (frame.picture, mask), strict=True):
            path = target / kind / part / f"{number:06d}.png"
            if not cv2.imwrite(str(path), picture):
                raise GuidedsegError(f"{path} could not be written: is the disk full?")
        lines = [labels.line(_box(mask), width, size[0]) for mask in frame.masks]
        (target / "labels" / part / f"{number:06d}.txt").write_text("".join(lines), encoding="utf-8")
        return len(lines)

    drawn = progress.bar("frames", in_order(written, range(images)), unit="frame", total=images)
    return sum(drawn)


def _box(mask: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return x, y, x + width, y + height


def without(target: Path, why: str, *, rank: Rank = ALONE) -> str:
    """Note in an existing folder why there are no weights, which rank 0 does; in words, what was done."""
    if not rank.number:
        write_json({"pretrained": False, "why": why}, target / OFF)
    return f"nothing: {why}"
