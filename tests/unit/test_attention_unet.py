"""Attention U-Net: gates weigh skips, are set by the coarser level, and close on what context shows to be none."""

import numpy as np
import pytest
import torch
from predicted import predicted
from small_networks import BATCH, ENCODER, SIZE, network, pictures, weigh, with_fixed_features
from torch import nn
from torch.nn import functional

from guidedseg.encoders import encoders
from guidedseg.segmentation.models.attention_gate import AttentionGate

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(("bias", "share"), [(-1e4, 0.0), (0.0, 0.5), (1e4, 1.0)])
def test_attention_gate_multiplies_the_skip(bias, share):
    gate, skip, gating = AttentionGate(6, 10), torch.rand(2, 6, 16, 16), torch.rand(2, 10, 16, 16)
    nn.init.zeros_(gate.psi[1].weight)
    nn.init.constant_(gate.psi[1].bias, bias)
    torch.testing.assert_close(gate(skip, gating), share * skip)


def test_attention_gate_follows_the_coarser_level():
    torch.manual_seed(0)
    gate, skip = AttentionGate(6, 10), torch.rand(2, 6, 16, 16)
    assert not torch.allclose(gate(skip, torch.rand(2, 10, 16, 16)), gate(skip, torch.rand(2, 10, 16, 16)))


def test_closed_gates_take_all_skips_out_of_attention_unet():
    net = network("attention_unet")
    features = with_fixed_features(net)
    gates = [module for module in net.modules() if isinstance(module, AttentionGate)]
    assert len(gates) == 4
    opened = torch.autograd.grad(weigh(net(pictures())), features)
    assert all(gradient.abs().max() > 0 for gradient in opened)
    for gate in gates:
        nn.init.constant_(gate.psi[1].bias, -1e4)
    *skips, deepest = torch.autograd.grad(weigh(net(pictures())), features)
    assert all(gradient.abs().max() == 0 for gradient in skips)
    assert deepest.abs().max() > 0


@pytest.mark.parametrize(("encoder", "strides"), [(ENCODER, [16, 8, 4, 2]), (encoders.ORIGINAL, [8, 4, 2, 1])])
def test_gate_maps_are_shares_from_the_coarsest_skip_to_the_finest(encoder, strides):
    net = network("attention_unet", encoder=encoder, width=0.125).eval()
    images = pictures()
    with torch.inference_mode():
        before = net(images)
        maps = net.gate_maps(images)
        assert torch.equal(net(images), before)
    assert [tuple(one.shape) for one in maps] == [(BATCH, 1, SIZE // stride, SIZE // stride) for stride in strides]
    assert all(((one > 0) & (one < 1)).all() for one in maps)
    assert not any(module._forward_hooks for module in net.modules())


def lively(encoder=ENCODER):
    """A network whose gates differ from place to place, as an untrained one's hardly do: its norms have seen images."""
    net = network("attention_unet", encoder=encoder, width=0.125)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    net(pictures())
    return net.eval()


def regions(count):
    return np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE), dtype=np.uint8)


@pytest.mark.parametrize(("encoder", "sides"), [(ENCODER, [4, 8, 16, 32]), (encoders.ORIGINAL, [8, 16, 32, 32])])
def test_predicted_gates_are_the_gate_maps_rounded_and_at_most_half_as_large_as_the_region(encoder, sides):
    net, images = lively(encoder), regions(3)
    with torch.inference_mode():
        maps = [one[:, 0].numpy() for one in net.gate_maps(torch.from_numpy(images / np.float32(255))[:, None])]
    if maps[-1].shape[-1] == SIZE:  # the original's finest skip: every value is the mean of 2 x 2
        maps[-1] = maps[-1].reshape(3, SIZE // 2, 2, SIZE // 2, 2).mean(axis=(2, 4))
    gates = predicted(net, images).gates
    assert [level.shape for level in gates] == [(3, side, side) for side in sides]
    for level, expected in zip(gates, maps, strict=True):
        assert level.dtype == np.uint8
        assert level.std() > 1  # or the comparison would say little
        assert np.abs(level - 255 * expected).max() < 0.51  # half a step, and float32


def test_predicted_gates_depend_neither_on_batches_nor_on_flips_nor_on_earlier_runs():
    net, images = lively(), regions(5)
    expected = predicted(net, images, batch=5).gates
    for again in (predicted(net, images, batch=2), predicted(net, images, batch=5, flips=True), predicted(net, images)):
        for level, same in zip(again.gates, expected, strict=True):
            assert np.abs(level.astype(int) - same).max() <= 1  # sums in another order
    assert len(expected) == 4
    assert not any(module._forward_hooks for module in net.modules())


def test_unet_has_no_gates():
    assert predicted(network("unet"), regions(1)).gates == ()


def lesions_with_shadows(count, seed, side=32):
    """Two equal bright discs an image; the lesion is the one with a dark shadow, 7 px or more below it.

    Returns:
        images (N, 1, side, side), lesion and distractor (N, 1, side, side) bool.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(count, 5, generator=generator)
    swapped = (drawn[:, 0] < 0.5)[:, None]
    columns = torch.stack([5 + 6 * drawn[:, 1], 21 + 6 * drawn[:, 2]], dim=1)  # (N, 2), left and right
    columns = torch.where(swapped, columns.flip(1), columns)  # lesion, distractor
    rows = 5 + 4 * drawn[:, 3:]
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    lesion, distractor = (
        ((y - rows[:, k, None, None]) ** 2 + (x - columns[:, k, None, None]) ** 2 <= 16)[:, None] for k in (0, 1)
    )
    shadow = ((y >= 20) & ((x - columns[:, 0, None, None]).abs() < 4))[:, None]
    noise = 0.05 * torch.randn(count, 1, side, side, generator=generator)
    return 0.4 + 0.4 * (lesion | distractor) - 0.3 * shadow + noise, lesion, distractor


def lets_more_through(maps, wanted, unwanted):
    """By how much every map is larger on the pixels of one mask than on those of another."""
    grown = [functional.interpolate(one, size=wanted.shape[-2:]) for one in maps]
    return torch.stack([one[wanted].mean() - one[unwanted].mean() for one in grown])


def test_gates_learn_to_keep_back_what_only_context_shows_to_be_no_lesion():
    """The paper's claim (section 3, figure 3): skips are silenced where the coarser level sees nothing of interest.

    The finest skips see 2 and 6 px around them, discs alone: only the gating signal can tell the two apart. U-Net has
    no gates and passes both discs on alike, as this network does before training.
    """
    torch.manual_seed(0)
    net = network("attention_unet", encoder=encoders.ORIGINAL, width=0.125, size=32)
    images, truth, _ = lesions_with_shadows(64, seed=7)
    unseen, lesion, distractor = lesions_with_shadows(32, seed=8)
    with torch.inference_mode():
        before = lets_more_through(net.eval().gate_maps(unseen), lesion, distractor)
    optimizer = torch.optim.AdamW(net.train().parameters(), lr=0.003)
    for step in range(50):
        batch = torch.arange(8 * step, 8 * step + 8) % len(images)
        logits, target = net(images[batch]), truth[batch].float()
        y = logits.sigmoid()
        dice = 1 - 2 * (y * target).sum() / (y.sum() + target.sum())
        optimizer.zero_grad()
        (functional.binary_cross_entropy_with_logits(logits, target) + dice).backward()
        optimizer.step()
    with torch.inference_mode():
        after = lets_more_through(net.eval().gate_maps(unseen), lesion, distractor)
    assert before.abs().max() < 0.05
    assert after[-2:].max() > 0.2  # 0.4 to 0.8 with other seeds
