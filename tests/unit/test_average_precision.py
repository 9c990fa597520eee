"""Average precision: answers worked out in comments, and Ultralytics' own on the same real boxes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from scored_boxes import LESIONS, detections_of, of, real

import guidedseg.detection.yolo  # noqa: F401 - sets the environment that Ultralytics is to be imported in
from guidedseg.evaluation.box_ranking import average_precision
from guidedseg.names import BOX

ONE = np.ones((1, 1))


def ap(found: list[bool], confidence: list[float], lesions: int) -> float:
    everyone = np.zeros(len(found), dtype=np.intp)
    result = average_precision(np.array(found, dtype=bool), np.array(confidence), everyone, np.array([lesions]), ONE)
    return float(result[0])


def test_average_precision_of_two_lesions_and_three_boxes() -> None:
    # recall 1/2, 1/2, 1; precision 1, 1/2, 2/3. Read at 0, 0.01 ... 0.49: 1; at 0.5 ... 0.99: 2/3; at 1: 0.
    # Trapezoids: 0.01 * (50 * 1 + 50 * 2/3) less half of the first reading
    assert ap([True, False, True], [0.9, 0.8, 0.7], 2) == pytest.approx(0.01 * (50 + 50 * 2 / 3) - 0.005)


def test_order_of_rows_does_not_matter_to_average_precision() -> None:
    assert ap([True, True, False], [0.7, 0.9, 0.8], 2) == ap([True, False, True], [0.9, 0.8, 0.7], 2)


def test_perfect_detector_has_ultralytics_995() -> None:
    assert ap([True, True], [0.9, 0.8], 2) == pytest.approx(0.995)  # Ultralytics reads 0 at recall 1


def test_average_precision_without_boxes_is_zero_and_without_lesions_undefined() -> None:
    assert ap([], [], 2) == 0
    assert ap([False, False], [0.9, 0.8], 2) == 0
    assert np.isnan(ap([False], [0.9], 0))
    assert np.isnan(ap([], [], 0))


def test_ap50_95_is_the_mean_over_ten_overlaps() -> None:
    # one lesion, one box with an overlap of 0.72: found at 0.5, 0.55, 0.6, 0.65 and 0.7, each 0.995
    result = of(detections_of(("a", 0, 0, 10, 7.2, 0.9)), LESIONS[:1])
    assert result["ap50"] == pytest.approx(0.995)
    assert result["ap50_95"] == pytest.approx(0.995 * 5 / 10)


# Ultralytics on the same real boxes


def by_ultralytics(detections: pd.DataFrame, lesions: pd.DataFrame) -> tuple[float, float]:
    """AP50 and AP50-95 from the matching and the metric of its validator."""
    from ultralytics.engine.validator import BaseValidator
    from ultralytics.utils.metrics import ap_per_class, box_iou

    validator = SimpleNamespace(iouv=torch.linspace(0.5, 0.95, 10))
    right = []
    for image_id, boxes in detections.groupby("image_id", sort=False):
        truth = torch.tensor(lesions.loc[lesions["image_id"] == image_id, BOX].to_numpy(dtype=float))
        iou = box_iou(truth, torch.tensor(boxes[BOX].to_numpy(dtype=float)))
        classes = torch.zeros(len(boxes)), torch.zeros(len(truth))
        right.append(BaseValidator.match_predictions(validator, *classes, iou).numpy())
    found, confidence = np.concatenate(right), detections["confidence"].to_numpy()
    areas = ap_per_class(found, confidence, np.zeros(len(found)), np.zeros(len(lesions)))[5]
    return float(areas[0, 0]), float(areas.mean())


@pytest.mark.parametrize("boxes", ["detections", "validator_detections"])
def test_average_precision_of_real_boxes_is_that_of_ultralytics(boxes: str) -> None:
    detections, lesions = real(boxes), real("lesions")
    ours = of(detections, lesions, real("index"))
    ap50, ap50_95 = by_ultralytics(detections, lesions)
    assert 0.3 < ap50_95 < ap50 < 0.9
    assert ours["ap50"] == pytest.approx(ap50, abs=0.001)  # two pairs of boxes share a confidence
    assert ours["ap50_95"] == pytest.approx(ap50_95, abs=0.001)


def test_average_precision_is_what_ultralytics_validator_reported() -> None:
    ours = of(real("validator_detections"), real("lesions"), real("index"))
    # results_dict["metrics/mAP50(B)"] and ["metrics/mAP50-95(B)"] of the run whose boxes these are
    assert ours["ap50"] == pytest.approx(0.7450251142169348, abs=0.001)
    assert ours["ap50_95"] == pytest.approx(0.441511363463108, abs=0.001)
