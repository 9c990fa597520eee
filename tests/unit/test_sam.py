"""SAM and its kin: found by the shapes in a checkpoint, prompted by the box of a region, refused in one line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import payloads
import pytest
import small_sam
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from ultralytics.models.sam import build
from ultralytics.models.sam.modules.sam import SAMModel
from ultralytics.models.sam.predict import Predictor, SAM2Predictor

from guidedseg import exporting, given, params, regions
from guidedseg.errors import GuidedsegError
from guidedseg.prompted import networks
from guidedseg.segmentation import models

pytestmark = pytest.mark.usefixtures("one_thread")

SIZE = 64
MARGIN = 0.15


def built(file: Path | None, *, pixels: int = small_sam.PIXELS, normalised: bool = True, size: int = SIZE) -> Any:
    options = {"weights": None if file is None else str(file), "pixels": pixels, "normalised": normalised}
    return models.build(
        "sam", options, encoder="original", encoder_weights=None, decoder_width=1.0, image_size=size
    ).eval()


def pictures(count: int = 3, side: int = SIZE) -> torch.Tensor:
    """Of 256 levels, as pictures are."""
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(1)).mul(255).round() / 255


def saved(path: Path, tensors: Any) -> Path:
    torch.save(tensors, path)
    return path


def state() -> dict[str, torch.Tensor]:
    return small_sam.network().state_dict()


class TestLayouts:
    """What a checkpoint is of is told by what is in it."""

    def test_sizes_are_those_of_the_shapes(self):
        net = built(small_sam.file())
        assert net.kind == "SAM, 3 blocks from 32 channels on"
        assert networks._sizes(state()) == small_sam.VIT | small_sam.DECODER
        assert all(torch.equal(net.network.state_dict()[name], tensor) for name, tensor in state().items())

    @pytest.mark.parametrize("builder", [build.build_sam_vit_b, build.build_sam_vit_l, build.build_sam_vit_h])
    def test_the_released_sizes_are_found(self, builder: Callable[[], nn.Module]):
        with torch.device("meta"):
            released = builder()
            found = networks._sam(**networks._sizes(released.state_dict()))
        shapes = [{name: tensor.shape for name, tensor in net.state_dict().items()} for net in (released, found)]
        assert shapes[0] == shapes[1]
        for one, other in zip(released.image_encoder.blocks, found.image_encoder.blocks, strict=True):
            assert (one.window_size, one.attn.num_heads) == (other.window_size, other.attn.num_heads)

    def test_without_a_checkpoint_it_is_vit_b(self):
        with torch.device("meta"):
            assert sum(each.numel() for each in built(None).parameters()) == 93_735_472

    @pytest.mark.parametrize(
        "wrapped",
        [
            lambda own: {"model": own, "optimizer": {"state": {}}, "epoch": 3},
            lambda own: {"state_dict": {f"module.{name}": tensor for name, tensor in own.items()}},
            lambda own: {"model": {f"sam_model.{name}": tensor for name, tensor in own.items()}},
            lambda own: {**own, "pixel_mean": torch.zeros(3, 1, 1), "pixel_std": torch.ones(3, 1, 1)},
        ],
        ids=["training", "several GPUs", "within a model", "with colours"],
    )
    def test_nests_and_beginnings_of_names_are_seen_through(self, wrapped: Callable[..., Any], tmp_path: Path):
        images = pictures()
        found = built(saved(tmp_path / "a.pt", wrapped(state())))
        assert torch.equal(found(images), built(small_sam.file())(images))

    def test_safetensors_and_half_precision_are_read(self, tmp_path: Path):
        save_file({name: tensor.half() for name, tensor in state().items()}, tmp_path / "a.safetensors")
        found = built(tmp_path / "a.safetensors")
        assert {each.dtype for each in found.parameters()} == {torch.float32}
        torch.testing.assert_close(found(pictures()), built(small_sam.file())(pictures()), atol=1e-3, rtol=1e-3)

    def test_what_was_kept_is_read_again_with_its_prompt(self, tmp_path: Path):
        net = built(small_sam.file())
        net.prompt(MARGIN)
        kept = exporting.compact(net.state_dict())
        net.load_state_dict(kept)
        save_file(kept, tmp_path / "weights.safetensors")
        again = built(tmp_path / "weights.safetensors")
        again.load_state_dict(kept)
        assert torch.equal(again.box, net.box)
        assert torch.equal(again(pictures()), net(pictures()))


class TestRefusals:
    """One line that says the file, what is wrong, what is understood and where to get it."""

    def told(self, file: Path) -> str:
        with pytest.raises(GuidedsegError) as caught:
            built(file)
        text = str(caught.value)
        assert text.startswith(f"{given.KEY}: ")
        assert "\n" not in text
        for home in ("facebookresearch/segment-anything", "facebookresearch/sam2", "bowang-lab/MedSAM", "Apache-2.0"):
            assert home in text
        return text

    def test_missing_file(self, tmp_path: Path):
        assert "there is no file" in self.told(tmp_path / "none.pth")

    @pytest.mark.parametrize("write", payloads.FILES)
    def test_payload_does_not_run(self, write: Callable[..., Path], tmp_path: Path):
        text = self.told(write(tmp_path / "payload.pth", tmp_path / "trace"))
        assert "payload.pth is of no use" in text
        assert not (tmp_path / "trace").exists()

    @pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
    def test_no_file_of_weights(self, name: str, tmp_path: Path):
        (tmp_path / name).write_bytes(b"<html>")
        assert "is of no use" in self.told(tmp_path / name)

    @pytest.mark.parametrize("tensors", [{}, [1], {"backbone.patch_embed.projection.weight": torch.zeros(1)}])
    def test_another_network(self, tensors: Any, tmp_path: Path):
        assert "it has no image_encoder.patch_embed" in self.told(saved(tmp_path / "a.pth", tensors))

    def test_missing_tensor(self, tmp_path: Path):
        own = state()
        del own["mask_decoder.iou_token.weight"]
        assert "Missing key(s)" in self.told(saved(tmp_path / "a.pth", own))
        del own["image_encoder.pos_embed"]
        assert "image_encoder.pos_embed is missing for SAM" in self.told(saved(tmp_path / "b.pth", own))

    def test_tensor_too_many_is_no_detail(self, tmp_path: Path):
        """Adapters, say, which change what the others do."""
        own = state() | {"image_encoder.blocks.0.adapter.weight": torch.zeros(2)}
        assert "Unexpected key(s)" in self.told(saved(tmp_path / "a.pth", own))

    def test_other_shape(self, tmp_path: Path):
        own = state() | {"mask_decoder.iou_token.weight": torch.zeros(1, 5)}
        assert "size mismatch for mask_decoder.iou_token.weight" in self.told(saved(tmp_path / "a.pth", own))

    def test_no_number(self, tmp_path: Path):
        own = state() | {"mask_decoder.iou_token.weight": torch.full((1, 32), torch.nan)}
        assert "mask_decoder.iou_token.weight holds what is no number" in self.told(saved(tmp_path / "a.pth", own))

    def test_sam2_of_another_size(self, tmp_path: Path):
        own = {f"image_encoder.trunk.{name}": torch.zeros(24, 3) for name in ("patch_embed.proj.weight", "blocks.0.x")}
        assert "1 blocks from 24 channels on was never released" in self.told(saved(tmp_path / "a.pth", own))


class TestPrompt:
    """The box of a region, which its margin tells."""

    @pytest.mark.parametrize("margin", [0.0, 0.15, 1.0])
    def test_prompt_is_the_box_that_was_enlarged(self, margin: float):
        net = built(small_sam.file())
        net.prompt(margin)
        box = np.array([[400, 300, 600, 380]])
        (region,) = regions.enlarge(box, margin, 2000, 1000)
        sides = np.tile(region[2:] - region[:2], 2)
        expected = (box[0] - np.tile(region[:2], 2)) / sides
        np.testing.assert_allclose(net.box, expected, atol=1e-6)

    def test_another_box_is_another_mask_and_the_same_the_same(self):
        net, images = built(small_sam.file()), pictures()
        whole = net(images)
        assert whole.shape == (3, 1, SIZE, SIZE)
        net.prompt(MARGIN)
        assert torch.equal(net(images), net(images))
        assert (net(images) - whole).abs().max() > 1e-4

    def test_in_another_normalisation_it_is_another_network(self):
        images = pictures()
        assert not torch.equal(built(small_sam.file())(images), built(small_sam.file(), normalised=False)(images))

    def test_levels_as_they_are_are_those_of_normalised_colours(self):
        """MedSAM's way: what is given is what the encoder sees."""
        net, seen = built(small_sam.file(), normalised=False), []
        net.network.image_encoder.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        images = pictures(1)
        net(images)
        assert torch.equal(seen[0], images.expand(-1, 3, -1, -1))

    def test_nothing_of_it_learns(self):
        assert not any(parameter.requires_grad for parameter in built(small_sam.file()).parameters())
        assert [name for name in models.MODELS if models.given(name)] == list(params.GIVEN)


def predicted(predictor: Predictor, net: Any, image: torch.Tensor, pixels: int) -> torch.Tensor:
    """What Ultralytics' predictor makes of one picture and the prompt of ``net``, (S, S) logits."""
    side = image.shape[-1]
    picture = np.ascontiguousarray(np.repeat((image[0].numpy() * 255).round().astype(np.uint8)[..., None], 3, axis=2))
    predictor.set_image(picture)
    predictor.batch = (None, [picture], None)
    masks, _ = predictor.prompt_inference(torch.zeros(1, 3, pixels, pixels), bboxes=(net.box * side).numpy()[None])
    return functional.interpolate(masks[None], size=(side, side), mode="bilinear", align_corners=False)[0]


def released(kind: str) -> tuple[type[Predictor], nn.Module]:
    """A predictor of Ultralytics and a network of it with random weights, positions too."""
    torch.manual_seed(0)
    if kind == "tiny SAM":
        own = small_sam.network()
        return Predictor, SAMModel(own.image_encoder, own.prompt_encoder, own.mask_decoder).eval()
    net = build.build_mobile_sam() if kind == "MobileSAM" else build.build_sam2_t()
    for name, parameter in net.named_parameters():
        if "pos_embed" in name or "attention_biases" in name:
            nn.init.normal_(parameter, std=0.2)
    return (Predictor if kind == "MobileSAM" else SAM2Predictor), net.train().eval()


@pytest.mark.parametrize(
    ("kind", "pixels", "told"),
    [
        ("tiny SAM", 64, "SAM, 3 blocks from 32 channels on"),
        ("tiny SAM", 96, "SAM, 3 blocks from 32 channels on"),
        ("MobileSAM", 128, "MobileSAM"),
        ("SAM 2", 128, "SAM 2, 12 blocks from 96 channels on"),
    ],
)
def test_logits_are_those_of_ultralytics_predictor(kind: str, pixels: int, told: str, tmp_path: Path):
    predictor_class, reference = released(kind)
    net = built(saved(tmp_path / "a.pt", {"model": reference.state_dict()}), pixels=pixels, size=pixels)
    assert net.kind == told
    net.prompt(MARGIN)
    predictor = predictor_class(overrides={"imgsz": pixels, "save": False, "verbose": False, "device": "cpu"})
    predictor.setup_model(reference, verbose=False)
    images = pictures(2, pixels)
    with torch.inference_mode():
        found = net(images)
        for image, logits in zip(images, found, strict=True):
            expected = predicted(predictor, net, image, pixels)
            assert expected.std() > 1e-3
            torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)
