"""Training and validation batches from inputs on disk.

albumentations ignores the global seeds, and worker processes would repeat each other's draws: every item of every epoch
has a seed of its own here, so a batch does not depend on the number of workers or on where a run was interrupted.
"""

import os
import random
from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # or its import asks the internet for a newer version
import albumentations as A  # noqa: N812 - its own convention

from guidedseg import regions
from guidedseg.fitting.launching import ALONE, Rank
from guidedseg.fitting.sampling import EpochSampler, Key
from guidedseg.fitting.shares import Shares, Turns
from guidedseg.names import BOX
from guidedseg.segmentation.inputs import PLACE, Inputs

Item = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""image (S, S) uint8, mask (S, S) uint8 in {0, 1}."""

Batch = tuple[torch.Tensor, torch.Tensor]
"""images (N, 1, S, S) float32 in [0, 1], masks (N, 1, S, S) float32 in {0, 1}."""


class TrainingItems(Dataset[Item]):
    """Training regions as the network may meet them: one draw per (seed, epoch, item, repeat).

    A box is moved and scaled, its region taken as in prediction, turned, mirrored, and its brightness changed; always
    from its surroundings in the image, so that nothing turns in that is not there.
    """

    def __init__(
        self, inputs: Inputs, size: int, *, rotation: float, flip: float, brightness: float, seed: int
    ) -> None:
        """Take what is trained on.

        Args:
            inputs: with their training regions.
            size: S of the items.
            rotation: degrees, uniform in [-rotation, +rotation] (paper: 10).
            flip: probability of a horizontal flip (paper: 0.5).
            brightness: relative range of brightness and contrast changes (paper: none).
            seed: of all draws.
        """
        self.inputs = inputs
        self.size = size
        self.rotation = rotation
        self.levels = augmentation(flip=flip, brightness=brightness)
        self.seed = seed
        times = inputs.training["times"].to_numpy(dtype=np.int64)
        self.rows = np.repeat(np.arange(len(times)), times)
        """(K,) row of the inputs of each item: a row is as many items as times it stands in an epoch."""
        self.drawn = inputs.training[["margin", "jitter"]].to_numpy(dtype=np.float64)
        self.sizes = inputs.training[["width", "height"]].to_numpy(dtype=np.int64)
        self.boxes = inputs.training[BOX].to_numpy(dtype=np.float64)
        self.places = inputs.training[PLACE].to_numpy(dtype=np.float64)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: Key) -> Item:
        epoch, position, repeat = key
        number = self.rows[position]
        place, (margin, jitter), (width, height) = self.places[number], self.drawn[number], self.sizes[number]
        seed = one_seed(self.seed, epoch, position, repeat)
        rng = np.random.default_rng(seed)
        # One stream for all that is drawn: with the seed itself each transform would start the same for itself, and an
        # item that turns left would always be one that gets darker.
        box = regions.jitter(self.boxes[number : number + 1], jitter, rng)
        region = regions.enlarge(box, margin, width, height)[0]
        angle = rng.uniform(-self.rotation, self.rotation)
        image, shares = (
            regions.turned(wide[number], place, region, angle, self.size)
            for wide in (self.inputs.wide_images, self.inputs.wide_masks)
        )
        self.levels.set_random_state(rng, random.Random(seed))
        result = self.levels(image=image, mask=regions.as_mask(shares))
        return result["image"], result["mask"]

    def empty(self) -> npt.NDArray[np.bool_]:
        """(K,), which items have no lesion in them."""
        empty = self.inputs.training["source"].eq("background").to_numpy() | ~np.array(
            [bool(mask.any()) for mask in self.inputs.wide_masks], dtype=bool
        )
        return np.asarray(empty[self.rows], dtype=np.bool_)


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


def augmentation(*, flip: float, brightness: float) -> A.Compose:
    """What needs no surroundings: image and mask mirrored alike, the image brighter or darker."""
    transforms: list[A.BasicTransform] = [A.HorizontalFlip(p=flip)]
    if brightness > 0:
        transforms.append(A.RandomBrightnessContrast(brightness, brightness, p=1.0))
    return A.Compose(transforms)


def training_loader(
    dataset: TrainingItems,
    *,
    batch: int,
    workers: int,
    rank: Rank = ALONE,
    length: int | None = None,
    empty_share: float | None = None,
) -> DataLoader[Item]:
    """Shuffled batches, of which a rank has its share; a last batch that is too small for them is left out.

    Raises:
        GuidedsegError: too few items (see ``EpochSampler`` and ``Shares``).
    """
    sampler = EpochSampler(dataset.empty(), dataset.seed, length=length, empty_share=empty_share)
    return _loader(dataset, Shares(sampler, batch, rank), workers)


def plain_loader(dataset: PlainItems, *, batch: int, workers: int, rank: Rank = ALONE) -> DataLoader[Item]:
    """Batches in order, which ranks take in turn."""
    return _loader(dataset, Turns(len(dataset), batch, rank), workers)


def names_of_batch(loader: DataLoader[Item], epoch: int, number: int) -> str:
    """The images that a batch (from 0) of ``training_loader`` has in an epoch (from 0), and why they are regions."""
    dataset, shares = cast(TrainingItems, loader.dataset), cast(Shares, loader.batch_sampler)
    positions = [position for _, position, _ in shares.of_all(epoch, number)]
    items = dataset.inputs.training.iloc[dataset.rows[positions]]
    return ", ".join(f"{item.image_id} ({item.source})" for item in items.itertuples())


def as_input(images: npt.NDArray[np.uint8]) -> torch.Tensor:
    """(..., S, S) uint8 to float32 in [0, 1] (paper: intensities to [0, 1])."""
    return torch.from_numpy(images).float().div_(255)


def one_seed(*parts: int) -> int:
    """One 32-bit seed from several numbers, for libraries that take only one."""
    return int(np.random.SeedSequence(list(parts)).generate_state(1)[0])


def _loader(dataset: Dataset[Item], batches: Shares | Turns, workers: int) -> DataLoader[Item]:
    return DataLoader(
        dataset,
        batch_sampler=batches,
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
