"""Training and validation batches from inputs on disk.

albumentations ignores the global seeds, and worker processes would repeat each other's draws: every item of every epoch
has a seed of its own here, so a batch does not depend on the number of workers or on where a run was interrupted.
"""

import os
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # or its import asks the internet for a newer version
import albumentations as A  # noqa: N812 - its own convention

from guidedseg.segmentation.inputs import Inputs

Item = tuple[torch.Tensor, torch.Tensor]
"""image (1, S, S) float32 in [0, 1], mask (1, S, S) float32 in {0, 1}."""


class EpochSampler(Sampler[tuple[int, int]]):
    """Yield (epoch, position): a seeded shuffle that depends on the epoch alone. Lightning calls ``set_epoch``."""

    def __init__(self, length: int, seed: int) -> None:
        self.length = length
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the shuffle of the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.length)
        yield from ((self.epoch, int(position)) for position in order)


class TrainingItems(Dataset[Item]):
    """Augmented items, one draw per (seed, epoch, item)."""

    def __init__(self, inputs: Inputs, chosen: npt.NDArray[np.int64], augmentation: A.Compose, seed: int) -> None:
        self.inputs = inputs
        self.chosen = chosen
        self.augmentation = augmentation
        self.seed = seed

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, key: tuple[int, int]) -> Item:
        epoch, position = key
        number = self.chosen[position]
        self.augmentation.set_random_seed(one_seed(self.seed, epoch, int(number)))
        # albumentations writes in place and refuses read-only maps
        result = self.augmentation(image=np.array(self.inputs.images[number]), mask=np.array(self.inputs.masks[number]))
        return _tensors(result["image"], result["mask"])


class PlainItems(Dataset[Item]):
    """Items as they are."""

    def __init__(self, inputs: Inputs, chosen: npt.NDArray[np.int64]) -> None:
        self.inputs = inputs
        self.chosen = chosen

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, position: int) -> Item:
        number = self.chosen[position]
        return _tensors(np.array(self.inputs.images[number]), np.array(self.inputs.masks[number]))


def augmentation(*, flip: float, rotation: float, brightness: float) -> A.Compose:
    """The recipe's augmentation, of image and mask alike.

    Args:
        flip: probability of a horizontal flip (paper: 0.5).
        rotation: degrees, uniform in [-rotation, +rotation] (paper: 10); what turns in from outside is black.
        brightness: relative range of brightness and contrast changes (paper: none).
    """
    transforms: list[A.BasicTransform] = [A.HorizontalFlip(p=flip), A.Rotate(limit=rotation, p=1.0)]
    if brightness > 0:
        transforms.append(A.RandomBrightnessContrast(brightness, brightness, p=1.0))
    return A.Compose(transforms)


def training_loader(dataset: TrainingItems, *, batch: int, workers: int) -> DataLoader[Item]:
    """Shuffled batches; a last batch of one item is left out, because batch normalisation cannot train on it."""
    return DataLoader(
        dataset,
        batch_size=batch,
        sampler=EpochSampler(len(dataset), dataset.seed),
        drop_last=len(dataset) % batch == 1 and len(dataset) > 1,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )


def plain_loader(dataset: PlainItems, *, batch: int, workers: int) -> DataLoader[Item]:
    """Batches in order."""
    return DataLoader(
        dataset,
        batch_size=batch,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )


def as_input(images: npt.NDArray[np.uint8]) -> torch.Tensor:
    """(..., S, S) uint8 to float32 in [0, 1] (paper: intensities to [0, 1])."""
    return torch.from_numpy(images).float() / 255


def _tensors(image: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8]) -> Item:
    return as_input(image)[None], torch.from_numpy(mask).float()[None]


def one_seed(*parts: int) -> int:
    """One 32-bit seed from several numbers, for libraries that take only one."""
    return int(np.random.SeedSequence(list(parts)).generate_state(1)[0])
