"""The multi-scale structural similarity among the losses: by hand, and beside an independent one."""

import pytest
import torch
from loss_drawings import part, value_and_gradient
from monai.metrics.regression import compute_ssim_and_cs
from torch.nn import functional

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import losses


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
