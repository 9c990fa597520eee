"""Masks of a cine against the truth: what frames score, and what only shows when they follow each other.

Areas are connected components (8 neighbours) of a mask. An area and one of the next frame that share a pixel belong to
one track; so a track is a lesion as it passes through the plane, or what was predicted for one.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Mask = npt.NDArray[np.bool_]
"""(H, W), True in lesions."""

FOUND = 0.5
"""Share of a lesion's frames in which it must be touched to be found: a flash is no finding."""

SPECK = 0.001
"""Share of the picture: what is predicted in less is taken for no lesion. Networks leave specks beside a lesion; the
phantom's smallest lesions have 0.0025."""

_EIGHT = np.ones((3, 3), dtype=np.int8)


class CineScores(NamedTuple):
    """Of one cine."""

    dice: float
    """Mean over frames. Both masks empty: 1; one of them: 0 (the rule ``strict``)."""
    flicker: float
    """Per 100 frames: how often "there is a lesion" turns to "there is none" or back, beyond how often it truly does; 0
    where it does so less often."""
    false_tracks: float
    """Per minute: predicted tracks that share no pixel with a true lesion in any of their frames, and that are at least
    once larger than ``SPECK``."""
    sensitivity: float
    """Share of the true lesions that are found: touched by a predicted area in at least ``FOUND`` of their frames. NaN
    without a lesion."""
    jitter: float
    """How much the predicted area changes from frame to frame other than the true one: mean of
    |(P' - P) - (T' - T)| / T over neighbouring frames in which none of the four areas is empty. NaN without such."""


class _Tracks:
    """Areas of one kind of mask, linked from frame to frame."""

    def __init__(self) -> None:
        self._labels: npt.NDArray[np.int32] | None = None
        self._links: list[tuple[int, int]] = []
        self._touched: list[bool] = []
        self._large: list[bool] = []
        self._before = 0

    def add(self, mask: Mask, other: Mask) -> None:
        """The next frame's mask, and the one that may touch its areas."""
        labels, number = ndimage.label(mask, structure=_EIGHT)
        first = len(self._touched)
        touched = np.bincount(labels[other], minlength=number + 1)[1:] > 0
        if self._labels is not None:
            both = mask & (self._labels > 0)
            pairs = np.unique(np.column_stack([self._labels[both], labels[both]]), axis=0)
            self._links += [(self._before + old - 1, first + new - 1) for old, new in pairs.tolist()]
        self._touched += touched.tolist()
        self._large += (np.bincount(labels.ravel())[1:] > SPECK * mask.size).tolist()
        self._labels, self._before = labels, first

    def summed(self) -> npt.NDArray[np.float64]:
        """(N, 3): of every track its areas, those that are touched, and those that are no specks."""
        number = len(self._touched)
        old, new = np.array(self._links, dtype=np.int64).reshape(-1, 2).T
        _, track = connected_components(coo_matrix((np.ones(len(old)), (old, new)), shape=(number, number)))
        return np.column_stack([np.bincount(track, weights) for weights in (None, self._touched, self._large)])


def score(pairs: Iterable[tuple[Mask, Mask]], *, frames_per_second: float) -> CineScores:
    """Score a cine; its masks are looked at one after the other and not kept.

    Args:
        pairs: (H, W) bool truth and prediction of every frame, in order, all of one shape.
        frames_per_second: of these frames.

    Raises:
        ValueError: there is no frame.
    """
    true_tracks, tracks = _Tracks(), _Tracks()
    dice, true_area, area = list[float](), list[int](), list[int]()
    for truth, predicted in pairs:
        true_tracks.add(truth, predicted)
        tracks.add(predicted, truth)
        true_area.append(int(np.count_nonzero(truth)))
        area.append(int(np.count_nonzero(predicted)))
        both = true_area[-1] + area[-1]
        dice.append(2 * np.count_nonzero(truth & predicted) / both if both else 1.0)
    if not dice:
        raise ValueError("a cine has frames")
    beyond = _toggles(area) - _toggles(true_area)
    lesions, of_lesion, _ = true_tracks.summed().T
    _, touched, large = tracks.summed().T
    found = of_lesion >= FOUND * lesions
    return CineScores(
        dice=float(np.mean(dice)),
        flicker=100 * max(beyond, 0) / len(dice),
        false_tracks=60 * frames_per_second * np.count_nonzero((touched == 0) & (large > 0)) / len(dice),
        sensitivity=float(found.mean()) if len(found) else np.nan,
        jitter=_jitter(np.array(true_area, dtype=np.float64), np.array(area, dtype=np.float64)),
    )


def _toggles(area: list[int]) -> int:
    present = np.array(area) > 0
    return int(np.count_nonzero(present[1:] != present[:-1]))


def _jitter(true_area: npt.NDArray[np.float64], area: npt.NDArray[np.float64]) -> float:
    there = (true_area > 0) & (area > 0)
    both = there[1:] & there[:-1]
    changes = np.abs(np.diff(area) - np.diff(true_area))[both] / true_area[:-1][both]
    return float(changes.mean()) if len(changes) else np.nan
