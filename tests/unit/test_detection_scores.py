"""Scores of boxes: answers worked out in comments, and Ultralytics' own on the same real boxes."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import guidedseg.detection.yolo  # noqa: F401 - sets the environment that Ultralytics is to be imported in
from guidedseg.evaluation.box_ranking import average_precision, brier_score, calibration_error, froc
from guidedseg.evaluation.detection import counts, froc_curve, reliability, scores
from guidedseg.names import BOX

REAL = Path(__file__).parents[1] / "data" / "real_boxes"
ONE = np.ones((1, 1))
FALSE_BOXES = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)
NAMES = [
    *("ap50", "ap50_95", "lesion_recall", "precision", "false_boxes_per_normal_image", "normal_images_with_a_box"),
    *("froc_1_8", "froc_1_4", "froc_1_2", "froc_1", "froc_2", "froc_4", "froc_8", "froc_mean"),
    *("confidence_ece", "confidence_brier"),
]


def detections_of(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", *BOX, "confidence"])


def lesions_of(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", *BOX])


# image a: one lesion of 10 x 10; image b: two of them; images n and m: none
LESIONS = lesions_of(("a", 0, 0, 10, 10), ("b", 0, 0, 10, 10), ("b", 20, 0, 30, 10))
INDEX = pd.DataFrame(
    {
        "image_id": ["a", "b", "n", "m"],
        "patient_id": ["P", "Q", "P", "R"],
        "pathology": ["benign", "malignant", "normal", "normal"],
    }
)
NONE = detections_of()
HIT_A, HIT_B, HIT_B2 = ("a", 0, 0, 10, 10), ("b", 0, 0, 10, 10), ("b", 20, 0, 30, 10)
FALSE_N, FALSE_M, FALSE_A = ("n", 0, 0, 10, 10), ("m", 0, 0, 10, 10), ("a", 40, 40, 50, 50)


def of(
    detections: pd.DataFrame,
    lesions: pd.DataFrame = LESIONS,
    index: pd.DataFrame = INDEX,
    weights: npt.NDArray[np.float64] | None = None,
) -> dict[str, npt.NDArray[np.float64]]:
    if weights is None:
        weights = np.ones((1, index["patient_id"].nunique()))
    return scores(detections, lesions, index, confidence=0.5, match_iou=0.5, weights=weights)


def ap(found: list[bool], confidence: list[float], lesions: int) -> float:
    everyone = np.zeros(len(found), dtype=np.intp)
    result = average_precision(np.array(found, dtype=bool), np.array(confidence), everyone, np.array([lesions]), ONE)
    return float(result[0])


# Average precision


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
    index = INDEX.assign(patient_id="P")
    alone, drawn = of(OPERATING, LESIONS, index), of(OPERATING)
    assert all(alone[name] == pytest.approx(drawn[name]) for name in NAMES)


def real(name: str) -> pd.DataFrame:
    return pd.read_csv(REAL / f"{name}.csv", dtype={"image_id": str, "patient_id": str}, keep_default_na=False)


@pytest.mark.parametrize("draw", [[2, 0, 1, 1, 1], [0, 1, 3, 0, 1]])
def test_patient_drawn_twice_counts_like_two_patients(draw: list[int]) -> None:
    frames = {name: real(name) for name in ("detections", "lesions", "index")}
    owner = frames["index"].set_index("image_id")["patient_id"]
    repeated = {}
    for name, frame in frames.items():
        times = frame["image_id"].map(owner).map(dict(zip(sorted(set(owner)), draw, strict=True)))
        copies = [frame[times > copy].assign(copy=str(copy)) for copy in range(max(draw))]
        whole = pd.concat(copies)
        repeated[name] = whole.assign(image_id=whole["image_id"] + "/" + whole["copy"])
    weighted = of(*frames.values(), np.array([draw], dtype=float))
    written_out = of(*repeated.values())
    assert weighted == {name: pytest.approx(value) for name, value in written_out.items()}


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


# Properties


@st.composite
def drawn_boxes(draw: st.DrawFn) -> dict[str, npt.NDArray[np.generic]]:
    """Up to 25 boxes of three patients, with ties of confidence and no more found boxes than lesions."""
    rows = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 20), st.integers(0, 2)), max_size=25))
    found = np.array([row[0] for row in rows], dtype=bool)
    patients = np.array([row[2] for row in rows], dtype=np.intp)
    missed = np.array(draw(st.tuples(*[st.integers(0, 3)] * 3)), dtype=float)
    return {
        "found": found,
        "confidence": np.array([row[1] / 20 for row in rows], dtype=float),
        "patients": patients,
        "lesions_per_patient": np.bincount(patients[found], minlength=3) + missed,
    }


def plain_average_precision(boxes: dict[str, npt.NDArray[np.generic]]) -> float:
    from ultralytics.utils.metrics import compute_ap

    lesions, true, recall, precision = boxes["lesions_per_patient"].sum(), 0, [], []
    if not lesions:
        return np.nan
    for number, box in enumerate(np.argsort(-boxes["confidence"], kind="stable"), start=1):
        true += int(boxes["found"][box])
        recall.append(true / lesions)
        precision.append(true / number)
    return compute_ap(recall, precision)[0] if recall else 0.0


def plain_sensitivity(boxes: dict[str, npt.NDArray[np.generic]], images: float, most: float) -> float:
    lesions, best = boxes["lesions_per_patient"].sum(), 0
    for threshold in boxes["confidence"]:
        kept = boxes["found"][boxes["confidence"] >= threshold]
        if (~kept).sum() / images <= most:
            best = max(best, kept.sum())
    return best / lesions if lesions else np.nan


def plain_calibration_error(boxes: dict[str, npt.NDArray[np.generic]]) -> float:
    number, error = len(boxes["found"]), 0.0
    for upper in range(1, 11):
        inside = (boxes["confidence"] > (upper - 1) / 10) & (boxes["confidence"] <= upper / 10)
        if inside.any():
            gap = boxes["found"][inside].mean() - boxes["confidence"][inside].mean()
            error += inside.sum() / number * abs(gap)
    return error if number else np.nan


@settings(max_examples=60, deadline=None)
@given(drawn_boxes())
def test_weights_of_one_give_what_plain_loops_give(boxes: dict[str, npt.NDArray[np.generic]]) -> None:
    ones, images = np.ones((1, 3)), np.array([1.0, 2, 1])
    bare = {key: boxes[key] for key in ("found", "confidence", "patients")}
    sensitivities = [plain_sensitivity(boxes, images.sum(), most) for most in FALSE_BOXES]
    squared = (boxes["confidence"] - boxes["found"]) ** 2
    assert average_precision(**boxes, weights=ones)[0] == pytest.approx(plain_average_precision(boxes), nan_ok=True)
    assert froc(**boxes, images_per_patient=images, weights=ones)[0] == pytest.approx(sensitivities, nan_ok=True)
    assert calibration_error(**bare, weights=ones)[0] == pytest.approx(plain_calibration_error(boxes), nan_ok=True)
    brier = squared.mean() if len(squared) else np.nan
    assert brier_score(**bare, weights=ones)[0] == pytest.approx(brier, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(drawn_boxes(), st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=4))
def test_doubling_all_weights_changes_nothing(
    boxes: dict[str, npt.NDArray[np.generic]], draws: list[tuple[int, ...]]
) -> None:
    weights, images = np.array(draws, dtype=float), np.array([1.0, 2, 1])
    bare = {key: boxes[key] for key in ("found", "confidence", "patients")}
    for once, twice in (
        [average_precision(**boxes, weights=by * weights) for by in (1, 2)],
        [froc(**boxes, images_per_patient=images, weights=by * weights) for by in (1, 2)],
        [calibration_error(**bare, weights=by * weights) for by in (1, 2)],
        [brier_score(**bare, weights=by * weights) for by in (1, 2)],
    ):
        np.testing.assert_array_equal(once, twice)


@settings(max_examples=60, deadline=None)
@given(drawn_boxes(), st.tuples(*[st.integers(0, 4)] * 3))
def test_order_of_confidences_is_all_that_average_precision_and_froc_see(
    boxes: dict[str, npt.NDArray[np.generic]], draw: tuple[int, ...]
) -> None:
    weights, images = np.array([draw], dtype=float), np.array([1.0, 2, 1])
    squeezed = {**boxes, "confidence": np.log(boxes["confidence"]) * 3 - 7}
    np.testing.assert_array_equal(
        average_precision(**boxes, weights=weights), average_precision(**squeezed, weights=weights)
    )
    np.testing.assert_array_equal(
        froc(**boxes, images_per_patient=images, weights=weights),
        froc(**squeezed, images_per_patient=images, weights=weights),
    )
