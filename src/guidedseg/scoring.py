"""From tiles to counts: the operating values from the validation images, then every test image in every branch."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import progress, regions
from guidedseg.errors import GuidedsegError, listed
from guidedseg.evaluation import calibration
from guidedseg.evaluation.counts import (
    BRANCHES,
    CONTROLS,
    IMAGE_COLUMNS,
    LESION_COLUMNS,
    Evaluation,
    Measured,
    measure,
)
from guidedseg.evaluation.operating import THRESHOLDS, Boxed, Curves, Operating, Rule, choose, level
from guidedseg.evaluation.surfaces import Mask
from guidedseg.inference.patchwork import Patchwork, patchworks
from guidedseg.inference.tiles import Tiles

LoadMask = Callable[[str], Mask]
"""image_id -> (H, W) bool."""


def operating(
    curves_of: Callable[[Sequence[float]], list[Curves]],
    *,
    rule: Rule,
    confidence: float | None,
    gate: float | None,
    mask_threshold: float | None,
) -> Operating:
    """The operating values that are best on the validation images (``evaluation.operating.choose``).

    Args:
        curves_of: gives ``curves`` of these images at the thresholds that it is called with.
        rule: what is best.
        confidence: a value to take instead of choosing one.
        gate: likewise.
        mask_threshold: likewise, for both approaches.
    """
    thresholds = THRESHOLDS if mask_threshold is None else (mask_threshold,)
    return choose(curves_of(thresholds), thresholds, rule=rule, confidence=confidence, gate=gate)


def curves(
    direct: Tiles,
    guided: Tiles,
    cascade: Tiles,
    image_ids: Sequence[str],
    load_mask: LoadMask,
    thresholds: Sequence[float],
    which: str,
) -> list[Curves]:
    """What ``evaluation.operating.choose`` chooses by.

    Args:
        direct: tiles of frames.
        guided: tiles of regions; those of the detector's boxes are used.
        cascade: tiles of the boxes around what ``direct`` outlines.
        image_ids: which images.
        load_mask: gives the truth.
        thresholds: of masks.
        which: split of the images, for messages.

    Raises:
        GuidedsegError: an image has no tile of its frame.
    """
    _demand_frames(direct, image_ids, which)
    levels = [level(threshold) for threshold in thresholds]

    def of(image_id: str) -> Curves:
        truth, frame, boxes = load_mask(image_id), direct.of(image_id, "frame"), guided.of(image_id, "detector")
        dice, peak = _dice(direct, frame, truth)
        own = cascade.of(image_id, "cascade")
        return Curves(
            silent=0.0 if truth.any() else 1.0,
            peak=peak,
            direct=dice[-1, levels],
            confidences=guided.confidences[boxes],
            guided=_dice(guided, boxes, truth)[0][:, levels],
            cascade=Boxed(cascade.confidences[own], _dice(cascade, own, truth)[0][:, levels]),
        )

    return [of(image_id) for image_id in progress.bar(f"{which} images", image_ids, unit="image")]


def evaluate(
    direct: Tiles,
    guided: Tiles,
    cascade: Tiles,
    index: pd.DataFrame,
    load_mask: LoadMask,
    values: Operating,
    *,
    match_iou: float,
    surface_tolerance: float,
) -> Evaluation:
    """Count and measure every image in every branch.

    Args:
        direct: tiles of frames; items have a ``loss``.
        guided: tiles of the detector's and of the true boxes, likewise.
        cascade: tiles of the boxes around what ``direct`` outlines, likewise.
        index: image_id, patient_id, group_id, pathology of the images to evaluate.
        load_mask: gives the truth.
        values: confidence, gate and thresholds.
        match_iou: a predicted area outlines a lesion from this IoU on.
        surface_tolerance: of the normalized surface Dice, a share of the image's diagonal.

    Returns:
        In ``images``, ``boxes`` is the number of the detector's boxes for the guided branches, of regions for the
        others; ``loss`` is the sum over the ``regions``, NaN for the controls.

    Raises:
        GuidedsegError: there is no image, or an image has no tile of its frame.
    """
    if index.empty:
        raise GuidedsegError("No test image: data/split.csv gives none to `test`. See the split.* keys of params.yaml.")
    _demand_frames(direct, index["image_id"].tolist(), "test")
    rows: list[dict[str, object]] = []
    found_lesions: list[tuple[object, ...]] = []
    levels: defaultdict[tuple[str, str], npt.NDArray[np.int64]] = defaultdict(calibration.empty)
    for image in progress.bar("test images", index.itertuples(), unit="image", total=len(index)):
        image_id, patient, group = str(image.image_id), str(image.patient_id), str(image.group_id)
        truth = load_mask(image_id)
        height, width = truth.shape
        tolerance = surface_tolerance * float(np.hypot(height, width))
        patches = patchworks(direct, guided, image_id, values, cascade=cascade)
        seen = _Seen(truth, match_iou, tolerance)
        for branch in BRANCHES:
            if branch in CONTROLS:
                found = seen.mask(np.full(truth.shape, branch == "everything"))
                boxes = int(branch == "everything")
            else:
                patch = patches[branch]
                found = seen.patchwork(patch)
                levels[group, branch] += calibration.histogram(seen.probabilities(patch), truth)
                boxes = len(patches["guided" if branch == "guided_fallback" else branch].chosen)
            identity = {"image_id": image_id, "patient_id": patient, "group_id": group, "branch": branch}
            size = {"pathology": image.pathology, "width": width, "height": height, "boxes": boxes}
            rows.append({**identity, **size, **found.figures})
            found_lesions += [(image_id, patient, branch, *row) for row in found.lesions.itertuples(index=False)]
    return Evaluation(
        pd.DataFrame(rows, columns=IMAGE_COLUMNS),
        pd.DataFrame(found_lesions, columns=LESION_COLUMNS),
        calibration.table(levels),
    )


class _Seen:
    """What was measured of one image: branches that make the same mask share it."""

    def __init__(self, truth: Mask, match_iou: float, tolerance: float) -> None:
        self.truth = truth
        self.limits = {"match_iou": match_iou, "tolerance": tolerance}
        self._probabilities: dict[object, npt.NDArray[np.uint8]] = {}
        self._measured: dict[bytes, Measured] = {}

    def probabilities(self, patch: Patchwork) -> npt.NDArray[np.uint8]:
        """(H, W) uint8, probability x 255."""
        key = id(patch.tiles), patch.chosen.tobytes()
        if key not in self._probabilities:
            self._probabilities[key] = patch.probabilities(*self.truth.shape)
        return self._probabilities[key]

    def patchwork(self, patch: Patchwork) -> Measured:
        """A branch's mask, with the loss of its tiles."""
        found = self.mask(patch.mask_of(self.probabilities(patch)))
        losses = patch.tiles.losses[patch.chosen]
        return Measured({**found.figures, "regions": len(losses), "loss": float(losses.sum())}, found.lesions)

    def mask(self, mask: Mask) -> Measured:
        """Any mask."""
        key = np.packbits(mask).tobytes()
        if key not in self._measured:
            self._measured[key] = measure(self.truth, mask, **self.limits)
        return self._measured[key]


def _demand_frames(direct: Tiles, image_ids: Sequence[str], which: str) -> None:
    without = sorted(image_id for image_id in image_ids if not len(direct.of(image_id, "frame")))
    if without:
        raise listed(
            f"The direct tiles hold no frame of some {which} images",
            without,
            "Predict all validation and test images again with the same split.",
        )


def _dice(tiles: Tiles, positions: npt.NDArray[np.int64], truth: Mask) -> tuple[npt.NDArray[np.float64], int]:
    """Strict Dice of one image with its first 0, 1, ..., K tiles, at every level; the highest level of all K.

    A histogram of levels inside and outside the lesion gives the counts at every level; a tile changes it only within
    its region.

    Args:
        tiles: of any images.
        positions: (K,) of this image's, in the order of pasting.
        truth: (H, W) bool.

    Returns:
        (K + 1, 256): column L is the Dice of the mask ``canvas >= L``; and max(canvas).
    """
    canvas = np.zeros(truth.shape, dtype=np.uint8)
    offset = truth.astype(np.uint16) * 256
    size = int(np.count_nonzero(truth))
    histograms = np.zeros((len(positions) + 1, 2, 256), dtype=np.int64)
    histograms[0, :, 0] = truth.size - size, size
    for step, position in enumerate(positions):
        box = tiles.boxes[position]
        x0, y0, x1, y1 = box
        window = np.s_[y0:y1, x0:x1]
        before = _histogram(canvas[window], offset[window])
        regions.paste(tiles.probabilities[position], box, canvas)
        histograms[step + 1] = histograms[step] + _histogram(canvas[window], offset[window]) - before
    return calibration.strict_dice(np.moveaxis(histograms, 1, 2)), int(canvas.max(initial=0))


def _histogram(levels: npt.NDArray[np.uint8], offset: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """Pixels outside and inside the lesion at each level, (2, 256); ``offset`` is 256 inside, else 0."""
    return np.bincount((levels + offset).ravel(), minlength=512).reshape(2, 256)
