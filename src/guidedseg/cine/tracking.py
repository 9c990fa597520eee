"""Boxes of single frames become lesions that are followed.

After ByteTrack (Zhang et al. 2022, arXiv 2110.06864): boxes are assigned to tracks by overlap in two rounds, the
confident ones (hits) first, then the doubtful ones, which keep a track alive and never prove one. Other than there, a
cine is looked at afterwards: a track that has proved itself is shown from its start, which may be a doubtful box; gaps
are filled from both sides; boxes are averaged with those that follow. For that the tracker looks ``Tracking.lag``
frames ahead of what it gives.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from guidedseg.errors import GuidedsegError

Array = npt.NDArray[np.float64]
_Frame = TypeVar("_Frame")


@dataclass(frozen=True)
class Tracking:
    """When a lesion is shown, and how its box moves; counts are of the frames that are looked at.

    Attributes:
        hits: boxes that reach the confidence, which a track needs to be shown.
        gap: most frames in a row without a box; over them the box is interpolated, after more the track has ended.
        alive: share of the confidence that a box needs to belong to a track at all.
        overlap: least intersection over union of a box with where its track is expected (ByteTrack's 0.2).
        window: odd number of frames over which a track's box is averaged.
    """

    hits: int = 3
    gap: int = 5
    alive: float = 0.5
    overlap: float = 0.2
    window: int = 5

    def __post_init__(self) -> None:
        whole = self.hits >= 1 and self.gap >= 0 and self.window >= 1 and self.window % 2 == 1
        if not (whole and 0 < self.alive <= 1 and 0 < self.overlap <= 1):
            raise GuidedsegError(
                f"Tracking needs hits >= 1, gap >= 0, an odd window >= 1, alive and overlap in (0, 1], not {self}."
            )

    @property
    def lag(self) -> int:
        """Frames that the tracker looks ahead: to the hit that proves a track, and over a gap at the window's end."""
        return max(self.hits - 1, self.gap + self.window // 2)

    def every(self, step: int) -> "Tracking":
        """For a cine of which only every ``step``-th frame is looked at: about the same in seconds.

        Two hits are still needed where three were: frames that lie apart prove more than neighbours. Frames further
        apart than ``gap`` stand alone: one hit is enough, and nothing is held or averaged.
        """
        if step > max(self.gap, 1):
            return replace(self, hits=1, gap=0, window=1)
        return replace(
            self,
            hits=max(min(self.hits, 2), -(-self.hits // step)),
            gap=self.gap // step,
            window=2 * -(-(self.window // 2) // step) + 1,
        )


DEFAULT = Tracking()


class FrameBoxes(NamedTuple):
    """What a detector says about a frame: (K, 4) float64 x0, y0, x1, y1, pixels, and (K,) float64 confidences."""

    boxes: Array
    confidences: Array


class TrackedBox(NamedTuple):
    """A lesion in a frame.

    Attributes:
        x0: pixels, as the others.
        y0: top.
        x1: right.
        y1: bottom.
        confidence: of the frame's own box, or interpolated.
        track: number of the lesion, from 1 in the order in which they appear.
        held: the detector gave no box here; this one lies between those before and after.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float
    track: int
    held: bool


@dataclass(eq=False)
class _Track:
    """One lesion, or what may become one.

    Attributes:
        rows: frame -> (5,) x0, y0, x1, y1, confidence; without holes, the last is the detector's.
        last: frame of the last box.
        hits: boxes of full confidence so far.
        velocity: (4,) pixels a frame; None before the second box.
        held: frames that were interpolated.
        number: 0 until it is shown.
    """

    rows: dict[int, Array]
    last: int
    hits: int
    velocity: Array | None = None
    held: set[int] = field(default_factory=set)
    number: int = 0

    def expected(self, frame: int) -> Array:
        """(4,): the centre moves on as before, the size stays."""
        box = self.rows[self.last][:4]
        return box if self.velocity is None else box + self.velocity * (frame - self.last)

    def add(self, frame: int, row: Array, *, hit: bool) -> None:
        """Go on with a box, and fill the gap before it."""
        before, steps = self.rows[self.last], frame - self.last
        for step in range(1, steps):
            self.rows[self.last + step] = before + (row - before) * (step / steps)
            self.held.add(self.last + step)
        moved = (row[:4] - before[:4]) / steps
        velocity = np.tile((moved[:2] + moved[2:]) / 2, 2)
        self.velocity = velocity if self.velocity is None else (self.velocity + velocity) / 2
        self.rows[frame], self.last = row, frame
        self.hits += hit

    def smoothed(self, frame: int, half: int) -> list[float]:
        """The box, a mean over a window that is as long on both sides, so that it lags behind no movement."""
        reach = next(n for n in range(half, -1, -1) if frame - n in self.rows and frame + n in self.rows)
        boxes = [self.rows[near][:4] for near in range(frame - reach, frame + reach + 1)]
        return np.mean(boxes, axis=0).tolist()

    def forget(self, frame: int) -> None:
        """Drop what lies before a frame."""
        for old in [known for known in self.rows if known < frame]:
            del self.rows[old]
            self.held.discard(old)


class _Tracker:
    """All tracks that are not yet wholly given."""

    def __init__(self, confidence: float, settings: Tracking) -> None:
        self._confidence, self._settings = confidence, settings
        self._tracks: list[_Track] = []
        self._numbers = count(1)

    def look(self, frame: int, found: FrameBoxes) -> None:
        """Assign a frame's boxes to tracks, and start new ones."""
        order = np.argsort(-found.confidences, kind="stable")
        rows = np.column_stack([found.boxes, found.confidences])[order]
        open_tracks = [track for track in self._tracks if frame - track.last - 1 <= self._settings.gap]
        sure = rows[:, 4] >= self._confidence
        doubtful = ~sure & (rows[:, 4] >= self._settings.alive * self._confidence)
        for chosen, hit in ((sure, True), (doubtful, False)):
            rest, open_tracks = self._assign(frame, open_tracks, rows[chosen], hit=hit)
            self._tracks += [_Track({frame: row}, last=frame, hits=int(hit)) for row in rest]

    def _assign(self, frame: int, tracks: list[_Track], rows: Array, *, hit: bool) -> tuple[list[Array], list[_Track]]:
        """Go on with tracks; gives the rows and the tracks that are left over."""
        expected = np.array([track.expected(frame) for track in tracks]).reshape(-1, 4)
        overlap = _overlap(expected, rows[:, :4])
        overlap[overlap < self._settings.overlap] = 0
        # half a second, for which stills need not wait
        from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

        pairs = [pair for pair in zip(*linear_sum_assignment(overlap, maximize=True), strict=True) if overlap[pair]]
        for track, row in pairs:
            tracks[track].add(frame, rows[row], hit=hit)
        taken = [{pair[side] for pair in pairs} for side in (0, 1)]
        rest = [row for number, row in enumerate(rows) if number not in taken[1]]
        return rest, [track for number, track in enumerate(tracks) if number not in taken[0]]

    def shown(self, frame: int, hits: int) -> list[TrackedBox]:
        """The boxes of a frame, by track; earlier frames are forgotten, as far as no window reaches them."""
        half = self._settings.window // 2
        here = [track for track in self._tracks if track.hits >= hits and frame in track.rows]
        boxes = []
        for track in here:
            track.number = track.number or next(self._numbers)
            x0, y0, x1, y1 = track.smoothed(frame, half)
            confidence, held = float(track.rows[frame][4]), frame in track.held
            boxes.append(TrackedBox(x0, y0, x1, y1, confidence, track.number, held))
        for track in self._tracks:
            track.forget(frame - half)
        self._tracks = [track for track in self._tracks if track.last >= frame]  # a gap may begin at its last box
        return sorted(boxes, key=lambda box: box.track)


def tracked(
    frames: Iterable[FrameBoxes], *, confidence: float, settings: Tracking = DEFAULT
) -> Iterator[list[TrackedBox]]:
    """Follow the boxes of a cine.

    A frame shows the tracks that have a box in it, their own or an interpolated one, and that have enough hits by
    ``settings.lag`` frames later: whoever looks at a cine afterwards wants all of a lesion. In a cine of fewer frames
    than ``settings.hits`` one hit is enough. Only what the lag spans is kept.

    Args:
        frames: of every frame, in order, the detector's boxes down to at most ``settings.alive * confidence``.
        confidence: from which on a box is a hit.
        settings: of the tracker.

    Yields:
        Of every frame, in order, the boxes that are shown, by track.
    """
    tracker = _Tracker(confidence, settings)
    seen = 0
    for frame, found in enumerate(frames):
        tracker.look(frame, found)
        seen = frame + 1
        if frame >= settings.lag:
            yield tracker.shown(frame - settings.lag, settings.hits)
    hits = settings.hits if seen >= settings.hits else 1
    for frame in range(max(seen - settings.lag, 0), seen):
        yield tracker.shown(frame, hits)


def followed(
    frames: Iterable[_Frame],
    look: Callable[[_Frame], FrameBoxes],
    *,
    confidence: float,
    settings: Tracking = DEFAULT,
) -> Iterator[tuple[_Frame, list[TrackedBox]]]:
    """As ``tracked``, with the frames themselves; ``settings.lag`` + 1 of them are kept.

    Args:
        frames: in order.
        look: the detector.
        confidence: as in ``tracked``.
        settings: likewise.

    Yields:
        Every frame, in order, with its boxes.
    """
    waiting = deque[_Frame]()

    def looked_at() -> Iterator[FrameBoxes]:
        for frame in frames:
            waiting.append(frame)
            yield look(frame)

    for shown in tracked(looked_at(), confidence=confidence, settings=settings):
        yield waiting.popleft(), shown


def boxes_of(shown: list[TrackedBox]) -> FrameBoxes:
    """Tracked boxes as a detector would give them: by falling confidence."""
    rows = np.array([box[:5] for box in sorted(shown, key=lambda box: -box.confidence)]).reshape(-1, 5)
    return FrameBoxes(rows[:, :4], rows[:, 4])


def _overlap(a: Array, b: Array) -> Array:
    """Intersection over union of every box of ``a`` (K, 4) with every box of ``b`` (L, 4): (K, L)."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b)]
    union = areas[0][:, None] + areas[1][None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)
