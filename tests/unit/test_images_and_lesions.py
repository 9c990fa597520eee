"""What was scored, and the scores of normals, lesions, probabilities and losses."""

from typing import Any

import pytest
from counted_images import evaluation_of, in_groups, scored, value, without_interval
from drawings import Drawing, drawn, named, square

from guidedseg.evaluation.bootstrap import AT_AN_END, NO_SPREAD
from guidedseg.evaluation.counts import CONTROLS

SAMPLE = [("P", "half"), ("P", "miss"), ("Q", "empty"), ("Q", "false"), ("R", "all"), ("R", "false")]


@pytest.fixture(scope="module")
def of_sample() -> dict[str, Any]:
    return scored(evaluation_of(SAMPLE))


def test_sample_is_counted(of_sample: dict[str, Any]) -> None:
    assert of_sample["sample"] == {
        "images": 6,
        "images_with_lesion": 3,
        "lesions": 3,
        "patients": 3,
        "patients_with_lesion": 2,
        "groups": 3,
        "groups_with_lesion": 2,
    }


def test_patients_of_one_group_are_counted_as_patients_and_as_one_group() -> None:
    # P and R have lesions, Q has none
    of = scored(in_groups(evaluation_of(SAMPLE), {"R": "P"}))["sample"]
    counts = [of[name] for name in ("patients", "patients_with_lesion", "groups", "groups_with_lesion")]
    assert counts == [3, 2, 2, 1]


def test_cases_that_a_rule_has_to_judge_are_counted(of_sample: dict[str, Any]) -> None:
    both = {"both_empty": 1, "false_positives": 2, "misses": 1}
    assert of_sample["branches"]["guided"]["cases"] == {**both, "misses_without_box": 1}
    assert of_sample["branches"]["direct"]["cases"] == {**both, "misses_without_box": 0}  # the frame is its region


def test_fallback_that_finds_a_lesion_without_a_box_is_no_miss() -> None:
    found = Drawing(square(4, 4, 10), square(4, 4, 10))
    of = scored(drawn(*named(found, found, patients="PQ")))["branches"]["guided_fallback"]
    assert value(of, "strict", "dice") == 1
    assert of["cases"]["misses"] == of["cases"]["misses_without_box"] == 0


def test_normals_have_shares_of_images_and_of_pixels(of_sample: dict[str, Any]) -> None:
    # three of them; 300 of 1200 pixels on two
    normals = of_sample["branches"]["guided"]["normals"]
    assert value(normals, "share_with_false_positive") == pytest.approx(2 / 3, abs=1e-6)
    assert value(normals, "false_area_share") == pytest.approx(0.5 / 3, abs=1e-6)
    assert value(normals, "specificity") == pytest.approx(1 - 0.5 / 3, abs=1e-6)


def test_lesions_have_recall_and_areas_precision(of_sample: dict[str, Any]) -> None:
    # of 3 lesions one outlined (all), IoU 1/3 not; of 4 areas one right; covered 1/2, 0 and 1; 3 false areas, 6 images
    lesionwise = of_sample["branches"]["guided"]["lesionwise"]
    assert value(lesionwise, "recall") == pytest.approx(1 / 3, abs=1e-6)
    assert value(lesionwise, "precision") == 0.25
    assert value(lesionwise, "covered") == 0.5
    assert value(lesionwise, "false_areas_per_image") == 0.5


def test_loss_is_the_mean_over_regions_and_that_of_no_control() -> None:
    evaluation = evaluation_of([("P", "half"), ("Q", "half")])
    guided = evaluation.images["branch"] == "guided"
    evaluation.images.loc[guided, ["regions", "loss"]] = [[3, 0.6], [1, 0.9]]
    of = scored(evaluation)["branches"]
    assert value(of["guided"], "loss") == 0.375  # 1.5 / 4
    assert value(of["direct"], "loss") == 0.5
    assert not [branch for branch in CONTROLS if "loss" in of[branch] or "mask_calibration" in of[branch]]


def test_calibration_is_that_of_the_branch() -> None:
    # 100 pixels at level 0, of which guided has 20 lesion pixels
    evaluation = evaluation_of([("P", "half"), ("Q", "half"), ("R", "half")])
    evaluation.levels.loc[evaluation.levels["branch"] == "guided", "lesion_pixels"] = 20
    of = scored(evaluation)["branches"]
    assert of["direct"]["mask_calibration"]["ece"] == without_interval(0, 3, AT_AN_END)
    for name in ("ece", "brier"):
        assert of["guided"]["mask_calibration"][name] == without_interval(0.2, 3, NO_SPREAD)
