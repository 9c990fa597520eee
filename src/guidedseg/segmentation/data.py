"""Training and validation batches from inputs on disk.

albumentations ignores the global seeds, and worker processes would repeat each other's draws: every item of every epoch
has a seed of its own here, so a batch does not depend on the number of workers or on where a run was interrupted.
"""

import logging
import os
import random
from collections.abc import Iterator, Sequence
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # or its import asks the internet for a newer version
import albumentations as A  # noqa: N812 - its own convention

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation.inputs import Inputs

log = logging.getLogger(__name__)

Item = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""image (S, S) uint8, mask (S, S) uint8 in {0, 1}."""

Batch = tuple[torch.Tensor, torch.Tensor]
"""images (N, 1, S, S) float32 in [0, 1], masks (N, 1, S, S) float32 in {0, 1}."""

Key = tuple[int, int, int]
"""epoch, position, and how often the epoch drew this position before."""


class EpochSampler(Sampler[Key]):
    """A seeded shuffle that depends on the epoch alone, with a given share of items without a lesion.

    Every item with a lesion comes once per epoch. The others are drawn anew in every epoch, none twice before all were
    drawn once. Lightning calls ``set_epoch``.
    """

    def __init__(self, empty: npt.NDArray[np.bool_], seed: int, empty_share: float | None = None) -> None:
        """Count what an epoch has.

        Args:
            empty: (K,), which items have no lesion.
            seed: of shuffles and draws.
            empty_share: share of an epoch's items without a lesion, in [0, 1); None: every item once.

        Raises:
            GuidedsegError: with that share fewer than two items are left.
        """
        self.lesions, self.empty = np.flatnonzero(~empty), np.flatnonzero(empty)
        self.seed = seed
        self.epoch = 0
        self.drawn = len(self.empty)
        if empty_share is None:
            return
        if len(self.empty):
            self.drawn = round(empty_share / (1 - empty_share) * len(self.lesions))
        elif empty_share > 0:
            log.warning("train.empty_share is %g, but every training item has a lesion", empty_share)
        if len(self) < 2:
            raise GuidedsegError(
                f"train.empty_share {empty_share:g} leaves {len(self)} item(s) to train on, as only "
                f"{len(self.lesions)} of {len(empty)} have a lesion: set it to null, or see the split.* keys"
            )

    def set_epoch(self, epoch: int) -> None:
        """Choose the shuffle of the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lesions) + self.drawn

    def __iter__(self) -> Iterator[Key]:
        rng = np.random.default_rng([self.seed, self.epoch])
        rounds, rest = divmod(self.drawn, max(1, len(self.empty)))
        drawn = [*[self.empty] * rounds, rng.choice(self.empty, rest, replace=False)]
        keys = [(self.epoch, int(position), 0) for position in self.lesions]
        keys += [(self.epoch, int(position), repeat) for repeat, group in enumerate(drawn) for position in group]
        yield from (keys[number] for number in rng.permutation(len(keys)))


class TrainingItems(Dataset[Item]):
    """Augmented items, one draw per (seed, epoch, item, repeat)."""

    def __init__(self, inputs: Inputs, chosen: npt.NDArray[np.int64], augmentation: A.Compose, seed: int) -> None:
        self.inputs = inputs
        self.chosen = chosen
        self.augmentation = augmentation
        self.seed = seed

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, key: Key) -> Item:
        epoch, position, repeat = key
        number = int(self.chosen[position])
        seed = one_seed(self.seed, epoch, number, repeat)
        # One stream for all transforms: by `set_random_seed` each would start the same stream for itself, and an item
        # that turns left would always be one that gets darker.
        self.augmentation.set_random_state(np.random.default_rng(seed), random.Random(seed))
        # albumentations writes in place and refuses read-only maps
        result = self.augmentation(image=np.array(self.inputs.images[number]), mask=np.array(self.inputs.masks[number]))
        return result["image"], result["mask"]

    def empty(self) -> npt.NDArray[np.bool_]:
        """(K,), which items have no lesion."""
        return np.array([not self.inputs.masks[number].any() for number in self.chosen], dtype=bool)


class PlainItems(Dataset[Item]):
    """Items as they are."""

    def __init__(self, inputs: Inputs, chosen: npt.NDArray[np.int64]) -> None:
        self.inputs = inputs
        self.chosen = chosen

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, position: int) -> Item:
        number = self.chosen[position]
        return self.inputs.images[number], self.inputs.masks[number]


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


def training_loader(
    dataset: TrainingItems, *, batch: int, workers: int, empty_share: float | None = None
) -> DataLoader[Item]:
    """Shuffled batches; a last batch of one item is left out, because batch normalisation cannot train on it.

    Raises:
        GuidedsegError: too few items with a lesion for ``empty_share`` (see ``EpochSampler``).
    """
    sampler = EpochSampler(dataset.empty(), dataset.seed, empty_share)
    alone = len(sampler) % batch == 1 and len(sampler) > 1
    return _loader(dataset, batch=batch, workers=workers, sampler=sampler, drop_last=alone)


def plain_loader(dataset: PlainItems, *, batch: int, workers: int) -> DataLoader[Item]:
    """Batches in order."""
    return _loader(dataset, batch=batch, workers=workers)


def names_of_batch(loader: DataLoader[Item], epoch: int, number: int) -> str:
    """The images that a batch (from 0) of ``training_loader`` has in an epoch (from 0), and why they are regions."""
    dataset, sampler = cast(TrainingItems, loader.dataset), cast(EpochSampler, loader.sampler)
    size = cast(int, loader.batch_size)
    sampler.set_epoch(epoch)
    positions = [position for _, position, _ in sampler]
    items = dataset.inputs.items.iloc[dataset.chosen[positions[number * size : (number + 1) * size]]]
    return ", ".join(f"{item.image_id} ({item.source})" for item in items.itertuples())


def as_input(images: npt.NDArray[np.uint8]) -> torch.Tensor:
    """(..., S, S) uint8 to float32 in [0, 1] (paper: intensities to [0, 1])."""
    return torch.from_numpy(images).float().div_(255)


def one_seed(*parts: int) -> int:
    """One 32-bit seed from several numbers, for libraries that take only one."""
    return int(np.random.SeedSequence(list(parts)).generate_state(1)[0])


def _loader(
    dataset: Dataset[Item], *, batch: int, workers: int, sampler: EpochSampler | None = None, drop_last: bool = False
) -> DataLoader[Item]:
    return DataLoader(
        dataset,
        batch_size=batch,
        sampler=sampler,
        drop_last=drop_last,
        collate_fn=_batch,
        num_workers=workers,
        worker_init_fn=_one_thread,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )


def _one_thread(_: int) -> None:
    cv2.setNumThreads(0)  # a worker is a process on a core of its own


def _batch(items: Sequence[Item]) -> Batch:
    """One conversion per batch, cheaper than one per item."""
    images, masks = (np.stack(arrays)[:, None] for arrays in zip(*items, strict=True))
    return as_input(images), torch.from_numpy(masks).float()
