"""Pixels counted per image and branch, at original resolution."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.inference.tiles import Tiles, assemble

BRANCHES = ("direct", "guided", "guided_fallback", "oracle")
"""direct: the frame. guided: the detector's boxes. guided_fallback: guided, and the frame where there is no box.
oracle: the true boxes, an upper bound."""

COLUMNS = ["image_id", "patient_id", "split", "pathology", "branch", "boxes", "tp", "fp", "fn", "tn"]


def count(truth: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """tp, fp, fn, tn of two (H, W) masks."""
    tp = int(np.count_nonzero(truth & predicted))
    fp = int(np.count_nonzero(predicted)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return tp, fp, fn, truth.size - tp - fp - fn


def branch_tiles(
    direct: Tiles, guided: Tiles, image_id: str, confidence: float
) -> dict[str, tuple[Tiles, npt.NDArray[np.int64]]]:
    """Which tiles make an image's mask in each branch.

    Args:
        direct: tiles of frames.
        guided: tiles of the detector's and of the true boxes.
        image_id: the image.
        confidence: boxes below are left out.

    Returns:
        branch -> (tiles, positions); no position where a branch has no region.
    """
    frame = np.flatnonzero(direct.items["image_id"] == image_id)
    mine = guided.items["image_id"] == image_id
    found = np.flatnonzero(mine & (guided.items["source"] == "detector") & (guided.items["confidence"] >= confidence))
    true = np.flatnonzero(mine & (guided.items["source"] == "truth"))
    return {
        "direct": (direct, frame),
        "guided": (guided, found),
        "guided_fallback": (guided, found) if len(found) else (direct, frame),
        "oracle": (guided, true),
    }


def evaluate(
    direct: Tiles,
    guided: Tiles,
    index: pd.DataFrame,
    load_mask: Callable[[str], npt.NDArray[np.bool_]],
    *,
    confidence: float,
    mask_threshold: float,
) -> pd.DataFrame:
    """One row per image and branch, with counts, so that every score under every rule is a group-by away.

    Args:
        direct: tiles of frames.
        guided: tiles of the detector's and of the true boxes.
        index: image_id, patient_id, pathology and split of the images to count.
        load_mask: image_id -> (H, W) bool.
        confidence: the operating confidence.
        mask_threshold: a pixel is lesion where the probability reaches it.

    Returns:
        ``COLUMNS``; ``boxes`` is the number of the detector's boxes for the guided branches, of regions for the others.
    """

    def rows() -> Iterator[tuple[object, ...]]:
        level = mask_threshold * 255
        for image in index.itertuples():
            truth = load_mask(str(image.image_id))
            done: dict[tuple[int, bytes], tuple[int, int, int, int]] = {}
            chosen_by_branch = branch_tiles(direct, guided, str(image.image_id), confidence)
            for branch, (tiles, chosen) in chosen_by_branch.items():
                key = (id(tiles), chosen.tobytes())  # the fallback repeats another branch's mask
                if key not in done:
                    done[key] = count(truth, assemble(tiles, chosen, *truth.shape) >= level)
                boxes = len(chosen_by_branch["guided"][1]) if branch == "guided_fallback" else len(chosen)
                yield image.image_id, image.patient_id, image.split, image.pathology, branch, boxes, *done[key]

    return pd.DataFrame(rows(), columns=COLUMNS)


def read(path: Path) -> pd.DataFrame:
    """``images.csv`` of an evaluation."""
    text = dict.fromkeys(["image_id", "patient_id", "split", "pathology", "branch"], str)
    return pd.read_csv(path, dtype=text, keep_default_na=False)
