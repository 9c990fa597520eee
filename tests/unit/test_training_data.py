"""Batches depend on seed, epoch and item, and on nothing else."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import torch

from guidedseg.segmentation.data import (
    EpochSampler,
    PlainItems,
    TrainingItems,
    augmentation,
    one_seed,
    plain_loader,
    training_loader,
)
from guidedseg.segmentation.inputs import Inputs

SIZE, NUMBER = 32, 9


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    """Dark noise with a bright rectangle, off the centre, that is the mask; read-only like a memory map."""
    rng = np.random.default_rng(0)
    masks = np.zeros((NUMBER, SIZE, SIZE), dtype=np.uint8)
    masks[:, 6:18, 4:14] = 1
    images = np.where(masks == 1, 200, rng.integers(20, 60, masks.shape)).astype(np.uint8)
    for array in (images, masks):
        array.flags.writeable = False
    return Inputs(images, masks, pd.DataFrame(index=range(NUMBER)))


def items_of(inputs: Inputs, *, seed: int = 0, chosen: tuple[int, ...] | None = None, **recipe: float) -> TrainingItems:
    numbers = np.arange(NUMBER) if chosen is None else np.array(chosen)
    return TrainingItems(
        inputs, numbers, augmentation(**{"flip": 0.5, "rotation": 10, "brightness": 0.2} | recipe), seed
    )


def batches(inputs: Inputs, epoch: int, *, batch: int = 4, workers: int = 0, seed: int = 0) -> list[torch.Tensor]:
    loader = training_loader(items_of(inputs, seed=seed), batch=batch, workers=workers)
    assert isinstance(loader.sampler, EpochSampler)
    loader.sampler.set_epoch(epoch)
    return [torch.cat(pair, dim=1) for pair in loader]


def same(first: list[torch.Tensor], second: list[torch.Tensor]) -> bool:
    return len(first) == len(second) and all(map(torch.equal, first, second))


def test_two_epochs_differ_in_order_and_in_every_picture(inputs: Inputs) -> None:
    assert not same(batches(inputs, 0), batches(inputs, 1))
    items = items_of(inputs)
    assert not any(torch.equal(items[0, number][0], items[1, number][0]) for number in range(NUMBER))


def test_two_items_of_one_epoch_are_not_changed_alike(inputs: Inputs) -> None:
    items = items_of(inputs)
    assert len({items[0, number][1].numpy().tobytes() for number in range(NUMBER)}) > NUMBER // 2


def test_workers_give_the_same_batches_as_none(inputs: Inputs) -> None:
    assert same(batches(inputs, 3), batches(inputs, 3, workers=2))


def test_seed_epoch_and_item_always_give_the_same_picture(inputs: Inputs) -> None:
    items, others = items_of(inputs), items_of(inputs, chosen=(8, 5))
    expected = items[2, 5]
    for key in ((0, 0), (1, 3), (2, 7)):
        _ = items[key]  # what was drawn before does not matter
    assert same(list(items[2, 5]), list(expected))
    assert same(list(others[2, 1]), list(expected))  # nor which other items there are
    assert not same(list(items_of(inputs, seed=1)[2, 5]), list(expected))


def test_global_seeds_do_not_matter(inputs: Inputs) -> None:
    torch.manual_seed(1)
    first = batches(inputs, 0)
    torch.manual_seed(2)
    assert same(first, batches(inputs, 0))


def test_mask_follows_the_image(inputs: Inputs) -> None:
    items = items_of(inputs, brightness=0.0)
    moved = 0
    for epoch in range(10):
        image, mask = items[epoch, 0]
        bright = image > 0.5  # 200 of 255 inside, less than 60 outside
        assert (bright != (mask > 0.5)).sum() <= 16  # rotation interpolates the image's edge of 44 pixels
        moved += int((mask[0].numpy() != inputs.masks[0]).any())
    assert moved >= 5  # a turn by less than two degrees moves no pixel of a mask this small


def test_flip_alone_mirrors_image_and_mask(inputs: Inputs) -> None:
    image, mask = items_of(inputs, flip=1.0, rotation=0.0, brightness=0.0)[0, 0]
    np.testing.assert_array_equal(mask[0].numpy(), inputs.masks[0][:, ::-1])
    np.testing.assert_allclose(image[0].numpy(), inputs.images[0][:, ::-1] / 255, rtol=1e-6)


def test_augmentation_of_nothing_changes_nothing(inputs: Inputs) -> None:
    plain = PlainItems(inputs, np.arange(NUMBER))
    assert same(list(items_of(inputs, flip=0.0, rotation=0.0, brightness=0.0)[4, 7]), list(plain[7]))


def test_brightness_leaves_the_mask_alone(inputs: Inputs) -> None:
    image, mask = items_of(inputs, flip=0.0, rotation=0.0, brightness=0.5)[0, 0]
    assert (image[0].numpy() != inputs.images[0] / np.float32(255)).any()
    np.testing.assert_array_equal(mask[0].numpy(), inputs.masks[0])


def test_items_are_floats_between_zero_and_one(inputs: Inputs) -> None:
    for image, mask in (items_of(inputs)[0, 3], PlainItems(inputs, np.arange(NUMBER))[3]):
        assert image.shape == mask.shape == (1, SIZE, SIZE)
        assert image.dtype == mask.dtype == torch.float32
        assert 0 <= image.min() < image.max() <= 1
        assert np.unique(mask.numpy()).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("batch", "sizes"),
    [(4, [4, 4]), (2, [2, 2, 2, 2]), (8, [8]), (5, [5, 4]), (9, [9]), (16, [9])],
)
def test_a_last_batch_of_one_item_is_dropped_and_no_other(inputs: Inputs, batch: int, sizes: list[int]) -> None:
    assert [len(part) for part in batches(inputs, 0, batch=batch)] == sizes


def test_sampler_shuffles_by_epoch_and_seed() -> None:
    sampler = EpochSampler(20, seed=3)
    keys_of: dict[int, list[tuple[int, int]]] = {}
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        keys = list(sampler)
        assert {key[0] for key in keys} == {epoch}
        assert sorted(key[1] for key in keys) == list(range(20))
        assert keys_of.setdefault(epoch, keys) == keys
    orders = {epoch: [position for _, position in keys] for epoch, keys in keys_of.items()}
    assert orders[0] != orders[1] != list(range(20))
    assert orders[0] != [position for _, position in EpochSampler(20, seed=4)]
    assert len(sampler) == 20


def test_validation_batches_hold_the_chosen_items_in_order(inputs: Inputs) -> None:
    loader = plain_loader(PlainItems(inputs, np.array([7, 2, 4])), batch=2, workers=0)
    images, masks = (torch.cat(parts) for parts in zip(*loader, strict=True))
    np.testing.assert_allclose(images[:, 0].numpy(), inputs.images[[7, 2, 4]] / 255, rtol=1e-6)
    np.testing.assert_array_equal(masks[:, 0].numpy(), inputs.masks[[7, 2, 4]])


def test_seeds_of_different_parts_differ() -> None:
    seeds = {one_seed(seed, epoch, item) for seed in range(5) for epoch in range(20) for item in range(20)}
    assert len(seeds) == 5 * 20 * 20
    assert one_seed(1, 2, 3) == one_seed(1, 2, 3)
    assert all(0 <= seed < 2**32 for seed in seeds)
