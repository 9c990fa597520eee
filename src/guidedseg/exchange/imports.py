"""``guidedseg import``: masks of another tool become counts as ``evaluate`` makes them, in the branch direct alone."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import progress, scoring
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation import calibration, counts
from guidedseg.evaluation.counts import IMAGE_COLUMNS, LESION_COLUMNS, Evaluation
from guidedseg.evaluation.operating import Curves, Operating, level
from guidedseg.evaluation.surfaces import Mask
from guidedseg.exchange import predictions
from guidedseg.exchange.data import Data
from guidedseg.exchange.imported import BRANCH, OPERATING, RECORD, Record
from guidedseg.exchange.predictions import Levels, Predictions
from guidedseg.inference.pasting import masked
from guidedseg.json_files import write_json
from guidedseg.names import NETWORKS
from guidedseg.params.data import Scoring
from guidedseg.writing import whole_directory

Tool = Literal["nnunet", "masks"]

_READ: dict[Tool, Callable[[Sequence[Path], Data], Predictions]] = {
    "nnunet": predictions.of_nnunet,
    "masks": predictions.of_masks,
}


def run(tool: Tool, folders: Sequence[Path], name: str, data: Data, settings: Scoring, target: Path) -> str:
    """Score masks of another tool and write ``target/NAME``, whole or not at all.

    Args:
        tool: who wrote them.
        folders: with masks of the test images, and maybe of the validation images.
        name: of the row on the leaderboard.
        data: what they are of.
        settings: how they are scored.
        target: the folder of all imports.

    Returns:
        What was made, in a line.

    Raises:
        GuidedsegError: the name cannot be one, or something is wrong with the masks; all of it is told.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name, re.ASCII) or name in NETWORKS:
        raise GuidedsegError(
            f"{name!r} cannot be the name: letters, digits, _ and -, and none of {', '.join(NETWORKS)}"
        )
    found = _READ[tool](folders, data)
    chosen = _chosen(found, data, settings)
    evaluation = _evaluated(found, data, chosen, settings)
    record = Record(
        tool=tool,
        probabilities=found.probabilities,
        data=data.hashes(),
        scoring=settings.model_dump(exclude={"batch"}),
        files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found.files.values()},
    )
    with whole_directory(target / name) as folder:
        counts.write(evaluation, folder)
        rounded = {key: None if (value := getattr(chosen, key)) is None else round(value, 6) for key in OPERATING}
        write_json(rounded, folder / "operating.json")
        write_json(record.model_dump(), folder / RECORD)
    how = "best on the validation images" if chosen.direct_dice is not None else "no validation image to choose by"
    return (
        f"{target / name}: {evaluation.images['image_id'].nunique()} test images; lesion from probability "
        f"{chosen.direct_threshold}, in images that reach {chosen.direct_gate:.3f} ({how})"
    )


def _chosen(found: Predictions, data: Data, settings: Scoring) -> Operating:
    """By the rule that is ours; labels have no other mask than theirs, whatever is chosen."""
    validated = data.of("val")["image_id"] if data.of("val")["image_id"].isin([*found.files]).all() else []

    def curves(thresholds: Sequence[float]) -> list[Curves]:
        images = progress.bar("validation images", validated, unit="image")
        return [curve(found.levels(name), data.mask(name), thresholds) for name in images]

    return scoring.operating(
        curves,
        rule=settings.choose,
        confidence=settings.confidence,
        gate=settings.gate,
        mask_threshold=settings.mask_threshold,
    )


def curve(levels: Levels, truth: Mask, thresholds: Sequence[float]) -> Curves:
    """Strict Dice of one validation image at every threshold; there are no boxes.

    Args:
        levels: (H, W) uint8, probability x 255.
        truth: (H, W) bool.
        thresholds: of masks.
    """
    dice = calibration.strict_dice(calibration.histogram(levels, truth))
    silent = 0.0 if truth.any() else 1.0
    return Curves(
        silent=silent,
        peak=int(levels.max()),
        direct=dice[[level(threshold) for threshold in thresholds]],
        confidences=np.empty(0),
        guided=np.full((1, len(thresholds)), silent),
    )


def _evaluated(found: Predictions, data: Data, chosen: Operating, settings: Scoring) -> Evaluation:
    """Every test image at its own resolution, as ``scoring.evaluate`` counts it."""
    rows: list[dict[str, object]] = []
    lesions: list[tuple[object, ...]] = []
    levels_of: defaultdict[tuple[str, str], npt.NDArray[np.int64]] = defaultdict(calibration.empty)
    tested = data.of("test")
    for image in progress.bar("test images", tested.itertuples(), unit="image", total=len(tested)):
        levels, truth = found.levels(image.image_id), data.mask(image.image_id)
        mask = masked(levels, chosen.direct_threshold, chosen.direct_gate)
        tolerance = settings.surface_tolerance * float(np.hypot(*truth.shape))
        measured = counts.measure(truth, mask, match_iou=settings.match_iou, tolerance=tolerance)
        levels_of[image.group_id, BRANCH] += calibration.histogram(levels, truth)
        named = {column: getattr(image, column) for column in ("image_id", "patient_id", "group_id", "pathology")}
        size = {"width": truth.shape[1], "height": truth.shape[0], "branch": BRANCH, "boxes": 1}
        rows.append({**named, **size, **measured.figures, "regions": 1})
        own = measured.lesions.itertuples(index=False)
        lesions += [(image.image_id, image.patient_id, BRANCH, *row) for row in own]
    return Evaluation(
        pd.DataFrame(rows, columns=IMAGE_COLUMNS),
        pd.DataFrame(lesions, columns=LESION_COLUMNS),
        calibration.table(levels_of),
    )
