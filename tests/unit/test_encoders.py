"""Encoders by name, and the features they give."""

import pytest
import torch
from small_networks import ENCODER, SIZE, network, pictures
from torch import nn

from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import models
from guidedseg.segmentation.models import plain_encoder
from guidedseg.segmentation.models.layers import double_conv

pytestmark = pytest.mark.usefixtures("one_thread")


# Names


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("resnet81", "resnet18"),
        ("tu-tf_efficientnet_lite9", "tu-tf_efficientnet_lite"),
        ("convnext_tiny", "tu-convnext_tiny"),
        ("orginal", "original"),
    ],
)
def test_unknown_encoder_suggests_close_names(given, meant):
    with pytest.raises(GuidedsegError, match=f"'{given}'.*{meant}.*list_models"):
        network("attention_unet", encoder=given)


def test_name_like_no_other_gets_no_suggestion():
    with pytest.raises(GuidedsegError, match=r"there is no 'qqqqqqqq'\. `guidedseg networks"):
        encoders.check_name("qqqqqqqq")


def test_names_are_those_that_the_check_lets_through():
    names = encoders.names()
    assert len(names) == len(set(names))
    assert {"original", "resnet34", ENCODER} <= set(names)
    for name in names:
        encoders.check_name(name)


def test_encoder_without_stride_two_is_refused():
    with pytest.raises(GuidedsegError, match=r"tu-test_convnext.*stride 2.*convolutional"):
        network("attention_unet", encoder="tu-test_convnext")


@pytest.mark.parametrize(
    ("name", "used"),
    [("unetpp", "original"), ("deeplabv3", "resnet50"), ("unet", "original"), ("transunet", "original")],
)
def test_original_is_a_library_encoder_where_a_paper_has_one(name, used):
    assert models.encoder_used(name, "original") == used
    assert models.encoder_used(name, ENCODER) == ENCODER


# Features


@pytest.mark.parametrize("depth", [4, 5])
def test_library_encoder_gives_strides_from_two(depth):
    encoder, channels = encoders.grey(ENCODER, depth)
    images = pictures(2)
    first, *maps = encoder(images)
    assert first is images
    assert [tuple(one.shape) for one in maps] == [
        (2, count, SIZE >> step, SIZE >> step) for step, count in enumerate(channels, start=1)
    ]
    assert len(channels) == depth


def test_plain_encoder_gives_strides_from_one():
    encoder, channels = plain_encoder.plain([64, 128, 256, 512, 1024], 0.125, double_conv)
    assert channels == [8, 16, 32, 64, 128]
    images = pictures(2)
    first, *maps = encoder(images)
    assert first is images
    assert [tuple(one.shape) for one in maps] == [
        (2, count, SIZE >> step, SIZE >> step) for step, count in enumerate(channels)
    ]


def test_plain_encoder_halves_by_the_largest_of_four_pixels():
    encoder, _ = plain_encoder.plain([1, 1], 0.125, lambda *_: nn.Identity())
    images = pictures(2)
    tiles = images.reshape(2, 1, SIZE // 2, 2, SIZE // 2, 2)
    assert torch.equal(encoder(images)[2], tiles.amax(dim=(3, 5)))
