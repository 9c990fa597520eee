"""Losses on drawings whose value is computed by hand."""

import math

import pytest
import torch

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import losses


def logits_of(probabilities):
    """(H, W) probabilities as logits (1, 1, H, W)."""
    return torch.logit(torch.tensor(probabilities, dtype=torch.float64)).float()[None, None]


def targets_of(mask):
    return torch.tensor(mask, dtype=torch.float32)[None, None]


HALF = logits_of([[0.5, 0.5], [0.25, 0.75]])
TRUTH = targets_of([[1, 0], [0, 1]])


def test_dice_is_the_papers_formula():
    # 1 - 2 * (0.5 + 0.75) / (2 + 2) = 0.375
    assert losses.build("dice")(HALF, TRUTH).item() == pytest.approx(0.375)


def test_dice_sums_over_the_batch_so_false_alarms_on_normals_cost():
    logits, targets = torch.cat([HALF, HALF]), torch.cat([TRUTH, torch.zeros_like(TRUTH)])
    # 1 - 2 * 1.25 / (2 + 2 + 2)
    assert losses.build("dice")(logits, targets).item() == pytest.approx(1 - 2.5 / 6)


def test_bce_is_the_mean_negative_log_likelihood():
    expected = -(math.log(0.5) + math.log(0.5) + math.log(0.75) + math.log(0.75)) / 4
    assert losses.build("bce")(HALF, TRUTH).item() == pytest.approx(expected)


def test_bce_dice_is_the_sum_of_both():
    both = losses.build("bce")(HALF, TRUTH) + losses.build("dice")(HALF, TRUTH)
    assert losses.build("bce_dice")(HALF, TRUTH).item() == pytest.approx(both.item())


@pytest.mark.parametrize("name", losses.LOSSES)
def test_perfect_prediction_costs_nothing(name):
    for targets in (TRUTH, torch.zeros_like(TRUTH)):
        assert losses.build(name)((targets * 2 - 1) * 50, targets).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", losses.LOSSES)
@pytest.mark.parametrize("level", [-100.0, 0.0, 100.0])
def test_batch_without_lesion_gives_a_finite_loss_and_gradient(name, level):
    logits = torch.full((2, 1, 8, 8), level, requires_grad=True)
    loss = losses.build(name)(logits, torch.zeros(2, 1, 8, 8))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("name", losses.LOSSES)
def test_batch_without_lesion_pulls_every_probability_down(name):
    logits = torch.zeros(2, 1, 8, 8, requires_grad=True)
    losses.build(name)(logits, torch.zeros(2, 1, 8, 8)).backward()
    assert (logits.grad > 1e-4).all()


def test_dice_of_a_batch_without_lesion_is_the_mean_probability():
    assert losses.build("dice")(HALF, torch.zeros_like(TRUTH)).item() == pytest.approx(0.5)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_gradient_raises_lesion_and_lowers_background(name):
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    losses.build(name)(logits, TRUTH).backward()
    assert (logits.grad[TRUTH == 1] < 0).all()
    assert (logits.grad[TRUTH == 0] > 0).all()


def test_dice_of_a_large_half_precision_batch_does_not_overflow():
    logits, targets = torch.zeros(8, 1, 128, 128, dtype=torch.float16), torch.ones(8, 1, 128, 128)
    # 131072 pixels, more than float16 holds: 1 - 2 * 0.5 n / (0.5 n + n) = 1/3
    assert losses.build("dice")(logits, targets).item() == pytest.approx(1 / 3, rel=1e-3)


def test_unknown_loss_lists_what_there_is():
    with pytest.raises(GuidedsegError, match=r"'focal'.*bce, dice, bce_dice"):
        losses.build("focal")
