"""What is counted and measured per image and branch, at original resolution: every score is a group-by away."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import progress
from guidedseg.errors import listed
from guidedseg.evaluation import calibration
from guidedseg.evaluation.lesions import lesions
from guidedseg.evaluation.operating import Operating, level
from guidedseg.evaluation.surfaces import Mask, surface
from guidedseg.inference.tiles import Tiles, assemble

PREDICTED = ("direct", "guided", "guided_fallback", "oracle")
"""direct: the frame. guided: the detector's boxes. guided_fallback: guided, and the frame where there is no box.
oracle: the true boxes, an upper bound."""

CONTROLS = ("silent", "everything")
"""No network: never a box, and the whole frame as lesion. They show what a rule rewards."""

BRANCHES = (*PREDICTED, *CONTROLS)

IMAGE_COLUMNS = [
    *("image_id", "patient_id", "pathology", "width", "height", "lesion_px", "lesions", "branch", "boxes"),
    *("tp", "fp", "fn", "tn", "hd95", "msd", "nsd", "lesions_found", "areas", "false_areas", "regions", "loss"),
]

LESION_COLUMNS = ["image_id", "patient_id", "branch", "lesion", "area_px", "iou", "covered"]


@dataclass(frozen=True)
class Region:
    """Which tiles make an image's mask.

    Attributes:
        tiles: of frames or of boxes.
        chosen: positions of the image's tiles; none where a branch has no region.
        threshold: a pixel is lesion where the probability reaches it.
    """

    tiles: Tiles
    chosen: npt.NDArray[np.int64]
    threshold: float

    def probabilities(self, height: int, width: int) -> npt.NDArray[np.uint8]:
        """(H, W) uint8, probability x 255."""
        return assemble(self.tiles, self.chosen, height, width)

    def mask(self, height: int, width: int) -> Mask:
        """(H, W) bool."""
        return self.probabilities(height, width) >= level(self.threshold)


@dataclass(frozen=True)
class Evaluation:
    """All that is counted.

    Attributes:
        images: ``IMAGE_COLUMNS``, a row per image and branch.
        lesions: ``LESION_COLUMNS``, a row per true lesion and branch.
        levels: histograms of the probabilities, rows of ``calibration.table``.
    """

    images: pd.DataFrame
    lesions: pd.DataFrame
    levels: pd.DataFrame


def count(truth: Mask, predicted: Mask) -> tuple[int, int, int, int]:
    """tp, fp, fn, tn of two (H, W) masks."""
    tp = int(np.count_nonzero(truth & predicted))
    fp = int(np.count_nonzero(predicted)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return tp, fp, fn, truth.size - tp - fp - fn


def regions_of(direct: Tiles, guided: Tiles, image_id: str, operating: Operating) -> dict[str, Region]:
    """The regions of one image in every branch of ``PREDICTED``.

    Args:
        direct: tiles of frames.
        guided: tiles of the detector's and of the true boxes.
        image_id: the image.
        operating: boxes below its confidence are left out; its thresholds make the masks.
    """
    frame = np.flatnonzero(direct.items["image_id"] == image_id)
    mine = (guided.items["image_id"] == image_id).to_numpy()
    items = guided.items[mine]
    positions = np.flatnonzero(mine)
    found = positions[(items["source"] == "detector") & (items["confidence"] >= operating.confidence)]
    true = positions[items["source"] == "truth"]
    whole = Region(direct, frame, operating.direct_threshold)
    boxes = Region(guided, found, operating.guided_threshold)
    return {
        "direct": whole,
        "guided": boxes,
        "guided_fallback": boxes if len(found) else whole,
        "oracle": Region(guided, true, operating.guided_threshold),
    }


def evaluate(
    direct: Tiles,
    guided: Tiles,
    index: pd.DataFrame,
    load_mask: Callable[[str], Mask],
    operating: Operating,
    *,
    match_iou: float,
    surface_tolerance: float,
) -> Evaluation:
    """Count and measure every image in every branch.

    Args:
        direct: tiles of frames; items have a ``loss``.
        guided: tiles of the detector's and of the true boxes, likewise.
        index: image_id, patient_id, pathology of the images to evaluate.
        load_mask: image_id -> (H, W) bool.
        operating: confidence and thresholds.
        match_iou: a predicted area outlines a lesion from this IoU on.
        surface_tolerance: of the normalized surface Dice, a share of the image's diagonal.

    Returns:
        In ``images``, ``boxes`` is the number of the detector's boxes for the guided branches, of regions for the
        others; ``hd95``, ``msd`` (pixels) and ``nsd`` are NaN where a mask is empty, which a rule has to judge;
        ``loss`` is the sum over the ``regions``, NaN for the controls.

    Raises:
        GuidedsegError: an image has no tile of its frame.
    """
    without_frame = sorted(set(index["image_id"]) - set(direct.items["image_id"]))
    if without_frame:
        title = "The direct tiles hold no frame of some test images"
        raise listed(title, without_frame, "Predict all validation and test images again with the same split.")
    rows: list[dict[str, object]] = []
    tables: list[pd.DataFrame] = []
    levels: defaultdict[tuple[str, str], npt.NDArray[np.int64]] = defaultdict(calibration.empty)
    for image in progress.bar("test images", index.itertuples(), unit="image", total=len(index)):
        image_id, patient = str(image.image_id), str(image.patient_id)
        truth = load_mask(image_id)
        height, width = truth.shape
        regions = regions_of(direct, guided, image_id, operating)
        tolerance = surface_tolerance * float(np.hypot(height, width))
        measured: dict[int, _Measured] = {}  # by region: the fallback repeats another branch
        for branch in BRANCHES:
            if branch in CONTROLS:
                mask = np.full(truth.shape, branch == "everything")
                found, boxes = _measure(truth, mask, match_iou, tolerance), int(branch == "everything")
            else:
                region = regions[branch]
                if id(region) not in measured:
                    measured[id(region)] = _measure_region(truth, region, match_iou, tolerance)
                found = measured[id(region)]
                levels[patient, branch] += found.levels
                boxes = len(regions["guided" if branch == "guided_fallback" else branch].chosen)
            identity = {"image_id": image_id, "patient_id": patient, "branch": branch}
            rows.append(
                {
                    **identity,
                    "pathology": image.pathology,
                    "width": width,
                    "height": height,
                    "boxes": boxes,
                    **found.figures,
                }
            )
            tables.append(found.lesions.assign(**identity))
    lesion_table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=LESION_COLUMNS)
    return Evaluation(
        pd.DataFrame(rows, columns=IMAGE_COLUMNS), lesion_table[LESION_COLUMNS], calibration.table(levels)
    )


def write(evaluation: Evaluation, target: Path) -> None:
    """``images.csv``, ``lesions.csv`` and ``levels.csv`` into an existing folder."""
    for name in ("images", "lesions", "levels"):
        getattr(evaluation, name).to_csv(target / f"{name}.csv", index=False, lineterminator="\n", float_format="%.6g")


def read(folder: Path) -> Evaluation:
    """Read back what ``write`` wrote."""
    return Evaluation(*(read_table(folder / f"{name}.csv") for name in ("images", "lesions", "levels")))


def read_table(source: Path | IO[str]) -> pd.DataFrame:
    """One of the tables; names stay text whatever they look like."""
    text = dict.fromkeys(("image_id", "patient_id", "pathology", "branch"), str)
    numbers = {name: [""] for name in ("hd95", "msd", "nsd", "loss")}
    return pd.read_csv(source, dtype=text, keep_default_na=False, na_values=numbers)


@dataclass(frozen=True)
class _Measured:
    """One mask against the truth: figures of the image's row, its lesions, the histogram of its probabilities."""

    figures: dict[str, float]
    lesions: pd.DataFrame
    levels: npt.NDArray[np.int64]


def _measure_region(truth: Mask, region: Region, match_iou: float, tolerance: float) -> _Measured:
    probabilities = region.probabilities(*truth.shape)
    found = _measure(truth, probabilities >= level(region.threshold), match_iou, tolerance)
    losses = region.tiles.items["loss"].to_numpy()[region.chosen]
    figures = {**found.figures, "regions": len(losses), "loss": float(losses.sum())}
    return _Measured(figures, found.lesions, calibration.histogram(probabilities, truth))


def _measure(truth: Mask, predicted: Mask, match_iou: float, tolerance: float) -> _Measured:
    tp, fp, fn, tn = count(truth, predicted)
    hd95, msd, nsd = surface(truth, predicted, tolerance)
    table, areas = lesions(truth, predicted)
    figures = {
        "lesion_px": tp + fn,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "hd95": hd95,
        "msd": msd,
        "nsd": nsd,
        "lesions": len(table),
        "lesions_found": int((table["iou"] >= match_iou).sum()),
        "areas": len(areas),
        "false_areas": int((areas < match_iou).sum()),
        "regions": 0,
        "loss": np.nan,
    }
    return _Measured(figures, table, calibration.empty())
