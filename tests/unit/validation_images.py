"""Five validation images of 12 x 16 pixels, and what is chosen on them from tiles of one probability each."""

from functools import partial

import numpy as np
import pandas as pd

from guidedseg.evaluation.operating import Operating, Rule
from guidedseg.inference.tiles import Tiles
from guidedseg.scoring import curves, operating
from guidedseg.segmentation.inputs import COLUMNS

HEIGHT, WIDTH, SIZE = 12, 16, 5
LESION = (4, 3, 10, 8)
ELSEWHERE = (11, 8, 15, 12)
FRAME = (0, 0, WIDTH, HEIGHT)
MASKS = {name: np.zeros((HEIGHT, WIDTH), dtype=bool) for name in "abcnm"}  # a, b, c: lesion; n, m: normal
for _name in "abc":
    MASKS[_name][3:8, 4:10] = True

Row = tuple[str, str, float, tuple[int, int, int, int], int]


def tiles_of(*rows: Row) -> Tiles:
    """Tiles of one probability each: image, source, confidence, region, probability x 255."""
    items = pd.DataFrame([(row[0], "val", row[1], row[2], *row[3]) for row in rows], columns=COLUMNS)
    levels = np.array([row[4] for row in rows], dtype=np.uint8)
    return Tiles(levels[:, None, None] * np.ones((1, SIZE, SIZE), dtype=np.uint8), items)


def box(image_id: str, confidence: float, value: int = 255, region: tuple[int, int, int, int] = LESION) -> Row:
    return image_id, "detector", confidence, region, value


def frames(**values: int) -> Tiles:
    return tiles_of(*((image_id, "frame", np.nan, FRAME, value) for image_id, value in values.items()))


def chosen(
    image_ids: str,
    *boxes: Row,
    direct: Tiles | None = None,
    confidence: float | None = None,
    gate: float | None = None,
    mask: float | None = None,
    rule: Rule = "strict",
) -> Operating:
    """The choice on some of the images a, b, c, n, m; their frames say nothing unless given."""
    direct = direct or frames(a=0, b=0, c=0, n=0, m=0)
    return operating(
        partial(curves, direct, tiles_of(*boxes), tiles_of(), list(image_ids), MASKS.__getitem__, which="validation"),
        rule=rule,
        confidence=confidence,
        gate=gate,
        mask_threshold=mask,
    )
