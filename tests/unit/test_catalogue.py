"""`guidedseg networks`: what there is, counted without memory, and told where it does not go together."""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from guidedseg import params
from guidedseg.cli import app
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import catalogue, models

ROOT = Path(__file__).parents[2]
SETTINGS = params.load(ROOT / "params.yaml")
OPTIONS = SETTINGS.models.model_dump()
SMALL = {"encoder": "tu-test_efficientnet", "encoder_weights": None, "decoder_width": 0.25}


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return catalogue.networks(OPTIONS, SMALL, 64)


def test_every_network_is_listed_with_its_paper_and_options(rows):
    assert [row["name"] for row in rows] == list(models.MODELS)
    assert rows[0]["paper"] == "U-Net (Ronneberger et al. 2015, arXiv 1505.04597)"
    assert all(row["paper"].endswith(")") and " 20" in row["paper"] for row in rows)
    assert all(row["options"] == OPTIONS[row["name"]] for row in rows)


def test_originals_have_the_sizes_of_their_papers(rows):
    millions = {row["name"]: round(row["original"]["parameters"] / 1e6, 3) for row in rows}
    # one input channel: 64 * 9 * 2 = 1152 fewer than the published 26.972 and 34.879
    assert millions["unet3plus"] == 26.971
    assert millions["attention_unet"] == 34.877
    assert millions["transunet"] == 105.276


def test_sizes_are_those_of_the_networks_that_would_be_trained(rows):
    for row in rows:
        net = models.build(row["name"], OPTIONS[row["name"]], **SMALL, image_size=64)
        assert row["profile"]["parameters"] == sum(parameter.numel() for parameter in net.parameters())


def test_encoder_and_weights_are_what_is_really_used():
    network = {"encoder": "original", "encoder_weights": "imagenet", "decoder_width": 1.0}
    used = {
        row["name"]: (row["profile"]["encoder"], row["profile"]["encoder_weights"])
        for row in catalogue.networks(OPTIONS, network, 224)
    }
    for name in ("unet", "unetpp", "unet3plus", "attention_unet", "skunet"):
        assert used[name] == ("original", None)
    assert used["transunet"] == ("original", "imagenet")
    assert used["deeplabv3"] == ("resnet50", "imagenet")


def test_network_that_does_not_go_with_the_encoder_says_why():
    listed = catalogue.networks(OPTIONS, SMALL | {"encoder": "tu-test_convnext"}, 64)
    unet = listed[0]["profile"]
    assert unet["parameters"] is None
    assert "stride 2" in unet["problem"]
    assert "unet: encoder: 'tu-test_convnext' gives no features at stride 2" in catalogue.text(listed)


def test_encoders_are_found_by_pattern():
    assert catalogue.encoder_names("*efficientnet_lite0") == [
        "timm-tf_efficientnet_lite0",
        "tu-efficientnet_lite0",
        "tu-tf_efficientnet_lite0",
    ]
    assert "original" in catalogue.encoder_names()
    with pytest.raises(GuidedsegError, match=r"no encoder fits 'resnet_x'"):
        catalogue.encoder_names("resnet_x")


def test_command_prints_a_table_or_json():
    where = ["--params", str(ROOT / "params.yaml")]
    table = CliRunner().invoke(app, ["networks", *where]).stdout
    assert "transunet        105.276 M" in table
    assert "unet3plus       channels=64, deep_supervision=False, class_guided=False" in table
    listed = json.loads(CliRunner().invoke(app, ["networks", "--json", *where]).stdout)
    assert [row["name"] for row in listed] == list(models.MODELS)
    names = CliRunner().invoke(app, ["networks", "--encoders", "resnet3*"]).stdout
    assert names.split() == ["resnet34"]


def test_counting_touches_no_random_numbers():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    catalogue.parameters("unet", {}, "original", 1.0, 224)
    assert torch.equal(before, torch.get_rng_state())
