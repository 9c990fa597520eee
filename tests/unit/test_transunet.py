"""TransUNet: positions, patches, skips, and where its weights come from."""

import pytest
import timm
import torch
from safetensors.torch import save_file
from small_networks import (
    SIZE,
    network,
    pictures,
    weigh,
    with_fixed_features,
)
from timm.layers import resample_abs_pos_embed
from torch import nn

from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError

pytestmark = pytest.mark.usefixtures("one_thread")


def test_transunet_reads_positions_and_all_skips():
    net = network("transunet")
    features = with_fixed_features(net)
    assert net.transformer.positions.shape == (1, (SIZE // 16) ** 2, 64)
    gradients = torch.autograd.grad(weigh(net(pictures())), [*features, net.transformer.positions])
    assert len(features) == 4
    assert all(gradient.abs().max() > 0 for gradient in gradients)


def test_dropout_is_in_embedding_and_mlps_and_not_in_the_attention():
    net = network("transunet", options={"vit": "test_vit", "dropout": 0.3})
    shares = {
        name.split(".", 2)[-1]: module.p
        for name, module in net.transformer.named_modules()
        if "drop" in name and hasattr(module, "p")
    }
    assert {share for name, share in shares.items() if "attn" in name} == {0.0}
    assert {share for name, share in shares.items() if "attn" not in name} == {0.3}


def test_every_patch_of_transunet_attends_to_every_other():
    transformer = network("transunet").transformer
    features = torch.rand(2, transformer.embedding.in_channels, 4, 4, requires_grad=True)
    corner = transformer(features)[:, :, 0, 0]
    reached = torch.autograd.grad(weigh(corner), features)[0].abs().amax(dim=(0, 1))
    assert (reached > 0).all()


@pytest.mark.usefixtures("small_original")
@pytest.mark.parametrize("side", [96, 64])
def test_original_transunet_starts_from_the_weights_of_timms_hybrid(side, tmp_path):
    """What it reads from images, and its embedding with positions, are those of timm on grey as its training had it."""
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
        hybrid.patch_embed.backbone(2 * images.repeat(1, 3, 1, 1) - 1)
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
