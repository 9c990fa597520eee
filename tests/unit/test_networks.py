"""Every network through one set of checks, and the smaller networks' own parts."""

from copy import deepcopy
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file, save_file
from small_networks import (
    BATCH,
    ENCODER,
    NAMES,
    OPTIONS,
    SIZE,
    network,
    pictures,
    size,
    squares,
    weigh,
)
from torch import nn

from guidedseg import params
from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError
from guidedseg.instances.network import InstanceNetwork
from guidedseg.segmentation import models
from guidedseg.segmentation.models import MODELS, transunet
from guidedseg.segmentation.models.layers import Supervised, scaled
from guidedseg.segmentation.small_maps import blind

pytestmark = pytest.mark.usefixtures("one_thread")


class Variant(NamedTuple):
    """A network, its encoder and its options."""

    name: str
    encoder: str = ENCODER
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def __str__(self):
        return "-".join([self.name, *(["original"] if self.plain else []), *self.options])

    @property
    def plain(self):
        return self.encoder == encoders.ORIGINAL

    def build(self, *, seed=0, width=None, size=SIZE):
        width = width or (0.125 if self.plain else 0.25)
        options = OPTIONS.get(self.name, {}) | self.options
        net = network(self.name, seed=seed, encoder=self.encoder, width=width, size=size, options=options)
        if getattr(net, "classifier", None) is not None:
            nn.init.constant_(net.classifier[1].bias[1], 20)  # a lesion: what is emptied would always be alike
        return net


VARIANTS = (
    *(Variant(name) for name in NAMES),
    # DeepLabV3's and Mask R-CNN's is a library encoder under another name, and YOLO11n-seg and SAM have but their own
    *(Variant(name, encoders.ORIGINAL) for name in NAMES if name not in {"deeplabv3", "maskrcnn", *models.OWN}),
    Variant("unet3plus", options={"deep_supervision": True}),
    Variant("unet3plus", options={"deep_supervision": True, "class_guided": True}),
    Variant("unetpp", options={"deep_supervision": True}),
    Variant("unetpp", encoders.ORIGINAL, {"deep_supervision": True}),
)
LEARNING = tuple(variant for variant in VARIANTS if variant.name not in params.GIVEN)
# The transformer reads stride 16: nothing reads the last stages of a library's encoder.
UNREAD = ("encoder.model.blocks.4.", "encoder.model.blocks.5.", "encoder.model.blocks.6.")


def without_effect(net):
    """Biases that the batch normalisation behind them takes away: their gradient is 0 but for rounding."""
    return {
        f"{path}.{place}.bias"
        for path, module in net.named_modules()
        if isinstance(module, nn.Sequential)
        for place in range(len(module) - 1)
        if isinstance(module[place], nn.Conv2d) and isinstance(module[place + 1], nn.BatchNorm2d)
    }


@pytest.fixture(scope="class", params=VARIANTS, ids=str)
def variant(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transunet, "R50_VIT_B16", "small_hybrid")
        yield request.param


@pytest.fixture(scope="class")
def net(variant):
    """In evaluation mode, for checks that leave it as it is; others copy it, because building takes longer."""
    return variant.build().eval()


@pytest.fixture(scope="class")
def other(variant):
    """The same from another seed."""
    return variant.build(seed=1).eval()


class TestEveryNetwork:
    def test_grey_images_become_logits_of_the_same_size(self, net):
        output = deepcopy(net).train()(pictures())
        for logits in output.masks if isinstance(output, Supervised) else [output]:
            assert logits.shape == (BATCH, 1, SIZE, SIZE)
            assert logits.dtype == torch.float32
            assert logits.min() < 0 < logits.max() or isinstance(net, InstanceNetwork)  # untrained, it finds nothing
        logits = net(pictures())
        assert isinstance(logits, torch.Tensor)
        assert logits.shape == (BATCH, 1, SIZE, SIZE)
        assert logits.dtype == torch.float32
        assert logits.std() > 0

    def test_saved_and_loaded_network_gives_the_same_logits(self, net, other, tmp_path):
        saved, loaded = deepcopy(net).train(), deepcopy(other)
        saved(pictures())  # moves the running statistics, which must be saved too
        path = tmp_path / "weights.safetensors"
        save_file({key: value.contiguous() for key, value in saved.state_dict().items()}, path)
        images = pictures(2)
        with torch.inference_mode():
            before = loaded(images)
            loaded.load_state_dict(load_file(path))
            assert torch.equal(loaded(images), saved.eval()(images))
            assert not torch.equal(loaded(images), before)

    def test_another_seed_gives_other_weights(self, net, other):
        for (key, one), two in zip(net.named_parameters(), other.parameters(), strict=True):
            assert one.ndim < 4 or not one.requires_grad or not torch.equal(one, two), key

    def test_single_image_is_predicted_as_in_a_batch(self, net):
        images = pictures()
        with torch.inference_mode():
            torch.testing.assert_close(net(images[1:2])[0], net(images)[1], atol=1e-4, rtol=1e-4)

    @pytest.mark.parametrize("side", [33, 50, 63, 65])
    def test_wrong_image_names_the_size_to_use(self, net, side):
        use = 32 if side == 33 else 64
        with pytest.raises(GuidedsegError, match=rf"64 x {side} \(height x width\).*Use 64 x {use}"):
            net(torch.rand(1, 1, SIZE, side))

    @pytest.mark.parametrize("shape", [(1, 3, SIZE, SIZE), (1, SIZE, SIZE), (1, 0, SIZE, SIZE)])
    def test_images_that_are_not_grey_are_refused(self, net, shape):
        with pytest.raises(GuidedsegError, match=rf"{'x'.join(map(str, shape))}.*grey"):
            net(torch.rand(shape))

    def test_wrong_size_is_refused_before_building(self, variant):
        with pytest.raises(GuidedsegError, match=r"100 x 100.*Use 96 x 96"):
            variant.build(size=100)

    def test_decoder_width_scales_decoders_and_plain_encoders_alone(self, variant):
        with torch.device("meta"):
            narrow, wide = variant.build(width=0.125), variant.build(width=0.5)
        if variant.name in models.OWN:
            assert size(narrow) == size(wide)
            return
        assert size(narrow) < size(wide)
        assert narrow.state_dict().keys() == wide.state_dict().keys()
        scales = variant.plain and variant.name != "transunet"
        assert (size(narrow.encoder) < size(wide.encoder)) == scales
        assert scales or size(narrow.encoder) == size(wide.encoder)


@pytest.mark.parametrize("variant", LEARNING, ids=str, indirect=True, scope="class")
class TestEveryNetworkThatLearns:
    def test_gradient_reaches_every_parameter(self, variant, net):
        net = deepcopy(net).train()
        if isinstance(net, InstanceNetwork):
            net.loss(pictures(), squares()).backward()
        else:
            weigh(net(pictures())).backward()
        nothing, rounding = UNREAD if variant.name == "transunet" else (), without_effect(net)
        for key, parameter in net.named_parameters():
            if key.startswith(nothing):
                assert parameter.grad is None, key
                continue
            if not parameter.requires_grad:  # 0 to 15, as which YOLO reads its distributions
                continue
            assert parameter.grad is not None, key
            assert torch.isfinite(parameter.grad).all(), key
            assert parameter.grad.abs().max() > 0 or key in rounding, key

    def test_one_seed_gives_the_same_weights_after_a_training_step(self, variant):
        torch.use_deterministic_algorithms(True)
        try:
            states = [self._trained(variant, seed) for seed in (3, 3)]
        finally:
            torch.use_deterministic_algorithms(False)
        assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])

    @staticmethod
    def _trained(variant, seed):
        net = variant.build(seed=seed)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        weigh(net(pictures())).backward()
        optimizer.step()
        return net.state_dict()


@pytest.mark.parametrize("name", NAMES)
def test_parameters_of_the_pipeline_are_the_options(name):
    group = params.Models.model_fields[name].annotation
    assert set(group.model_fields) == set(models.defaults(name))


@pytest.mark.parametrize("name", NAMES)
def test_unknown_option_lists_what_there_is(name):
    with pytest.raises(GuidedsegError, match=rf"models\.{name}.*colour.*{next(iter(models.defaults(name)))}"):
        network(name, options={"colour": 1})


def test_unknown_network_lists_what_there_is():
    with pytest.raises(GuidedsegError, match=f"'vnet'.*{', '.join(NAMES)}"):
        network("vnet")


def test_option_out_of_range_names_network_and_options():
    with pytest.raises(GuidedsegError, match=r"deeplabv3.*'output_stride': 4.*8 or 16"):
        network("deeplabv3", options={"output_stride": 4})


def test_encoder_that_cannot_be_dilated_is_refused():
    with pytest.raises(GuidedsegError, match=r"deeplabv3.*densenet121.*dilated.*another encoder"):
        network("deeplabv3", encoder="densenet121")


@pytest.mark.parametrize(
    ("channels", "width", "expected"), [(256, 1, 256), (64, 0.5, 32), (100, 0.5, 48), (16, 0.25, 8), (64, 0.01, 8)]
)
def test_scaled_channels_are_multiples_of_eight(channels, width, expected):
    assert scaled(channels, width) == expected


# SK-U-Net


def test_selective_kernels_mix_a_plain_and_a_dilated_convolution():
    """With the attention held at 0, 1/2 and 1: the plain one alone, the mean, the dilated one alone."""
    torch.manual_seed(0)
    kernel = network("skunet", encoder=encoders.ORIGINAL).encoder.blocks[1][0].eval()
    x = torch.rand(2, 8, 16, 16)
    last = kernel.attention[4]
    nn.init.zeros_(last.weight)
    plain, dilated = kernel.plain(x), kernel.dilated(x)
    for bias, expected in ((-100, plain), (0, (plain + dilated) / 2), (100, dilated)):
        nn.init.constant_(last.bias, bias)
        torch.testing.assert_close(kernel(x), expected)


# DeepLabV3


def rates(net):
    return [branch[0].dilation[0] for branch in net.decoder.aspp.convs[1:4]]


@pytest.mark.parametrize(
    ("side", "stride", "expected"),
    [(513 + 15, 16, [6, 12, 18]), (513 + 7, 8, [12, 24, 36])],  # the paper's crops of 513 are padded
)
def test_rates_of_the_pyramid_are_the_papers_on_its_maps(side, stride, expected):
    with torch.device("meta"):
        net = MODELS["deeplabv3"](ENCODER, decoder_width=0.25, image_size=side, output_stride=stride)
    assert rates(net) == expected


@pytest.mark.parametrize("stride", [8, 16])
@pytest.mark.parametrize("side", [64, 96, 128, 160, 192, 224])
def test_every_branch_of_the_pyramid_sees_other_pixels_than_its_own(side, stride):
    """By gradients of a branch at the middle of the map's left edge, from where all rates reach into it."""
    net = network("deeplabv3", size=side, options={"output_stride": stride}).eval()
    maps = net.encoder(pictures(1, size=side))[-1].detach().requires_grad_()
    assert maps.shape[-1] == side // stride
    reached = []
    for rate, branch in zip(rates(net), net.decoder.aspp.convs[1:4], strict=True):
        (seen,) = torch.autograd.grad(branch[0](maps)[0, :, maps.shape[-2] // 2, 0].sum(), maps)
        assert seen.abs().sum(dim=(0, 1))[maps.shape[-2] // 2].nonzero().flatten().tolist() == [0, rate]
        reached.append(rate)
    assert reached == sorted(reached)
    assert blind(net, side) == []


@pytest.mark.parametrize(("name", "encoder"), [("deeplabv3", ENCODER), ("skunet", encoders.ORIGINAL)])
def test_what_normalises_whole_images_cannot_train_on_a_single_one(name, encoder):
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        network(name, encoder=encoder).train()(pictures(1))
