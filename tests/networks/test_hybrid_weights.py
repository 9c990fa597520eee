"""The original TransUNet starts from timm's R50-ViT-B/16: what the unit test shows on a small one, at full size."""

import pytest
import timm
import torch
from safetensors.torch import save_file
from timm.layers import resample_abs_pos_embed

from guidedseg.segmentation import models

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hybrid():
    torch.manual_seed(5)
    return timm.create_model("vit_base_r50_s16_224", num_classes=0).eval()


@pytest.fixture(scope="module")
def weights(hybrid, tmp_path_factory):
    path = tmp_path_factory.mktemp("hybrid") / "hybrid.safetensors"
    save_file(hybrid.state_dict(), path)
    return str(path)


@pytest.mark.parametrize("side", [224, 96])
def test_cnn_embedding_and_blocks_are_timms(side, hybrid, weights):
    net = models.build(
        "transunet", {}, encoder="original", encoder_weights=weights, decoder_width=0.25, image_size=side
    ).eval()
    images = torch.rand(1, 1, side, side, generator=torch.Generator().manual_seed(1))
    maps, backbone = [], hybrid.patch_embed.backbone
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, output: maps.append(output))
        for module in (backbone.stem.norm, *backbone.stages)
    ]
    with torch.inference_mode():
        backbone(2 * images.repeat(1, 3, 1, 1) - 1)
        found = net.encoder(images)[1:]
        positions = resample_abs_pos_embed(hybrid.pos_embed, [side // 16] * 2, num_prefix_tokens=1)[:, 1:]
        expected = hybrid.patch_embed.proj(maps[-1]).flatten(2).transpose(1, 2) + positions
        embedded = net.transformer.embedding(found[-1]).flatten(2).transpose(1, 2) + net.transformer.positions
    for hook in hooks:
        hook.remove()
    assert [one.shape[-1] for one in found] == [side // 2, side // 4, side // 8, side // 16]
    for one, other in zip([*found, embedded], [*maps, expected], strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    own = net.transformer.state_dict()
    for part in ("blocks", "norm"):
        for key, value in hybrid.get_submodule(part).state_dict().items():
            assert torch.equal(own[f"{part}.{key}"], value), key
