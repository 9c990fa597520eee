"""Both approaches may leave an image empty by the same kind of gate, and are judged without it too."""

import itertools
from functools import partial

import numpy as np
import pytest
from validation_images import ELSEWHERE, MASKS, box, chosen, frames, tiles_of

from guidedseg.evaluation.operating import THRESHOLDS, level
from guidedseg.inference.patchwork import patchworks
from guidedseg.inference.tiles import Tiles
from guidedseg.scoring import curves, operating
from guidedseg.segmentation.inputs import COLUMNS

FULL = 60 / 222
"""Dice of the whole frame, 192 px, with a lesion of 30 px."""


def test_gate_leaves_the_frames_of_normals_empty_that_the_threshold_alone_cannot() -> None:
    # a says 0.25 and 0.9 somewhere, n 0.3 everywhere: from threshold 0.35 on both lose their low parts
    direct = picture(a=(64, 230), n=(77, 77))
    result = chosen("an", direct=direct)
    # a with 0.9 alone (one corner, no lesion): Dice 0; a with everything: 60 / 222, n then empty by the gate: 1
    assert (result.direct_threshold, result.direct_gate) == (0.25, pytest.approx((77 + 230) / 2 / 255, abs=1e-6))
    assert result.direct_dice == pytest.approx((FULL + 1) / 2)
    # without the gate: threshold 0.35 empties n and spoils a: (0 + 1) / 2
    assert result.direct_ungated_dice == pytest.approx(0.5)
    assert result.direct_ungated_threshold == 0.5


def picture(**levels: tuple[int, int]) -> Tiles:
    """Frames of one level, with another in one corner."""
    tiles = frames(**{name: low for name, (low, _) in levels.items()})
    for number, (_, high) in enumerate(levels.values()):
        tiles.probabilities[number, 0, 0] = high
    return tiles


def test_equal_gates_go_to_the_lowest() -> None:
    assert chosen("an", direct=frames(a=200, n=0)).direct_gate == 0.0  # the threshold empties n already


def test_one_frame_speaks_whatever_the_gate() -> None:
    # normals alone: silence would score 1 on both, but no gate above the highest level is tried
    result = chosen("nm", direct=frames(n=255, m=250))
    assert result.direct_gate == pytest.approx(252.5 / 255, abs=1e-6)
    assert result.direct_dice == 0.5


def test_given_gate_is_taken() -> None:
    result = chosen("an", direct=frames(a=200, n=100), gate=0.9)
    assert (result.direct_gate, result.direct_dice) == (0.9, pytest.approx(0.5))  # 0.9 x 255 = 229.5: both silent
    assert result.direct_ungated_dice == pytest.approx((FULL + 1) / 2)


def test_guided_without_a_gate_keeps_the_best_box_of_every_image() -> None:
    result = chosen("anm", box("a", 0.8), box("n", 0.3), box("n", 0.2))
    assert (result.confidence, result.guided_dice) == (0.55, 1.0)
    # n cannot be silent: a 1, n 0, m (no box at all) 1; n's second box changes nothing
    assert result.guided_ungated_dice == pytest.approx(2 / 3)
    assert result.guided_ungated_confidence == 0.55


def test_guided_without_a_gate_still_drops_an_images_weaker_boxes() -> None:
    result = chosen("an", box("a", 0.8), box("a", 0.4, region=ELSEWHERE), box("n", 0.6, 0))
    assert (result.guided_ungated_confidence, result.guided_ungated_dice) == (0.7, 1.0)


@pytest.mark.parametrize("seed", range(20))
def test_gates_are_those_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = list("abcnm"[: rng.integers(1, 6)])
    direct = frames(**dict.fromkeys(names, 0))
    direct.probabilities[:] = rng.integers(0, 256, direct.probabilities.shape) // rng.choice([1, 64])
    rows = [box(str(name), float(rng.integers(1, 10) / 10), int(rng.integers(256))) for name in rng.choice(names, 9)]
    guided = tiles_of(*rows)
    result = operating(
        partial(curves, direct, guided, guided, names, MASKS.__getitem__, which="validation"),
        rule="strict",
        confidence=None,
        gate=None,
        mask_threshold=None,
    )

    canvases = {name: patchworks(direct, guided, name, result)["direct"].probabilities(12, 16) for name in names}
    peaks = sorted({int(canvas.max()) for canvas in canvases.values()})
    gates = [0.0, *((low + high) / 2 / 255 for low, high in itertools.pairwise(peaks))]
    grid = {
        (gate, threshold): np.mean([dice(MASKS[name], speaks(canvases[name], gate, threshold)) for name in names])
        for gate in gates
        for threshold in THRESHOLDS
    }
    best = max(grid.values())
    ties = [cell for cell, value in grid.items() if value > best - 1e-9]
    gate, threshold = min(ties, key=lambda cell: (round(abs(cell[1] - 0.5), 6), cell[1], cell[0]))
    assert result.direct_dice == pytest.approx(best, abs=1e-12)
    assert (result.direct_threshold, result.direct_gate) == (threshold, pytest.approx(gate, abs=1e-6))


def speaks(canvas: np.ndarray, gate: float, threshold: float) -> np.ndarray:
    return (canvas >= threshold * 255) & (canvas.max() >= gate * 255)


def dice(truth: np.ndarray, predicted: np.ndarray) -> float:
    if not truth.any() and not predicted.any():
        return 1.0
    return float(2 * (truth & predicted).sum() / (truth.sum() + predicted.sum()))


def test_mask_is_empty_below_the_gate_and_whole_from_it_on() -> None:
    result = chosen("an", direct=frames(a=200, n=100), gate=0.6, mask=0.2)
    direct, nothing = frames(a=153, n=152), tiles_of()  # 0.6 x 255 = 153
    assert patchworks(direct, nothing, "a", result)["direct"].mask(12, 16).all()
    assert not patchworks(direct, nothing, "n", result)["direct"].mask(12, 16).any()
    assert patchworks(direct, nothing, "n", result)["direct_ungated"].mask(12, 16).all()


def test_gate_between_two_levels_tells_them_apart_after_rounding() -> None:
    for low in range(255):
        gate = round((2 * low + 1) / 2 / 255, 6)
        assert low < level(gate) <= low + 1


def test_columns_of_the_tiles_are_those_of_the_inputs() -> None:
    assert list(tiles_of().items.columns) == COLUMNS
