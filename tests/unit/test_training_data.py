"""Batches depend on seed, epoch and item, and on nothing else."""

import logging
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation.data import (
    EpochSampler,
    Item,
    Key,
    PlainItems,
    TrainingItems,
    augmentation,
    items_of_batch,
    one_seed,
    plain_loader,
    training_loader,
)
from guidedseg.segmentation.inputs import Inputs

pytestmark = pytest.mark.usefixtures("one_thread")

SIZE, NUMBER = 32, 9


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


def same(first: list[torch.Tensor] | Item, second: list[torch.Tensor] | Item) -> bool:
    return len(first) == len(second) and all(map(np.array_equal, first, second))


def test_two_epochs_differ_in_order_and_in_every_picture(inputs: Inputs) -> None:
    assert not same(batches(inputs, 0), batches(inputs, 1))
    items = items_of(inputs)
    assert not any(np.array_equal(items[0, number, 0][0], items[1, number, 0][0]) for number in range(NUMBER))


def test_two_items_of_one_epoch_are_not_changed_alike(inputs: Inputs) -> None:
    items = items_of(inputs)
    assert len({items[0, number, 0][1].tobytes() for number in range(NUMBER)}) > NUMBER // 2


def test_flip_angle_brightness_and_contrast_of_an_item_do_not_depend_on_one_another(inputs: Inputs) -> None:
    items = items_of(inputs)
    flip, rotate, levels = items.augmentation.transforms
    drawn = []
    for epoch in range(100):
        for number in range(4):
            _ = items[epoch, number, 0]
            ((cosine, sine, *_), *_) = rotate.get_applied_params()["matrix"]
            found = levels.get_applied_params()
            drawn.append([bool(flip.get_applied_params()), np.arctan2(sine, cosine), found["alpha"], found["beta"]])
    together = np.corrcoef(np.array(drawn, dtype=float), rowvar=False)[np.triu_indices(4, k=1)]
    # of 400 independent pairs r has a deviation of 0.05: none of six beyond 0.2 but once in 2,600 times
    assert np.abs(together).max() < 0.2, together


def test_workers_give_the_same_batches_as_none(inputs: Inputs) -> None:
    assert same(batches(inputs, 3), batches(inputs, 3, workers=2))


def test_seed_epoch_and_item_always_give_the_same_picture(inputs: Inputs) -> None:
    items, others = items_of(inputs), items_of(inputs, chosen=(8, 5))
    expected = items[2, 5, 0]
    for key in ((0, 0, 0), (1, 3, 0), (2, 7, 0)):
        _ = items[key]  # what was drawn before does not matter
    assert same(items[2, 5, 0], expected)
    assert same(others[2, 1, 0], expected)  # nor which other items there are
    assert not same(items_of(inputs, seed=1)[2, 5, 0], expected)


def test_global_seeds_do_not_matter(inputs: Inputs) -> None:
    torch.manual_seed(1)
    first = batches(inputs, 0)
    torch.manual_seed(2)
    assert same(first, batches(inputs, 0))


def test_mask_follows_the_image(inputs: Inputs) -> None:
    items = items_of(inputs, brightness=0.0)
    moved = 0
    for epoch in range(10):
        image, mask = items[epoch, 0, 0]
        bright = image > 127  # 200 inside, less than 60 outside
        assert (bright != mask).sum() <= 16  # rotation interpolates the image's edge of 44 pixels
        moved += int((mask != inputs.masks[0]).any())
    assert moved >= 5  # a turn by less than two degrees moves no pixel of a mask this small


def test_flip_alone_mirrors_image_and_mask(inputs: Inputs) -> None:
    image, mask = items_of(inputs, flip=1.0, rotation=0.0, brightness=0.0)[0, 0, 0]
    np.testing.assert_array_equal(mask, inputs.masks[0][:, ::-1])
    np.testing.assert_array_equal(image, inputs.images[0][:, ::-1])


def test_augmentation_of_nothing_changes_nothing(inputs: Inputs) -> None:
    plain = PlainItems(inputs, np.arange(NUMBER))
    assert same(items_of(inputs, flip=0.0, rotation=0.0, brightness=0.0)[4, 7, 0], plain[7])


def test_brightness_leaves_the_mask_alone(inputs: Inputs) -> None:
    image, mask = items_of(inputs, flip=0.0, rotation=0.0, brightness=0.5)[0, 0, 0]
    assert (image != inputs.images[0]).any()
    np.testing.assert_array_equal(mask, inputs.masks[0])


def test_batches_are_floats_between_zero_and_one(inputs: Inputs) -> None:
    plain = PlainItems(inputs, np.arange(NUMBER))
    for loader in (
        training_loader(items_of(inputs), batch=4, workers=0),
        plain_loader(plain, batch=4, workers=0),
    ):
        images, masks = next(iter(loader))
        assert images.shape == masks.shape == (4, 1, SIZE, SIZE)
        assert images.dtype == masks.dtype == torch.float32
        assert 0 <= images.min() < images.max() <= 1
        assert masks.unique().tolist() == [0, 1]
        assert images.is_contiguous(memory_format=torch.channels_last)  # as the networks are: no copy


@pytest.mark.parametrize(
    ("batch", "sizes"),
    [(4, [4, 4]), (2, [2, 2, 2, 2]), (8, [8]), (5, [5, 4]), (9, [9]), (16, [9])],
)
def test_a_last_batch_of_one_item_is_dropped_and_no_other(inputs: Inputs, batch: int, sizes: list[int]) -> None:
    assert [len(part) for part in batches(inputs, 0, batch=batch)] == sizes


def test_sampler_shuffles_by_epoch_and_seed() -> None:
    sampler = EpochSampler(np.arange(20) < 5, seed=3)
    keys_of: dict[int, list[Key]] = {}
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        keys = list(sampler)
        assert {key[0] for key in keys} == {epoch}
        assert sorted(key[1] for key in keys) == list(range(20))
        assert keys_of.setdefault(epoch, keys) == keys
        assert {key[2] for key in keys} == {0}
    orders = {epoch: [key[1] for key in keys] for epoch, keys in keys_of.items()}
    assert orders[0] != orders[1] != list(range(20))
    assert orders[0] != [key[1] for key in EpochSampler(np.arange(20) < 5, seed=4)]
    assert len(sampler) == 20


def drawn(sampler: EpochSampler, epoch: int) -> Counter[int]:
    """How often an epoch has each position; none is drawn again before it was drawn for the first time."""
    sampler.set_epoch(epoch)
    keys = list(sampler)
    assert len(keys) == len(sampler)
    assert len(set(keys)) == len(keys)
    counts = Counter(position for _, position, _ in keys)
    assert {(epoch, position, repeat) for position, count in counts.items() for repeat in range(count)} == set(keys)
    return counts


# 12 items with a lesion, the first 8 without one: k = share / (1 - share) * 12
@pytest.mark.parametrize(("share", "number"), [(0.0, 0), (0.1, 1), (0.25, 4), (0.4, 8), (0.5, 12), (0.7, 28)])
def test_share_of_items_without_a_lesion_is_as_asked(share: float, number: int) -> None:
    sampler = EpochSampler(np.arange(20) < 8, seed=3, empty_share=share)
    counts = drawn(sampler, 0)
    assert [counts[position] for position in range(8, 20)] == [1] * 12
    empty = [counts[position] for position in range(8)]
    assert sum(empty) == number
    assert max(empty) - min(empty) <= 1  # whole rounds, and the rest without replacement
    assert len(sampler) == 12 + number


def test_items_without_a_lesion_are_drawn_anew_in_every_epoch() -> None:
    sampler = EpochSampler(np.arange(20) < 8, seed=3, empty_share=0.25)
    epochs = [{position for position in drawn(sampler, epoch) if position < 8} for epoch in range(40)]
    assert len(set(map(frozenset, epochs))) > 10
    assert set.union(*epochs) == set(range(8))
    assert drawn(sampler, 7) == Counter([*epochs[7], *range(8, 20)])
    other = EpochSampler(np.arange(20) < 8, seed=4, empty_share=0.25)
    assert [drawn(other, epoch) for epoch in range(5)] != [drawn(sampler, epoch) for epoch in range(5)]


def test_an_item_drawn_twice_in_an_epoch_is_changed_in_two_ways(inputs: Inputs) -> None:
    items = items_of(inputs)
    assert not same(items[2, 5, 0], items[2, 5, 1])


@pytest.mark.parametrize(("empty", "share"), [(20, 0.5), (20, 0.0), (19, 0.0)])
def test_a_share_without_lesions_to_share_with_is_refused(empty: int, share: float) -> None:
    with pytest.raises(
        GuidedsegError, match=rf"empty_share {share:g} leaves \d .* only {20 - empty} of 20 have a lesion"
    ):
        EpochSampler(np.arange(20) < empty, seed=3, empty_share=share)


def test_where_every_item_has_a_lesion_a_share_is_told_to_be_out_of_reach(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sampler = EpochSampler(np.zeros(20, dtype=bool), seed=3, empty_share=0.5)
    assert "every training item has a lesion" in caplog.text
    assert drawn(sampler, 0) == Counter(range(20))


@pytest.fixture
def with_empty(inputs: Inputs) -> Inputs:
    """The first six of nine have no lesion."""
    masks = inputs.masks.copy()
    masks[:6] = 0
    return Inputs(inputs.images, masks, pd.DataFrame({"image_id": [f"i{number}" for number in range(NUMBER)]}))


def test_loader_draws_the_share_among_the_chosen_items(with_empty: Inputs) -> None:
    items = items_of(with_empty, chosen=(8, 0, 2, 7, 4))  # two with a lesion
    np.testing.assert_array_equal(items.empty(), [False, True, True, False, True])
    loader = training_loader(items, batch=4, workers=0, empty_share=0.5)
    (masks,) = [masks for _, masks in loader]
    assert sorted(masks.flatten(1).any(dim=1).tolist()) == [False, False, True, True]


def test_a_last_batch_of_one_item_is_dropped_from_what_the_share_leaves(with_empty: Inputs) -> None:
    for share, sizes in ((None, [4, 4]), (0.5, [4, 2]), (0.4, [4])):  # 9, 3 + 3 and 3 + 2 items
        loader = training_loader(items_of(with_empty), batch=4, workers=0, empty_share=share)
        assert [len(images) for images, _ in loader] == sizes


def test_workers_give_the_same_share_as_none(with_empty: Inputs) -> None:
    epochs = []
    for workers in (0, 2):
        loader = training_loader(items_of(with_empty), batch=2, workers=workers, empty_share=0.8)
        loader.sampler.set_epoch(3)
        epochs.append([torch.cat(pair, dim=1) for pair in loader])
    assert len(epochs[0]) == 7  # 3 + 12 items, the last one dropped
    assert same(*epochs)


@pytest.mark.parametrize("share", [None, 0.8])
def test_items_of_a_batch_are_found_again(with_empty: Inputs, share: float | None) -> None:
    items = items_of(with_empty, chosen=(8, 0, 2, 7, 4, 6), flip=0.0, rotation=0.0, brightness=0.0)
    loader = training_loader(items, batch=4, workers=0, empty_share=share)
    loader.sampler.set_epoch(2)
    batches = [images for images, _ in loader]
    for number, images in enumerate(batches):
        rows = items_of_batch(loader, 2, number)
        expected = with_empty.images[[int(name[1:]) for name in rows["image_id"]]]
        np.testing.assert_array_equal((255 * images[:, 0]).round().numpy(), expected)


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
