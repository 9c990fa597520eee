"""A made-up run of drawn images: results in memory, prepared images on the disk."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
import pandas as pd
from drawings import OPERATING, Drawing, drawn, tiles

from guidedseg.evaluation import bootstrap, detection
from guidedseg.evaluation.matching import matched
from guidedseg.evaluation.scores import one_per_image, scores
from guidedseg.inference.tiles import Tiles
from guidedseg.reporting import cases
from guidedseg.reporting.cases import Case
from guidedseg.reporting.results import Results

NO_LEAKAGE = dict.fromkeys(
    (
        "patients_in_several_splits",
        "groups_in_several_splits",
        "duplicate_pictures_in_several_splits",
        "images_of_unknown_patients",
    ),
    0,
)
"""As metrics/split.json has it."""


def run_of(*drawings: Drawing, model: str = "unetpp", gates: dict[str, tuple[Tiles, ...]] | None = None) -> Results:
    """Results of drawn test images; the detector's and the true boxes are the drawings'."""
    evaluation = drawn(*drawings)
    sample = one_per_image(evaluation.images)
    boxes = pd.DataFrame(
        [(each.image_id, *box, confidence) for each in drawings for confidence, box, _ in each.boxes],
        columns=["image_id", "x0", "y0", "x1", "y1", "confidence"],
    ).astype({"confidence": float})
    lesions = pd.DataFrame(
        [(each.image_id, *box) for each in drawings for box, _ in each.true],
        columns=["image_id", "x0", "y0", "x1", "y1"],
    )
    of_boxes = detection.scores(
        boxes, lesions, sample, confidence=0.5, match_iou=0.5, weights=bootstrap.weights(sample, seed=0, draws=20)
    )
    with mock.patch("guidedseg.evaluation.scores.weights", partial(bootstrap.weights, draws=20)):
        everything = scores(evaluation, seed=0, batch=16)
    everything["operating"] = OPERATING.__dict__
    everything["detection"] = detection.intervals(of_boxes)
    epochs = np.arange(1, 4)
    segmenter = pd.DataFrame(
        {"epoch": epochs, "train_loss": 1 / epochs, "val_loss": 1.1 / epochs, "val_dice": 0.3, "val_strict": 0.4}
    )
    direct, guided = tiles(drawings)
    return Results(
        model=model,
        evaluation=evaluation,
        scores=everything,
        boxes=boxes.assign(finds=matched(boxes, lesions, 0.5).to_numpy()),
        lesions=lesions,
        match_iou=0.5,
        tiles={"direct": direct, "guided": guided},
        gates=gates or {"direct": (), "guided": ()},
        segmenters={"direct": segmenter, "guided": segmenter},
        detector=pd.DataFrame({"epoch": epochs, "val_map50": 0.5, "val_map50_95": 0.3}),
    )


def cases_of(results: Results, drawings: Sequence[Drawing], folder: Path) -> dict[str, Case]:
    """The cases, read from pictures written into ``folder``; every pixel is as bright as its column times 8."""
    for name in ("images", "masks"):
        (folder / name).mkdir(exist_ok=True)
    for each in drawings:
        cv2.imwrite(
            str(folder / "images" / f"{each.image_id}.png"), np.tile(np.arange(32, dtype=np.uint8) * 8, (32, 1))
        )
        cv2.imwrite(str(folder / "masks" / f"{each.image_id}.png"), each.truth.astype(np.uint8) * 255)
    return {case.image_id: case for case in cases.read(results, folder, results.images["image_id"])}
