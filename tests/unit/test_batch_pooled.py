"""Counts summed within batches of consecutive images, against plain loops over copies."""

import math

import numpy as np
import pandas as pd
import pytest
from counted_images import many_images

from guidedseg.evaluation import bootstrap
from guidedseg.evaluation.estimates import batch_pooled, by_rule
from guidedseg.evaluation.rules import OVERLAP, counted, ratios
from guidedseg.evaluation.scores import split_by_branch

# image by image: tp, fp, fn, tn
BATCHED = np.array(
    [
        (6, 2, 4, 88),  # first batch: 6, 5, 4, 185
        (0, 3, 0, 97),
        (0, 0, 0, 100),  # second: 0, 0, 0, 200
        (0, 0, 0, 100),
        (0, 0, 5, 95),  # third, smaller: 0, 0, 5, 95
    ],
    dtype=np.float64,
)


@pytest.mark.filterwarnings("error")
def test_batches_are_pooled_and_averaged() -> None:
    result = batch_pooled(BATCHED, np.array(list("PPQQQ")), np.ones((1, 2)), 2)[0]
    assert dict(zip(OVERLAP, result, strict=True)) == pytest.approx(
        {
            "dice": (12 / 21 + 0) / 2,  # the second batch is 0/0
            "iou": (6 / 15 + 0) / 2,
            "precision": 6 / 11,  # the third is, too
            "recall": (6 / 10 + 0) / 2,
            "specificity": (185 / 190 + 1 + 1) / 3,
            "accuracy": (191 / 200 + 1 + 95 / 100) / 3,
        }
    )


def test_one_batch_of_all_is_the_pooled_rule_and_batches_of_one_are_images() -> None:
    rows = split_by_branch(many_images().images)["guided"]
    whole = by_rule(rows, np.ones((1, 6)), 48)
    np.testing.assert_allclose(whole["batch_pooled"].values, whole["pooled"].values)
    single = by_rule(rows, np.ones((1, 6)), 1)["batch_pooled"].values
    np.testing.assert_allclose(single[0], np.nanmean(ratios(counted(rows)), axis=0))


def plain_batches(counts: np.ndarray, batch: int) -> list[float]:
    """Dice, and so on, of sums over consecutive images, averaged over the batches that have any."""
    results = []
    for number in range(len(OVERLAP)):
        found = []
        for start in range(0, len(counts), batch):
            score = ratios(np.sum(counts[start : start + batch], axis=0))[number]
            if not math.isnan(score):
                found.append(score)
        results.append(sum(found) / len(found) if found else np.nan)
    return results


def counts_by_group(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of 23 images of groups P, Q, R, S, one after the other."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 50, (23, 4)) * (rng.random((23, 4)) < 0.6)
    return images.astype(np.float64), np.repeat(list("PQRS"), [7, 2, 9, 5])


@pytest.mark.parametrize("batch", [1, 3, 16, 50])
def test_batches_of_draws_drawn_once_or_never_are_a_plain_loop(batch: int) -> None:
    counts, groups = counts_by_group(0)
    drawn = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 1]], dtype=np.float64)
    expected = [plain_batches(counts[np.repeat(times, [7, 2, 9, 5]) == 1], batch) for times in drawn]
    np.testing.assert_allclose(batch_pooled(counts, groups, drawn, batch), expected)


@pytest.mark.parametrize("batch", [3, 16])
def test_batches_of_a_draw_hold_whole_groups_one_after_the_other(batch: int) -> None:
    counts, groups = counts_by_group(1)
    images = pd.DataFrame({"group_id": groups})
    drawn = bootstrap.weights(images, seed=0, draws=8)
    expected = []
    for times in drawn.astype(int):
        of_draw = [counts[groups == name] for name, n in zip("PQRS", times, strict=True) for _ in range(n)]
        expected.append(plain_batches(np.concatenate(of_draw), batch))
    np.testing.assert_allclose(batch_pooled(counts, groups, drawn, batch), expected)
