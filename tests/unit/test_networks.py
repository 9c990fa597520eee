"""Every network through one set of checks, then what is particular to single networks."""

from copy import deepcopy
from functools import partial
from typing import Any, NamedTuple

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from timm.layers import StdConv2dSame, resample_abs_pos_embed
from timm.models.resnetv2 import ResNetV2
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer_hybrid import HybridEmbed
from torch import nn
from torch.nn import functional

from guidedseg import params
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import models
from guidedseg.segmentation.models import encoders, transunet
from guidedseg.segmentation.models.attention_unet import AttentionGate
from guidedseg.segmentation.models.layers import Supervised, scaled
from guidedseg.segmentation.models.unet3plus import NOTHING

SIZE = 64
ENCODER = "tu-test_efficientnet"  # 82 thousand parameters
NAMES = tuple(models.MODELS)
OPTIONS = {"transunet": {"vit": "test_vit"}}  # timm's smallest
BATCH = 4  # SK-U-Net normalises one value per image and channel: of two images these would always be -1 and 1


@timm.models.register_model
def small_hybrid(pretrained=False, **settings):  # noqa: ARG001 - timm's signature
    """R50-ViT-B/16 with one block per stage: what the original TransUNet is made of at a hundredth of its size."""
    conv = partial(StdConv2dSame, eps=1e-8)
    sizes = {"layers": (1, 1, 1), "channels": (128, 128, 128), "stem_chs": 32}  # its norms have groups of 32
    backbone = ResNetV2(**sizes, num_classes=0, global_pool="", preact=False, stem_type="same", conv_layer=conv)
    settings = {key: settings[key] for key in ("num_classes", "pos_drop_rate", "proj_drop_rate") if key in settings}
    embed = partial(HybridEmbed, backbone=backbone)
    vit = VisionTransformer(
        img_size=96, patch_size=1, embed_dim=32, depth=2, num_heads=2, embed_layer=embed, **settings
    )
    for stage in backbone.stages:  # or, as timm starts it, the first gradients of its branches would be 0
        nn.init.ones_(stage.blocks[0].norm3.weight)
    return vit


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small tensors are fastest on one thread, many times so where other processes keep the cores busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def small_original(monkeypatch):
    """The original TransUNet gets ``small_hybrid``."""
    monkeypatch.setattr(transunet, "R50_VIT_B16", "small_hybrid")


def network(name="unet3plus", *, seed=0, encoder=ENCODER, weights=None, width=0.25, size=SIZE, options=None):
    torch.manual_seed(seed)
    return models.build(
        name,
        OPTIONS.get(name, {}) if options is None else options,
        encoder=encoder,
        encoder_weights=weights,
        decoder_width=width,
        image_size=size,
    )


def pictures(count=BATCH, seed=1, size=SIZE):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(seed))


def weigh(output):
    """A scalar with another weight for every pixel: behind batch normalisation a plain sum would be constant."""
    if isinstance(output, Supervised):
        parts = [*output.masks, *([] if output.lesion is None else [output.lesion])]
        return torch.stack([weigh(part) for part in parts]).sum()
    return (output * torch.rand(output.shape, generator=torch.Generator().manual_seed(2))).sum()


class Fixed(nn.Module):
    """Stands in for an encoder: gives the same features for every image."""

    def __init__(self, features):
        super().__init__()
        self.features = features

    def forward(self, x):
        return [x, *self.features]


def with_fixed_features(net):
    """Five leaf tensors at strides 2 to 32 in place of what the encoder of ``net`` gives."""
    channels = net.encoder.out_channels[1:]
    features = [
        torch.rand(2, count, SIZE // stride, SIZE // stride, requires_grad=True)
        for count, stride in zip(channels, (2, 4, 8, 16, 32), strict=False)
    ]
    net.encoder = Fixed(features)
    return features


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
    # UNet++'s and DeepLabV3's are library encoders under another name
    *(Variant(name, encoders.ORIGINAL) for name in NAMES if name not in {"unetpp", "deeplabv3"}),
    Variant("unet3plus", options={"deep_supervision": True}),
    Variant("unet3plus", options={"deep_supervision": True, "class_guided": True}),
    Variant("unetpp", options={"deep_supervision": True}),
)
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
            assert logits.min() < 0 < logits.max()
        logits = net(pictures())
        assert isinstance(logits, torch.Tensor)
        assert logits.shape == (BATCH, 1, SIZE, SIZE)
        assert logits.dtype == torch.float32
        assert logits.std() > 0

    def test_gradient_reaches_every_parameter(self, variant, net):
        net = deepcopy(net).train()
        weigh(net(pictures())).backward()
        nothing, rounding = UNREAD if variant.name == "transunet" else (), without_effect(net)
        for key, parameter in net.named_parameters():
            if key.startswith(nothing):
                assert parameter.grad is None, key
                continue
            assert parameter.grad is not None, key
            assert torch.isfinite(parameter.grad).all(), key
            assert parameter.grad.abs().max() > 0 or key in rounding, key

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

    def test_another_seed_gives_other_weights(self, net, other):
        for (key, one), two in zip(net.named_parameters(), other.parameters(), strict=True):
            assert one.ndim < 4 or not torch.equal(one, two), key

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
        assert size(narrow) < size(wide)
        assert narrow.state_dict().keys() == wide.state_dict().keys()
        scales = variant.plain and variant.name != "transunet"
        assert (size(narrow.encoder) < size(wide.encoder)) == scales
        assert scales or size(narrow.encoder) == size(wide.encoder)


def size(net):
    return sum(parameter.numel() for parameter in net.parameters())


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


# Sizes of the originals


def original_size(name, **options):
    with torch.device("meta"):  # counted, not allocated
        return size(network(name, encoder=encoders.ORIGINAL, width=1, size=224, options=options))


COLOURS = 2 * 64 * 9  # weights of a first 3x3 convolution for the two channels that grey images lack


@pytest.mark.parametrize(
    ("name", "options", "parameters", "absent", "published"),
    [
        ("unetpp", {}, 26_072_337, 0, "26.072"),  # smp's on resnet34
        ("unet3plus", {}, 26_970_625, COLOURS, "26.972"),
        ("unet3plus", {"deep_supervision": True}, 26_988_485, COLOURS, "26.990"),
        ("unet3plus", {"deep_supervision": True, "class_guided": True}, 26_990_535, COLOURS, "26.992"),
        ("attention_unet", {}, 34_877_421, COLOURS, "34.879"),
        # The authors' head has two classes, 16 * 9 + 1 parameters more; the CNN keeps three channels.
        ("transunet", {}, 105_275_921, 145, "105.276"),
        ("deeplabv3", {}, 39_627_457, 0, "39.627"),  # smp's on resnet50
    ],
)
def test_original_has_the_size_of_its_reference(name, options, parameters, absent, published):
    assert original_size(name, **options) == parameters
    assert f"{(parameters + absent) / 1e6:.3f}" == published


def u_shape(convolutions, widths):
    """Parameters of a U-Net by hand: a contracting path, 2x2 transposed convolutions, an expanding path, a head."""
    down = sum(convolutions(*pair) for pair in zip([1, *widths[:-1]], widths, strict=True))
    up = sum((4 * 2 * w * w + w) + convolutions(2 * w, w) for w in widths[:-1])
    return down + up + widths[0] + 1


def test_unet_has_the_parameters_of_its_paper():
    # Two 3x3 convolutions with biases (9io + o, 9oo + o), each with the scale and shift of a normalisation (2o).
    expected = u_shape(lambda i, o: 9 * i * o + 9 * o * o + 6 * o, [64, 128, 256, 512, 1024])
    assert original_size("unet") == expected == 31_042_369


def test_skunet_has_the_parameters_of_its_authors_code():
    # A kernel: two 3x3 convolutions with biases and normalisations, dense layers o -> o/2 (normalised) -> o.
    def kernel(i, o):
        return 2 * (9 * i * o + 3 * o) + (o * o // 2 + 3 * o // 2) + (o * o // 2 + o)

    expected = u_shape(lambda i, o: kernel(i, o) + kernel(o, o), [16, 32, 64, 128, 256])
    assert original_size("skunet") == expected == 3_934_977


# Attention U-Net


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


# UNet 3+ and UNet++


def scales_reaching(net, nodes):
    """For each node's output the scales (of five, finest first) that a gradient goes back to, and its stride."""
    features, outputs = with_fixed_features(net), []
    for node in nodes:
        node.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    net(pictures())
    return {
        SIZE // output.shape[-1]: [
            gradient is not None and bool(gradient.abs().max() > 0)
            for gradient in torch.autograd.grad(weigh(output), features, retain_graph=True, allow_unused=True)
        ]
        for output in outputs
    }


def test_every_unet3plus_node_gets_gradient_from_all_five_scales():
    net = network("unet3plus")
    assert scales_reaching(net, net.nodes) == dict.fromkeys((16, 8, 4, 2), [True] * 5)


def test_blocks_of_a_plain_unet_get_none_from_finer_scales():
    net = network("unet")
    assert scales_reaching(net, net.blocks[:4]) == {
        16: [False, False, False, True, True],
        8: [False, False, True, True, True],
        4: [False, True, True, True, True],
        2: [True] * 5,
    }


def test_unet3plus_nodes_read_finer_encoder_and_coarser_decoder_features():
    net = network("unet3plus")
    features, seen = with_fixed_features(net), []
    for node in net.nodes:
        node.register_forward_hook(lambda _module, inputs, output: seen.append((list(inputs[0]), output)))
    net(pictures())
    decoded = {4: features[4]}
    for position, (inputs, output) in zip((3, 2, 1, 0), seen, strict=True):
        expected = [*features[: position + 1], *(decoded[scale] for scale in range(position + 1, 5))]
        assert all(given is wanted for given, wanted in zip(inputs, expected, strict=True))
        assert output.shape[1] == 5 * 16  # 5 x channels, 64 * 0.25
        decoded[position] = output


@pytest.mark.parametrize(("name", "masks"), [("unet3plus", 5), ("unetpp", 4)])
def test_deep_supervision_adds_masks_in_training_alone(name, masks):
    single, several = network(name), network(name, options={"deep_supervision": True})
    several.load_state_dict(single.state_dict(), strict=False)  # the heads beside the last one are its own
    output = several(pictures())
    assert isinstance(output, Supervised)
    assert [tuple(mask.shape) for mask in output.masks] == [(BATCH, 1, SIZE, SIZE)] * masks
    assert output.lesion is None
    assert torch.equal(output.masks[0], single(pictures()))
    with torch.inference_mode():
        assert torch.equal(several.eval()(pictures()), single.eval()(pictures()))


def test_class_guidance_empties_the_masks_of_images_without_lesion_and_no_others():
    plain, guided = network("unet3plus"), network("unet3plus", options={"class_guided": True})
    guided.load_state_dict(plain.state_dict(), strict=False)
    images = pictures()
    with torch.inference_mode():
        wanted = plain.eval()(images)
        lesion = guided.eval().classifier(guided.encoder(images)[-1])
        guided.classifier[1].bias[1] += (lesion[:, 0] - lesion[:, 1]).median() + 1e-4  # about half of the images
        lesion = guided.classifier(guided.encoder(images)[-1])
        logits = guided(images)
    found = lesion[:, 1] > lesion[:, 0]
    assert found.any()
    assert not found.all()
    assert torch.equal(logits[found], wanted[found])
    assert (logits[~found] == NOTHING).all()


def test_class_guidance_leaves_the_masks_of_training_alone():
    net = network("unet3plus", options={"class_guided": True})
    nn.init.constant_(net.classifier[1].bias[0], 100)
    output = net(pictures())
    assert output.lesion.shape == (BATCH, 2)
    assert (output.lesion[:, 0] > output.lesion[:, 1]).all()
    assert len(output.masks) == 1
    assert output.masks[0].min() > NOTHING
    assert output.masks[0].std() > 0


def test_unetpp_has_the_nested_nodes():
    assert {"x_0_0", "x_0_1", "x_1_1", "x_0_2", "x_1_2", "x_2_2", "x_0_3", "x_1_3", "x_2_3", "x_3_3", "x_0_4"} == set(
        network("unetpp").decoder.blocks
    )


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


# TransUNet


def test_transunet_reads_positions_and_all_skips():
    net = network("transunet")
    features = with_fixed_features(net)
    assert net.transformer.positions.shape == (1, (SIZE // 16) ** 2, 64)
    gradients = torch.autograd.grad(weigh(net(pictures())), [*features, net.transformer.positions])
    assert len(features) == 4
    assert all(gradient.abs().max() > 0 for gradient in gradients)


def test_every_patch_of_transunet_attends_to_every_other():
    transformer = network("transunet").transformer
    features = torch.rand(2, transformer.embedding.in_channels, 4, 4, requires_grad=True)
    corner = transformer(features)[:, :, 0, 0]
    reached = torch.autograd.grad(weigh(corner), features)[0].abs().amax(dim=(0, 1))
    assert (reached > 0).all()


@pytest.mark.usefixtures("small_original")
@pytest.mark.parametrize("side", [96, 64])
def test_original_transunet_starts_from_the_weights_of_timms_hybrid(side, tmp_path):
    """What it reads from images, and its embedding with positions, are those of timm on grey repeated three times."""
    torch.manual_seed(5)
    hybrid = timm.create_model("small_hybrid").eval()  # 96 x 96
    save_file(hybrid.state_dict(), tmp_path / "hybrid.safetensors")
    weights = str(tmp_path / "hybrid.safetensors")
    net = network("transunet", encoder=encoders.ORIGINAL, weights=weights, size=side, options={}).eval()
    images = pictures(2, size=side)
    seen = {}
    for name in ("stem.norm", "stages.0", "stages.1", "stages.2"):
        hybrid.get_submodule(f"patch_embed.backbone.{name}").register_forward_hook(
            lambda _module, _inputs, output, name=name: seen.update({name: output})
        )
    with torch.inference_mode():
        hybrid.patch_embed.backbone(images.repeat(1, 3, 1, 1))
        found = net.encoder(images)[1:]
        embedded = net.transformer.embedding(found[-1]).flatten(2).transpose(1, 2) + net.transformer.positions
        positions = resample_abs_pos_embed(hybrid.pos_embed, [side // 16] * 2, num_prefix_tokens=1)[:, 1:]
        expected = hybrid.patch_embed.proj(seen["stages.2"]).flatten(2).transpose(1, 2) + positions
    for one, other in zip(found, seen.values(), strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(embedded, expected)
    for part in ("blocks", "norm"):
        own, theirs = net.transformer.get_submodule(part).state_dict(), hybrid.get_submodule(part).state_dict()
        assert own.keys() == theirs.keys()
        assert all(torch.equal(own[key], theirs[key]) for key in own)


@pytest.mark.usefixtures("small_original")
def test_file_of_another_hybrid_is_refused(tmp_path):
    save_file(timm.create_model("test_vit").state_dict(), tmp_path / "vit.safetensors")
    with pytest.raises(GuidedsegError, match=r"vit\.safetensors does not fit encoder 'small_hybrid'"):
        network("transunet", encoder=encoders.ORIGINAL, weights=str(tmp_path / "vit.safetensors"))


def test_imagenet_fills_a_library_encoder_and_the_transformer(monkeypatch):
    torch.manual_seed(5)
    vit = timm.create_model("test_vit", img_size=96)
    monkeypatch.setattr(encoders, "load_weights", lambda encoder, *_: nn.init.constant_(encoder.model.bn1.bias, 7))
    asked = []
    monkeypatch.setattr(encoders, "downloaded", lambda name, _make: asked.append(name) or vit.state_dict())
    net = network("transunet", weights="imagenet")
    scratch = network("transunet")
    assert asked == ["test_vit"]
    assert (net.encoder.model.bn1.bias == 7).all()
    for key, value in vit.blocks.state_dict().items():
        assert torch.equal(net.transformer.blocks.state_dict()[key], value), key
    positions = resample_abs_pos_embed(vit.pos_embed, [4, 4], num_prefix_tokens=1)[:, 1:]
    assert torch.equal(net.transformer.positions, positions)
    assert torch.equal(net.transformer.embedding.weight, scratch.transformer.embedding.weight)


def test_vit_is_asked_for_pretrained(monkeypatch):
    made = []

    def create(name, *, pretrained=False, **settings):
        made.append((name, pretrained))
        return original(name, pretrained=False, **settings)

    original = timm.create_model
    monkeypatch.setattr(timm, "create_model", create)
    monkeypatch.setattr(encoders, "load_weights", lambda *_: None)
    monkeypatch.setattr(encoders, "downloaded", lambda _name, make: make().state_dict())
    network("transunet", weights="imagenet")
    assert [pair for pair in made if pair[1]] == [("test_vit", True)]


def test_weights_file_of_an_encoder_leaves_the_transformer_random(tmp_path):
    torch.manual_seed(5)
    save_file(timm.create_model("test_efficientnet").state_dict(), tmp_path / "encoder.safetensors")
    loaded, scratch = network("transunet", weights=str(tmp_path / "encoder.safetensors")), network("transunet")
    assert torch.equal(loaded.transformer.positions, scratch.transformer.positions)
    assert not torch.equal(loaded.encoder.model.conv_stem.weight, scratch.encoder.model.conv_stem.weight)


@pytest.mark.parametrize(("vit", "blocks"), [("vit_tiny_r_s16_p8_224", 12), ("test_vit2", 8)])
def test_any_vit_lends_its_blocks(vit, blocks):
    net = network("transunet", options={"vit": vit})
    assert len(net.transformer.blocks) == blocks
    assert net(pictures(2)).shape == (2, 1, SIZE, SIZE)


def test_unknown_vit_suggests_close_names():
    with pytest.raises(GuidedsegError, match=r"vit: there is no 'vit_tiny_patch16_223'.*vit_tiny_patch16_224"):
        network("transunet", options={"vit": "vit_tiny_patch16_223"})


@pytest.mark.parametrize("vit", ["test_efficientnet", "test_vit_relpos"])
def test_transformer_that_is_no_plain_vit_is_refused(vit):
    with pytest.raises(GuidedsegError, match=rf"vit: '{vit}' is no plain ViT.*vit_tiny_patch16_224"):
        network("transunet", options={"vit": vit})


def test_transunet_of_another_size_names_its_own():
    with pytest.raises(GuidedsegError, match=r"96 x 96.*Use 64 x 64"):
        network("transunet")(torch.rand(1, 1, 96, 96))


def test_dropout_is_where_the_option_says():
    shares = {
        module.p
        for module in network("transunet", options={"vit": "test_vit", "dropout": 0.3}).modules()
        if isinstance(module, nn.Dropout)
    }
    assert 0.3 in shares
    assert shares <= {0.0, 0.3}  # 0: of the attention


# DeepLabV3


@pytest.mark.parametrize("stride", [8, 16])
def test_deeplabv3_keeps_the_output_stride(stride):
    net = network("deeplabv3", options={"output_stride": stride, "atrous_rates": [6, 12, 18]})
    assert net.encoder(pictures())[-1].shape[-1] == SIZE // stride
    dilations = {module.dilation[0] for module in net.decoder.modules() if isinstance(module, nn.Conv2d)}
    assert dilations == {1, 6, 12, 18}


@pytest.mark.parametrize(("name", "encoder"), [("deeplabv3", ENCODER), ("skunet", encoders.ORIGINAL)])
def test_what_normalises_whole_images_cannot_train_on_a_single_one(name, encoder):
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        network(name, encoder=encoder).train()(pictures(1))
