"""What operating values are chosen by: rules that differ in what a normal is worth, against brute force."""

import numpy as np
import pytest
from validation_images import MASKS, box, chosen

from guidedseg.evaluation.operating import QUIET, Curves, Rule, choose

RULES: tuple[Rule, ...] = ("strict", "balanced", "quiet")


def test_strict_rewards_silence_where_normals_prevail_and_balanced_does_not() -> None:
    """Two lesions found at 0.9 and 0.4; two of six normals have a box at 0.5."""
    boxes = [box("a", 0.9), box("b", 0.4), box("n", 0.5)]
    # down to 0.4: a, b, m right, n wrong: strict 3/4; balanced (1 + 1/2) / 2. Down to 0.9: a, n, m right, the same.
    assert chosen("abnm", *boxes, rule="strict").guided_dice == pytest.approx(3 / 4)
    assert chosen("abnm", *boxes, rule="balanced").guided_dice == pytest.approx(3 / 4)
    # a normal more, m once again without a box, moves neither side of balanced but weighs in strict
    many = [curves(0, [0.9]), curves(0, [0.4]), *[curves(1, [0.5])] * 2, *[curves(1, [])] * 4]
    strict, balanced = (chosen_of(many, rule) for rule in ("strict", "balanced"))
    assert strict.confidence == pytest.approx(0.7)  # 0.9: 7 of 8 right; 0.4: 6 of 8
    assert balanced.confidence == pytest.approx(0.2)  # (1 + 4/6) / 2 against (1/2 + 1) / 2
    assert balanced.guided_dice == pytest.approx((1 + 4 / 6) / 2)


def test_balanced_does_not_depend_on_prevalence() -> None:
    few = [curves(0, [0.9]), curves(0, [0.4]), curves(1, [0.5]), curves(1, []), curves(1, [])]
    for times in (1, 2, 7):
        found = chosen_of(few[:2] + few[2:] * times, "balanced")
        assert (found.confidence, found.guided_dice) == (pytest.approx(0.2), pytest.approx((1 + 2 / 3) / 2))


def test_quiet_finds_what_it_can_while_nine_of_ten_normals_are_empty() -> None:
    normals = [curves(1, [0.3]), curves(1, [0.6]), *[curves(1, [])] * 18]
    lesions = [curves(0, [0.9]), curves(0, [0.5]), curves(0, [0.1])]
    found = chosen_of(lesions + normals, "quiet")
    assert found.confidence == pytest.approx(0.05)  # both normals marked: exactly nine of ten are empty
    assert found.guided_dice == pytest.approx(1.0)
    loud = chosen_of([*lesions, *normals, curves(1, [0.4])], "quiet")  # 0.1 would mark three of 21
    assert loud.confidence == pytest.approx(0.45)  # as many lesions as at 0.35
    assert loud.guided_dice == pytest.approx(2 / 3)


def test_quiet_takes_the_quietest_where_none_is_quiet_enough() -> None:
    found = chosen_of([curves(0, [0.2]), curves(1, [0.9]), curves(1, [0.5])], "quiet")
    assert found.confidence == pytest.approx(0.7)


@pytest.mark.parametrize("names", ["abc", "nm"])
def test_images_of_one_kind_are_judged_by_their_mean_under_every_rule(names: str) -> None:
    boxes = [box("a", 0.8), box("b", 0.6), box("n", 0.7), box("m", 0.3)]
    strict, balanced, quiet = (chosen(names, *(row for row in boxes if row[0] in names), rule=rule) for rule in RULES)
    assert strict == balanced == quiet


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(10))
def test_both_approaches_get_the_best_of_their_grid(rule: Rule, seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = [noise(rng, silent) for silent in rng.permutation([0] * 4 + [1] * 7)]
    found = choose(images, (0.5, 0.4, 0.6), rule=rule, confidence=None, gate=None)
    levels = sorted({confidence for image in images for confidence in image.confidences}, reverse=True)
    grid = [
        judged(rule, images, [image.guided[int((image.confidences >= least).sum()), column] for image in images])
        for least in levels
        for column in range(3)
    ]
    assert found.guided_dice == pytest.approx(max(grid), abs=1e-12)
    peaks = sorted({image.peak for image in images})
    grid = [
        judged(rule, images, [image.silent if image.peak < least else image.direct[column] for image in images])
        for least in peaks
        for column in range(3)
    ]
    assert found.direct_dice == pytest.approx(max(grid), abs=1e-12)


def judged(rule: Rule, images: list[Curves], dice: list[float]) -> float:
    """By the words of the rule."""
    lesions = np.mean([value for image, value in zip(images, dice, strict=True) if not image.silent])
    normals = np.mean([value for image, value in zip(images, dice, strict=True) if image.silent])
    if rule == "strict":
        return float(np.mean(dice))
    if rule == "balanced":
        return float((lesions + normals) / 2)
    return float(lesions if normals >= QUIET - 1e-9 else normals - 1)


def curves(silent: int, confidences: list[float]) -> Curves:
    """An image on which every box outlines the lesion, or is wrong where there is none; one threshold."""
    guided = [float(silent), *[float(not silent)] * len(confidences)]
    return Curves(float(silent), 0, np.zeros(1), np.array(confidences), np.array(guided)[:, None])


def noise(rng: np.random.Generator, silent: int) -> Curves:
    """Any scores; a normal's are 0 or 1."""
    confidences = np.sort(rng.integers(1, 20, rng.integers(0, 4)) / 20)[::-1]
    table = rng.random((len(confidences) + 2, 3))
    table = table.round() if silent else table
    table[1] = silent
    return Curves(float(silent), int(rng.integers(5)), table[0], confidences, table[1:])


def chosen_of(images: list[Curves], rule: Rule):
    return choose(images, (0.5,), rule=rule, confidence=None, gate=None)


def test_masks_are_what_the_cases_above_say() -> None:
    assert [bool(MASKS[name].any()) for name in "abcnm"] == [True] * 3 + [False] * 2
