"""Scores of ranked boxes on drawn ones: equal to plain loops, and blind to what must not matter."""

import tracemalloc

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import guidedseg.detection.yolo  # noqa: F401 - sets the environment that Ultralytics is to be imported in
from guidedseg.evaluation.box_ranking import average_precision, brier_score, calibration_error, froc

FALSE_BOXES = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)


@st.composite
def drawn_boxes(draw: st.DrawFn) -> dict[str, npt.NDArray[np.generic]]:
    """Up to 25 boxes of three groups, with ties of confidence and no more found boxes than lesions."""
    rows = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 20), st.integers(0, 2)), max_size=25))
    found = np.array([row[0] for row in rows], dtype=bool)
    groups = np.array([row[2] for row in rows], dtype=np.intp)
    missed = np.array(draw(st.tuples(*[st.integers(0, 3)] * 3)), dtype=float)
    return {
        "found": found,
        "confidence": np.array([row[1] / 20 for row in rows], dtype=float),
        "groups": groups,
        "lesions_per_group": np.bincount(groups[found], minlength=3) + missed,
    }


def plain_average_precision(boxes: dict[str, npt.NDArray[np.generic]]) -> float:
    from ultralytics.utils.metrics import compute_ap

    lesions, true, recall, precision = boxes["lesions_per_group"].sum(), 0, [], []
    if not lesions:
        return np.nan
    for number, box in enumerate(np.argsort(-boxes["confidence"], kind="stable"), start=1):
        true += int(boxes["found"][box])
        recall.append(true / lesions)
        precision.append(true / number)
    return compute_ap(recall, precision)[0] if recall else 0.0


def plain_sensitivity(boxes: dict[str, npt.NDArray[np.generic]], images: float, most: float) -> float:
    lesions, best = boxes["lesions_per_group"].sum(), 0
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
    bare = {key: boxes[key] for key in ("found", "confidence", "groups")}
    sensitivities = [plain_sensitivity(boxes, images.sum(), most) for most in FALSE_BOXES]
    squared = (boxes["confidence"] - boxes["found"]) ** 2
    assert average_precision(**boxes, weights=ones)[0] == pytest.approx(plain_average_precision(boxes), nan_ok=True)
    assert froc(**boxes, images_per_group=images, weights=ones)[0] == pytest.approx(sensitivities, nan_ok=True)
    assert calibration_error(**bare, weights=ones)[0] == pytest.approx(plain_calibration_error(boxes), nan_ok=True)
    brier = squared.mean() if len(squared) else np.nan
    assert brier_score(**bare, weights=ones)[0] == pytest.approx(brier, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(drawn_boxes(), st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=4))
def test_doubling_all_weights_changes_nothing(
    boxes: dict[str, npt.NDArray[np.generic]], draws: list[tuple[int, ...]]
) -> None:
    weights, images = np.array(draws, dtype=float), np.array([1.0, 2, 1])
    bare = {key: boxes[key] for key in ("found", "confidence", "groups")}
    for once, twice in (
        [average_precision(**boxes, weights=by * weights) for by in (1, 2)],
        [froc(**boxes, images_per_group=images, weights=by * weights) for by in (1, 2)],
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
        froc(**boxes, images_per_group=images, weights=weights),
        froc(**squeezed, images_per_group=images, weights=weights),
    )


@settings(max_examples=60, deadline=None)
@given(drawn_boxes(), st.tuples(*[st.integers(0, 4)] * 3))
def test_drawing_a_group_again_puts_a_copy_of_each_of_its_boxes_next_to_it(
    boxes: dict[str, npt.NDArray[np.generic]], draw: tuple[int, ...]
) -> None:
    weights = np.array([draw], dtype=float)
    times = weights[0, boxes["groups"]].astype(int)
    written_out = {key: np.repeat(boxes[key], times) for key in ("found", "confidence", "groups")}
    written_out["lesions_per_group"] = boxes["lesions_per_group"] * weights[0]
    expected = plain_average_precision(written_out)
    assert average_precision(**boxes, weights=weights)[0] == pytest.approx(expected, nan_ok=True)


def test_memory_does_not_grow_with_boxes_times_groups() -> None:
    # 20,000 boxes x 5,000 groups x 8 bytes would be 800 MB
    rng = np.random.default_rng(0)
    found, confidence, groups = rng.random(20_000) < 0.1, rng.random(20_000), rng.integers(0, 5_000, 20_000)
    lesions, images = np.bincount(groups[found], minlength=5_000) + 1.0, np.ones(5_000)
    weights = rng.integers(0, 3, (4, 5_000)).astype(float)
    tracemalloc.start()
    average_precision(found, confidence, groups, lesions, weights)
    froc(found, confidence, groups, lesions, images, weights)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
