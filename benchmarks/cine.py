"""What tracking does to a cine: frame by frame against tracked, on the phantom's cines, whose truth is known.

    python -m benchmarks.cine --bundle bundles/unetpp [--cines 30] [--frames 120] [--every 1] [--first 0]

The same detector and network fill the boxes of both; ``guidedseg.evaluation.cine`` has the scores. Each is a mean over
cines, those left out in which it is undefined, with the interval of ``evaluation.bootstrap`` over cines; the changes
are paired. Seconds are of detecting, following and filling, not of drawing the phantom. The settings of the tracker
were chosen on cines from seed 1000 on; so keep --first + --cines below.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import guidedseg
from guidedseg import progress
from guidedseg.cine.tracking import FrameBoxes, Tracking, boxes_of, followed
from guidedseg.datasets.phantom_cine import FRAMES_PER_SECOND, frames
from guidedseg.evaluation import bootstrap
from guidedseg.evaluation.bootstrap import AMOUNT, DIFFERENCE, SHARE, Array, Bounds
from guidedseg.evaluation.cine import CineScores, Mask, score

WIDTH, HEIGHT = 320, 240
TUNED_FROM = 1000

Picture = npt.NDArray[np.uint8]
Segmenter = Any  # that of a bundle: boxes, fill, confidence


@dataclass(frozen=True)
class Row:
    """How a score is shown.

    Attributes:
        title: with its unit.
        scale: factor of the unit.
        bounds: of the score.
        relative: the change is a share of the score frame by frame; else a difference.
        enough: whether a change, in the table's unit, is what was to be reached; None: nothing was asked.
    """

    title: str
    scale: float
    bounds: Bounds
    relative: bool
    enough: Callable[[float], bool] | None = None


ROWS = {
    "dice": Row("mean strict Dice, %", 100, SHARE, False, lambda change: change >= -0.2),
    "flicker": Row("flicker, toggles per 100 frames", 1, AMOUNT, True, lambda change: change <= -80),
    "false_tracks": Row("false tracks per minute", 1, AMOUNT, True, lambda change: change <= -50),
    "sensitivity": Row("lesions found, %", 100, SHARE, False),
    "jitter": Row("area jitter, %", 100, AMOUNT, True),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--cines", type=int, default=30)
    parser.add_argument("--frames", type=int, default=120, help="drawn, at 30 a second")
    parser.add_argument("--every", type=int, default=1, help="look at every n-th of them")
    parser.add_argument("--first", type=int, default=0, help="seed of the first cine")
    asked = parser.parse_args()
    if asked.first + asked.cines > TUNED_FROM:
        print(f"Seeds from {TUNED_FROM} on were used to choose the tracker's settings: this measures nothing new.")
    segmenter = guidedseg.load(asked.bundle).segmenter
    seeds = range(asked.first, asked.first + asked.cines)
    ways: dict[str, Callable[[Segmenter, Sequence[Picture]], Iterator[Mask]]] = {
        "frame by frame": single,
        "tracked": partial(by_track, settings=Tracking().every(asked.every)),
    }
    scores: dict[str, list[CineScores]] = {name: [] for name in ways}
    seconds = dict.fromkeys(ways, 0.0)
    for seed in progress.bar("cines", seeds, unit="cine"):
        cine = list(frames(seed, asked.frames, width=WIDTH, height=HEIGHT))[:: asked.every]
        for name, way in ways.items():
            start = time.perf_counter()
            masks = list(way(segmenter, [picture for picture, _ in cine]))
            seconds[name] += time.perf_counter() - start
            pairs = ((truth, mask) for (_, truth), mask in zip(cine, masks, strict=True))
            scores[name].append(score(pairs, frames_per_second=FRAMES_PER_SECOND / asked.every))
    looked_at = asked.cines * len(range(0, asked.frames, asked.every))
    print(f"{asked.cines} cines of {asked.frames} frames, {WIDTH} x {HEIGHT}, 1 in {asked.every} looked at\n")
    print(table(*(np.array(scores[name]) for name in ways)))
    print("| frames per second | " + " | ".join(f"{looked_at / seconds[name]:.1f}" for name in ways) + " | |")


def single(segmenter: Segmenter, pictures: Sequence[Picture]) -> Iterator[Mask]:
    """Every frame as a still."""
    for picture in pictures:
        boxes, confidences = segmenter.boxes(picture)
        counts = confidences >= segmenter.confidence
        yield segmenter.fill(picture, boxes[counts], confidences[counts]).mask


def by_track(segmenter: Segmenter, pictures: Sequence[Picture], settings: Tracking) -> Iterator[Mask]:
    """Boxes followed through the cine."""

    def look(picture: Picture) -> FrameBoxes:
        return FrameBoxes(*segmenter.boxes(picture))

    for picture, shown in followed(pictures, look, confidence=segmenter.confidence, settings=settings):
        yield segmenter.fill(picture, *boxes_of(shown)).mask


def table(before: Array, after: Array) -> str:
    """Markdown; what misses what was to be reached is bold. Both (cines, scores) in the order of ``CineScores``."""
    names = [f"{number:04}" for number in range(len(before))]
    drawn = bootstrap.weights(pd.DataFrame({"group_id": names}), seed=0)
    parts = (~np.isnan(before + after)).astype(np.float64)
    old, new = (
        bootstrap.mean(np.where(parts > 0, values, np.nan), names, drawn) for values in (before, after)
    )  # (1 + D, scores)
    lines = ["| | frame by frame | tracked | change |", "| --- | ---: | ---: | ---: |"]
    for name, row in ROWS.items():
        column = CineScores._fields.index(name)
        here = parts[:, column]
        change = old[:, column], new[:, column]
        if row.relative:  # the interval is one of a ratio, so that no end lies below -100 %
            told = bootstrap.interval(bootstrap.ratio(*change[::-1]), here, AMOUNT)
            scale, less, unit = 100.0, 1, "%"
        else:
            told = bootstrap.interval(change[1] - change[0], here, DIFFERENCE)
            scale, less, unit = row.scale, 0, "points"
        cell = f"{with_ends(told, scale, '+.1f', less)} {unit}"
        if row.enough and told["value"] is not None and not row.enough(scale * (told["value"] - less)):
            cell = f"**{cell}**"
        sides = [with_ends(bootstrap.interval(side, here, row.bounds), row.scale, ".2f") for side in change]
        lines.append(f"| {row.title} | {' | '.join(sides)} | {cell} |")
    return "\n".join(lines)


def with_ends(told: bootstrap.Interval, scale: float, form: str, less: float = 0) -> str:
    """A value and its interval, each less something and scaled."""
    if told["value"] is None:
        return "-"
    ends = (told["value"], told["ci_low"], told["ci_high"])
    value, *sides = (None if end is None else f"{scale * (end - less):{form}}" for end in ends)
    return f"{value} ({sides[0]} to {sides[1]})" if None not in sides else str(value)


if __name__ == "__main__":
    main()
