"""From a network's logits to tiles, and from tiles to the mask of an image."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from predicted import engine_of, predicted
from torch import nn

from guidedseg.inference.predict import Predicted, predict, write
from guidedseg.inference.tiles import Tiles, load, load_gates
from guidedseg.segmentation import losses
from guidedseg.segmentation.inputs import COLUMNS


class Grey(nn.Module):
    """Logits from -8 (black) to 8 (white); remembers its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        assert not self.training
        self.batches.append(len(images))
        return 16 * images - 8


def tiles_of(*rows: tuple[str, int, int, int, int, int]) -> Tiles:
    """Tiles of 8 x 8 with one probability each: image, probability x 255 and region."""
    items = pd.DataFrame(
        [(image_id, "test", "detector", 0.9, *box) for image_id, _, *box in rows],
        columns=COLUMNS,
    )
    return Tiles(np.stack([np.full((8, 8), row[1], dtype=np.uint8) for row in rows]), items)


def test_probability_is_the_sigmoid_times_255() -> None:
    images = np.array([0, 51, 255], dtype=np.uint8).reshape(3, 1, 1) * np.ones((1, 4, 4), dtype=np.uint8)
    result = predicted(Grey(), images).probabilities
    # logits -8, 16 / 5 - 8 = -4.8 and 8; 255 / (1 + exp(-logit)) = 0.09, 2.08 and 254.91
    assert result.dtype == np.uint8
    assert result.shape == (3, 4, 4)
    assert (result == np.array([0, 2, 255]).reshape(3, 1, 1)).all()


def test_probability_of_one_half_is_on_the_side_of_the_lesion() -> None:
    class Undecided(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return 0 * images

    result = predicted(Undecided(), np.zeros((1, 2, 2), dtype=np.uint8)).probabilities
    assert (result >= 0.5 * 255).all()


RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (7, 16, 16), dtype=np.uint8)
MASKS = RNG.integers(0, 2, (7, 16, 16), dtype=np.uint8)
MASKS[[2, 5]] = 0  # as on a false box


@pytest.mark.parametrize("loss", [None, *losses.LOSSES])
def test_size_of_the_batches_changes_nothing(loss: str | None) -> None:
    network, built = Grey(), losses.build(loss) if loss else None
    few, several = predicted(network, IMAGES, MASKS, built, batch=3), predicted(Grey(), IMAGES, MASKS, built, batch=7)
    np.testing.assert_array_equal(few[0], several[0])
    np.testing.assert_array_equal(few[1], several[1])
    assert network.batches == [3, 3, 1]


@pytest.mark.parametrize("loss", losses.LOSSES)
def test_loss_is_that_of_each_region_alone(loss: str) -> None:
    built = losses.build(loss)
    result = predicted(Grey(), IMAGES, MASKS, built).losses
    logits = 16 * torch.from_numpy(IMAGES / np.float32(255)) - 8
    targets = torch.from_numpy(MASKS).float()
    expected = [float(built(logits[n][None, None], targets[n][None, None])) for n in range(7)]
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    assert len(set(expected)) == 7


def test_dice_loss_of_a_region_is_that_of_the_paper() -> None:
    # 1 - 2 sum(y t) / (sum(y) + sum(t)): grey 102 has the logit 16 x 0.4 - 8 = -1.6, white 8; 8 pixels each, 4 lesion
    images = np.full((1, 4, 4), 102, dtype=np.uint8)
    images[0, :2] = 255
    masks = np.zeros((1, 4, 4), dtype=np.uint8)
    masks[0, 0] = 1
    dark, white = 1 / (1 + np.exp(1.6)), 1 / (1 + np.exp(-8))
    result = predicted(Grey(), images, masks, losses.build("dice")).losses
    assert result[0] == pytest.approx(1 - 2 * 4 * white / (8 * white + 8 * dark + 4), rel=1e-5)


class Leaning(nn.Module):
    """Logits that know left from right, unlike those of ``Grey``."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return 16 * images - 8 + 4 * torch.cumsum(images, dim=-1)


def test_mean_over_the_flip_treats_left_and_right_alike() -> None:
    mirrored = np.ascontiguousarray(IMAGES[..., ::-1])
    for flips in (True, False):
        one = predicted(Leaning(), IMAGES, flips=flips).probabilities
        other = predicted(Leaning(), mirrored, flips=flips).probabilities
        assert (one == other[..., ::-1]).all() == flips


def test_flips_average_logits_and_not_probabilities() -> None:
    # Grey left 0.5, right 0.25: logits 0 + 2, -4 + 3 and of the mirror image -4 + 1, 0 + 3; means of each place:
    # (2 + 3) / 2 = 2.5 and (-1 - 3) / 2 = -2 (values are multiples of 1 / 256 only nearly: 128 and 64 of 255)
    images = np.array([[[128, 64]]], dtype=np.uint8)
    result = predicted(Leaning(), images, flips=True).probabilities
    np.testing.assert_allclose(result[0, 0], [255 / (1 + np.exp(-2.5)), 255 / (1 + np.exp(2))], atol=1.5)


def test_loss_is_that_of_the_averaged_logits() -> None:
    built = losses.build("bce")
    result = predicted(Leaning(), IMAGES, MASKS, built, flips=True).losses
    images = torch.from_numpy(IMAGES / np.float32(255))
    mirrored = Leaning()(images.flip(-1)).flip(-1)
    logits = (Leaning()(images) + mirrored) / 2
    expected = [
        float(built(logit[None, None], torch.from_numpy(mask).float()[None, None]))
        for logit, mask in zip(logits, MASKS, strict=True)
    ]
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_size_of_the_batches_changes_nothing_with_flips() -> None:
    built = losses.build("bce_dice")
    few, several = (predicted(Leaning(), IMAGES, MASKS, built, batch=batch, flips=True) for batch in (3, 7))
    np.testing.assert_array_equal(few[0], several[0])
    np.testing.assert_array_equal(few[1], several[1])


def test_without_a_truth_there_is_no_loss() -> None:
    for truth in ({}, {"masks": MASKS}, {"loss": losses.build("bce")}):
        result, loss, _ = predicted(Grey(), IMAGES, **truth)
        assert loss.shape == (7,)
        assert np.isnan(loss).all()
        assert result.shape == (7, 16, 16)


def test_loss_does_not_change_the_probabilities() -> None:
    np.testing.assert_array_equal(
        predicted(Grey(), IMAGES)[0], predicted(Grey(), IMAGES, MASKS, losses.build("bce_dice"))[0]
    )


def test_read_only_images_can_be_predicted() -> None:
    images, masks = np.full((2, 8, 8), 200, dtype=np.uint8), np.ones((2, 8, 8), dtype=np.uint8)
    images.flags.writeable = masks.flags.writeable = False
    result, loss, _ = predicted(Grey(), images, masks, losses.build("bce"))
    assert (result > 250).all()
    assert (loss < 0.02).all()


def test_no_images_give_no_tiles(tmp_path: Path) -> None:
    nothing = np.empty((0, 8, 8), dtype=np.uint8)
    parts = predict(engine_of(Grey()), nothing, nothing, partial(losses.of_each, losses.build("bce")))
    write(parts, pd.DataFrame(columns=COLUMNS), 8, tmp_path)
    assert load(tmp_path).probabilities.shape == (0, 8, 8)
    assert load(tmp_path).items.empty
    assert load_gates(tmp_path) == ()


def test_only_chosen_regions_are_predicted_in_their_order() -> None:
    chosen, built = np.array([5, 0, 3]), losses.build("bce")
    some, everything = predicted(Grey(), IMAGES, MASKS, built, chosen=chosen), predicted(Grey(), IMAGES, MASKS, built)
    np.testing.assert_array_equal(some.probabilities, everything.probabilities[chosen])
    np.testing.assert_array_equal(some.losses, everything.losses[chosen])


def test_regions_are_predicted_as_they_are_asked_for() -> None:
    network = Grey()
    many = np.repeat(IMAGES, 20, axis=0)
    next(predict(engine_of(network), many, batch=3))
    assert set(network.batches) == {3}
    assert 3 * len(network.batches) < len(many) / 2


def test_tile_fills_its_region_and_nothing_else() -> None:
    tiles = tiles_of(("a", 180, 2, 3, 7, 9))
    expected = np.zeros((12, 10), dtype=np.uint8)
    expected[3:9, 2:7] = 180
    np.testing.assert_array_equal(tiles.assembled(np.array([0]), height=12, width=10), expected)


def test_where_tiles_overlap_the_larger_probability_stands() -> None:
    tiles = tiles_of(("a", 100, 0, 0, 6, 4), ("a", 200, 4, 0, 8, 4))
    for order in ([0, 1], [1, 0]):
        result = tiles.assembled(np.array(order), height=4, width=10)
        assert (result == [100] * 4 + [200] * 4 + [0] * 2).all()


def test_only_chosen_tiles_are_pasted() -> None:
    tiles = tiles_of(("a", 100, 0, 0, 2, 2), ("b", 200, 0, 0, 4, 4))
    assert tiles.assembled(np.array([0]), 4, 4).sum() == 4 * 100
    assert not tiles.assembled(np.array([], dtype=np.int64), 4, 4).any()


def part(tiles: Tiles, rows: slice, gates: tuple[np.ndarray, ...] = ()) -> Predicted:
    probabilities = tiles.probabilities[rows]
    return Predicted(probabilities, np.arange(len(tiles.items))[rows] / 4, tuple(level[rows] for level in gates))


def test_written_tiles_are_read_back(tmp_path: Path) -> None:
    tiles = tiles_of(("NA", 100, 0, 0, 2, 2), ("b", 200, 1, 2, 3, 4), ("b", 50, 0, 0, 1, 1))
    items = tiles.items.assign(confidence=[np.nan, 0.25, 0.125])
    write([part(tiles, slice(2)), part(tiles, slice(2, 3))], items, 8, tmp_path)
    read = load(tmp_path)
    np.testing.assert_array_equal(read.probabilities, tiles.probabilities)
    pd.testing.assert_frame_equal(read.items, items.assign(loss=[0, 0.25, 0.5]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["items.csv", "probabilities.npy"]


def test_written_gates_are_read_back_coarse_to_fine_with_the_regions_of_their_tiles(tmp_path: Path) -> None:
    tiles = tiles_of(("a", 100, 0, 0, 2, 2), ("b", 200, 1, 2, 3, 4))
    gates = tuple(RNG.integers(0, 256, (2, side, side), dtype=np.uint8) for side in (2, 4))
    write([part(tiles, slice(1), gates), part(tiles, slice(1, 2), gates)], tiles.items, 8, tmp_path)
    read = load_gates(tmp_path)
    assert len(read) == 2
    for given, level in zip(gates, read, strict=True):
        np.testing.assert_array_equal(level.probabilities, given)
        pd.testing.assert_frame_equal(level.items, tiles.items.assign(loss=[0, 0.25]))


def test_network_without_gates_gives_none() -> None:
    assert predicted(Grey(), IMAGES).gates == ()


@pytest.mark.parametrize("size", [8, 16, 96])
def test_the_frame_comes_back_at_its_own_size(size: int) -> None:
    item = pd.DataFrame([("a", "test", "frame", np.nan, 0, 0, 30, 20)], columns=COLUMNS)
    tiles = Tiles(np.full((1, size, size), 77, dtype=np.uint8), item)
    result = tiles.assembled(np.array([0]), height=20, width=30)
    assert result.shape == (20, 30)
    assert (result == 77).all()
