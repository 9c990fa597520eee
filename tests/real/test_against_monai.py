"""Our figures against MONAI's, an independent library, on real masks and predictions made from them.

Where both masks have a pixel the two agree (MONAI computes in float32). They differ, deliberately, where one is empty:

| MONAI                            | both empty | miss       | false alarm |
|----------------------------------|------------|------------|-------------|
| Dice, IoU                        | NaN        | 0          | NaN         |
| Dice, IoU, `ignore_empty=False`  | 1          | 0          | 0           |
| precision                        | NaN        | NaN        | 0           |
| recall                           | NaN        | 0          | NaN         |
| specificity, accuracy            | 1          | as counted | as counted  |
| HD95                             | NaN        | NaN        | NaN         |
| mean surface distance            | NaN        | inf        | inf         |
| surface Dice                     | NaN        | 0          | 0           |

Its means over images leave NaN out, so that a miss vanishes from the mean HD95 and turns the mean surface distance into
inf. Here ``surface`` gives NaN in all three cases and the scoring rules, each in its own words, what that is worth.
"""

import math
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from guidedseg.evaluation.counts import count
from guidedseg.evaluation.rules import OVERLAP, ratios
from guidedseg.evaluation.surfaces import surface

pytestmark = [
    pytest.mark.real,
    pytest.mark.filterwarnings("ignore:.*is all 0:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*always_return_as_numpy:FutureWarning"),  # MONAI warning of itself
]

PAIRS = 50
TOLERANCES = (0, 2, 8)
COUNTS = ("tp", "fp", "tn", "fn")  # in MONAI's order
BOUNDARY = ("hd95", "mean", *(f"within {tolerance}" for tolerance in TOLERANCES))


def shifted(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    move = np.column_stack([np.eye(2), rng.integers(-60, 61, 2)])
    return cv2.warpAffine(mask, move, mask.shape[::-1], flags=cv2.INTER_NEAREST)


def dilated(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return cv2.dilate(mask, disk(rng.integers(1, 20)))


def eroded(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return cv2.erode(mask, disk(rng.integers(1, 8)))


def deformed(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every pixel from up to some dozens of pixels away, neighbours from nearly the same."""
    height, width = mask.shape
    moves = cv2.resize(rng.normal(0, 12, (7, 9, 2)), (width, height), interpolation=cv2.INTER_CUBIC)
    source = (moves + np.dstack(np.meshgrid(np.arange(width), np.arange(height)))).astype(np.float32)
    return cv2.remap(mask, source, None, cv2.INTER_NEAREST)


def without_a_part(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    row, column = rng.choice(np.argwhere(mask))
    bite = cv2.circle(np.zeros_like(mask), (int(column), int(row)), int(rng.integers(5, 15)), 1, -1)
    return mask & (1 - bite)


def disk(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * int(radius) + 1,) * 2)


PERTURBATIONS: tuple[Callable[[np.ndarray, np.random.Generator], np.ndarray], ...] = (
    shifted,
    dilated,
    eroded,
    deformed,
    without_a_part,
)


def pairs(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What was done to which mask, the mask, and the prediction."""
    rng = np.random.default_rng(20)
    masks = {path.stem: cv2.imread(str(path)).any(axis=2) for path in sorted((folder / "masks").glob("*.png"))}
    lesions = [(image_id, mask) for image_id, mask in masks.items() if mask.any()]
    # as many perturbations as are coprime to the number of masks, so that no pair comes twice
    assert math.gcd(len(lesions), len(PERTURBATIONS)) == 1
    for (image_id, mask), change in islice(zip(cycle(lesions), cycle(PERTURBATIONS)), PAIRS):
        yield f"{image_id} {change.__name__}", mask, change(mask.astype(np.uint8), rng).astype(bool)


def ours(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    tp, fp, fn, tn = count(truth, predicted)
    at = [surface(truth, predicted, tolerance) for tolerance in TOLERANCES]
    overlap = ratios(np.array([tp, fp, fn, tn], dtype=np.float64))
    return (
        dict(zip(COUNTS, (tp, fp, tn, fn), strict=True))
        | dict(zip(OVERLAP, overlap, strict=True))
        | dict(zip(BOUNDARY, (at[0].hd95, at[0].mean, *(each.within for each in at)), strict=True))
    )


def monais(truth: np.ndarray, predicted: np.ndarray, *, ignore_empty: bool = True) -> dict[str, float]:
    import torch
    from monai import metrics

    # as numbers: of booleans MONAI's confusion matrix counts no true positive, since True + True is True
    y_pred, y = (torch.from_numpy(mask)[None, None].float() for mask in (predicted, truth))
    confusion = metrics.get_confusion_matrix(y_pred, y)
    figures = dict(zip(COUNTS, confusion.ravel(), strict=True)) | {
        "dice": metrics.compute_dice(y_pred, y, ignore_empty=ignore_empty),
        "iou": metrics.compute_iou(y_pred, y, ignore_empty=ignore_empty),
        "hd95": metrics.compute_hausdorff_distance(y_pred, y, include_background=True, percentile=95),
        "mean": metrics.compute_average_surface_distance(y_pred, y, include_background=True, symmetric=True),
    }
    for name in ("precision", "recall", "specificity", "accuracy"):
        figures[name] = metrics.compute_confusion_matrix_metric(name, confusion)
    for tolerance in TOLERANCES:
        figures[f"within {tolerance}"] = metrics.compute_surface_dice(y_pred, y, [tolerance], include_background=True)
    return {name: value.item() for name, value in figures.items()}


@pytest.fixture(scope="module")
def both(bus_uclm_mini: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Our figures and MONAI's, a row per pair."""
    rows = {name: (ours(truth, predicted), monais(truth, predicted)) for name, truth, predicted in pairs(bus_uclm_mini)}
    mine, theirs = (pd.DataFrame([row[side] for row in rows.values()], index=list(rows)) for side in (0, 1))
    return mine, theirs


def test_pairs_range_from_slight_to_gross_errors(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    mine, _ = both
    assert len(mine) == mine.index.nunique() == PAIRS
    assert mine.notna().all(axis=None)
    assert mine["dice"].min() < 0.5
    assert mine["dice"].max() > 0.95
    assert mine["hd95"].max() > 40
    assert (mine["within 2"].between(0.1, 0.9)).sum() > 10


@pytest.mark.parametrize("figure", [*COUNTS, *OVERLAP, *BOUNDARY])
def test_figure_agrees_with_monai(both: tuple[pd.DataFrame, pd.DataFrame], figure: str) -> None:
    mine, theirs = both
    np.testing.assert_allclose(mine[figure], theirs[figure], rtol=1e-5, atol=1e-7)


NAN, INF = math.nan, math.inf
# Of 400 pixels 25 are lesion, or are said to be: 375 / 400 = 0.9375.
MONAI_ON_EMPTY_MASKS = {
    #               both empty, miss, false alarm
    "dice": (NAN, 0, NAN),
    "iou": (NAN, 0, NAN),
    "precision": (NAN, NAN, 0),
    "recall": (NAN, 0, NAN),
    "specificity": (1, 1, 0.9375),
    "accuracy": (1, 0.9375, 0.9375),
    "hd95": (NAN, NAN, NAN),
    "mean": (NAN, INF, INF),
    "within 2": (NAN, 0, 0),
}


@pytest.fixture(scope="module")
def empties() -> list[tuple[np.ndarray, np.ndarray]]:
    """Truth and prediction: both empty, a miss, a false alarm."""
    empty = np.zeros((20, 20), dtype=bool)
    lesion = empty.copy()
    lesion[5:10, 5:10] = True
    return [(empty, empty), (lesion, empty), (empty, lesion)]


@pytest.mark.parametrize(("figure", "expected"), MONAI_ON_EMPTY_MASKS.items())
def test_what_monai_makes_of_empty_masks(
    empties: list[tuple[np.ndarray, np.ndarray]], figure: str, expected: tuple[float, ...]
) -> None:
    np.testing.assert_array_equal([monais(*masks)[figure] for masks in empties], expected)


@pytest.mark.parametrize("figure", ["dice", "iou"])
def test_monai_can_be_told_to_count_empty_truths(empties: list[tuple[np.ndarray, np.ndarray]], figure: str) -> None:
    assert [monais(*masks, ignore_empty=False)[figure] for masks in empties] == [1, 0, 0]


def test_a_miss_vanishes_from_monais_mean_hd95_and_makes_its_mean_surface_distance_infinite(
    empties: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    import torch
    from monai import metrics

    _, (truth, nothing), _ = empties
    y_pred = torch.from_numpy(np.stack([truth, nothing]))[:, None]  # found on one image, missed on another
    y = torch.from_numpy(np.stack([truth, truth]))[:, None]
    means = []
    for metric in (
        metrics.HausdorffDistanceMetric(include_background=True, percentile=95),
        metrics.SurfaceDistanceMetric(include_background=True, symmetric=True),
    ):
        metric(y_pred, y)
        means.append(metric.aggregate().item())
    assert means == [0, INF]


def test_ours_leaves_all_of_them_to_the_scoring_rules(empties: list[tuple[np.ndarray, np.ndarray]]) -> None:
    assert np.isnan([surface(*masks, 2) for masks in empties]).all()
