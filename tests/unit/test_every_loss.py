"""What holds for every loss: where it is zero, where it falls, without a lesion, and in half precision."""

import pytest
import torch
from loss_drawings import BOTH, EMPTY, LESION, NOISE, value_and_gradient

from guidedseg.segmentation import losses


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
