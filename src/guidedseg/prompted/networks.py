"""Segment Anything and its kin, put together from Ultralytics' parts as the shapes in a checkpoint say.

Each takes one picture and one box and gives one mask: what ``multimask_output=False`` gives in the authors' code, whose
names its tensors have.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Self

import torch
from torch import nn
from ultralytics.models.sam import build
from ultralytics.models.sam.modules.decoders import MaskDecoder, SAM2MaskDecoder
from ultralytics.models.sam.modules.encoders import ImageEncoder, ImageEncoderViT, PromptEncoder
from ultralytics.models.sam.modules.sam import SAM2Model
from ultralytics.models.sam.modules.tiny_encoder import Attention, PatchMerging
from ultralytics.models.sam.modules.transformer import TwoWayTransformer

from guidedseg.prompted.checkpoint import Checkpoint

STRIDE = 16
"""Pixels of the picture, along a side, for one place of the map that the decoder reads."""

HEADS = 8
"""Of the decoder's attention, which no shape tells; as in every release."""

RELEASED = {(96, 12): "build_sam2_t", (96, 16): "build_sam2_s", (112, 24): "build_sam2_b", (144, 48): "build_sam2_l"}
"""SAM 2 and 2.1, by channels and blocks: Ultralytics' builders. Which blocks see the whole map no shape tells."""

BASE: dict[str, Any] = {"dim": 768, "depth": 12, "heads": 12, "grid": 64, "window": 14, "whole": (2, 5, 8, 11)}
"""ViT-B, which is meant where there is no checkpoint."""


class Prompted(nn.Module):
    """SAM and MobileSAM.

    Args:
        image_encoder: (N, 3, P, P) to (N, C, P / 16, P / 16).
        prompt_encoder: Ultralytics'.
        mask_decoder: Ultralytics'.
    """

    def __init__(self, image_encoder: nn.Module, prompt_encoder: nn.Module, mask_decoder: nn.Module) -> None:
        super().__init__()
        self.image_encoder = image_encoder
        self.prompt_encoder = prompt_encoder
        self.mask_decoder = mask_decoder

    def forward(self, pictures: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
        """Outline what the box is around.

        Args:
            pictures: (N, 3, P, P), normalised. Attention needs memory for all N.
            box: (4,) x0, y0, x1, y1 in pixels, the same in all.

        Returns:
            Logits (N, 1, P / 4, P / 4).
        """
        # one prompt for N pictures: its batch of 1 is stretched to theirs wherever the two meet
        prompt = _prompt(self.prompt_encoder, box, pictures.shape[-1])
        masks, _ = self.mask_decoder(self.image_encoder(pictures), **prompt, multimask_output=False)
        return masks


class Mobile(Prompted):
    """MobileSAM, so that it can be exported for any number of pictures, each tensor once."""

    def __init__(self, image_encoder: nn.Module, prompt_encoder: nn.Module, mask_decoder: nn.Module) -> None:
        super().__init__(image_encoder, prompt_encoder, mask_decoder)
        for module in self.modules():
            if isinstance(module, PatchMerging):
                module.register_forward_pre_hook(_unrolled)

    def train(self, mode: bool = True) -> Self:
        """Attention stays as in training: the same numbers, read from the weights themselves."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, Attention):
                module.train(True)
        return self


def _unrolled(merging: PatchMerging, given: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    """(N, H W, C) as (N, C, H, W), which it would do by itself for a fixed N."""
    (x,) = given
    height, width = merging.input_resolution
    return (x.view(x.shape[0], height, width, -1).permute(0, 3, 1, 2),) if x.ndim == 3 else given


class Prompted2(nn.Module):
    """SAM 2 and 2.1 on a single picture, without their memory.

    Args:
        whole: Ultralytics' ``SAM2Model``, of which the rest is left out.
    """

    image_encoder: ImageEncoder
    sam_prompt_encoder: PromptEncoder
    sam_mask_decoder: SAM2MaskDecoder
    no_mem_embed: nn.Parameter

    def __init__(self, whole: SAM2Model) -> None:
        super().__init__()
        self.image_encoder = whole.image_encoder
        self.image_encoder.neck.position_encoding = nn.Identity()  # of memory; it would keep tensors of a tracing
        self.sam_prompt_encoder = whole.sam_prompt_encoder
        self.sam_mask_decoder = whole.sam_mask_decoder
        self.no_mem_embed = whole.no_mem_embed

    def forward(self, pictures: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
        """As ``Prompted.forward``."""
        decoder = self.sam_mask_decoder
        fine, middle, coarse = self.image_encoder(pictures)["backbone_fpn"]
        masks, *_ = decoder(
            coarse + self.no_mem_embed.view(1, -1, 1, 1),
            **_prompt(self.sam_prompt_encoder, box, pictures.shape[-1], padded=True),
            multimask_output=False,
            repeat_image=True,
            high_res_features=[decoder.conv_s0(fine), decoder.conv_s1(middle)],
        )
        return masks


def _prompt(encoder: PromptEncoder, box: torch.Tensor, pixels: int, *, padded: bool = False) -> dict[str, torch.Tensor]:
    """What the decoder wants of a box; what the encoder does by indexing, which cannot be exported.

    Args:
        encoder: of SAM, or of SAM 2.
        box: (4,) pixels.
        pixels: P.
        padded: a point that is none follows the corners, as in SAM 2, where they are points.
    """
    corners = encoder.pe_layer.forward_with_coords((box + 0.5).view(1, 2, 2), (pixels, pixels))
    sparse = corners + torch.stack([encoder.point_embeddings[kind].weight for kind in (2, 3)], dim=1)
    if padded:
        sparse = torch.cat([sparse, encoder.not_a_point_embed.weight[None]], dim=1)
    side = pixels // STRIDE
    return {
        "image_pe": encoder.pe_layer((side, side))[None],
        "sparse_prompt_embeddings": sparse,
        "dense_prompt_embeddings": encoder.no_mask_embed.weight.view(1, -1, 1, 1).expand(-1, -1, side, side),
    }


def described(checkpoint: Checkpoint) -> str:
    """What a checkpoint is of, in a few words."""
    tensors = checkpoint.tensors
    if checkpoint.kind == "MobileSAM":
        return checkpoint.kind
    start = "image_encoder.trunk." if checkpoint.kind == "SAM 2" else "image_encoder."
    channels = tensors[f"{start}patch_embed.proj.weight"].shape[0]
    return f"{checkpoint.kind}, {_count(tensors, f'{start}blocks.')} blocks from {channels} channels on"


def base() -> Prompted:
    """SAM's ViT-B with random weights, which stands for the network where there is no checkpoint."""
    return _sam(**BASE)


def of(checkpoint: Checkpoint, pixels: int) -> nn.Module:
    """The network that a checkpoint is of, with its tensors.

    Args:
        checkpoint: as it was read.
        pixels: P of the pictures, a multiple of 32.

    Raises:
        KeyError: a tensor is missing that tells a size.
        ValueError: a SAM 2 of another size than those that were released, or sizes that do not go together.
        RuntimeError: tensors are missing, too many, or of other shapes.
    """
    tensors = checkpoint.tensors
    # Ultralytics reads numbers off tensors while it builds; SAM's parts do not, and random weights would be replaced
    with torch.device("meta" if checkpoint.kind == "SAM" else "cpu"):
        match checkpoint.kind:
            case "SAM 2":
                network: nn.Module = _sam2(tensors)
            case "MobileSAM":
                network = _mobile(pixels)
            case _:
                network = _sam(**_sizes(tensors))
    network.load_state_dict(tensors, assign=True)
    return network.eval()


def _mobile(pixels: int) -> Mobile:
    made = build.build_mobile_sam()
    made.image_encoder.set_imgsz([pixels, pixels])  # the others see from their inputs how large these are
    return Mobile(made.image_encoder, made.prompt_encoder, made.mask_decoder)


def _sam2(tensors: Mapping[str, torch.Tensor]) -> Prompted2:
    trunk = "image_encoder.trunk."
    size = tensors[f"{trunk}patch_embed.proj.weight"].shape[0], _count(tensors, f"{trunk}blocks.")
    if size not in RELEASED:
        raise ValueError(f"a SAM 2 of {size[1]} blocks from {size[0]} channels on was never released")
    return Prompted2(getattr(build, RELEASED[size])())


def _sizes(tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Those of a SAM, as ``_sam`` takes them: each block tells by its relative positions how far it sees."""
    depth = _count(tensors, "image_encoder.blocks.")
    blocks = [f"image_encoder.blocks.{number}." for number in range(depth)]
    grid, dim = tensors["image_encoder.pos_embed"].shape[2:]
    reach = [(len(tensors[f"{block}attn.rel_pos_h"]) + 1) // 2 for block in blocks]
    windows = {each for each in reach if each != grid}
    if len(windows) > 1:
        raise ValueError(f"windows of several sizes, {sorted(windows)}")
    decoder, layers = "mask_decoder.", _count(tensors, "mask_decoder.transformer.layers.")
    return {
        "dim": dim,
        "depth": depth,
        "heads": dim // tensors[f"{blocks[0]}attn.rel_pos_h"].shape[1],
        "grid": grid,
        "window": windows.pop() if windows else 0,
        "whole": tuple(number for number, each in enumerate(reach) if each == grid),
        "mlp": tensors[f"{blocks[0]}mlp.lin1.weight"].shape[0] / dim,
        "channels": tensors["image_encoder.neck.0.weight"].shape[0],
        "of_masks": tensors["prompt_encoder.mask_downscaling.3.weight"].shape[0],
        "layers": layers,
        "hidden": tensors[f"{decoder}transformer.layers.0.mlp.lin1.weight"].shape[0],
        "masks": len(tensors[f"{decoder}mask_tokens.weight"]) - 1,
        "judge": tensors[f"{decoder}iou_prediction_head.layers.0.weight"].shape[0],
    }


def _sam(
    *,
    dim: int,
    depth: int,
    heads: int,
    grid: int,
    window: int,
    whole: tuple[int, ...],
    mlp: float = 4.0,
    channels: int = 256,
    of_masks: int = 16,
    layers: int = 2,
    hidden: int = 2048,
    masks: int = 3,
    judge: int = 256,
) -> Prompted:
    """SAM; defaults are those of every release.

    Args:
        dim: channels of the ViT.
        depth: its blocks.
        heads: of its attention.
        grid: places of its map along a side, in training.
        window: that blocks see.
        whole: blocks that see the whole map.
        mlp: hidden layer of a block, times ``dim``.
        channels: of what the decoder reads.
        of_masks: of a mask as a prompt.
        layers: of the decoder.
        hidden: of a layer of it.
        masks: it gives, beside the single one.
        judge: hidden layers of what judges a mask.
    """
    encoder = ImageEncoderViT(
        img_size=grid * STRIDE,
        patch_size=STRIDE,
        embed_dim=dim,
        depth=depth,
        num_heads=heads,
        mlp_ratio=mlp,
        out_chans=channels,
        norm_layer=partial(nn.LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=window,
        global_attn_indexes=whole,
    )
    prompt = PromptEncoder(channels, (grid, grid), (grid * STRIDE, grid * STRIDE), of_masks)
    transformer = TwoWayTransformer(layers, channels, HEADS, hidden)
    return Prompted(encoder, prompt, MaskDecoder(channels, transformer, masks, iou_head_hidden_dim=judge))


def _count(tensors: Mapping[str, torch.Tensor], start: str) -> int:
    """How many parts with consecutive numbers there are."""
    return len({name.removeprefix(start).split(".", 1)[0] for name in tensors if name.startswith(start)})
