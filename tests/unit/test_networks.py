"""Every network through one set of checks, then what is particular to encoders and to single networks."""

import huggingface_hub
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from segmentation_models_pytorch.encoders import get_encoder
from torch import nn

from guidedseg import params
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import models
from guidedseg.segmentation.models import encoders
from guidedseg.segmentation.models.attention_unet import AttentionGate
from guidedseg.segmentation.models.layers import scaled

SIZE = 64
ENCODER = "tu-test_efficientnet"  # 82 thousand parameters
NAMES = tuple(models.MODELS)
OPTIONS = {"transunet": {"width": 32, "depth": 1, "heads": 2}}
# The transformer reads stride 16: nothing reads the encoder's last stages.
WITHOUT_GRADIENT = {"transunet": ("encoder.model.blocks.4.", "encoder.model.blocks.5.", "encoder.model.blocks.6.")}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small tensors are fastest on one thread, many times so where other processes keep the cores busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def network(name="unet3plus", *, seed=0, encoder=ENCODER, weights=None, width=0.25, size=SIZE, options=None):
    torch.manual_seed(seed)
    return models.build(
        name,
        options if options is not None else OPTIONS.get(name, {}),
        encoder=encoder,
        encoder_weights=weights,
        decoder_width=width,
        image_size=size,
    )


def pictures(count=2, seed=1):
    return torch.rand(count, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


def weigh(output):
    """A scalar with another weight for every pixel: behind batch normalisation a plain sum would be constant."""
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


@pytest.mark.parametrize("name", NAMES)
class TestEveryNetwork:
    def test_grey_images_become_logits_of_the_same_size(self, name):
        logits = network(name)(pictures())
        assert logits.shape == (2, 1, SIZE, SIZE)
        assert logits.dtype == torch.float32
        assert logits.min() < 0 < logits.max()

    def test_gradient_reaches_every_parameter(self, name):
        net = network(name)
        weigh(net(pictures())).backward()
        unread = WITHOUT_GRADIENT.get(name, ())
        for key, parameter in net.named_parameters():
            if key.startswith(unread) and unread:
                assert parameter.grad is None, key
            else:
                assert parameter.grad is not None, key
                assert torch.isfinite(parameter.grad).all(), key
                assert parameter.grad.abs().max() > 0, key

    def test_saved_and_loaded_network_gives_the_same_logits(self, name, tmp_path):
        saved, loaded = network(name, seed=0), network(name, seed=1)
        saved(pictures())  # moves the running statistics, which must be saved too
        save_file(
            {key: value.contiguous() for key, value in saved.state_dict().items()}, tmp_path / "weights.safetensors"
        )
        images = pictures()
        with torch.inference_mode():
            before = loaded.eval()(images)
            loaded.load_state_dict(load_file(tmp_path / "weights.safetensors"))
            assert torch.equal(loaded(images), saved.eval()(images))
            assert not torch.equal(loaded(images), before)

    def test_one_seed_gives_the_same_weights_after_a_training_step(self, name):
        torch.use_deterministic_algorithms(True)
        try:
            states = [self._trained(name) for _ in range(2)]
        finally:
            torch.use_deterministic_algorithms(False)
        assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])

    @staticmethod
    def _trained(name):
        net = network(name, seed=3)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        weigh(net(pictures())).backward()
        optimizer.step()
        return net.state_dict()

    def test_another_seed_gives_other_weights(self, name):
        assert not torch.equal(network(name, seed=0).eval()(pictures()), network(name, seed=1).eval()(pictures()))

    def test_single_image_can_be_predicted(self, name):
        net = network(name).eval()
        one, two = pictures(1), pictures(2)
        two[0] = one[0]
        with torch.inference_mode():
            torch.testing.assert_close(net(one)[0], net(two)[0], atol=1e-4, rtol=1e-4)

    @pytest.mark.parametrize("side", [50, 63, 65])
    def test_wrong_image_names_the_size_to_use(self, name, side):
        net = network(name)
        with pytest.raises(GuidedsegError, match=f"64 x {side}.*Use 64 x 64"):
            net(torch.rand(1, 1, SIZE, side))

    def test_wrong_size_is_refused_before_building(self, name):
        with pytest.raises(GuidedsegError, match=r"100 x 100.*Use 96 x 96"):
            network(name, size=100)

    def test_decoder_width_makes_it_smaller_but_not_its_encoder(self, name):
        narrow, wide = network(name, width=0.25), network(name, width=0.5)
        count = [sum(p.numel() for p in net.parameters()) for net in (narrow, wide)]
        assert count[0] < count[1]
        assert narrow.encoder.state_dict().keys() == wide.encoder.state_dict().keys()

    def test_parameters_of_the_pipeline_are_the_options(self, name):
        group = params.Models.model_fields[name].annotation
        assert set(group.model_fields) == set(models.defaults(name))

    def test_unknown_option_lists_what_there_is(self, name):
        with pytest.raises(GuidedsegError, match=rf"models\.{name}.*colour.*{next(iter(models.defaults(name)))}"):
            network(name, options={"colour": 1})


def test_unknown_network_lists_what_there_is():
    with pytest.raises(GuidedsegError, match=r"'unet'.*unetpp, unet3plus, attention_unet, transunet, deeplabv3"):
        network("unet")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("resnet81", "resnet18"),
        ("tu-tf_efficientnet_lite9", "tu-tf_efficientnet_lite"),
        ("convnext_tiny", "tu-convnext_tiny"),
    ],
)
def test_unknown_encoder_suggests_close_names(given, meant):
    with pytest.raises(GuidedsegError, match=f"'{given}'.*{meant}.*list_models"):
        network(encoder=given)


def test_encoder_without_stride_two_is_refused():
    with pytest.raises(GuidedsegError, match=r"tu-test_convnext.*stride 2.*convolutional"):
        network(encoder="tu-test_convnext")


def test_encoder_that_cannot_be_dilated_is_refused():
    with pytest.raises(GuidedsegError, match=r"deeplabv3.*densenet121.*dilated.*another encoder"):
        network("deeplabv3", encoder="densenet121")


def test_option_out_of_range_names_network_and_options():
    with pytest.raises(GuidedsegError, match=r"deeplabv3.*'output_stride': 4.*8 or 16"):
        network("deeplabv3", options={"output_stride": 4})


def test_heads_must_divide_width():
    with pytest.raises(GuidedsegError, match=r"width 30.*heads 4"):
        network("transunet", options={"width": 30, "heads": 4})


@pytest.mark.parametrize(
    ("channels", "width", "expected"), [(256, 1, 256), (64, 0.5, 32), (100, 0.5, 48), (16, 0.25, 8), (64, 0.01, 8)]
)
def test_scaled_channels_are_multiples_of_eight(channels, width, expected):
    assert scaled(channels, width) == expected


# Encoder weights


def colour_features(name, depth=5, seed=4):
    """An encoder for colours with trained-looking statistics, in evaluation mode."""
    torch.manual_seed(seed)
    encoder = get_encoder(name, in_channels=3, depth=depth, weights=None).train()
    with torch.no_grad():
        encoder(torch.rand(4, 3, SIZE, SIZE))
    return encoder.eval()


def assert_grey_equals_repeated_grey(net, original):
    images = pictures()
    with torch.inference_mode():
        found, expected = net.encoder.eval()(images)[1:], original(images.repeat(1, 3, 1, 1))[1:]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("encoder", ["resnet18", ENCODER, "tu-test_byobnet"])
@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_grey_gives_the_features_of_repeated_grey(encoder, ending, tmp_path):
    original, path = colour_features(encoder), tmp_path / f"encoder{ending}"
    (save_file if ending == ".safetensors" else torch.save)(original.state_dict(), path)
    assert_grey_equals_repeated_grey(network("attention_unet", encoder=encoder, weights=str(path)), original)


@pytest.mark.parametrize(("name", "depth"), [("unetpp", 5), ("transunet", 4)])
@pytest.mark.parametrize("encoder", [ENCODER, "tu-test_byobnet", "tu-test_resnet"])
def test_classification_weights_as_timm_names_them_fit(encoder, name, depth, tmp_path):
    torch.manual_seed(5)
    classifier = timm.create_model(encoder.removeprefix("tu-"))
    save_file(classifier.state_dict(), tmp_path / "classifier.safetensors")
    net = network(name, encoder=encoder, weights=str(tmp_path / "classifier.safetensors"))
    torch.manual_seed(5)
    classifier = timm.create_model(encoder.removeprefix("tu-")).eval()
    images = pictures()
    with torch.inference_mode():
        deepest = classifier.forward_intermediates(images.repeat(1, 3, 1, 1), intermediates_only=True)[depth - 1]
        torch.testing.assert_close(net.encoder.eval()(images)[depth], deepest, atol=1e-5, rtol=1e-4)


def test_decoder_starts_alike_with_and_without_pretrained_encoder(tmp_path):
    save_file(colour_features(ENCODER).state_dict(), tmp_path / "encoder.safetensors")
    scratch, pretrained = network(), network(weights=str(tmp_path / "encoder.safetensors"))
    assert torch.equal(scratch.head.weight, pretrained.head.weight)
    assert not torch.equal(scratch.encoder.model.conv_stem.weight, pretrained.encoder.model.conv_stem.weight)


def damaged(how):
    state = {key: value.clone() for key, value in colour_features(ENCODER).state_dict().items()}
    if how == "missing":
        del state["model.blocks.0.0.bn1.weight"]
    if how == "mismatched":
        state["model.bn1.weight"] = torch.ones(7)
    if how == "left over":
        state["model.blocks.9.0.bn1.weight"] = torch.ones(7)
    return state


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ("missing", r"model\.blocks\.0\.0\.bn1\.weight is missing"),
        ("mismatched", r"model\.bn1\.weight is 7, the encoder has 24"),
        ("left over", "blocks_9_0_bn1_weight is of no use"),
    ],
)
def test_weights_that_do_not_fit_name_file_encoder_and_keys(how, problem, tmp_path):
    path = tmp_path / "other.safetensors"
    save_file(damaged(how), path)
    with pytest.raises(GuidedsegError, match=rf"(?s){path}.*{ENCODER}.*1 problem.*{problem}.*null"):
        network(weights=str(path))


def test_missing_weights_file_says_what_to_give(tmp_path):
    with pytest.raises(GuidedsegError, match=r"no file .*gone\.pth.*imagenet.*null"):
        network(weights=str(tmp_path / "gone.pth"))


@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_file_that_is_no_weights_is_refused(ending, tmp_path):
    path = tmp_path / f"text{ending}"
    path.write_text("no weights\n")
    with pytest.raises(GuidedsegError, match=f"{path} cannot be read"):
        network(weights=str(path))


def test_pickled_network_is_not_run(tmp_path):
    torch.save(network(), tmp_path / "network.pth")
    with pytest.raises(GuidedsegError, match=r"network\.pth cannot be read.*state_dict"):
        network(weights=str(tmp_path / "network.pth"))


def test_checkpoint_with_more_than_weights_is_refused(tmp_path):
    torch.save({"epoch": 3, "state_dict": {}}, tmp_path / "checkpoint.pth")
    with pytest.raises(GuidedsegError, match="state_dict alone"):
        network(weights=str(tmp_path / "checkpoint.pth"))


@pytest.fixture
def no_hub(monkeypatch, tmp_path):
    """A hub that refuses connections, on this machine, and an empty cache."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))


@pytest.mark.usefixtures("no_hub")
def test_imagenet_without_a_hub_is_asked_once_and_names_the_way_out(monkeypatch):
    asked = []

    def counted(name, **settings):
        asked.append(settings.get("weights"))
        return get_encoder(name, **settings)

    monkeypatch.setattr(encoders, "get_encoder", counted)
    with pytest.raises(GuidedsegError, match=r"imagenet weights for 'resnet18'.*\.safetensors.*null"):
        network(encoder="resnet18", weights="imagenet")
    assert "imagenet" not in asked


@pytest.mark.usefixtures("no_hub")
def test_imagenet_in_offline_mode_reads_the_cache_only(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(GuidedsegError, match="LocalEntryNotFoundError"):
        network(encoder="resnet18", weights="imagenet")


@pytest.mark.usefixtures("no_hub")
@pytest.mark.parametrize("encoder", ["resnet18", ENCODER])
def test_downloaded_weights_are_made_grey_as_well(encoder, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    original = colour_features(encoder)

    def hub(name, *, weights=None, **settings):
        return original if weights else get_encoder(name, weights=None, **settings)

    monkeypatch.setattr(encoders, "get_encoder", hub)
    assert_grey_equals_repeated_grey(network("attention_unet", encoder=encoder, weights="imagenet"), original)


# Single networks


@pytest.mark.parametrize(("bias", "share"), [(-1e4, 0.0), (0.0, 0.5), (1e4, 1.0)])
def test_attention_gate_multiplies_the_skip(bias, share):
    gate, skip, gating = AttentionGate(6, 10), torch.rand(2, 6, 16, 16), torch.rand(2, 10, 8, 8)
    nn.init.zeros_(gate.psi.weight)
    nn.init.constant_(gate.psi.bias, bias)
    torch.testing.assert_close(gate(skip, gating), share * skip)


def test_attention_gate_follows_the_coarser_level():
    torch.manual_seed(0)
    gate, skip = AttentionGate(6, 10), torch.rand(2, 6, 16, 16)
    assert not torch.allclose(gate(skip, torch.rand(2, 10, 8, 8)), gate(skip, -torch.rand(2, 10, 8, 8)))


def test_closed_gates_take_all_skips_out_of_attention_unet():
    net = network("attention_unet")
    features = with_fixed_features(net)
    gates = [module for module in net.modules() if isinstance(module, AttentionGate)]
    assert len(gates) == 4
    opened = torch.autograd.grad(weigh(net(pictures())), features)
    assert all(gradient.abs().max() > 0 for gradient in opened)
    for gate in gates:
        nn.init.constant_(gate.psi.bias, -1e4)
    *skips, deepest = torch.autograd.grad(weigh(net(pictures())), features)
    assert all(gradient.abs().max() == 0 for gradient in skips)
    assert deepest.abs().max() > 0


def test_every_unet3plus_node_gets_gradient_from_all_five_scales():
    net = network("unet3plus")
    features, outputs = with_fixed_features(net), []
    for node in net.nodes:
        node.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    net(pictures())
    assert [SIZE // output.shape[-1] for output in outputs] == [16, 8, 4, 2]
    for output in outputs:
        gradients = torch.autograd.grad(weigh(output), features, retain_graph=True, allow_unused=True)
        assert all(gradient is not None and gradient.abs().max() > 0 for gradient in gradients)


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


def test_transunet_reads_positions_and_all_skips():
    net = network("transunet")
    features = with_fixed_features(net)
    assert net.transformer.positions.shape == (1, (SIZE // 16) ** 2, 32)
    gradients = torch.autograd.grad(weigh(net(pictures())), [*features, net.transformer.positions])
    assert len(features) == 4
    assert all(gradient.abs().max() > 0 for gradient in gradients)


def test_every_patch_of_transunet_attends_to_every_other():
    transformer = network("transunet").transformer
    features = torch.rand(2, transformer.embedding.in_channels, 4, 4, requires_grad=True)
    corner = transformer(features)[:, :, 0, 0]
    reached = torch.autograd.grad(weigh(corner), features)[0].abs().amax(dim=(0, 1))
    assert (reached > 0).all()


@pytest.mark.parametrize("stride", [8, 16])
def test_deeplabv3_keeps_the_output_stride(stride):
    net = network("deeplabv3", options={"output_stride": stride, "atrous_rates": [6, 12, 18]})
    assert net.encoder(pictures())[-1].shape[-1] == SIZE // stride
    dilations = {module.dilation[0] for module in net.decoder.modules() if isinstance(module, nn.Conv2d)}
    assert dilations == {1, 6, 12, 18}


def test_deeplabv3_cannot_train_on_a_single_image():
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        network("deeplabv3").train()(pictures(1))


def test_unetpp_has_the_nested_nodes():
    assert {"x_0_0", "x_0_1", "x_1_1", "x_0_2", "x_1_2", "x_2_2", "x_0_3", "x_1_3", "x_2_3", "x_3_3", "x_0_4"} == set(
        network("unetpp").decoder.blocks
    )
