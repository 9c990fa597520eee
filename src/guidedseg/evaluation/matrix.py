"""Trained on one dataset, tested on others: Dice and the detector's precision at home and there, and what is lost.

*Home* are an entry's own test images, scored as in its section. *There* are all images of an external dataset: every
run of the entry, of whatever seed and fold, is another training that was tested on them, so an image's score is the
mean over the runs, and the interval is for other groups of that dataset.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from guidedseg.evaluation import detection
from guidedseg.evaluation.bootstrap import DRAWS, Interval, interval, weights
from guidedseg.evaluation.estimates import of_means_over_images
from guidedseg.evaluation.pooling import Boxes, Entry, External, Section
from guidedseg.evaluation.rules import IMAGEWISE
from guidedseg.evaluation.scores import one_per_image
from guidedseg.names import MODES

RULES = ("strict", "lesion")

DETECTOR = "detector"
"""As a branch, without a rule."""

PRECISIONS = ("ap50", "ap50_95")

LOST = "home_minus_there_"
"""Before a branch: its score at home minus that on the external dataset."""

COLUMNS = [
    *("section", "dataset", "version", "split", "profile", "changed", "model", "tested_on", "tested_version"),
    *("branch", "rule", "metric", "value", "ci_low", "ci_high", "groups", "no_interval"),
    *("images", "normals", "patients", "runs", "seeds", "folds"),
]

Key = tuple[str, str, str]
"""Branch, rule, metric."""


class Repeat(NamedTuple):
    """A prediction of every image of a sample.

    Attributes:
        images: ``counts.IMAGE_COLUMNS``.
        boxes: of these images; None where they are not to be had.
    """

    images: pd.DataFrame
    boxes: Boxes | None


def matrix(sections: Sequence[Section], *, seed: int, draws: int = DRAWS) -> pd.DataFrame:
    """Every entry that was tested elsewhere, and those trained on what others were tested on.

    Args:
        sections: of the leaderboard.
        seed: of the draws of groups, as for the sections, so that home has the same interval here and there.
        draws: of groups.

    Returns:
        ``COLUMNS``, a row per entry, tested dataset, branch and score: home first, then every external dataset and the
        difference to it. Empty where no run has an external test.
    """
    entries = [(section.number, entry) for section in sections for entry in section.entries]
    tested = {key for _, entry in entries for key in _external_tests(entry)}
    records = [
        record
        for number, entry in entries
        if _external_tests(entry) or (entry.dataset, entry.version) in tested
        for record in _records(number, entry, seed, draws)
    ]
    return pd.DataFrame.from_records(records, columns=COLUMNS).astype(
        dict.fromkeys(("value", "ci_low", "ci_high"), "float64")
        | dict.fromkeys(("section", "groups", "images", "normals", "patients", "runs"), "Int64")
    )


def _external_tests(entry: Entry) -> dict[tuple[str, str], list[External]]:
    """The external tests of an entry's runs by dataset and version."""
    found: dict[tuple[str, str], list[External]] = {}
    for run in entry.runs:
        for name, test in run.external.items():
            found.setdefault((name, test.version), []).append(test)
    return found


def unpaired(one: Interval, other: Interval) -> Interval:
    """One score minus another that is of other groups, with the interval that both intervals make.

    The distances of the ends add up as independent standard errors do (MOVER, Zou and Donner 2008):

        d - sqrt((v1 - l1)^2 + (u2 - v2)^2)  to  d + sqrt((u1 - v1)^2 + (v2 - l2)^2)

    so each side keeps its own number of groups and its own scale. ``benchmarks/coverage.py --tables losses`` tells how
    often it holds the truth.

    Args:
        one: value and interval (v1, l1, u1).
        other: likewise (v2, l2, u2), of draws that share no group with the first.

    Returns:
        As ``bootstrap.interval``; ``groups`` are those of the side that has fewer. Without an interval where a side has
        none.
    """
    groups = min(each["groups"] for each in (one, other))
    ends = np.array([[each[key] for key in ("value", "ci_low", "ci_high")] for each in (one, other)], dtype=np.float64)
    (value, low, high), (there, there_low, there_high) = ends
    found: Interval = {"value": None, "ci_low": None, "ci_high": None, "groups": groups}
    if np.isnan(value - there):
        return found
    found["value"] = _rounded(value - there)
    if np.isnan(ends).any():
        return {**found, "no_interval": one.get("no_interval") or other.get("no_interval", "")}
    below, above = np.hypot(value - low, there_high - there), np.hypot(high - value, there - there_low)
    return {**found, "ci_low": _rounded(value - there - below), "ci_high": _rounded(value - there + above)}


def _records(number: int, entry: Entry, seed: int, draws: int) -> Iterator[dict[str, Any]]:
    """Rows of ``COLUMNS`` of one entry."""
    named = {
        "section": number,
        **{key: getattr(entry, key) for key in ("dataset", "version", "split", "profile", "changed", "model")},
        **{key: " ".join(map(str, getattr(entry, key))) for key in ("seeds", "folds")},
    }
    at_home = _home(entry)
    home = _scores(at_home, seed, draws)
    place = {"tested_on": entry.dataset, "tested_version": entry.version, "runs": len(entry.runs)}
    yield from _rows({**named, **place, **_size(at_home[0])}, home)
    for (name, version), tests in _external_tests(entry).items():
        repeats = _alike([Repeat(test.images, test.boxes) for test in tests])
        there = _scores(repeats, seed, draws)
        lost = {(f"{LOST}{key[0]}", *key[1:]): unpaired(home[key], there[key]) for key in there if key in home}
        place = {"tested_on": name, "tested_version": version, "runs": len(repeats)}
        yield from _rows({**named, **place, **_size(repeats[0])}, {**there, **lost})


def _rows(named: Mapping[str, Any], scores: Mapping[Key, Interval]) -> Iterator[dict[str, Any]]:
    for (branch, rule, metric), leaf in scores.items():
        yield {**named, "branch": branch, "rule": rule, "metric": metric, **leaf}


def _size(repeat: Repeat) -> dict[str, int]:
    images = one_per_image(repeat.images)
    normals = int((images["lesion_px"] == 0).sum())
    return {"images": len(images), "normals": normals, "patients": int(images["patient_id"].nunique())}


def _home(entry: Entry) -> list[Repeat]:
    """The folds of a seed put together, as the leaderboard has them; a repeat per seed."""
    repeats = []
    for seed, images in entry.images.groupby("seed"):
        boxes = [run.boxes for run in entry.runs if run.seed == seed]
        known = [each for each in boxes if each is not None]
        both = Boxes(*(pd.concat(side, ignore_index=True) for side in zip(*known, strict=True))) if known else None
        repeats.append(Repeat(images, both if len(known) == len(boxes) else None))
    return repeats


def _alike(repeats: Sequence[Repeat]) -> list[Repeat]:
    """Those of the same images as the first: all, unless a pipeline ran in parts and its dvc.lock is of two states."""
    images = [set(repeat.images["image_id"]) for repeat in repeats]
    return [repeat for repeat, of in zip(repeats, images, strict=True) if of == images[0]]


def _scores(repeats: Sequence[Repeat], seed: int, draws: int) -> dict[Key, Interval]:
    """Every score of a sample, the mean over its repeats; the detector's where all boxes are known."""
    sample = one_per_image(repeats[0].images)
    drawn, groups = weights(sample, seed=seed, draws=draws), sample["group_id"].to_numpy(dtype=str)
    found: dict[Key, Interval] = {}
    for branch in MODES:
        rows = [
            repeat.images[repeat.images["branch"] == branch].sort_values("image_id", ignore_index=True)
            for repeat in repeats
        ]
        if any(each.empty for each in rows):  # another tool's masks have no such branch
            continue
        for rule in RULES:
            dice = np.mean([IMAGEWISE[rule](each)[:, :1] for each in rows], axis=0)
            found[branch, rule, "dice"] = of_means_over_images(dice, groups, drawn).leaves(("dice",))["dice"]
    boxes = [repeat.boxes for repeat in repeats if repeat.boxes is not None]
    if len(boxes) == len(repeats):
        # neither limit is one of the precisions', which are of all boxes at overlaps of their own
        scored = [
            detection.scores(each.found, each.true, sample, confidence=0.5, match_iou=0.5, weights=drawn)
            for each in boxes
        ]
        for name in PRECISIONS:
            values = np.mean([each[name].values for each in scored], axis=0)
            found[DETECTOR, "", name] = interval(values, scored[0][name].parts)
    return found


def _rounded(value: float) -> float:
    return round(float(value), 6) + 0.0  # -0.0 becomes 0.0
