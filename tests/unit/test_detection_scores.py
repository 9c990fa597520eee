"""Scores of boxes at one threshold, their calibration, and resampling of patients: answers worked out in comments."""

import numpy as np
import pandas as pd
import pytest
from scored_boxes import (
    FALSE_A,
    FALSE_M,
    FALSE_N,
    HIT_A,
    HIT_B,
    HIT_B2,
    INDEX,
    LESIONS,
    NONE,
    detections_of,
    lesions_of,
    of,
    real,
)

from guidedseg.evaluation.detection import counts, froc_curve, reliability

NAMES = [
    *("ap50", "ap50_95", "lesion_recall", "precision", "false_boxes_per_normal_image", "normal_images_with_a_box"),
    *("froc_1_8", "froc_1_4", "froc_1_2", "froc_1", "froc_2", "froc_4", "froc_8", "froc_mean"),
    *("confidence_ece", "confidence_brier"),
]


# One threshold

OPERATING = detections_of(
    (*HIT_A, 0.9),
    (*HIT_B, 0.8),  # the other lesion of b is missed
    ("a", 0, 0, 9, 10, 0.7),  # second box on one lesion: false
    (*FALSE_N, 0.6),
    ("n", 5, 5, 15, 15, 0.5),  # at the threshold: false, on the same normal
    (*HIT_B2, 0.49),  # below it
    (*FALSE_M, 0.4),  # likewise
)


def test_operating_point_counts_hits_misses_and_false_boxes() -> None:
    result = of(OPERATING)
    assert list(result) == NAMES
    assert result["lesion_recall"] == pytest.approx(2 / 3)
    assert result["precision"] == pytest.approx(2 / 5)
    assert result["false_boxes_per_normal_image"] == pytest.approx(2 / 2)
    assert result["normal_images_with_a_box"] == pytest.approx(1 / 2)
    assert counts(OPERATING, LESIONS, INDEX, confidence=0.5) == {
        "lesions": 3,
        "boxes": 5,
        "images": 4,
        "normal_images": 2,
    }


def test_detector_that_never_fires_has_no_recall_and_no_precision_to_speak_of() -> None:
    result = of(NONE)
    undefined = {"precision", "confidence_ece", "confidence_brier"}
    assert {name for name, value in result.items() if np.isnan(value)} == undefined
    assert all(value == 0 for name, value in result.items() if name not in undefined)
    assert froc_curve(NONE, LESIONS, INDEX, match_iou=0.5).empty
    assert reliability(NONE, LESIONS, INDEX, match_iou=0.5)["boxes"].sum() == 0


def test_without_lesions_only_false_boxes_and_calibration_are_defined() -> None:
    result = of(detections_of((*FALSE_N, 0.9)), lesions_of())
    defined = {name: float(value[0]) for name, value in result.items() if not np.isnan(value)}
    # the one box is false at a confidence of 0.9: ECE 0.9, Brier 0.81
    assert defined == pytest.approx(
        {
            "precision": 0,
            "false_boxes_per_normal_image": 1 / 2,
            "normal_images_with_a_box": 1 / 2,
            "confidence_ece": 0.9,
            "confidence_brier": 0.81,
        }
    )


def test_without_normal_images_false_boxes_on_them_are_undefined() -> None:
    result = of(OPERATING, LESIONS, INDEX[:2])
    assert np.isnan(result["false_boxes_per_normal_image"]).all()
    assert np.isnan(result["normal_images_with_a_box"]).all()


def test_where_nothing_is_left_everything_is_undefined() -> None:
    result = of(NONE, lesions_of(), INDEX[:0], np.ones((2, 0)))
    assert all(value.shape == (2,) and np.isnan(value).all() for value in result.values())


def test_boxes_and_lesions_of_other_images_are_left_out() -> None:
    only_a = of(OPERATING, LESIONS, INDEX[:1])
    assert only_a["lesion_recall"] == 1
    assert only_a["precision"] == pytest.approx(1 / 2)
    assert counts(OPERATING, LESIONS, INDEX[:1], confidence=0.5)["boxes"] == 2


def test_rows_that_share_a_label_are_different_boxes() -> None:
    pieces = pd.concat([detections_of((*HIT_A, 0.9)), detections_of((*FALSE_N, 0.8))])  # labelled 0 and 0
    assert of(pieces)["precision"] == pytest.approx(1 / 2)


# Calibration. By bin: 0.1 false and 0.05 false | 0.55 hit | 0.9 hit, 0.85 hit, 0.81 false
CALIBRATION = detections_of(
    (*FALSE_N, 0.1), (*FALSE_M, 0.05), (*HIT_A, 0.55), (*HIT_B, 0.9), (*HIT_B2, 0.85), (*FALSE_A, 0.81)
)


def test_reliability_by_bin_of_confidence() -> None:
    table = reliability(CALIBRATION, LESIONS, INDEX, match_iou=0.5)
    assert table["lower_edge"].tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    filled = table[table["boxes"] > 0]  # a bin holds its upper edge: 0.1 is in the first, 0.9 in the last but one
    assert filled.index.tolist() == [0, 5, 8]
    assert filled["boxes"].tolist() == [2, 1, 3]
    assert filled["mean_confidence"].tolist() == pytest.approx([0.075, 0.55, 2.56 / 3])
    assert filled["share_found"].tolist() == pytest.approx([0, 1, 2 / 3])
    assert table[["mean_confidence", "share_found"]][table["boxes"] == 0].isna().all(axis=None)


def test_calibration_error_and_brier_score() -> None:
    result = of(CALIBRATION)
    # 2/6 * |0 - 0.075| + 1/6 * |1 - 0.55| + 3/6 * |2/3 - 2.56/3|
    assert result["confidence_ece"] == pytest.approx((0.15 + 0.45 + 0.56) / 6)
    squares = 0.1**2 + 0.05**2 + 0.45**2 + 0.1**2 + 0.15**2 + 0.81**2
    assert result["confidence_brier"] == pytest.approx(squares / 6)


def test_every_tenth_of_confidence_lies_in_the_bin_below() -> None:
    boxes = detections_of(*[(*FALSE_N, tenth / 10) for tenth in range(1, 11)])
    assert reliability(boxes, LESIONS, INDEX, match_iou=0.5)["boxes"].tolist() == [1] * 10


# Resampling of patients


def test_draw_without_a_patient_with_lesions_leaves_shares_of_lesions_undefined() -> None:
    weights = np.array([[1.0, 1, 1], [0, 0, 3], [0, 3, 0], [3, 0, 0]])  # patients P (a, n), Q (b), R (m)
    result = of(OPERATING, weights=weights)
    assert np.isnan(result["ap50"]).tolist() == [False, True, False, False]
    assert np.isnan(result["froc_mean"]).tolist() == [False, True, False, False]
    assert result["lesion_recall"] == pytest.approx([2 / 3, np.nan, 1 / 2, 1], nan_ok=True)
    assert result["precision"] == pytest.approx([2 / 5, np.nan, 1, 1 / 4], nan_ok=True)
    assert result["false_boxes_per_normal_image"] == pytest.approx([1, 0, np.nan, 2], nan_ok=True)
    assert result["normal_images_with_a_box"] == pytest.approx([1 / 2, 0, np.nan, 1], nan_ok=True)


def test_one_patient_can_be_scored() -> None:
    index = INDEX.assign(group_id="P")
    alone, drawn = of(OPERATING, LESIONS, index), of(OPERATING)
    assert all(alone[name] == pytest.approx(drawn[name]) for name in NAMES)


@pytest.mark.parametrize("draw", [[2, 0, 1, 1, 1], [0, 1, 3, 0, 1]])
def test_patient_drawn_twice_counts_like_two_patients(draw: list[int]) -> None:
    frames = {name: real(name) for name in ("detections", "lesions", "index")}
    owner = frames["index"].set_index("image_id")["group_id"]
    repeated = {}
    for name, frame in frames.items():
        times = frame["image_id"].map(owner).map(dict(zip(sorted(set(owner)), draw, strict=True)))
        copies = [frame[times > copy].assign(copy=str(copy)) for copy in range(max(draw))]
        whole = pd.concat(copies)
        repeated[name] = whole.assign(image_id=whole["image_id"] + "/" + whole["copy"])
    weighted = of(*frames.values(), np.array([draw], dtype=float))
    written_out = of(*repeated.values())
    assert weighted == {name: pytest.approx(value) for name, value in written_out.items()}
