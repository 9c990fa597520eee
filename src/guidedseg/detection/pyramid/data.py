"""Pictures with their lesions' boxes, letterboxed as the detector will see them; those of training are drawn anew.

Every item of every epoch has a seed of its own, so that a batch depends neither on the number of workers nor on where a
run was interrupted.
"""

import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # or its import asks the internet for a newer version
import albumentations as A  # noqa: N812 - its own convention

from guidedseg.detection import labels, training_list
from guidedseg.detection.letterbox import GREY, STRIDE, boxed, letterbox
from guidedseg.fitting.sampling import Key
from guidedseg.fitting.shares import Shares, Turns
from guidedseg.lookahead import in_order

Item = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.uint8]]
"""A picture (H, W) uint8, its boxes (K, 4) float32 x0, y0, x1, y1 in pixels, and its mask (H, W) uint8 in {0, 1}."""

Targets = list[dict[str, torch.Tensor]]
"""Of each picture ``boxes`` (K, 4) float32 and ``mask`` (H, W) uint8."""

Batch = tuple[torch.Tensor, Targets]
"""(N, 1, H, W) float32 in [0, 1], and what is in the pictures."""


LESION = 128
"""Of a mask in shades of grey: at least half of the pixel."""


class Part(NamedTuple):
    """Pictures of one split, whole in memory at the detector's size.

    Attributes:
        image_ids: of each; of training as often as an epoch has it.
        items: each.
    """

    image_ids: list[str]
    items: list[Item]


def read(dataset: Path, part: str, image_size: int) -> Part:
    """One split of an Ultralytics dataset, as ``labels.write`` makes it."""
    listed = training_list.read(dataset) if part == "train" else sorted((dataset / "images" / part).glob("*.png"))
    paths = sorted(set(listed))

    def item(path: Path) -> Item:
        picture, mask = (
            np.asarray(cv2.imread(str(each), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
            for each in (path, dataset / "masks" / part / path.name)
        )
        height, width = picture.shape
        box = letterbox(width, height, image_size)
        boxes = labels.boxes(dataset, part, path.stem, box.width, box.height)
        # the filling is darker than half, as what is no lesion
        return (
            boxed(picture, box),
            boxes + np.array([box.left, box.top] * 2, dtype=np.float32),
            (boxed(mask, box) >= LESION).astype(np.uint8),
        )

    items = dict(zip(paths, in_order(item, paths), strict=True))
    return Part([path.stem for path in listed], [items[path] for path in listed])


def augmentation(recipe: dict[str, Any]) -> A.Compose:
    """What a training picture goes through, its boxes with it; a turned box holds the ellipse that was in it.

    Args:
        recipe: ``flip`` (a probability), ``scale``, ``aspect``, ``translate`` (shares), ``rotation`` (degrees),
            ``brightness`` (a share), as in params.yaml.
    """
    scale, aspect = recipe["scale"], recipe["aspect"]
    transforms: list[A.BasicTransform] = [
        A.HorizontalFlip(p=recipe["flip"]),
        A.Affine(
            scale=(1 - scale, 1 + scale),
            keep_ratio=True,
            translate_percent=(-recipe["translate"], recipe["translate"]),
            rotate=(-recipe["rotation"], recipe["rotation"]),
            rotate_method="ellipse",
            fill=GREY,
            p=1.0,
        ),
    ]
    if aspect > 0:
        transforms.append(A.Affine(scale={"x": (1 - aspect, 1 + aspect), "y": (1.0, 1.0)}, fill=GREY, p=1.0))
    if recipe["brightness"] > 0:
        transforms.append(A.RandomBrightnessContrast(recipe["brightness"], recipe["brightness"], p=1.0))
    # a lesion of which less is left is none to be found
    boxes = A.BboxParams(format="pascal_voc", min_visibility=0.4, clip=True, label_fields=[])
    return A.Compose(transforms, bbox_params=boxes)


class TrainingItems(Dataset[Item]):
    """Augmented pictures, one draw per (seed, epoch, picture, repeat)."""

    def __init__(self, part: Part, recipe: dict[str, Any], seed: int) -> None:
        self.part = part
        self.augmentation = augmentation(recipe)
        self.seed = seed

    def __len__(self) -> int:
        return len(self.part.items)

    def __getitem__(self, key: Key) -> Item:
        epoch, position, repeat = key
        picture, boxes, mask = self.part.items[position]
        seeds = np.random.SeedSequence([self.seed, epoch, position, repeat]).generate_state(1)
        # one stream for all transforms: by `set_random_seed` each would start the same for itself
        self.augmentation.set_random_state(np.random.default_rng(seeds), random.Random(int(seeds[0])))
        drawn = self.augmentation(image=picture, bboxes=boxes, mask=mask)
        return drawn["image"], np.asarray(drawn["bboxes"], dtype=np.float32).reshape(-1, 4), drawn["mask"]


class PlainItems(Dataset[Item]):
    """Pictures as they are."""

    def __init__(self, part: Part) -> None:
        self.part = part

    def __len__(self) -> int:
        return len(self.part.items)

    def __getitem__(self, position: int) -> Item:
        return self.part.items[position]


def loader(dataset: Dataset[Item], batches: Shares | Turns, *, workers: int) -> DataLoader[Item]:
    """Batches of one rank."""
    return DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=collated,
        num_workers=workers,
        worker_init_fn=_one_thread,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )


def collated(items: Sequence[Item]) -> Batch:
    """A batch as large as the largest picture in it, filled up as the letterbox does, to the right and below."""
    height, width = (max(picture.shape[side] for picture, *_ in items) for side in (0, 1))
    height, width = (-(-side // STRIDE) * STRIDE for side in (height, width))
    images = np.full((len(items), 1, height, width), GREY, dtype=np.uint8)
    masks = np.zeros((len(items), height, width), dtype=np.uint8)
    for place, (picture, _, mask) in enumerate(items):
        images[place, 0, : picture.shape[0], : picture.shape[1]] = picture
        masks[place, : mask.shape[0], : mask.shape[1]] = mask
    targets = [
        {"boxes": torch.from_numpy(boxes), "mask": torch.from_numpy(mask)}
        for (_, boxes, _), mask in zip(items, masks, strict=True)
    ]
    return torch.from_numpy(images).float().div_(255), targets


def enlarged(images: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """A batch filled up further: (N, 1, h, w) to (N, 1, height, width)."""
    missing = (0, width - images.shape[3], 0, height - images.shape[2])
    return functional.pad(images, missing, value=GREY / 255)


def _one_thread(_: int) -> None:
    cv2.setNumThreads(0)  # a worker is a process on a core of its own
