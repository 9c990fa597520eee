"""Batches depend on seed, epoch and item, and on nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import small_inputs
import torch
from apart import apart

from guidedseg import regions
from guidedseg.fitting.shares import Shares
from guidedseg.segmentation.data import (
    Item,
    PlainItems,
    TrainingItems,
    names_of_batch,
    one_seed,
    plain_loader,
    training_loader,
)
from guidedseg.segmentation.inputs import Inputs

pytestmark = pytest.mark.usefixtures("one_thread")

SIZE, NUMBER = 32, 9
JITTER, TURNED = regions.jitter, regions.turned


def make_inputs() -> Inputs:
    """Dark noise with a bright rectangle, off the centre, that is the mask."""
    rng = np.random.default_rng(0)
    masks = np.zeros((NUMBER, SIZE, SIZE), dtype=np.uint8)
    masks[:, 6:18, 4:14] = 1
    images = np.where(masks == 1, 200, rng.integers(20, 60, masks.shape)).astype(np.uint8)
    return small_inputs.whole(images, masks, train=NUMBER)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return make_inputs()


def items_of(inputs: Inputs, *, seed: int = 0, **recipe: float) -> TrainingItems:
    return TrainingItems(inputs, SIZE, **{"flip": 0.5, "rotation": 10, "brightness": 0.2} | recipe, seed=seed)


def batches(inputs: Inputs, epoch: int, *, batch: int = 4, workers: int = 0, seed: int = 0) -> list[torch.Tensor]:
    loader = training_loader(items_of(inputs, seed=seed), batch=batch, workers=workers)
    assert isinstance(loader.batch_sampler, Shares)
    loader.batch_sampler.sampler.set_epoch(epoch)
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


def test_what_is_drawn_for_an_item_does_not_depend_on_one_another(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = replace(inputs, training=inputs.training.assign(jitter=0.2))
    items = items_of(inputs)
    flip, levels = items.levels.transforms
    seen: list[list[float]] = []

    def noted(boxes: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
        found = JITTER(boxes, share, rng)
        seen.append([*(found[0, :2] + found[0, 2:]), *(found[0, 2:] - found[0, :2])])
        return found

    def turned(image: np.ndarray, place: np.ndarray, region: np.ndarray, angle: float, size: int) -> np.ndarray:
        seen[-1].append(angle)
        return TURNED(image, place, region, angle, size)

    monkeypatch.setattr(regions, "jitter", noted)
    monkeypatch.setattr(regions, "turned", turned)
    for epoch in range(100):
        for number in range(4):
            _ = items[epoch, number, 0]
            found = levels.get_applied_params()
            flipped = bool(flip.get_applied_params())
            seen[-1] = [*seen[-1][:5], flipped, found["alpha"], found["beta"]]
    drawn = np.array(seen, dtype=float)
    assert (drawn.std(axis=0) > 0).all()
    together = np.corrcoef(drawn, rowvar=False)[np.triu_indices(8, k=1)]
    # of 400 independent pairs r has a deviation of 0.05: none of 28 beyond 0.2 but once in 560 times
    assert np.abs(together).max() < 0.2, together


def write_batches_of_workers(target: Path) -> None:
    torch.set_num_threads(1)
    torch.save(batches(make_inputs(), 3, workers=2), target)


def test_workers_give_the_same_batches_as_none(inputs: Inputs, tmp_path: Path) -> None:
    apart(write_batches_of_workers, tmp_path / "batches.pt")
    assert same(batches(inputs, 3), torch.load(tmp_path / "batches.pt"))


def test_seed_epoch_and_item_always_give_the_same_picture(inputs: Inputs) -> None:
    items = items_of(inputs)
    expected = items[2, 5, 0]
    for key in ((0, 0, 0), (1, 3, 0), (2, 7, 0)):
        _ = items[key]  # what was drawn before does not matter
    assert same(items[2, 5, 0], expected)
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
        moved += int((mask != inputs.wide_masks[0] // 255).any())
    assert moved >= 5  # a turn by less than two degrees moves no pixel of a mask this small


def test_flip_alone_mirrors_image_and_mask(inputs: Inputs) -> None:
    image, mask = items_of(inputs, flip=1.0, rotation=0.0, brightness=0.0)[0, 0, 0]
    np.testing.assert_array_equal(mask, inputs.wide_masks[0][:, ::-1] // 255)
    np.testing.assert_array_equal(image, inputs.wide_images[0][:, ::-1])


def test_augmentation_of_nothing_changes_nothing(inputs: Inputs) -> None:
    image, mask = items_of(inputs, flip=0.0, rotation=0.0, brightness=0.0)[4, 7, 0]
    np.testing.assert_array_equal(image, inputs.wide_images[7])
    np.testing.assert_array_equal(mask, inputs.wide_masks[7] // 255)


def test_brightness_leaves_the_mask_alone(inputs: Inputs) -> None:
    image, mask = items_of(inputs, flip=0.0, rotation=0.0, brightness=0.5)[0, 0, 0]
    assert (image != inputs.wide_images[0]).any()
    np.testing.assert_array_equal(mask, inputs.wide_masks[0] // 255)


def test_batches_are_floats_between_zero_and_one(inputs: Inputs) -> None:
    validating = small_inputs.whole(inputs.wide_images, inputs.wide_masks // 255, train=0)
    plain = PlainItems(validating, np.arange(NUMBER))
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


def test_an_item_drawn_twice_in_an_epoch_is_changed_in_two_ways(inputs: Inputs) -> None:
    items = items_of(inputs)
    assert not same(items[2, 5, 0], items[2, 5, 1])


@pytest.fixture
def with_empty(inputs: Inputs) -> Inputs:
    """The first six of nine have no lesion."""
    masks = inputs.wide_masks.copy()
    masks[:6] = 0
    return replace(inputs, wide_masks=masks)


def test_loader_draws_as_many_items_and_as_many_empty_ones_as_asked(with_empty: Inputs) -> None:
    items = items_of(with_empty)
    np.testing.assert_array_equal(items.empty(), [True] * 6 + [False] * 3)
    loader = training_loader(items, batch=4, workers=0, length=12, empty_share=0.25)
    masks = torch.cat([masks for _, masks in loader])
    assert sorted(masks.flatten(1).any(dim=1).tolist()) == [False] * 3 + [True] * 9


def test_regions_around_false_boxes_are_empty_even_if_a_lesion_is_near(inputs: Inputs) -> None:
    around = replace(inputs, training=inputs.training.assign(source="background"))
    assert items_of(around).empty().all()


@pytest.mark.parametrize("share", [None, 0.8])
def test_names_of_a_batch_are_found_again(with_empty: Inputs, share: float | None) -> None:
    items = items_of(with_empty, flip=0.0, rotation=0.0, brightness=0.0)
    loader = training_loader(items, batch=4, workers=0, empty_share=share)
    loader.batch_sampler.sampler.set_epoch(2)
    for number, images in enumerate([images for images, _ in loader]):
        names = names_of_batch(loader, 2, number).split(", ")
        expected = with_empty.wide_images[[int(name.removesuffix(" (frame)")[1:]) for name in names]]
        np.testing.assert_array_equal((255 * images[:, 0]).round().numpy(), expected)


def test_validation_batches_hold_the_chosen_items_in_order(inputs: Inputs) -> None:
    validating = small_inputs.whole(inputs.wide_images, inputs.wide_masks // 255, train=0)
    loader = plain_loader(PlainItems(validating, np.array([7, 2, 4])), batch=2, workers=0)
    images, masks = (torch.cat(parts) for parts in zip(*loader, strict=True))
    np.testing.assert_allclose(images[:, 0].numpy(), validating.images[[7, 2, 4]] / 255, rtol=1e-6)
    np.testing.assert_array_equal(masks[:, 0].numpy(), validating.masks[[7, 2, 4]])


def test_seeds_of_different_parts_differ() -> None:
    seeds = {one_seed(seed, epoch, item) for seed in range(5) for epoch in range(20) for item in range(20)}
    assert len(seeds) == 5 * 20 * 20
    assert one_seed(1, 2, 3) == one_seed(1, 2, 3)
    assert all(0 <= seed < 2**32 for seed in seeds)
