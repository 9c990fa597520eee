"""Segment Anything (Kirillov et al. 2023, arXiv 2304.02643), its kin MedSAM, MobileSAM and SAM 2: prompted by a box."""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from guidedseg.encoders import normalisation
from guidedseg.encoders.encoders import check_input


class Sam(nn.Module):
    """SAM as a segmenter of regions: the prompt is the box that a region was drawn around, the same in every region.

    It has no encoder of a library: the profile's, and its width, are of the others. Its weights are given.

    Attributes:
        box: (4,) float32, x0, y0, x1, y1 of the prompt, as shares of the region's sides; among the weights.
        kind: what the checkpoint is of.
        mean: (1, 3, 1, 1), taken from the colours; ``deviation`` is what they are divided by.
    """

    box: torch.Tensor
    mean: torch.Tensor
    deviation: torch.Tensor

    GIVEN = True
    """Weights are given, nothing is trained."""

    def __init__(
        self,
        encoder: str,  # noqa: ARG002 - as all networks are called
        *,
        decoder_width: float,  # noqa: ARG002
        image_size: int,  # noqa: ARG002
        weights: str | None = None,
        pixels: int = 1024,
        normalised: bool = True,
    ) -> None:
        """Build from a checkpoint; the prompt is the whole region until ``prompt`` is called.

        Args:
            encoder: not used.
            decoder_width: not used.
            image_size: not used.
            weights: the path of a checkpoint; None: SAM's ViT-B with random weights, of use to nobody but to count.
            pixels: P, side of the picture that SAM is given, a multiple of 32; positions are resampled to it.
            normalised: by mean and deviation of ImageNet's colours, as SAM was trained; else in [0, 1], as MedSAM.

        Raises:
            GuidedsegError: there is no such file, or it does not fit.
        """
        super().__init__()
        # here: Ultralytics takes seconds to import, and all networks' modules are
        from guidedseg.prompted import networks, opening  # noqa: PLC0415

        self.kind = "SAM, no checkpoint"
        if weights is None:
            self.network: nn.Module = networks.base()
        else:
            self.network, self.kind = opening.opened(Path(weights), pixels)
        self.requires_grad_(False)
        self.pixels = pixels
        self.register_buffer("box", torch.tensor([0.0, 0.0, 1.0, 1.0]))
        mean, deviation = normalisation.IMAGENET if normalised else normalisation.AS_IT_IS
        for name, colours in (("mean", mean), ("deviation", deviation)):
            self.register_buffer(name, torch.tensor(colours).view(1, 3, 1, 1), persistent=False)

    def prompt(self, margin: float) -> None:
        """Prompt by the box whose enlarged region is seen.

        Where the image's border cut the region off, the box reaches that side of it, and the prompt does not.

        Args:
            margin: share of the box's width and height that was added on each side; 0: the region is the box.
        """
        low = margin / (1 + 2 * margin)
        self.box.copy_(torch.tensor([low, low, 1 - low, 1 - low]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 1, S, S) float32 in [0, 1] to logits (N, 1, S, S)."""
        check_input(images)
        if torch.compiler.is_exporting():  # engines take image by image
            return self._logits(images)
        # attention over a map of 64 x 64 takes gigabytes a picture
        return torch.cat([self._logits(image) for image in torch.split(images, 1)])

    def _logits(self, images: torch.Tensor) -> torch.Tensor:
        pictures = functional.interpolate(images, size=(self.pixels, self.pixels), mode="bilinear", align_corners=False)
        pictures = (pictures.expand(-1, 3, -1, -1) - self.mean) / self.deviation  # it was made for colours
        logits = self.network(pictures, self.box * self.pixels)
        return functional.interpolate(logits, size=images.shape[-2:], mode="bilinear", align_corners=False)
