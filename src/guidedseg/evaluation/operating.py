"""Operating values: the confidence of boxes and the mask thresholds, chosen on validation images for the best Dice.

Both approaches get their own mask threshold by the same rule, so that neither is judged at a value that suits the
other. The Dice is that of the rule ``strict``.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import progress, regions
from guidedseg.errors import listed
from guidedseg.inference.tiles import Tiles
from guidedseg.names import BOX

UNDECIDED = 0.5
"""Where nothing speaks for another value."""

THRESHOLDS = tuple(step / 100 for step in sorted(range(5, 100, 5), key=lambda step: (abs(step - 50), step)))
"""Candidates for a mask threshold, the preferred first: nearest to 0.5, then the smaller."""

TIE = 1e-9
"""Mean Dice values closer than this are equal: they differ by the rounding of a sum only."""


@dataclass(frozen=True)
class Operating:
    """The values at which masks are made.

    Attributes:
        confidence: boxes below are left out.
        direct_threshold: a pixel is lesion from this probability on, in tiles of whole frames.
        guided_threshold: likewise, in tiles of regions.
        direct_dice: mean strict Dice of the validation images at these values; None without a validation image.
        guided_dice: likewise.
    """

    confidence: float
    direct_threshold: float
    guided_threshold: float
    direct_dice: float | None
    guided_dice: float | None


def level(threshold: float) -> int:
    """The least level (probability x 255, uint8) that is lesion at a mask threshold in [0, 1]."""
    return math.ceil(round(threshold * 255, 9))  # (0.1 + 0.2 + 0.3) * 255 is a little more than 153


def choose(
    direct: Tiles,
    guided: Tiles,
    image_ids: Sequence[str],
    load_mask: Callable[[str], npt.NDArray[np.bool_]],
    *,
    confidence: float | None,
    mask_threshold: float | None,
) -> Operating:
    """The values with the best mean strict Dice of the validation images; each image and approach counts alike.

    Guided tries every confidence with every threshold, direct every threshold. Equal means go to the threshold nearest
    to 0.5, then to the smaller one, then to the higher confidence. At least one box of the validation images is kept:
    a detector is never switched off by the choice.

    Args:
        direct: tiles of frames.
        guided: tiles of regions; those of the detector's boxes are used.
        image_ids: the validation images; tiles of others are not looked at.
        load_mask: image_id -> (H, W) bool.
        confidence: a value to take instead of choosing one.
        mask_threshold: likewise, for both approaches.

    Returns:
        The values; what was not given and has nothing to be chosen by (no image, no box) is 0.5.

    Raises:
        GuidedsegError: an image has no tile of its frame.
    """
    thresholds = THRESHOLDS if mask_threshold is None else (mask_threshold,)
    levels = np.array([level(threshold) for threshold in thresholds])
    frames, boxes = _of_images(direct, "frame", image_ids), _of_images(guided, "detector", image_ids)
    without_frame = [image_id for image_id in image_ids if frames[image_id].empty]
    if without_frame:
        title = "The direct tiles hold no frame of some validation images"
        raise listed(title, without_frame, "Predict all validation and test images again with the same split.")
    confidences = _between(boxes) if confidence is None else np.array([confidence])

    direct_sum = np.zeros((1, len(levels)))
    guided_sum = np.zeros((len(confidences), len(levels)))
    for image_id in progress.bar("validation images", image_ids, unit="image"):
        truth, mine = load_mask(image_id), boxes[image_id]
        kept = np.searchsorted(-mine["confidence"].to_numpy(dtype=np.float64), -confidences, side="right")
        direct_sum += _dice(direct, frames[image_id], truth)[-1, levels]
        guided_sum += _dice(guided, mine, truth)[np.ix_(kept, levels)]

    _, direct_best, direct_dice = _best(direct_sum, len(image_ids))
    row, guided_best, guided_dice = _best(guided_sum, len(image_ids))
    return Operating(
        confidence=float(confidences[row]),
        direct_threshold=thresholds[direct_best],
        guided_threshold=thresholds[guided_best],
        direct_dice=direct_dice,
        guided_dice=guided_dice,
    )


def _of_images(tiles: Tiles, source: str, image_ids: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The items of one source per image, by falling confidence; their labels are positions in ``tiles``."""
    items = tiles.items.reset_index(drop=True)
    items = items[items["source"] == source].sort_values("confidence", ascending=False, kind="stable")
    return {image_id: items[items["image_id"] == image_id] for image_id in image_ids}


def _between(boxes: dict[str, pd.DataFrame]) -> npt.NDArray[np.float64]:
    """Falling confidences half way between one box and the next weaker one, the last half way to 0."""
    values = [group["confidence"].to_numpy(dtype=np.float64) for group in boxes.values()]
    falling = np.unique(np.concatenate(values or [np.empty(0)]))[::-1]
    if not len(falling):
        return np.array([UNDECIDED])
    return np.asarray((falling + np.append(falling[1:], 0)) / 2).round(6)  # a digit more than confidences have


def _dice(tiles: Tiles, items: pd.DataFrame, truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Strict Dice of one image with its first 0, 1, ..., K tiles, at every level.

    A histogram of levels inside and outside the lesion gives the counts at every level; a tile changes it only within
    its region.

    Args:
        tiles: of any images.
        items: (K rows) this image's, in the order of pasting; their labels are positions in ``tiles``.
        truth: (H, W) bool.

    Returns:
        (K + 1, 256): column L is the Dice of the mask ``canvas >= L``.
    """
    canvas = np.zeros(truth.shape, dtype=np.uint8)
    offset = truth.astype(np.uint16) * 256
    size = int(np.count_nonzero(truth))
    histograms = np.zeros((len(items) + 1, 2, 256), dtype=np.int64)
    histograms[0, :, 0] = truth.size - size, size
    for step, (position, box) in enumerate(zip(items.index, items[BOX].to_numpy(), strict=True)):
        x0, y0, x1, y1 = box
        window = np.s_[y0:y1, x0:x1]
        before = _histogram(canvas[window], offset[window])
        regions.paste(tiles.probabilities[position], box, canvas)
        histograms[step + 1] = histograms[step] + _histogram(canvas[window], offset[window]) - before
    fp, tp = np.moveaxis(histograms[..., ::-1].cumsum(axis=-1)[..., ::-1], 1, 0)
    pixels = tp + fp + size  # 2TP + FP + FN
    return np.divide(2.0 * tp, pixels, out=np.ones(pixels.shape), where=pixels > 0)


def _histogram(levels: npt.NDArray[np.uint8], offset: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """Pixels outside and inside the lesion at each level, (2, 256); ``offset`` is 256 inside, else 0."""
    return np.bincount((levels + offset).ravel(), minlength=512).reshape(2, 256)


def _best(sums: npt.NDArray[np.float64], images: int) -> tuple[int, int, float | None]:
    """Row, column and mean of the best of (C, T) sums; of equal ones the first column, there the first row."""
    means = sums / max(images, 1)
    as_good = means > means.max() - TIE
    column, row = divmod(int(np.argmax(as_good.T)), len(means))
    return row, column, float(means[row, column]) if images else None
