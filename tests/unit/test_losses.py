"""Losses on drawings whose value is computed by hand."""

import math
from typing import get_args

import pytest
import torch
from loss_drawings import BOTH, HALF, NOISE, TRUTH, part, value_and_gradient

from guidedseg.errors import GuidedsegError
from guidedseg.params.training import Train
from guidedseg.segmentation import losses
from guidedseg.segmentation.models.layers import Supervised

# ----------------------------------------------------------------------------------------------------- closed forms


def test_dice_is_the_papers_formula():
    # 1 - 2 * (0.5 + 0.75) / (2 + 2) = 0.375
    assert losses.build("dice")(HALF, TRUTH).item() == pytest.approx(0.375)


def test_dice_sums_over_the_batch_so_false_alarms_on_normals_cost():
    logits, targets = torch.cat([HALF, HALF]), torch.cat([TRUTH, torch.zeros_like(TRUTH)])
    # 1 - 2 * 1.25 / (2 + 2 + 2)
    assert losses.build("dice")(logits, targets).item() == pytest.approx(1 - 2.5 / 6)


def test_iou_is_one_minus_intersection_over_union():
    # intersection 0.5 + 0.75, union 2 + 2 - 1.25
    assert part("iou")(HALF, TRUTH).item() == pytest.approx(1 - 1.25 / 2.75)


def test_iou_sums_over_the_batch_so_false_alarms_on_normals_cost():
    logits, targets = torch.cat([HALF, HALF]), torch.cat([TRUTH, torch.zeros_like(TRUTH)])
    # union 2 + 2 + 2 - 1.25
    assert part("iou")(logits, targets).item() == pytest.approx(1 - 1.25 / 4.75)


def test_bce_is_the_mean_negative_log_likelihood():
    expected = -(math.log(0.5) + math.log(0.5) + math.log(0.75) + math.log(0.75)) / 4
    assert losses.build("bce")(HALF, TRUTH).item() == pytest.approx(expected)


def test_focal_of_an_undecided_network_is_a_quarter_of_ln_2():
    # (1 - 0.5)^2 * -ln(0.5)
    assert losses.build("focal")(torch.zeros(1, 1, 2, 2), TRUTH).item() == pytest.approx(0.25 * math.log(2))


def test_focal_weighs_every_pixel_by_how_wrong_it_is():
    # probabilities of the true classes 0.5, 0.5, 0.75, 0.75 with gamma 3: (2 * 0.5^3 * ln 2 + 2 * 0.25^3 * ln 4/3) / 4
    expected = (0.5**3 * math.log(2) + 0.25**3 * math.log(4 / 3)) / 2
    assert losses.build("focal", gamma=3)(HALF, TRUTH).item() == pytest.approx(expected)


def test_focal_with_gamma_zero_is_bce():
    assert torch.equal(losses.build("focal", gamma=0)(NOISE, BOTH), losses.build("bce")(NOISE, BOTH))


@pytest.mark.parametrize("gamma", [0, 0.01, 0.5, 1, 2, 5])
def test_focal_is_finite_on_sure_pixels_for_any_gamma(gamma):
    sure = torch.tensor([-200.0, -30, 30, 200])[None, None, None]
    for targets in (torch.zeros_like(sure), torch.ones_like(sure)):
        value, gradient = value_and_gradient(losses.build("focal", gamma=gamma), sure, targets)
        # Half the pixels are right and cost nothing, the others are wrong by 30 and 200.
        assert value.item() == pytest.approx(230 / 4)
        assert torch.isfinite(gradient).all()


def test_gamma_reaches_focal_and_hybrid_alone():
    changed = [n for n in losses.LOSSES if losses.build(n)(NOISE, BOTH) != losses.build(n, gamma=1)(NOISE, BOTH)]
    assert changed == ["focal", "hybrid"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("bce_dice", ["bce", "dice"]),
        ("hybrid", ["focal", "ms_ssim", "iou"]),
        ("hybrid_bce", ["bce", "ms_ssim", "iou"]),
    ],
)
def test_mixed_losses_are_the_sum_of_their_parts(name, parts):
    expected = sum(part(one)(NOISE, BOTH) for one in parts)
    assert losses.build(name)(NOISE, BOTH).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("name", ["dice", "iou"])
def test_overlap_of_a_batch_without_lesion_is_the_mean_probability(name):
    assert part(name)(HALF, torch.zeros_like(TRUTH)).item() == pytest.approx(0.5)


def test_dice_of_a_large_half_precision_batch_does_not_overflow():
    logits, targets = torch.zeros(8, 1, 128, 128, dtype=torch.float16), torch.ones(8, 1, 128, 128)
    # 131072 pixels, more than float16 holds: 1 - 2 * 0.5 n / (0.5 n + n) = 1/3
    assert losses.build("dice")(logits, targets).item() == pytest.approx(1 / 3, rel=1e-3)


# ------------------------------------------------------------------------------------------------- several outputs


def test_total_of_one_mask_is_its_loss():
    loss = losses.build("dice")
    assert torch.equal(losses.total(loss, HALF, TRUTH), loss(HALF, TRUTH))


def test_total_of_several_masks_is_the_mean_of_their_losses():
    outputs = Supervised([HALF, torch.zeros_like(HALF)])
    # Dice 0.375, and 1 - 2 * 1 / (2 + 2) = 0.5
    assert losses.total(losses.build("dice"), outputs, TRUTH).item() == pytest.approx((0.375 + 0.5) / 2)


def test_total_adds_the_cross_entropy_of_the_lesion_scores():
    masks, targets = torch.cat([HALF, HALF]), torch.cat([TRUTH, torch.zeros_like(TRUTH)])
    # Probabilities 0.5 and 0.75 of "no lesion" and "a lesion" where there is one, 0.75 and 0.5 where there is none:
    # of the four, two cost -ln(1 - 0.5) and two -ln(0.75).
    right = torch.tensor([[0, math.log(3)], [math.log(3), 0]])
    entropy = (math.log(2) + math.log(4 / 3)) / 2
    dice = 1 - 2.5 / 6
    outputs = Supervised([masks, masks], right)
    assert losses.total(losses.build("dice"), outputs, targets).item() == pytest.approx(dice + entropy)
    # The other way round the sure ones are wrong: -ln(1 - 0.75).
    outputs = Supervised([masks], right.flip(1))
    entropy = (math.log(2) + math.log(4)) / 2
    assert losses.total(losses.build("dice"), outputs, targets).item() == pytest.approx(dice + entropy)


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16, torch.float32])
def test_total_is_differentiable_in_every_output_at_every_precision(precision):
    masks = [(NOISE * factor).to(precision).requires_grad_() for factor in (1.1, 0.5)]
    lesion = torch.tensor([[100.0, -100.0], [-0.5, 0.25]]).to(precision).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = losses.total(losses.build("hybrid"), Supervised(masks, lesion), BOTH)
    value.backward()
    assert torch.isfinite(value)
    for output in (*masks, lesion):
        assert torch.isfinite(output.grad).all()
        assert output.grad.abs().max() > 0


# ------------------------------------------------------------------------------------------------------------ names


def test_losses_are_those_that_the_parameters_name():
    assert set(losses.LOSSES) == set(get_args(Train.model_fields["loss"].annotation))


def test_unknown_loss_lists_what_there_is():
    with pytest.raises(GuidedsegError, match=r"'tversky'.*bce, dice, focal, bce_dice, hybrid, hybrid_bce"):
        losses.build("tversky")
