"""A person's picture goes the way that the pipeline's images went when they were scored."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from drawings import OPERATING
from small_bundle import SIZE, description, picture, write

from guidedseg import cascading
from guidedseg.bundles.loading import load
from guidedseg.detection.boxes import read_detections
from guidedseg.detection.yolo.trained import answers as detector_answers
from guidedseg.evaluation.operating import Operating
from guidedseg.inference import detect, predict, tiles
from guidedseg.inference.detector import Detector
from guidedseg.inference.engines.opening import open_engine
from guidedseg.inference.patchwork import patchworks
from guidedseg.segmentation import crops, inputs
from guidedseg.segmentation.trained import answers

BRANCHES = ("direct", "guided", "guided_fallback", "cascade")
SIDES = [(64, 64), (60, 90), (33, 200), (200, 33), (120, 160), (7, 9), (1, 1), (97, 131)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images as the stage ``prepare`` leaves them, all of the test set."""
    folder = tmp_path_factory.mktemp("prepared")
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    for number, (height, width) in enumerate(SIDES):
        image = picture(height, width, seed=number)
        cv2.imwrite(str(folder / "images" / f"i{number}.png"), image)
        cv2.imwrite(str(folder / "masks" / f"i{number}.png"), image // 128 * 255)
    return folder


def scored(
    prepared: Path, networks: dict[str, Path], work: Path, operating: Operating, settings: dict[str, Any]
) -> dict[tuple[str, str], np.ndarray]:
    """Masks by image and branch, through all files that the stages write."""
    ids = [f"i{number}" for number in range(len(SIDES))]
    found = detect.detect(
        Detector(open_engine("onnxruntime", networks["detector"], 1, detector_answers), **settings["detector"]),
        prepared,
        ids,
    )
    found.to_csv(work / "detections.csv", index=False, lineterminator="\n")
    index = pd.DataFrame({"image_id": ids, "pathology": "benign"})
    index = index.assign(width=[width for _, width in SIDES], height=[height for height, _ in SIDES])
    split = pd.DataFrame({"image_id": ids, "split": "test"})
    no_lesions = pd.DataFrame(columns=["image_id", "x0", "y0", "x1", "y1"])
    detections = read_detections(work / "detections.csv", ids)
    rois = {"margin": settings["margin"], "jitter": 0.1, "backgrounds": 1}
    regions = {
        "direct": crops.frames(index, split, jitter=0.0),
        "guided": crops.rois(index, split, no_lesions, detections, **rois),
    }
    predicted = {}
    for mode, items in regions.items():
        for folder in (work / f"inputs-{mode}", work / f"tiles-{mode}"):
            folder.mkdir()
        crops.write(items, prepared, SIZE, work / f"inputs-{mode}")
        data = inputs.load(work / f"inputs-{mode}")
        engine = open_engine("onnxruntime", networks[mode], 1, answers)
        parts = predict.predict(engine, data.images, batch=3, flips=settings["flips"])
        predict.write(parts, data.items, SIZE, work / f"tiles-{mode}")
        predicted[mode] = tiles.load(work / f"tiles-{mode}")
    coarse = cascading.rois(
        predicted["direct"],
        index.assign(split="test"),
        level=settings["cascade"]["level"],
        max_boxes=settings["detector"]["max_boxes"],
        margin=settings["margin"],
    )
    for folder in (work / "inputs-cascade", work / "tiles-cascade"):
        folder.mkdir()
    guided = open_engine("onnxruntime", networks["guided"], 1, answers)
    place = {"target": work / "tiles-cascade", "place": work / "inputs-cascade"}
    cascading.fill(guided, SIZE, coarse, prepared, flips=settings["flips"], **place)
    predicted["cascade"] = tiles.load(work / "tiles-cascade")
    masks = {}
    for image_id, size in zip(ids, SIDES, strict=True):
        patches = patchworks(
            predicted["direct"], predicted["guided"], image_id, operating, cascade=predicted["cascade"]
        )
        masks |= {(image_id, branch): patches[branch].mask(*size) for branch in BRANCHES}
    return masks


# of the last two no image has a box that counts, and no frame reaches the gate
@pytest.mark.parametrize(
    ("confidence", "gate", "flips"),
    [(0.7, 0.3, True), (0.95, 0.0, False), (0.11, 0.97, True), (1.0, 0.5, False), (1.0, 1.0, True)],
)
def test_masks_of_every_branch_are_those_that_were_scored(confidence, gate, flips, prepared, networks, tmp_path):
    made = description(confidence=confidence, flips=flips)
    made["direct"]["gate"] = gate
    made["cascade"] = {"level": 0.5, "confidence": confidence, "threshold": 0.6}
    bundle = load(write(tmp_path / "bundle", networks, **made), threads=1)
    thresholds = {f"{mode}_threshold": made[mode]["threshold"] for mode in ("direct", "guided")}
    cascade = {"cascade_confidence": confidence, "cascade_threshold": 0.6}
    operating = replace(OPERATING, confidence=confidence, direct_gate=gate, **thresholds, **cascade)
    masks = scored(prepared, networks, tmp_path, operating, made)
    for number in range(len(SIDES)):
        image = cv2.imread(str(prepared / "images" / f"i{number}.png"), cv2.IMREAD_GRAYSCALE)
        for branch in BRANCHES:
            np.testing.assert_array_equal(bundle.segment(image, branch).mask, masks[f"i{number}", branch])
    lesion = {branch: sum(mask.any() for (_, of), mask in masks.items() if of == branch) for branch in BRANCHES}
    assert (lesion["guided"] == 0) == (confidence == 1)
    assert (lesion["direct"] == 0) == (gate == 1)
    assert lesion["guided_fallback"] > lesion["guided"] or confidence < 0.9 or gate == 1
    assert lesion["cascade"] > 0 or confidence == 1
