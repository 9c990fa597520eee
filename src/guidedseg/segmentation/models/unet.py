"""U-Net (Ronneberger et al. 2015, arXiv 1505.04597)."""

from guidedseg.segmentation.models.u_shaped import UShaped


class UNet(UShaped):
    """U-Net on grey images: (N, 1, S, S) float32 in [0, 1] -> logits (N, 1, S, S)."""
