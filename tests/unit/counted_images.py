"""Evaluations made of counts of few kinds of images, whose scores can be worked out by hand."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

from guidedseg.evaluation import bootstrap, scores
from guidedseg.evaluation.counts import BRANCHES, CONTROLS, IMAGE_COLUMNS, LESION_COLUMNS, PREDICTED, Evaluation
from guidedseg.evaluation.rules import counted, ratios

DRAWS = 60  # instead of 1,000, where their number does not matter
# tp, fp, fn of an image of 40 x 30 pixels, whose diagonal is 50, with a lesion of 12 pixels or none
WITH_LESION = {
    "quarter": (3, 9, 9),  # Dice 6 / 24
    "half": (6, 6, 6),
    "three quarters": (9, 3, 3),
    "all": (12, 0, 0),
    "miss": (0, 0, 12),
}
WITHOUT = {"empty": (0, 0, 0), "false": (0, 300, 0)}
KINDS = {**WITH_LESION, **WITHOUT}
NO_VALUE = {"value": None, "ci_low": None, "ci_high": None}
Image = tuple[str, str]
"""Patient and kind."""


def rows_of(images: Sequence[Image], branch: str = "direct") -> pd.DataFrame:
    """One row per image, named 000, 001, ...; every patient is a group."""
    rows = []
    for number, (patient, kind) in enumerate(images):
        tp, fp, fn = KINDS[kind]
        lesion, area = int(tp + fn > 0), int(tp + fp > 0)
        found = int(tp > 0 and tp / (tp + fp + fn) >= 0.5)
        figures = (
            (10.0, 5.0, 0.5)
            if lesion and area and kind != "all"
            else (0.0, 0.0, 1.0)
            if kind == "all"
            else [np.nan] * 3
        )
        rows.append(
            {
                "image_id": f"{number:03}",
                "patient_id": patient,
                "group_id": patient,
                "pathology": "benign" if lesion else "normal",
                "width": 40,
                "height": 30,
                "lesion_px": tp + fn,
                "lesions": lesion,
                "branch": branch,
                "boxes": {"silent": 0, "everything": 1, "direct": 1, "direct_ungated": 1}.get(branch, area),
                **dict(zip(("tp", "fp", "fn", "tn"), (tp, fp, fn, 1200 - tp - fp - fn), strict=True)),
                **dict(zip(("hd95", "msd", "nsd"), figures, strict=True)),
                "lesions_found": found,
                "areas": area,
                "false_areas": area - found,
                "regions": 0 if branch in CONTROLS else 1,
                "loss": np.nan if branch in CONTROLS else 0.5,
            }
        )
    return pd.DataFrame(rows, columns=IMAGE_COLUMNS)


def evaluation_of(direct: Sequence[Image], **others: Sequence[Image]) -> Evaluation:
    """Every branch like ``direct`` unless given."""
    images = pd.concat([rows_of(others.get(branch, direct), branch) for branch in BRANCHES], ignore_index=True)
    with_lesion = images[images["lesion_px"] > 0]
    lesions = with_lesion.assign(
        lesion=1,
        area_px=with_lesion["lesion_px"],
        iou=ratios(counted(with_lesion))[:, 1],
        covered=with_lesion["tp"] / (with_lesion["tp"] + with_lesion["fn"]),
    )[LESION_COLUMNS]
    levels = pd.DataFrame(
        [(group, branch, 0, 100, 0) for group in images["group_id"].unique() for branch in PREDICTED],
        columns=["group_id", "branch", "level", "pixels", "lesion_pixels"],
    )
    return Evaluation(images, lesions, levels)


def in_groups(evaluation: Evaluation, group_of: Mapping[str, str]) -> Evaluation:
    """The same with some patients in groups of these names."""
    images, levels = (
        table.assign(group_id=table["group_id"].replace(dict(group_of)))
        for table in (evaluation.images, evaluation.levels)
    )
    return Evaluation(images, evaluation.lesions, levels)


def scored(
    evaluation: Evaluation, *, seed: int = 0, batch: int = 16, draws: int = DRAWS, **more: Any
) -> dict[str, Any]:
    """All scores, from few draws."""
    with mock.patch("guidedseg.evaluation.scores.weights", partial(bootstrap.weights, draws=draws)):
        return scores.scores(evaluation, seed=seed, batch=batch, **more)


def value(of: dict[str, Any], *path: str) -> float | None:
    """The value at the end of a path, with its interval looked at."""
    for name in path:
        of = of[name]
    assert {"value", "ci_low", "ci_high", "groups"} <= set(of)
    assert set(of) <= {"value", "ci_low", "ci_high", "groups", "no_interval", "p", "p_holm"}
    return of["value"]


def without_interval(number: float, groups: int, reason: str) -> dict[str, Any]:
    """The leaf of a score that has no interval."""
    return {"value": number, "ci_low": None, "ci_high": None, "groups": groups, "no_interval": reason}


def leaves(values: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and number, text or nothing."""
    for name, inner in values.items():
        if isinstance(inner, dict):
            yield from leaves(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", inner


def random_images(seed: int, patients: int = 6, each: int = 8) -> list[Image]:
    """Every second image has a lesion."""
    rng = np.random.default_rng(seed)
    return [
        (f"P{number // each:02}", str(rng.choice(list(WITHOUT if number % 2 else WITH_LESION))))
        for number in range(patients * each)
    ]


def many_images() -> Evaluation:
    """6 patients with 8 images each, the branches independent of each other."""
    return evaluation_of(random_images(0), **{branch: random_images(n) for n, branch in enumerate(PREDICTED[1:], 1)})
