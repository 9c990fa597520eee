"""Losses on logits (N, 1, S, S) and float targets (N, 1, S, S) in {0, 1}, by name. Each gives a scalar."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from segmentation_models_pytorch.losses import DiceLoss, JaccardLoss
from torch import nn
from torch.nn import functional

from guidedseg.errors import GuidedsegError
from guidedseg.segmentation.models.layers import Supervised


class Focal(nn.Module):
    """Mean of -(1 - q)^gamma * log(q), q the probability of a pixel's true class (Lin et al. 2017, eq. 4).

    Libraries write 1 - q as a difference, which is 0 on sure pixels and makes their gradient NaN for gamma below 1.
    """

    def __init__(self, gamma: float) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits and targets (N, 1, S, S) -> scalar, from 0."""
        surprise = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")  # -log(q)
        missing = -torch.expm1(-surprise)  # 1 - q
        return (missing.clamp_min(torch.finfo(missing.dtype).tiny) ** self.gamma * surprise).mean()


class Overlap(nn.Module):
    """1 minus a soft overlap of smp whose sums run over all pixels of the batch, for batches without lesion as well.

    The paper does not say whether the sums are per image; over the batch, a false alarm on an image without lesion
    costs as much as any other as long as one image of the batch has a lesion. smp's losses are 0 without gradient where
    the whole batch has no lesion. There the mean of y = sigmoid(logits) stands in: from 0 (nothing found) to 1 and with
    the same pull on every pixel, where the formula would be 1 whatever is predicted.
    """

    def __init__(self, pooled: nn.Module) -> None:
        super().__init__()
        self.pooled = pooled

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits and targets (N, 1, S, S) -> scalar in [0, 1]."""
        empty = (targets.sum() == 0).float()
        loss: torch.Tensor = self.pooled(logits, targets) + empty * logits.sigmoid().mean()
        return loss


class MsSsim(nn.Module):
    """1 - mean over the images of prod_m SSIM_m^beta_m, structural similarity at scales halved by 2x2 averages.

    Formula: Huang et al. 2020 (arXiv 2004.08790, section 2.2): luminance counts at every scale. Window, constants and
    beta: Wang et al. 2003; windows lie wholly inside the image. Five scales need 176 pixels a side. Smaller inputs have
    as many as keep the coarsest side at 11 pixels or more (64: three, 96 and 128: four), their beta divided by its sum.
    """

    BETA = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
    SIDE, SIGMA = 11, 1.5  # of the Gaussian window, pixels
    C1, C2 = 0.01**2, 0.03**2
    # Of SSIM, which may be negative: x^beta has an infinite slope at 0. Well below the C1 of a wholly wrong flat image.
    FLOOR = 1e-6

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits and targets (N, 1, H, W), 11 pixels a side or more -> scalar in [0, 1].

        Raises:
            GuidedsegError: smaller inputs.
        """
        side = min(logits.shape[-2:])
        if side < self.SIDE:
            raise GuidedsegError(
                f"loss: MS-SSIM, a part of the hybrid losses, needs inputs of {self.SIDE} pixels a side or more, "
                f"not {side}. Raise inputs.image_size or choose another train.loss."
            )
        scales = min(len(self.BETA), 1 + int(math.log2(side / self.SIDE)))
        y, t = logits.sigmoid(), targets
        similarity = torch.ones(len(y), device=y.device)
        for scale, beta in enumerate(self.BETA[:scales]):
            if scale:
                y, t = functional.avg_pool2d(y, 2), functional.avg_pool2d(t, 2)
            similarity = similarity * self.ssim(y, t).clamp_min(self.FLOOR) ** (beta / sum(self.BETA[:scales]))
        return 1 - similarity.mean()

    def ssim(self, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Structural similarity at one scale: two (N, 1, H, W) in [0, 1] -> (N,) in [-1, 1]."""
        means = self.averaged(torch.cat([y, t, y * y, t * t, y * t], dim=1))  # (N, 5, H - 10, W - 10)
        of_y, of_t, of_yy, of_tt, of_yt = means.unbind(dim=1)
        luminance = (2 * of_y * of_t + self.C1) / (of_y**2 + of_t**2 + self.C1)
        # Rounding may leave a variance below 0.
        variances = (of_yy - of_y**2).clamp_min(0) + (of_tt - of_t**2).clamp_min(0)
        structure = (2 * (of_yt - of_y * of_t) + self.C2) / (variances + self.C2)
        return (luminance * structure).mean(dim=(1, 2))

    def averaged(self, maps: torch.Tensor) -> torch.Tensor:
        """Means in the Gaussian windows that lie wholly inside: (N, C, H, W) -> (N, C, H - 10, W - 10).

        Shifted sums rather than convolutions: as fast on a CPU, and float32 everywhere. A GPU convolves in TF32, whose
        error in the variances, differences of these means, is of the size of C2.
        """
        bell = [math.exp(-((place - self.SIDE // 2) ** 2) / (2 * self.SIGMA**2)) for place in range(self.SIDE)]
        for dim in (2, 3):
            length = maps.shape[dim] - self.SIDE + 1
            means = torch.zeros_like(maps.narrow(dim, 0, length))
            for place, weight in enumerate(bell):
                means.add_(maps.narrow(dim, place, length), alpha=weight / sum(bell))
            maps = means
        return maps


class Sum(nn.Module):
    """The sum of losses, weights 1, computed in float32 whatever the network's precision."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits (N, 1, S, S) of any precision and targets -> scalar, float32."""
        # The sums of a batch are more than float16 holds, and the differences in SSIM finer than bfloat16 tells. There
        # is no convolution or matrix product here that autocast would take back to half precision.
        logits, targets = logits.float(), targets.float()
        return torch.stack([part(logits, targets) for part in self.parts]).sum()


PARTS: dict[str, Callable[[float], nn.Module]] = {
    "bce": lambda _: nn.BCEWithLogitsLoss(),  # mean over the pixels
    "dice": lambda _: Overlap(DiceLoss(mode="binary")),  # 1 - 2 * sum(y * t) / (sum(y) + sum(t))
    "iou": lambda _: Overlap(JaccardLoss(mode="binary")),  # 1 - sum(y * t) / (sum(y) + sum(t) - sum(y * t))
    "focal": Focal,
    "ms_ssim": lambda _: MsSsim(),
}
LOSSES: dict[str, tuple[str, ...]] = {
    "bce": ("bce",),
    "dice": ("dice",),
    "focal": ("focal",),
    "bce_dice": ("bce", "dice"),
    "hybrid": ("focal", "ms_ssim", "iou"),  # of UNet 3+ (Huang et al. 2020, section 2.2)
    "hybrid_bce": ("bce", "ms_ssim", "iou"),
}


def build(name: str, *, gamma: float = 2.0) -> nn.Module:
    """The loss of that name: logits and targets (N, 1, S, S) -> scalar.

    Args:
        name: a key of ``LOSSES``.
        gamma: of the focal part, from 0 (cross-entropy) up; of no effect on losses without one.

    Raises:
        GuidedsegError: no such loss.
    """
    if name not in LOSSES:
        raise GuidedsegError(f"loss: there is no '{name}'. Choose one of {', '.join(LOSSES)}.")
    return Sum(*(PARTS[part](gamma) for part in LOSSES[name]))


def of_each(loss: nn.Module, logits: npt.NDArray[np.float32], masks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """The loss of every region alone.

    Args:
        loss: logits and targets -> scalar.
        logits: (N, 1, S, S).
        masks: (N, S, S) in {0, 1}.

    Returns:
        (N,) float64.
    """
    targets = torch.from_numpy(masks.astype(np.float32))[:, None]
    with torch.inference_mode():
        alone = [loss(*pair) for pair in zip(torch.from_numpy(logits)[:, None], targets[:, None], strict=True)]
    return torch.stack(alone).double().numpy()


def total(loss: nn.Module, outputs: torch.Tensor | Supervised, targets: torch.Tensor) -> torch.Tensor:
    """The loss of all that a network gives in training.

    Args:
        loss: logits and targets -> scalar.
        outputs: logits (N, 1, S, S), or several of them, of which the mean counts (deep supervision). Scores of "no
            lesion" and "a lesion", where there are any, add their binary cross-entropy (the classification-guided
            module of UNet 3+, Huang et al. 2020, section 2.3).
        targets: (N, 1, S, S) float in {0, 1}.

    Returns:
        A scalar.
    """
    if isinstance(outputs, torch.Tensor):
        return loss(outputs, targets)
    result = torch.stack([loss(mask, targets) for mask in outputs.masks]).mean()
    if outputs.lesion is not None:
        truth = functional.one_hot(targets.flatten(1).any(dim=1).long(), num_classes=2).float()  # (N, 2)
        result = result + functional.binary_cross_entropy_with_logits(outputs.lesion.float(), truth)
    return result
