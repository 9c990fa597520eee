"""TransUNet (Chen et al. 2021, arXiv 2102.04306): a transformer on a CNN's features, and a cascaded upsampler."""

from collections.abc import Sequence

import timm
import torch
from timm.layers import resample_abs_pos_embed
from timm.models.resnetv2 import ResNetV2
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation.models.layers import conv3x3, scaled, upsampled

DEPTH = 4  # the transformer sits at stride 16
BOTTLENECK = 512  # channels between transformer and upsampler
R50_VIT_B16 = "vit_base_r50_s16_224.orig_in21k"  # timm's name of the paper's encoder, pretrained on ImageNet-21k


class HybridBackbone(nn.Module):
    """The CNN of a timm hybrid, ResNetV2-50 without its last stage.

    It keeps its three input channels and gets the grey in each: its convolutions standardise their weights, so those of
    the first cannot be summed over the colours without changing what they give.
    """

    def __init__(self, backbone: ResNetV2) -> None:
        super().__init__()
        self.backbone = backbone
        self.out_channels = [feature["num_chs"] for feature in backbone.feature_info]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 1, S, S) in [0, 1] -> the input, then maps at strides 2, 4, 8, 16."""
        colours = (2 * x - 1).expand(-1, 3, -1, -1)  # as it was pretrained: mean and deviation 0.5
        return [x, *self.backbone.forward_intermediates(colours, intermediates_only=True)]


class PatchTransformer(nn.Module):
    """Every pixel of the features is a patch: 1x1 embedding, learned positions, a ViT's blocks; no class token."""

    def __init__(self, in_channels: int, side: int, vit: VisionTransformer, *, dropout: float) -> None:
        """Take over a ViT's blocks.

        Args:
            in_channels: of the features.
            side: their height and width.
            vit: of it the blocks and the last normalisation.
            dropout: behind the embedding.
        """
        super().__init__()
        self.embedding = nn.Conv2d(in_channels, vit.embed_dim, kernel_size=1)
        self.positions = nn.Parameter(torch.zeros(1, side * side, vit.embed_dim))
        self.dropout = nn.Dropout(dropout)
        self.blocks = vit.blocks
        self.norm = vit.norm
        nn.init.trunc_normal_(self.positions, std=0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, side, side) -> (N, width, side, side)."""
        x = self.embedding(x)  # (N, width, side, side)
        patches = x.flatten(2).transpose(1, 2) + self.positions  # (N, side * side, width)
        patches = self.norm(self.blocks(self.dropout(patches)))
        features: torch.Tensor = patches.transpose(1, 2).reshape(x.shape)  # (N, width, side, side)
        return features


class UpBlock(nn.Module):
    """One step of the cascade: bilinear x 2, the skip beside it, two convolutions."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            conv3x3(in_channels + skip_channels, out_channels), conv3x3(out_channels, out_channels)
        )

    def forward(self, x: torch.Tensor, skip: torch.Tensor | None) -> torch.Tensor:
        """(N, C, H, W) and the skip (N, K, 2H, 2W), or None, -> (N, out, 2H, 2W)."""
        x = upsampled(x)  # (N, C, 2H, 2W)
        if skip is not None:
            x = torch.cat([x, skip], dim=1)  # (N, C + K, 2H, 2W)
        out: torch.Tensor = self.convolutions(x)
        return out


class TransUNet(nn.Module):
    """TransUNet on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S), for one size S only.

    The original is R50-ViT-B/16. Many of the libraries' encoders keep a stage behind stride 16 that nothing reads: it
    gets no gradient.
    """

    def __init__(
        self,
        encoder: str,
        *,
        decoder_width: float,
        image_size: int,
        vit: str = "vit_tiny_patch16_224",
        dropout: float = 0.1,
        decoder_channels: Sequence[int] = (256, 128, 64, 16),
    ) -> None:
        """Build with random weights.

        Args:
            encoder: ``original``, smp or ``tu-`` name.
            decoder_width: scales the upsampler's channels (512 at its start, then ``decoder_channels``).
            image_size: S; there is one position embedding per patch of 16 x 16 pixels.
            vit: with a library's encoder: any ViT of timm, whose blocks are used; the original has its own.
            dropout: behind the embedding and in the MLPs; the attention has none, as in the authors' code.
            decoder_channels: at strides 8, 4, 2, 1; the last has no skip.

        Raises:
            GuidedsegError: timm has no such ViT.
        """
        super().__init__()
        self.image_size = image_size
        self.encoder_name = encoder
        self.vit_name = R50_VIT_B16 if encoder == encoders.ORIGINAL else vit
        transformer = _vit(self.vit_name, dropout)
        if encoder == encoders.ORIGINAL:
            self.encoder: nn.Module = HybridBackbone(transformer.patch_embed.backbone)
            *skips, deepest = self.encoder.out_channels
        else:
            self.encoder, (*skips, deepest) = encoders.grey(encoder, depth=DEPTH)
        self.transformer = PatchTransformer(deepest, image_size // 2**DEPTH, transformer, dropout=dropout)
        bottleneck, *out = [scaled(channels, decoder_width) for channels in (BOTTLENECK, *decoder_channels)]
        self.bottleneck = conv3x3(transformer.embed_dim, bottleneck)
        self.blocks = nn.ModuleList(
            UpBlock(*channels) for channels in zip([bottleneck, *out[:-1]], [*reversed(skips), 0], out, strict=True)
        )
        self.head = nn.Conv2d(out[-1], 1, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, S, S) -> logits (N, 1, S, S)."""
        encoders.check_input(x)
        if x.shape[-2:] != (self.image_size, self.image_size):
            height, width = x.shape[-2:]
            raise GuidedsegError(
                f"image size {height} x {width} (height x width): this transunet has position embeddings for one size. "
                f"Use {self.image_size} x {self.image_size}, or build and train it for another."
            )
        *skips, x = self.encoder(x)[1:]  # strides 2, 4, 8 and 16
        x = self.bottleneck(self.transformer(x))  # (N, 512 * decoder_width, S/16, S/16)
        for block, skip in zip(self.blocks, [*reversed(skips), None], strict=True):
            x = block(x, skip)  # strides 8, 4, 2, 1
        logits: torch.Tensor = self.head(x)
        return logits

    def load_weights(self, weights: str) -> None:
        """Fill with pretrained weights; position embeddings are resampled to this image size.

        Args:
            weights: ``imagenet`` (downloads) or the path of a file: of the original, timm's hybrid as a whole; with a
                library's encoder that encoder alone, the transformer then keeps its random weights.

        Raises:
            GuidedsegError: as ``encoders.load_weights``.
        """
        if self.encoder_name != encoders.ORIGINAL:
            encoders.load_weights(self.encoder, self.encoder_name, weights)
            if weights != encoders.IMAGENET:
                return
        if weights == encoders.IMAGENET:
            state = encoders.downloaded(self.vit_name, lambda: timm.create_model(self.vit_name, pretrained=True))
        else:
            state = encoders.read(weights)
        own = nn.ModuleDict({"transformer": self.transformer})
        if self.encoder_name == encoders.ORIGINAL:
            own["encoder"] = self.encoder
        own.load_state_dict(encoders.fitted(self._renamed(state), own, self.vit_name, weights))

    def _renamed(self, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Names and position embeddings of timm as they are here; what has no place here is left out."""
        side = self.image_size // 2**DEPTH
        renamed = {}
        if self.encoder_name != encoders.ORIGINAL:  # the embedding of other features than this encoder's
            renamed = {f"transformer.embedding.{k}": v for k, v in self.transformer.embedding.state_dict().items()}
        for key, value in state.items():
            match key.split(".", maxsplit=1)[0]:
                case "blocks" | "norm":
                    renamed[f"transformer.{key}"] = value
                case "pos_embed":
                    prefix = value.shape[1] - int(value.shape[1] ** 0.5) ** 2  # class and other tokens without a place
                    grid = resample_abs_pos_embed(value, [side, side], num_prefix_tokens=prefix)
                    renamed["transformer.positions"] = grid[:, prefix:]
                case "patch_embed" if self.encoder_name == encoders.ORIGINAL:
                    key = key.replace("patch_embed.proj", "transformer.embedding")  # noqa: PLW2901
                    renamed[key.replace("patch_embed", "encoder")] = value
        return renamed


def _vit(name: str, dropout: float) -> VisionTransformer:
    if not timm.is_model(name.split(".", maxsplit=1)[0]):
        encoders.unknown(name, timm.list_models("*vit*"), "vit")
    try:
        vit = timm.create_model(name, pretrained=False, num_classes=0, pos_drop_rate=dropout, proj_drop_rate=dropout)
    except TypeError:  # other models lack these options
        vit = None
    if not isinstance(vit, VisionTransformer):
        raise GuidedsegError(f"vit: '{name}' is no plain ViT. Choose one, as vit_tiny_patch16_224.")
    for block in vit.blocks:
        block.attn.proj_drop.p = 0.0
    return vit
