"""Test images for the page: a small picture each, and outlines that are drawn over it in any combination."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation.counts import PREDICTED
from guidedseg.names import MODES
from guidedseg.reporting import selection
from guidedseg.reporting.cases import Case
from guidedseg.reporting.results import Results

SIDE = 900
"""Longest side of a picture on the page, pixels: all of a BUS-UCLM image; WebP makes about 25 kB of one."""

MOST = 250
"""Images on the page: with BUS-UCLM's, 90 kB each, it stays under 30 MB."""

RULE = (
    "by guided's outcome: miss, false positive, outlined and rightly empty share the places evenly (what a rare one "
    "leaves goes to the others), and each is shown at equal steps of guided Dice under strict, its worst and its best "
    "image among them; so failures are more frequent here than in the test set"
)
"""By which ``chosen`` takes them where there are more."""


@dataclass(frozen=True)
class Box:
    """A box as SVG wants it, pixels of the original image."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class Entry:
    """One test image of the gallery.

    Attributes:
        image_id: its name.
        patient_id: whose.
        pathology: normal, benign or malignant.
        width: of the original, pixels; outlines and boxes are in its coordinates.
        height: likewise.
        picture: a ``data:`` address.
        outlines: truth, direct, guided -> SVG path; empty for an empty mask.
        boxes: the detector's, labelled with their confidence.
        dice: branch of ``PREDICTED`` -> Dice under ``strict``, in percent.
        outcomes: branch of ``PREDICTED`` -> one of ``OUTCOMES``.
    """

    image_id: str
    patient_id: str
    pathology: str
    width: int
    height: int
    picture: str
    outlines: Mapping[str, str]
    boxes: list[Box]
    dice: Mapping[str, float]
    outcomes: Mapping[str, str]


OUTCOMES = ("miss", "false positive", "outlined", "rightly empty")
"""Of a branch on an image: lesion but no mask, mask but no lesion, both, neither."""


def outcomes(results: Results) -> pd.DataFrame:
    """What became of every test image: a row per image_id, a column per branch of ``PREDICTED``."""
    rows = results.evaluation.images[results.evaluation.images["branch"].isin(PREDICTED)]
    lesion, predicted = rows["lesion_px"] > 0, rows["tp"] + rows["fp"] > 0
    named = np.select([lesion & ~predicted, ~lesion & predicted, lesion & predicted], OUTCOMES[:3], OUTCOMES[3])
    return rows.assign(outcome=named).pivot_table(index="image_id", columns="branch", values="outcome", aggfunc="first")


def chosen(results: Results) -> list[str]:
    """The test images on the page, by image_id: all, or ``MOST`` by ``RULE``."""
    became = outcomes(results)["guided"]
    if len(became) <= MOST:
        return sorted(became.index)
    return sorted(selection.of_each(became, results.dice["guided"], MOST))


def entry(case: Case, outcomes_of_image: Mapping[str, str]) -> Entry:
    """Everything the page needs to show one image."""
    height, width = case.image.shape
    return Entry(
        image_id=case.image_id,
        patient_id=case.patient_id,
        pathology=case.pathology,
        width=width,
        height=height,
        picture=_picture(case.image),
        outlines={"truth": outline(case.truth), **{mode: outline(case.masks[mode]) for mode in MODES}},
        boxes=[
            Box(round(x0, 1), round(y0, 1), round(x1 - x0, 1), round(y1 - y0, 1), f"{confidence:.2f}")
            for x0, y0, x1, y1, confidence in case.boxes[["x0", "y0", "x1", "y1", "confidence"]].to_numpy()
        ],
        dice={branch: round(100 * value, 1) for branch, value in case.dice.items()},
        outcomes=outcomes_of_image,
    )


def outline(mask: npt.NDArray[np.bool_]) -> str:
    """The outlines of a mask (H, W) as an SVG path through the centres of its outermost pixels, to within a pixel."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return "".join(
        "M" + "L".join(f"{x + 0.5:g} {y + 0.5:g}" for x, y in cv2.approxPolyDP(line, 1.0, closed=True)[:, 0]) + "Z"
        for line in found
    )


def _picture(image: npt.NDArray[np.uint8]) -> str:
    """(H, W) uint8 as WebP, not larger than ``SIDE``."""
    scale = SIDE / max(image.shape)
    if scale < 1:
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    data = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 80])[1].tobytes()
    return f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"
