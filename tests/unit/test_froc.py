"""FROC: sensitivity at so many false boxes per image, worked out in comments."""

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
    detections_of,
    lesions_of,
    of,
)

from guidedseg.evaluation.detection import froc_curve

# FROC. 3 lesions, 4 images. By falling confidence, false boxes per image and sensitivity:
#   0.9 hit 0, 1/3 | 0.8 false 1/4, 1/3 | 0.7 hit and false 2/4, 2/3 | 0.6 false 3/4, 2/3 | 0.5 two false 5/4, 2/3 |
#   0.4 hit 5/4, 3/3
FROC_BOXES = detections_of(
    (*HIT_A, 0.9),
    (*FALSE_N, 0.8),
    (*HIT_B, 0.7),
    (*FALSE_M, 0.7),
    (*FALSE_A, 0.6),
    (*FALSE_N, 0.5),
    (*FALSE_M, 0.5),
    (*HIT_B2, 0.4),
)


@pytest.mark.parametrize("tied", [[2, 3], [3, 2]], ids=["hit first", "false first"])
def test_sensitivity_at_so_many_false_boxes_per_image(tied: list[int]) -> None:
    result = of(FROC_BOXES.iloc[[0, 1, *tied, 4, 5, 6, 7]])
    points = [float(result[f"froc_{name}"][0]) for name in ("1_8", "1_4", "1_2", "1", "2", "4", "8")]
    # at 1/4 the hit of 0.7 does not count: its equal, a false box, comes with it
    assert points == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3, 1, 1, 1])
    assert result["froc_mean"] == pytest.approx((2 / 3 + 4 / 3 + 3) / 7)


def test_froc_curve_has_a_point_per_threshold() -> None:
    curve = froc_curve(FROC_BOXES, LESIONS, INDEX, match_iou=0.5)
    assert curve["confidence"].tolist() == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    assert curve["false_boxes_per_image"].tolist() == [0, 1 / 4, 2 / 4, 3 / 4, 5 / 4, 5 / 4]
    assert curve["sensitivity"].tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 1])
    # boxes so far: 1, 2, 4, 5, 7, 8; of them find a lesion: 1, 1, 2, 2, 2, 3
    assert curve["precision"].tolist() == pytest.approx([1, 1 / 2, 2 / 4, 2 / 5, 2 / 7, 3 / 8])


def test_froc_curve_without_lesions_has_no_sensitivity_and_a_precision_of_zero() -> None:
    curve = froc_curve(detections_of((*FALSE_N, 0.9)), lesions_of(), INDEX, match_iou=0.5)
    assert curve["sensitivity"].isna().all()
    assert curve["precision"].tolist() == [0]


def test_where_the_first_threshold_has_too_many_false_boxes_sensitivity_is_zero() -> None:
    result = of(detections_of((*HIT_A, 0.9), (*FALSE_N, 0.9)))  # together: 1/4 false per image, 1/3 of the lesions
    assert (result["froc_1_8"], result["froc_1_4"]) == (0, pytest.approx(1 / 3))
