"""Scores of ranked boxes on drawn ones: equal to plain loops, and blind to what must not matter."""

import tracemalloc
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import guidedseg.detection.yolo  # noqa: F401 - sets the environment that Ultralytics is to be imported in
from guidedseg.evaluation.box_ranking import average_precision, brier_score, calibration_error, froc

RECALLS = np.linspace(0, 1, 101)
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
    lesions = boxes["lesions_per_group"].sum()
    kept = [boxes["found"][boxes["confidence"] >= threshold] for threshold in boxes["confidence"]]
    points = [(found.sum() / lesions, found.mean()) for found in kept] if lesions else []
    read = [max((precision for at, precision in points if at > recall), default=0.0) for recall in RECALLS]
    return float(np.trapezoid(read, RECALLS)) if lesions else np.nan


def ultralytics_average_precision(boxes: dict[str, npt.NDArray[np.generic]]) -> float:
    from ultralytics.utils.metrics import compute_ap

    true = boxes["found"][np.argsort(-boxes["confidence"])].cumsum()
    lesions = boxes["lesions_per_group"].sum()
    if not lesions:
        return np.nan
    return compute_ap(true / lesions, true / np.arange(1, len(true) + 1))[0] if len(true) else 0.0


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
@given(drawn_boxes())
def test_without_equal_confidences_average_precision_is_ultralytics_own(
    boxes: dict[str, npt.NDArray[np.generic]],
) -> None:
    boxes["confidence"] = boxes["confidence"] + np.arange(len(boxes["confidence"])) / 1000
    expected = ultralytics_average_precision(boxes)
    assert average_precision(**boxes, weights=np.ones((1, 3)))[0] == pytest.approx(expected, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(drawn_boxes(), st.tuples(*[st.integers(0, 4)] * 3), st.randoms(use_true_random=False))
def test_a_group_drawn_twice_is_two_groups_whatever_the_order_of_the_boxes(
    boxes: dict[str, npt.NDArray[np.generic]], draw: tuple[int, ...], shuffled: Random
) -> None:
    copies = [box for box, group in enumerate(boxes["groups"]) for _ in range(draw[group])]
    shuffled.shuffle(copies)
    images, weights, one = np.array([1.0, 2, 1]), np.array([draw], dtype=float), np.ones((1, 1))
    written_out = {
        "found": boxes["found"][copies],
        "confidence": boxes["confidence"][copies],
        "groups": np.zeros(len(copies), dtype=np.intp),
        "lesions_per_group": weights @ boxes["lesions_per_group"],
    }
    np.testing.assert_array_equal(
        average_precision(**boxes, weights=weights), average_precision(**written_out, weights=one)
    )
    np.testing.assert_array_equal(
        froc(**boxes, images_per_group=images, weights=weights),
        froc(**written_out, images_per_group=weights @ images, weights=one),
    )


def test_where_all_confidences_are_equal_the_score_and_every_draw_are_the_same() -> None:
    # six groups with a hit and a false box each, all of 0.5: whoever is drawn, half of the boxes find a lesion. One by
    # one in this order the score itself would be 0.653 and most draws above 0.674
    found, groups = np.array([True, False] * 6), np.repeat(np.arange(6), 2)
    weights = np.vstack([np.ones(6), np.random.default_rng(0).multinomial(6, [1 / 6] * 6, 50)]).astype(float)
    scores = average_precision(found, np.full(12, 0.5), groups, np.ones(6), weights)
    assert scores == pytest.approx([0.5 * 0.995] * 51)


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
