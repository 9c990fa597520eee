"""Drawn images of 32 x 32 pixels, what networks say about them, and their evaluation."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from guidedseg.evaluation.counts import Evaluation
from guidedseg.evaluation.operating import Operating
from guidedseg.inference.tiles import Tiles
from guidedseg.scoring import evaluate

SIDE = 32
FRAME = (0, 0, SIDE, SIDE)
COLUMNS = ["image_id", "split", "source", "confidence", "x0", "y0", "x1", "y1", "loss"]
OPERATING = Operating(
    confidence=0.5,
    direct_gate=0.0,
    direct_threshold=0.5,
    guided_threshold=0.5,
    direct_ungated_threshold=0.5,
    guided_ungated_confidence=0.5,
    guided_ungated_threshold=0.5,
    direct_dice=None,
    guided_dice=None,
    direct_ungated_dice=None,
    guided_ungated_dice=None,
)

Picture = np.ndarray
Box = tuple[int, int, int, int]


class Drawing(NamedTuple):
    """An image.

    Pictures are the tiles of 32 x 32: masks, or probabilities x 255. A tile of the frame is pasted as it is, one of a
    smaller box is resized. Losses are 1 for the frame, 0.25 for each of the detector's boxes, 0.125 for each true one.
    """

    truth: Picture
    direct: Picture
    boxes: tuple[tuple[float, Box, Picture], ...] = ()  # confidence, region, tile
    true: tuple[tuple[Box, Picture], ...] = ()
    image_id: str = "a"
    patient_id: str = "P"
    pathology: str = "benign"
    group_id: str = ""  # the patient's own, unless given
    coarse: tuple[tuple[float, Box, Picture], ...] = ()  # as boxes, of the cascade


def nothing() -> Picture:
    return np.zeros((SIDE, SIDE), dtype=bool)


def everywhere(level: int = 255) -> Picture:
    return np.full((SIDE, SIDE), level, dtype=np.uint8)


def square(top: int, left: int, height: int, width: int | None = None) -> Picture:
    mask = nothing()
    mask[top : top + height, left : left + (width or height)] = True
    return mask


def disk(row: int, column: int, radius: float) -> Picture:
    rows, columns = np.indices((SIDE, SIDE))
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def named(*drawings: Drawing, patients: str) -> list[Drawing]:
    """i0, i1, ... of these patients, a letter each."""
    return [
        each._replace(image_id=f"i{number}", patient_id=patient)
        for number, (each, patient) in enumerate(zip(drawings, patients, strict=True))
    ]


def tiles(drawings: tuple[Drawing, ...]) -> tuple[Tiles, Tiles]:
    """Of frames and of boxes, neither in the order of the images."""
    frames = [(each.image_id, "frame", np.nan, FRAME, 1.0, each.direct) for each in drawings[::-1]]
    boxes = [
        (each.image_id, "detector", confidence, region, 0.25, picture)
        for each in drawings
        for confidence, region, picture in each.boxes
    ]
    true = [
        (each.image_id, "truth", np.nan, region, 0.125, picture) for each in drawings for region, picture in each.true
    ]
    return _tiles(frames), _tiles([*true, *boxes])


def cascade(drawings: tuple[Drawing, ...] = ()) -> Tiles:
    """Of the boxes around what the frames outline."""
    return _tiles(
        [
            (each.image_id, "cascade", confidence, region, 0.25, picture)
            for each in drawings
            for confidence, region, picture in each.coarse
        ]
    )


def _tiles(rows: list[tuple[str, str, float, Box, float, Picture]]) -> Tiles:
    items = pd.DataFrame([(*row[:1], "test", *row[1:3], *row[3], row[4]) for row in rows], columns=COLUMNS)
    pictures = [row[5] if row[5].dtype == np.uint8 else row[5] * np.uint8(255) for row in rows]
    return Tiles(np.reshape(pictures, (-1, SIDE, SIDE)).astype(np.uint8), items)


def drawn(
    *drawings: Drawing, operating: Operating = OPERATING, match_iou: float = 0.5, surface_tolerance: float = 0.02
) -> Evaluation:
    """The evaluation of drawings."""
    rows = [(each.image_id, each.patient_id, each.group_id or each.patient_id, each.pathology) for each in drawings]
    index = pd.DataFrame(rows, columns=["image_id", "patient_id", "group_id", "pathology"])
    masks = {each.image_id: each.truth for each in drawings}
    return evaluate(
        *tiles(drawings),
        cascade(drawings),
        index,
        masks.__getitem__,
        operating,
        match_iou=match_iou,
        surface_tolerance=surface_tolerance,
    )
