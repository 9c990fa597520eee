"""The originals have exactly the sizes of their papers or of their authors' code."""

import pytest
import torch
from small_networks import network, size

from guidedseg.encoders import encoders


def original_size(name, **options):
    with torch.device("meta"):  # counted, not allocated
        return size(network(name, encoder=encoders.ORIGINAL, width=1, size=224, options=options))


COLOURS = 2 * 64 * 9  # weights of a first 3x3 convolution for the two channels that grey images lack


@pytest.mark.parametrize(
    ("name", "options", "parameters", "absent", "published"),
    [
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


def test_unetpp_has_the_parameters_of_its_paper():
    # Two 3x3 convolutions with biases (9io + o, 9oo + o), and upsamplings of 2x2 (4io + o): published are 9.04 M
    widths = [32, 64, 128, 256, 512]

    def block(i, o):
        return 9 * i * o + 9 * o * o + 2 * o

    nodes = [(level, column) for column in range(1, 5) for level in range(5 - column)]
    published = sum(block(*pair) for pair in zip([1, *widths[:-1]], widths, strict=True)) + widths[0] + 1
    published += sum(4 * widths[n + 1] * widths[n] + widths[n] for n, _ in nodes)
    published += sum(block((column + 1) * widths[level], widths[level]) for level, column in nodes)
    normalisations = 4 * (sum(widths) + sum(widths[level] for level, _ in nodes))  # scale and shift, two per block
    assert published == 9_041_601
    assert original_size("unetpp") == published + normalisations == 9_048_897
    assert original_size("unetpp", deep_supervision=True) == 9_048_897 + 3 * (32 + 1)


def test_unetpp_on_a_librarys_encoder_is_smps():
    with torch.device("meta"):
        net = network("unetpp", encoder="resnet34", width=1, size=224, options={})
    assert size(net) == 26_072_337


def test_skunet_has_the_parameters_of_its_authors_code():
    # A kernel: two 3x3 convolutions with biases and normalisations, dense layers o -> o/2 (normalised) -> o.
    def kernel(i, o):
        return 2 * (9 * i * o + 3 * o) + (o * o // 2 + 3 * o // 2) + (o * o // 2 + o)

    expected = u_shape(lambda i, o: kernel(i, o) + kernel(o, o), [16, 32, 64, 128, 256])
    assert original_size("skunet") == expected == 3_934_977
