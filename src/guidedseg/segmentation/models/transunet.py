"""TransUNet (Chen et al. 2021, arXiv 2102.04306): a transformer on a CNN's features, and a cascaded upsampler.

The defaults are the paper's R50-ViT-B/16 but for its encoder.
"""

from collections.abc import Sequence

import torch
from timm.models.vision_transformer import Block
from torch import nn

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation.models import encoders
from guidedseg.segmentation.models.layers import conv3x3, scaled, upsampled

DEPTH = 4  # the transformer sits at stride 16
BOTTLENECK = 512  # channels between transformer and upsampler


class PatchTransformer(nn.Module):
    """Every pixel of the features is a patch: 1x1 embedding, learned positions, transformer blocks."""

    def __init__(self, in_channels: int, side: int, *, width: int, depth: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Conv2d(in_channels, width, kernel_size=1)
        self.positions = nn.Parameter(torch.zeros(1, side * side, width))
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(Block(width, heads, qkv_bias=True, proj_drop=dropout) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)

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
        self.convs = nn.Sequential(
            conv3x3(in_channels + skip_channels, out_channels), conv3x3(out_channels, out_channels)
        )

    def forward(self, x: torch.Tensor, skip: torch.Tensor | None) -> torch.Tensor:
        """(N, C, H, W) and the skip (N, K, 2H, 2W), or None, -> (N, out, 2H, 2W)."""
        x = upsampled(x)  # (N, C, 2H, 2W)
        if skip is not None:
            x = torch.cat([x, skip], dim=1)  # (N, C + K, 2H, 2W)
        out: torch.Tensor = self.convs(x)
        return out


class TransUNet(nn.Module):
    """TransUNet on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S), for one size S only.

    Many encoders keep a stage behind stride 16 that nothing reads: it gets no gradient.
    """

    def __init__(
        self,
        encoder: str,
        *,
        decoder_width: float,
        image_size: int,
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        dropout: float = 0.1,
        decoder_channels: Sequence[int] = (256, 128, 64, 16),
    ) -> None:
        """Build with random weights.

        Args:
            encoder: smp or ``tu-`` name.
            decoder_width: scales the upsampler's channels (512 at its start, then ``decoder_channels``), not ``width``.
            image_size: S; there is one position embedding per patch of 16 x 16 pixels.
            width: of the transformer.
            depth: number of transformer blocks.
            heads: of each attention; they share ``width`` equally.
            dropout: behind the embedding, in the projections and the MLPs.
            decoder_channels: at strides 8, 4, 2, 1; the last has no skip.

        Raises:
            GuidedsegError: ``heads`` does not divide ``width``.
        """
        super().__init__()
        if width % heads:
            raise GuidedsegError(f"transunet: width {width} must be a multiple of heads {heads}. Change one of them.")
        self.image_size = image_size
        self.encoder, (*skips, deepest) = encoders.grey(encoder, depth=DEPTH)
        self.transformer = PatchTransformer(
            deepest, image_size // 2**DEPTH, width=width, depth=depth, heads=heads, dropout=dropout
        )
        bottleneck, *out = [scaled(channels, decoder_width) for channels in (BOTTLENECK, *decoder_channels)]
        self.bottleneck = conv3x3(width, bottleneck)
        self.blocks = nn.ModuleList(
            UpBlock(*channels) for channels in zip([bottleneck, *out[:-1]], [*reversed(skips), 0], out, strict=True)
        )
        self.head = nn.Conv2d(out[-1], 1, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, S, S) -> logits (N, 1, S, S)."""
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
