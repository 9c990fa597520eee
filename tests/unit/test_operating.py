"""Confidence and mask thresholds chosen on validation images, against brute force and on cases known by hand."""

import itertools
from functools import partial

import numpy as np
import pandas as pd
import pytest
from validation_images import ELSEWHERE, FRAME, HEIGHT, LESION, MASKS, SIZE, WIDTH, box, chosen, frames, tiles_of

from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.operating import THRESHOLDS, Operating, level
from guidedseg.inference.tiles import Tiles
from guidedseg.scoring import curves, operating
from guidedseg.segmentation.inputs import COLUMNS

# ---------------------------------------------------------------------------------------------------- brute force


def random_tiles(rng: np.random.Generator, rows: list[tuple[str, str, float]]) -> Tiles:
    """Noise in random regions; half of the tiles have few levels, so that scores tie."""
    places = []
    for _, source, _ in rows:
        x, y = np.sort(rng.permutation(WIDTH + 1)[:2]), np.sort(rng.permutation(HEIGHT + 1)[:2])
        places.append(FRAME if source == "frame" else (x[0], y[0], x[1], y[1]))
    noise = rng.integers(0, 256, (len(rows), SIZE, SIZE), dtype=np.uint8)
    coarse = rng.random(len(rows)) < 0.5
    noise[coarse] = noise[coarse] // 128 * 127
    items = [(row[0], "val", row[1], row[2], *place) for row, place in zip(rows, places, strict=True)]
    return Tiles(noise, pd.DataFrame(items, columns=COLUMNS))


def strict_dice(truth: np.ndarray, predicted: np.ndarray) -> float:
    if not truth.any() and not predicted.any():
        return 1.0
    return 2 * (truth & predicted).sum() / (truth.sum() + predicted.sum())


def mean_dice(tiles: Tiles, source: str, masks: dict[str, np.ndarray], confidence: float) -> dict[float, float]:
    """Threshold -> mean strict Dice, from all masks put together anew."""
    items = tiles.items
    kept = (items["source"] == source) & ((source == "frame") | (items["confidence"] >= confidence))
    canvases = {
        name: tiles.assembled(np.flatnonzero(kept & (items["image_id"] == name)), HEIGHT, WIDTH) for name in masks
    }
    return {
        threshold: np.mean([strict_dice(mask, canvases[name] >= threshold * 255) for name, mask in masks.items()])
        for threshold in THRESHOLDS
    }


def brute_force(
    tiles: Tiles, source: str, masks: dict[str, np.ndarray], confidences: list[float]
) -> tuple[float, float, float]:
    """Confidence, threshold and Dice of the best cell of the grid, ties by the stated order."""
    grid = {
        (confidence, threshold): dice
        for confidence in confidences
        for threshold, dice in mean_dice(tiles, source, masks, confidence).items()
    }
    best = max(grid.values())
    ties = [cell for cell, dice in grid.items() if dice > best - 1e-9]
    confidence, threshold = min(ties, key=lambda cell: (round(abs(cell[1] - 0.5), 6), cell[1], -cell[0]))
    return confidence, threshold, grid[confidence, threshold]


@pytest.mark.parametrize("seed", range(20))
def test_choice_is_that_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"i{number}" for number in range(rng.integers(1, 6))]
    masks = {name: rng.random((HEIGHT, WIDTH)) < rng.choice([0.0, 0.3, 0.9]) for name in names}
    direct = random_tiles(rng, [(name, "frame", np.nan) for name in rng.permutation(names)])
    # one decimal only, so that boxes of one and of several images share a confidence
    rows = [(str(name), "detector", float(rng.integers(1, 10) / 10)) for name in rng.choice(names, 2 * len(names))]
    guided = random_tiles(rng, rows)

    values = sorted({row[2] for row in rows}, reverse=True)
    confidences = [round((high + low) / 2, 6) for high, low in itertools.pairwise([*values, 0.0])]
    _, direct_threshold, direct_dice = brute_force(direct, "frame", masks, [0.5])
    confidence, guided_threshold, guided_dice = brute_force(guided, "detector", masks, confidences)

    result = operating(
        partial(curves, direct, guided, guided, names, masks.__getitem__, which="validation"),
        rule="strict",
        confidence=None,
        gate=None,
        mask_threshold=None,
    )
    assert (result.confidence, result.guided_threshold) == (confidence, guided_threshold)
    assert result.direct_ungated_threshold == direct_threshold
    assert result.guided_dice == pytest.approx(guided_dice, abs=1e-12)
    assert result.direct_ungated_dice == pytest.approx(direct_dice, abs=1e-12)


# ---------------------------------------------------------------------------------------------------- confidence


def test_false_boxes_on_normals_raise_the_confidence() -> None:
    result = chosen("anm", box("a", 0.8), box("n", 0.3), box("m", 0.2))
    assert result.confidence == 0.55  # half way between 0.8, kept, and 0.3, dropped
    assert result.guided_dice == 1.0


def test_weak_box_that_finds_the_only_lesion_lowers_the_confidence() -> None:
    result = chosen("anm", box("n", 0.6), box("a", 0.1))
    assert result.confidence == 0.05  # half of the weakest
    assert result.guided_dice == pytest.approx(2 / 3)  # a 1, m 1, n 0; without the weak box m alone


def test_detector_is_never_switched_off() -> None:
    result = chosen("nm", box("n", 0.6), box("n", 0.2), box("m", 0.4))
    assert result.confidence == 0.5  # a box on n alone; no box at all would score 1
    assert result.guided_dice == 0.5


def test_boxes_of_one_confidence_are_kept_together() -> None:
    result = chosen("ab", box("a", 0.7), box("b", 0.7), box("b", 0.1, region=ELSEWHERE))
    assert (result.confidence, result.guided_dice) == (0.4, 1.0)


def test_confidence_does_not_sit_on_a_box_even_between_neighbours() -> None:
    assert chosen("an", box("a", 0.12346), box("n", 0.12345)).confidence == 0.123455
    assert chosen("a", box("a", 0.00001)).confidence == 0.000005


def test_boxes_that_change_nothing_are_dropped() -> None:
    assert chosen("a", box("a", 0.9), box("a", 0.4), box("a", 0.2)).confidence == 0.65


# ------------------------------------------------------------------------------------------------ mask thresholds


def test_each_approach_gets_its_own_threshold() -> None:
    # direct: 0.71 on the normal, 0.9 on a's whole frame (30 of 192 px are lesion, Dice 60 / 222)
    direct = frames(a=230, n=180)
    guided = (box("a", 0.9, 60), box("a", 0.9, 40, region=ELSEWHERE))  # lesion 0.24, false box 0.16
    result = chosen("an", *guided, direct=direct)
    assert (result.direct_ungated_threshold, result.guided_threshold) == (0.75, 0.2)
    assert result.direct_ungated_dice == pytest.approx((60 / 222 + 1) / 2)
    assert result.guided_dice == 1.0


def test_equal_thresholds_go_to_the_one_nearest_to_half() -> None:
    result = chosen("a", box("a", 0.9, 200), direct=frames(a=100))  # equal up to 0.75 and up to 0.35
    assert (result.guided_threshold, result.direct_threshold) == (0.5, 0.35)
    assert chosen("n", box("n", 0.9, 200)).guided_threshold == 0.8  # 200 / 255 = 0.784 is no lesion from 0.8 on


def test_of_two_thresholds_as_near_to_half_the_smaller_is_taken() -> None:
    # a is found up to 0.45 (120 / 255 = 0.47), n is silent from 0.55 on (130 / 255 = 0.51); at 0.5 both are wrong
    result = chosen("an", box("a", 0.9, 120), box("n", 0.9, 130))
    assert (result.guided_threshold, result.guided_dice) == (0.45, 0.5)


def test_threshold_breaks_a_tie_before_the_confidence_does() -> None:
    # the strong box alone finds the lesion up to 0.3, with the weak one up to 0.75
    result = chosen("a", box("a", 0.9, 80), box("a", 0.4, 200))
    assert (result.guided_threshold, result.confidence) == (0.5, 0.2)


def test_rounding_of_a_sum_does_not_break_a_tie() -> None:
    # the lesion has 6 x 5 px; Dice at 0.5: a 15 of 30 px, 30 / 45 = 2 / 3; b 10 px, 1 / 2; c 5 px, 10 / 35 = 2 / 7
    # at 0.45 a has 60 false px, 30 / 105 = 2 / 7, and c 15 px, 2 / 3: the same three, but
    # 2 / 7 + 1 / 2 + 2 / 3 is 2e-16 more than 2 / 3 + 1 / 2 + 2 / 7
    boxes = (
        box("a", 0.9, 200, (4, 3, 7, 8)),
        box("a", 0.9, 120, (10, 0, 16, 10)),
        box("b", 0.9, 200, (4, 3, 6, 8)),
        box("c", 0.9, 200, (4, 3, 5, 8)),
        box("c", 0.9, 120, (4, 3, 7, 8)),
    )
    result = chosen("abc", *boxes)
    assert result.guided_threshold == 0.5
    assert result.guided_dice == pytest.approx((2 / 3 + 1 / 2 + 2 / 7) / 3)
    assert chosen("abc", *boxes, mask=0.45).guided_dice > result.guided_dice


# ----------------------------------------------------------------------------------------------------- given values


def test_given_values_are_taken_and_scored() -> None:
    result = chosen("an", box("a", 0.8), box("n", 0.3), direct=frames(a=255, n=0), confidence=0.3, mask=0.9)
    # direct: 60 / 222 on a, 1 on n; guided: 1 on a, 0 on n, for a box at the confidence is kept
    assert (result.confidence, result.direct_threshold, result.guided_threshold) == (0.3, 0.9, 0.9)
    assert result.direct_dice == pytest.approx((60 / 222 + 1) / 2)
    assert result.guided_dice == 0.5


def test_mask_threshold_of_zero_makes_every_pixel_lesion() -> None:
    result = chosen("a", box("a", 0.8), mask=0.0)
    assert result.direct_dice == result.guided_dice == pytest.approx(60 / 222)


def test_given_confidence_leaves_the_thresholds_to_be_chosen() -> None:
    boxes = (box("a", 0.8, 240), box("n", 0.3, 200))
    assert chosen("an", *boxes).confidence == 0.55
    result = chosen("an", *boxes, confidence=0.1)
    assert (result.confidence, result.guided_threshold, result.guided_dice) == (0.1, 0.8, 1.0)


def test_given_mask_threshold_leaves_the_confidence_to_be_chosen() -> None:
    result = chosen("an", box("a", 0.8, 100), box("a", 0.3, 240), box("n", 0.2, 240), mask=0.77)
    assert (result.confidence, result.direct_threshold, result.guided_threshold) == (0.25, 0.77, 0.77)
    assert result.guided_dice == 1.0


def test_given_confidence_above_every_box_gives_empty_masks() -> None:
    assert chosen("an", box("a", 0.8), confidence=0.9).guided_dice == 0.5  # a is missed, n is right


# ------------------------------------------------------------------------------------------------- nothing to see


def test_without_a_box_the_confidence_is_half() -> None:
    result = chosen("an", box("b", 0.9))  # b is no validation image
    # the Dice values: a is missed, n is right
    assert result == Operating(0.5, 0.0, *[0.5] * 9, cascade_dice=0.5)


def test_without_a_validation_image_nothing_is_chosen() -> None:
    nobody = (None, None, None, None)
    assert chosen("", box("a", 0.9)) == Operating(0.5, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5, *nobody)
    given = chosen("", box("a", 0.9), confidence=0.2, gate=0.7, mask=0.3)
    assert given == Operating(0.2, 0.7, 0.3, 0.3, 0.3, 0.2, 0.3, *nobody, cascade_threshold=0.3)


def test_tiles_of_other_images_and_sources_change_nothing() -> None:
    rows = [box("a", 0.8, 150), box("n", 0.3, 100)]
    others = [
        box("b", 0.5, region=ELSEWHERE),  # b is a test image
        ("a", "truth", np.nan, LESION, 255),
        ("n", "background", 0.9, FRAME, 255),
    ]
    asked = []

    def load_mask(image_id: str) -> np.ndarray:
        asked.append(image_id)
        return MASKS[image_id]

    def choice(direct: Tiles, guided: Tiles) -> Operating:
        return operating(
            partial(curves, direct, guided, guided, ["a", "n"], load_mask, which="validation"),
            rule="strict",
            confidence=None,
            gate=None,
            mask_threshold=None,
        )

    alone = choice(frames(a=10, n=20), tiles_of(*rows))
    assert alone == choice(frames(b=255, a=10, m=255, n=20), tiles_of(*others, *rows, *others))
    assert set(asked) == {"a", "n"}


def test_labels_of_the_items_do_not_matter() -> None:
    guided = tiles_of(box("a", 0.8, 255), box("n", 0.3, 0))
    guided.items.index = pd.Index([1, 0])
    result = operating(
        partial(curves, frames(a=0, n=0), guided, guided, ["a", "n"], MASKS.__getitem__, which="validation"),
        rule="strict",
        confidence=None,
        gate=None,
        mask_threshold=None,
    )
    assert result.guided_dice == 1.0


def test_validation_image_without_its_frame_is_named() -> None:
    with pytest.raises(GuidedsegError, match=r"no frame(?s:.*)- n\n"):
        chosen("an", box("a", 0.9), direct=frames(a=0))


# ------------------------------------------------------------------------------------------------------------ level


def test_level_is_the_least_that_reaches_the_threshold() -> None:
    levels = np.arange(256, dtype=np.uint8)
    for threshold in [*THRESHOLDS, *(step / 1000 for step in range(1001))]:
        np.testing.assert_array_equal(levels >= level(threshold), levels >= threshold * 255, err_msg=str(threshold))


def test_level_forgives_the_error_of_floats_and_nothing_more() -> None:
    assert level(0.1 + 0.2 + 0.3) == 153  # times 255: 153.00000000000003
    assert level(1 - 0.8) == 51  # 50.999999999999986
    for value in range(255):
        assert level(value / 255) == value
        assert level((value + 1e-6) / 255) == value + 1


def test_thresholds_are_every_twentieth_with_the_preferred_first() -> None:
    assert sorted(THRESHOLDS) == [round(0.05 * step, 2) for step in range(1, 20)]
    assert THRESHOLDS[:5] == (0.5, 0.45, 0.55, 0.4, 0.6)
