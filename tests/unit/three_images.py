"""Three drawn images with known answers: a and b with a lesion, n a normal; and how their rows are looked up."""

import pandas as pd
from drawings import FRAME, SIDE, Drawing, everywhere, nothing, square

from guidedseg.evaluation.counts import Evaluation

PIXELS = SIDE * SIDE  # 1024
UPPER, LOWER = (0, 0, 4, 2), (0, 2, 4, 4)

# a: a lesion of 4 x 4, two boxes that count and one that does not; b: a lesion without a box that counts; n: a normal
A = Drawing(
    square(0, 0, 4),
    everywhere(),
    boxes=((0.9, UPPER, everywhere()), (0.5, (10, 0, 12, 2), everywhere(200)), (0.4, FRAME, everywhere())),
    true=(((0, 0, 4, 4), everywhere(200)),),
)
B = A._replace(
    boxes=((0.3, (0, 0, 4, 4), everywhere()),),
    true=(((0, 0, 4, 4), everywhere(100)),),
    image_id="b",
    patient_id="Q",
    pathology="malignant",
)
N = Drawing(
    nothing(), everywhere(), boxes=((0.1, FRAME, everywhere()),), image_id="n", patient_id="Q", pathology="normal"
)


def row(evaluation: Evaluation, branch: str, image_id: str = "a") -> pd.Series:
    images = evaluation.images
    (found,) = images[(images["image_id"] == image_id) & (images["branch"] == branch)].index
    return images.loc[found]


def figures(measured: pd.Series, *names: str) -> list[float]:
    return measured[list(names)].tolist()


def counted(evaluation: Evaluation, branch: str, image_id: str = "a") -> list[int]:
    return row(evaluation, branch, image_id)[["boxes", "tp", "fp", "fn", "tn"]].tolist()
