"""Losses on drawings whose value is computed by hand."""

import math
from typing import get_args

import pytest
import torch
from monai.metrics.regression import compute_ssim_and_cs
from torch.nn import functional

from guidedseg.errors import GuidedsegError
from guidedseg.params.training import Train
from guidedseg.segmentation import losses
from guidedseg.segmentation.models.layers import Supervised


def logits_of(probabilities):
    """(H, W) probabilities as logits (1, 1, H, W)."""
    return torch.logit(torch.tensor(probabilities, dtype=torch.float64)).float()[None, None]


def targets_of(mask):
    return torch.tensor(mask, dtype=torch.float32)[None, None]


HALF = logits_of([[0.5, 0.5], [0.25, 0.75]])
TRUTH = targets_of([[1, 0], [0, 1]])

# Two images of 24 x 24, two scales of MS-SSIM: a lesion of 12 x 12, and none.
LESION = torch.zeros(1, 1, 24, 24)
LESION[..., 6:18, 6:18] = 1
EMPTY = torch.zeros_like(LESION)
BOTH = torch.cat([LESION, EMPTY])
NOISE = 3 * torch.randn(BOTH.shape, generator=torch.Generator().manual_seed(0))


def part(name, gamma=2.0):
    return losses.PARTS[name](gamma)


def value_and_gradient(loss, logits, targets):
    logits = logits.clone().requires_grad_()
    value = loss(logits, targets)
    value.backward()
    return value.detach(), logits.grad


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


# ---------------------------------------------------------------------------------------------------------- MS-SSIM


def test_similarity_of_two_flat_images_is_that_of_their_luminance():
    a, b = torch.full((1, 1, 16, 16), 0.25), torch.full((1, 1, 16, 16), 0.75)
    # (2 * 0.25 * 0.75 + C1) / (0.25^2 + 0.75^2 + C1), C1 = 0.0001; no structure to differ in
    assert losses.MsSsim().ssim(a, b).item() == pytest.approx(0.3751 / 0.6251, rel=1e-3)


@pytest.mark.parametrize("side", [11, 24, 96, 176])
def test_flat_images_are_as_similar_at_every_scale_so_the_powers_sum_to_one(side):
    flat, lesion = torch.zeros(1, 1, side, side), torch.ones(1, 1, side, side)
    # probability 0.5 against 1: SSIM = (2 * 0.5 + 0.0001) / (0.25 + 1 + 0.0001) at every scale
    assert part("ms_ssim")(flat, lesion).item() == pytest.approx(1 - 1.0001 / 1.2501, rel=1e-3)


@pytest.mark.parametrize(
    ("side", "beta"),
    [
        (11, [0.0448]),
        (21, [0.0448]),
        (22, [0.0448, 0.2856]),
        (45, [0.0448, 0.2856, 0.3001]),  # 45, 22, 11
        (64, [0.0448, 0.2856, 0.3001]),  # 64, 32, 16
        (96, [0.0448, 0.2856, 0.3001, 0.2363]),  # 96, 48, 24, 12
        (128, [0.0448, 0.2856, 0.3001, 0.2363]),  # 128, 64, 32, 16
        (176, [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]),  # 176, 88, 44, 22, 11
    ],
)
def test_ms_ssim_is_the_product_over_its_scales_of_an_independent_ssim(side, beta):
    generator = torch.Generator().manual_seed(side)
    targets = (torch.rand(3, 1, side, side, generator=generator) > 0.5).float()
    logits = 3 * (targets - 0.5) + 2 * torch.randn(targets.shape, generator=generator)
    y, t, expected = logits.sigmoid(), targets, torch.ones(3)
    for power in beta:
        ssim, _ = compute_ssim_and_cs(y, t, spatial_dims=2, kernel_size=(11, 11), kernel_sigma=(1.5, 1.5))
        expected *= ssim.mean(dim=(1, 2, 3)) ** (power / sum(beta))
        y, t = functional.avg_pool2d(y, 2), functional.avg_pool2d(t, 2)
    assert 0.5 < expected.mean() < 0.95
    assert part("ms_ssim")(logits, targets).item() == pytest.approx(1 - expected.mean().item(), abs=1e-5)


def test_opposite_structure_is_finite_although_its_similarity_is_negative():
    stripes = (torch.arange(24) % 2).float().expand(1, 1, 24, 24)
    logits = 4 * (1 - 2 * stripes)
    assert losses.MsSsim().ssim(logits.sigmoid(), stripes).item() < 0
    value, gradient = value_and_gradient(part("ms_ssim"), logits, stripes)
    # The floor 1e-6 stands in for it. At half the size both are flat at 0.5, SSIM 1.
    assert value.item() == pytest.approx(1 - 1e-6 ** (0.0448 / (0.0448 + 0.2856)), rel=1e-4)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", ["hybrid", "hybrid_bce"])
def test_inputs_smaller_than_the_window_name_the_smallest_size(name):
    with pytest.raises(GuidedsegError, match=r"11 pixels.*not 10"):
        losses.build(name)(torch.zeros(1, 1, 16, 10), torch.zeros(1, 1, 16, 10))


# ---------------------------------------------------------------------------------------------------- of every loss


@pytest.mark.parametrize("name", losses.LOSSES)
def test_perfect_prediction_costs_nothing(name):
    for targets in (LESION, EMPTY, BOTH):
        assert losses.build(name)((targets * 2 - 1) * 50, targets).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_gradient_raises_lesion_and_lowers_background(name):
    _, gradient = value_and_gradient(losses.build(name), torch.zeros_like(LESION), LESION)
    assert (gradient[LESION == 1] < 0).all()
    assert (gradient[LESION == 0] > 0).all()


@pytest.mark.parametrize("name", losses.LOSSES)
def test_following_the_gradient_lowers_the_loss(name):
    loss = losses.build(name)
    value, gradient = value_and_gradient(loss, NOISE, BOTH)
    # A small step against the gradient changes the value by -length * |gradient|, to first order.
    length = 0.01 / gradient.norm()
    assert (value - loss(NOISE - length * gradient, BOTH)).item() == pytest.approx(
        0.01 * gradient.norm().item(), rel=0.05
    )


# -------------------------------------------------------------------------------------------------- without lesions


@pytest.mark.parametrize("name", losses.LOSSES)
@pytest.mark.parametrize("targets", [torch.cat([EMPTY, EMPTY]), BOTH], ids=["no lesion", "one image without"])
@pytest.mark.parametrize("level", [-100.0, 0.0, 100.0])
def test_images_without_lesion_give_a_finite_loss_and_gradient(name, targets, level):
    value, gradient = value_and_gradient(losses.build(name), torch.full_like(targets, level), targets)
    assert torch.isfinite(value)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", losses.LOSSES)
def test_batch_without_lesion_pulls_every_probability_down(name):
    logits = torch.zeros(2, 1, 16, 16)
    _, gradient = value_and_gradient(losses.build(name), logits, torch.zeros_like(logits))
    assert (gradient > 1e-4).all()


@pytest.mark.parametrize("name", losses.LOSSES)
@pytest.mark.parametrize("texture", [torch.zeros_like(NOISE), NOISE], ids=["flat", "noise"])
def test_loss_of_images_without_lesion_falls_as_probabilities_fall(name, texture):
    loss, levels = losses.build(name), [4, 2, 0, -2, -4, -6]
    alone = [loss(texture[1:] + level, EMPTY).item() for level in levels]
    beside_a_lesion = [loss(torch.cat([NOISE[:1], texture[1:] + level]), BOTH).item() for level in levels]
    assert alone == sorted(alone, reverse=True)
    assert beside_a_lesion == sorted(beside_a_lesion, reverse=True)
    assert alone[0] - alone[-1] > 0.5


@pytest.mark.parametrize("name", ["dice", "iou"])
def test_overlap_of_a_batch_without_lesion_is_the_mean_probability(name):
    assert part(name)(HALF, torch.zeros_like(TRUTH)).item() == pytest.approx(0.5)


# ------------------------------------------------------------------------------------------------------- precisions


@pytest.mark.parametrize("name", losses.LOSSES)
@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_half_precision_agrees_with_float32(name, precision):
    loss = losses.build(name)
    whole, whole_gradient = value_and_gradient(loss, NOISE, BOTH)
    half, half_gradient = value_and_gradient(loss, NOISE.to(precision), BOTH)
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(whole.item(), abs=1e-2)
    assert half_gradient.dtype == precision
    torch.testing.assert_close(half_gradient.float(), whole_gradient, rtol=0, atol=0.05 * whole_gradient.abs().max())


@pytest.mark.parametrize("name", losses.LOSSES)
def test_autocast_changes_nothing(name):
    loss = losses.build(name)
    expected = value_and_gradient(loss, NOISE, BOTH)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = value_and_gradient(loss, NOISE, BOTH)
    assert torch.equal(inside[0], expected[0])
    assert torch.equal(inside[1], expected[1])


@pytest.mark.parametrize("name", losses.LOSSES)
def test_sure_half_precision_logits_give_a_finite_loss_and_gradient(name):
    for precision in (torch.float16, torch.bfloat16):
        for logits in (BOTH * 200 - 100, 100 - BOTH * 200):
            value, gradient = value_and_gradient(losses.build(name), logits.to(precision), BOTH)
            assert torch.isfinite(value)
            assert torch.isfinite(gradient).all()


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
