"""Where the weights of encoders come from, and how those of colours fit grey images."""

import huggingface_hub
import pytest
import small_networks
import timm
import torch
from safetensors.torch import save_file
from segmentation_models_pytorch.encoders import get_encoder
from small_networks import ENCODER, SIZE
from torch import nn

from guidedseg.encoders import encoders, normalisation
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import models
from guidedseg.segmentation.models import plain_encoder
from guidedseg.segmentation.models.layers import double_conv

pytestmark = pytest.mark.usefixtures("one_thread")

STANDARDISED = "tu-test_nfnet"  # its convolutions standardise their weights


def network(name="attention_unet", **given):
    return small_networks.network(name, width=0.125, **given)


def pictures():
    return small_networks.pictures(2)


def colour_features(name, depth=5, seed=4):
    """An encoder for colours with trained-looking statistics, in evaluation mode."""
    torch.manual_seed(seed)
    encoder = get_encoder(name, in_channels=3, depth=depth, weights=None).train()
    with torch.no_grad():
        encoder(torch.rand(4, 3, SIZE, SIZE))
    return encoder.eval()


def normalised(images, name):
    """Grey in each colour, as the encoder's training had it."""
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in normalisation.of(name))
    return (images.repeat(1, 3, 1, 1) - mean) / deviation


def without_zeros(encoder):
    """First convolutions repeat the edge of the image; zeros are black to one network, the mean colour to the other."""
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels in {1, 3}:
            module.padding_mode = "replicate"
    return encoder


def assert_grey_equals_normalised_grey(net, original, name):
    images = pictures()
    with torch.inference_mode():
        found = without_zeros(net.encoder.eval())(images)[1:]
        expected = without_zeros(original)(normalised(images, name))[1:]
    for one, other in zip(found, expected, strict=True):
        assert (one - other).abs().max() <= 1e-4 * other.abs().max()


# Weights


@pytest.mark.parametrize(
    ("name", "encoder", "weights", "used"),
    [
        ("unet", ENCODER, "imagenet", "imagenet"),
        ("unet", ENCODER, None, None),
        ("unet", ENCODER, "folder/encoder.pth", "encoder.pth"),
        ("unet", "original", "imagenet", None),  # nobody trained it on ImageNet
        ("skunet", "original", "imagenet", None),
        ("unet", "original", "folder/plain.safetensors", "plain.safetensors"),
        ("unetpp", "original", "imagenet", None),
        ("unetpp", "resnet34", "imagenet", "imagenet"),
        ("deeplabv3", "original", "imagenet", "imagenet"),
        ("transunet", "original", "imagenet", "imagenet"),
        ("transunet", "original", "folder/hybrid.pth", "hybrid.pth"),
        ("transunet", "original", None, None),
    ],
)
def test_weights_used_are_imagenets_a_files_or_none(name, encoder, weights, used):
    assert models.weights_used(name, encoder, weights) == used


def test_plain_encoder_starts_from_scratch_where_imagenet_is_asked_for(monkeypatch):
    monkeypatch.setattr(encoders, "downloaded", None)  # calling it would fail
    asked, scratch = network(encoder="original", weights="imagenet"), network(encoder="original")
    for one, other in zip(asked.parameters(), scratch.parameters(), strict=True):
        assert torch.equal(one, other)


def test_plain_encoder_starts_from_a_file_of_its_own(tmp_path):
    torch.manual_seed(9)
    trained, _ = plain_encoder.plain([64, 128, 256, 512, 1024], 0.125, double_conv)
    save_file(trained.state_dict(), tmp_path / "plain.safetensors")
    net = network("unet", encoder="original", weights=str(tmp_path / "plain.safetensors"))
    assert all(torch.equal(value, trained.state_dict()[key]) for key, value in net.encoder.state_dict().items())


def test_file_of_another_encoder_is_refused_by_a_plain_one(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file(colour_features(ENCODER).state_dict(), path)
    with pytest.raises(GuidedsegError, match=rf"{path} does not fit encoder 'original'"):
        network("unet", encoder="original", weights=str(path))


@pytest.mark.parametrize("encoder", ["resnet18", "vgg11", "mobileone_s0", "tu-test_resnet", ENCODER, "tu-test_byobnet"])
@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_grey_gives_the_features_of_normalised_grey(encoder, ending, tmp_path):
    original, path = colour_features(encoder), tmp_path / f"encoder{ending}"
    (save_file if ending == ".safetensors" else torch.save)(original.state_dict(), path)
    assert_grey_equals_normalised_grey(network(encoder=encoder, weights=str(path)), original, encoder)


@pytest.mark.parametrize(("name", "depth"), [("unetpp", 5), ("transunet", 4)])
@pytest.mark.parametrize("encoder", [ENCODER, "tu-test_byobnet", "tu-test_resnet"])
def test_classification_weights_as_timm_names_them_fit(encoder, name, depth, tmp_path):
    torch.manual_seed(5)
    classifier = timm.create_model(encoder.removeprefix("tu-")).eval()
    save_file(classifier.state_dict(), tmp_path / "classifier.safetensors")
    net = network(name, encoder=encoder, weights=str(tmp_path / "classifier.safetensors"))
    images = pictures()
    with torch.inference_mode():
        given = normalised(images, encoder)
        deepest = without_zeros(classifier).forward_intermediates(given, intermediates_only=True)[depth - 1]
        torch.testing.assert_close(without_zeros(net.encoder.eval())(images)[depth], deepest, atol=1e-5, rtol=1e-4)


def test_decoder_starts_alike_with_and_without_pretrained_encoder(tmp_path):
    save_file(colour_features(ENCODER).state_dict(), tmp_path / "encoder.safetensors")
    scratch, pretrained = network(), network(weights=str(tmp_path / "encoder.safetensors"))
    assert torch.equal(scratch.head.weight, pretrained.head.weight)
    assert not torch.equal(scratch.encoder.model.conv_stem.weight, pretrained.encoder.model.conv_stem.weight)


def test_standardised_convolutions_take_no_weights_of_colours(tmp_path):
    """Their weights are centred and scaled per filter over all channels: a sum over colours would be scaled anew."""
    save_file(colour_features(STANDARDISED).state_dict(), tmp_path / "encoder.safetensors")
    for weights in ("imagenet", str(tmp_path / "encoder.safetensors")):
        with pytest.raises(GuidedsegError, match=rf"'{STANDARDISED}' standardises.*another encoder.*null"):
            network(encoder=STANDARDISED, weights=weights)
    assert network(encoder=STANDARDISED)(pictures()).shape == (2, 1, SIZE, SIZE)


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


@pytest.mark.parametrize(
    ("name", "mean", "deviation"),
    [
        ("resnet18", 0.485, 0.229),
        ("tu-resnet18", 0.485, 0.229),
        ("tu-tf_efficientnet_lite0", 0.5, 0.5),
        ("timm-tf_efficientnet_lite0", 0.5, 0.5),
        ("timm-efficientnet-b0", 0.485, 0.229),
        ("xception", 0.5, 0.5),
        ("inceptionv4", 0.5, 0.5),
        ("tu-convnext_nano", 0.485, 0.229),
        ("original", 0, 1),
    ],
)
def test_normalisation_is_that_of_the_encoders_training(name, mean, deviation):
    found = normalisation.of(name)
    assert (found[0][0], found[1][0]) == (mean, deviation)


def test_zeros_around_the_image_are_black():
    """Where padding comes in the two differ, by as much as the mean colour weighs."""
    torch.manual_seed(0)
    original = get_encoder("vgg11", in_channels=3, weights=None).eval()
    grey = get_encoder("vgg11", in_channels=1, weights=None).eval()
    grey.load_state_dict(encoders.fitted(original.state_dict(), grey, "vgg11", "file"))
    images = pictures()
    found, expected = (
        net.features[0](given) for net, given in ((grey, images), (original, normalised(images, "vgg11")))
    )
    torch.testing.assert_close(found[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1], atol=1e-5, rtol=1e-4)
    assert (found - expected)[..., 0, :].abs().max() > 0.01


def test_encoder_with_nowhere_to_put_the_shift_is_refused(tmp_path):
    """A pooling between the first convolution, without a bias, and the first normalisation."""
    name = "tu-resnetv2_18"
    save_file(get_encoder(name, in_channels=3, weights=None).state_dict(), tmp_path / "encoder.safetensors")
    with pytest.raises(GuidedsegError, match=rf"'{name}' is no batch normalisation.*another encoder.*null"):
        network(encoder=name, weights=str(tmp_path / "encoder.safetensors"))


def test_fitted_weights_have_the_encoders_names_and_one_channel():
    """Three colours become one, a missing counter is the encoder's own, and a classifier behind the features goes."""
    encoder = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2))
    statistics = {f"1.{key}": torch.full((2,), 3.0) for key in ("weight", "bias", "running_mean", "running_var")}
    colours = torch.arange(54.0).reshape(2, 3, 3, 3)
    fitted = encoders.fitted({"0.weight": colours, **statistics, "fc.weight": torch.ones(10, 2)}, encoder, ENCODER, "f")
    assert fitted.keys() == encoder.state_dict().keys()
    parts = [colours[:, n] / deviation for n, deviation in enumerate((0.229, 0.224, 0.225))]
    torch.testing.assert_close(fitted["0.weight"][:, 0], sum(parts))
    shift = sum(mean * part.sum((1, 2)) for mean, part in zip((0.485, 0.456, 0.406), parts, strict=True))
    torch.testing.assert_close(fitted["1.running_mean"], 3 + shift)
    assert fitted["1.num_batches_tracked"] == 0


# Files


def test_missing_weights_file_says_what_to_give(tmp_path):
    with pytest.raises(GuidedsegError, match=r"no file .*gone\.pth.*imagenet.*null"):
        network(weights=str(tmp_path / "gone.pth"))


@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_file_that_is_no_weights_is_refused(ending, tmp_path):
    path = tmp_path / f"text{ending}"
    path.write_text("no weights\n")
    with pytest.raises(GuidedsegError, match=f"{path} cannot be read"):
        encoders.read(str(path))


def test_pickled_network_is_not_run(tmp_path):
    torch.save(network(), tmp_path / "network.pth")
    with pytest.raises(GuidedsegError, match=r"network\.pth cannot be read.*state_dict"):
        encoders.read(str(tmp_path / "network.pth"))


@pytest.mark.parametrize("content", [{"epoch": 3, "state_dict": {}}, [torch.ones(2)]])
def test_checkpoint_with_more_than_weights_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "checkpoint.pth")
    with pytest.raises(GuidedsegError, match="state_dict alone"):
        encoders.read(str(tmp_path / "checkpoint.pth"))


# Downloads


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
    assert_grey_equals_normalised_grey(network(encoder=encoder, weights="imagenet"), original, encoder)
