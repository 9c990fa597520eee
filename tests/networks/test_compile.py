"""Compiled networks predict and learn as others do.

Backend ``aot_eager`` traces forward and backward as the default ``inductor`` does and leaves its code generation out,
which takes minutes per network on a CPU. In float64, so that what differs is no rounding: gradients of biases in front
of a normalisation are nothing else in float32.
"""

from copy import deepcopy
from shutil import which

import pytest
import torch
from torch import nn
from variants import LIBRARY, SUPERVISED, Variant, find_lesions_in_half, pictures

from guidedseg.params import GIVEN
from guidedseg.segmentation.models.layers import Supervised

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the compiler itself
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

HOOKED = "unetpp-deep_supervision"  # hooks catch its nested masks in training, which breaks the graph in two


def tensors(output):
    if isinstance(output, Supervised):
        return [*output.masks, *([] if output.lesion is None else [output.lesion])]
    return [output]


def assert_same(found, expected):
    """To a millionth of the largest value."""
    scale = max(one.abs().max() for one in expected)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=float(1e-6 * scale), rtol=0)


def assert_compiled_does_the_same(variant, backend):
    torch._dynamo.reset()
    plain, images = variant.build().double(), pictures().double()
    for module in plain.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # compiled or not, its draws are others
    find_lesions_in_half(plain.eval(), images)
    compiled = deepcopy(plain)
    compiled.compile(backend=backend, fullgraph=str(variant) != HOOKED)
    with torch.no_grad():
        assert_same([compiled(images)], [plain(images)])
    for net in (plain.train(), compiled.train()):
        outputs = tensors(net(images))
        # every pixel with another weight: behind batch normalisation a plain sum would be constant
        torch.stack([(one * torch.linspace(-1, 1, one.numel()).view_as(one)).sum() for one in outputs]).sum().backward()
    # nothing reads the last stages of a library's encoder in TransUNet
    pairs = [pair for pair in zip(compiled.parameters(), plain.parameters(), strict=True) if pair[1].grad is not None]
    assert_same([one.grad for one, _ in pairs], [other.grad for _, other in pairs])
    statistics = [pair for pair in zip(compiled.buffers(), plain.buffers(), strict=True) if pair[1].is_floating_point()]
    for one, other in statistics:
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("variant", [*(each for each in LIBRARY if each.name not in GIVEN), *SUPERVISED], ids=str)
def test_compiled_network_predicts_and_learns_the_same(variant):
    assert_compiled_does_the_same(variant, "aot_eager")


@pytest.mark.skipif(not (which("c++") or which("g++")), reason="inductor needs a C++ compiler on a CPU")
def test_default_backend_predicts_and_learns_the_same():
    assert_compiled_does_the_same(Variant("unet", "original"), "inductor")
