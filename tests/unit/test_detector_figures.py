"""The figures of the detector's boxes: FROC, precision and recall, reliability."""

from dataclasses import replace

import pytest
from charts import BOX, LESION, RUNS, figure_of, image, points, texts
from drawings import nothing
from runs import run_of

from guidedseg.reporting.figures import detector

# Detector. 2 lesions, 4 images. By falling confidence, false boxes per image, sensitivity, precision:
#   0.9 hit 0, 1/2, 1/1 | 0.6 false 1/4, 1/2, 1/2 | 0.4 hit 1/4, 2/2, 2/3 | 0.2 false 2/4, 2/2, 2/4


def boxed(name, *boxes, truth=LESION):
    tiles = tuple((confidence, box, nothing()) for confidence, box in boxes)
    return image(name, truth)._replace(boxes=tiles)


ELSEWHERE = (20, 20, 28, 28)
DETECTED = run_of(
    boxed("a", (0.9, BOX)),
    boxed("b", (0.4, BOX)),
    boxed("m", (0.2, ELSEWHERE), truth=nothing()),
    boxed("n", (0.6, ELSEWHERE), truth=nothing()),
)


def test_operating_point_is_the_last_threshold_that_counts() -> None:
    point = detector.operating_point(DETECTED)  # at 0.5: the boxes of 0.9 and 0.6
    assert point[["confidence", "false_boxes_per_image", "sensitivity", "precision"]].tolist() == [
        0.6,
        1 / 4,
        1 / 2,
        1 / 2,
    ]


def test_both_curves_and_the_operating_point_on_them() -> None:
    froc, precision = figure_of("detector", DETECTED).axes
    steps = froc.lines[0]
    assert steps.get_drawstyle() == "steps-post"
    assert steps.get_xdata().tolist() == [0, 0, 1 / 4, 1 / 4, 1 / 2]
    assert steps.get_ydata().tolist() == [0, 1 / 2, 1 / 2, 1, 1]
    assert points(froc, "*") == [(1 / 4, 1 / 2)]
    assert precision.lines[0].get_xdata().tolist() == [1 / 2, 1 / 2, 1, 1]
    assert precision.lines[0].get_ydata().tolist() == pytest.approx([1, 1 / 2, 2 / 3, 1 / 2])
    assert points(precision, "*") == [(1 / 2, 1 / 2)]


def test_froc_marks_an_eighth_to_eight_false_boxes_per_image() -> None:
    froc = figure_of("detector", DETECTED).axes[0]
    assert [tick.get_text() for tick in froc.get_xticklabels()] == ["0", "1/8", "1/4", "1/2", "1", "2", "4", "8"]
    assert points(froc, "o") == [(1 / 8, 1 / 2), (1 / 4, 1), (1 / 2, 1), (1, 1), (2, 1), (4, 1), (8, 1)]
    dotted = next(line for line in froc.lines if line.get_linestyle() == ":")
    assert dotted.get_xdata().tolist() == [1 / 2, 8]  # no boxes are left


def test_average_precision_is_told_with_its_interval() -> None:
    score = {**DETECTED.scores["detection"]["ap50"], "ci_low": 0.25, "ci_high": 0.9, "groups": 4}
    detection = {**DETECTED.scores["detection"], "ap50": score}
    run = replace(DETECTED, scores={**DETECTED.scores, "detection": detection})
    # precision at recall 0 to 0.49: 1, at 0.5 to 0.99: 2/3, at 1: 0, trapezoids
    title = figure_of("detector", run).axes[1].get_title()
    assert title == f"Precision and recall: AP50 {100 * (0.01 * (50 + 50 * 2 / 3) - 0.005):.1f} (25.0 to 90.0)? %"


def test_no_box_at_the_operating_confidence_no_star() -> None:
    scores = {**DETECTED.scores, "operating": {**DETECTED.scores["operating"], "confidence": 0.95}}
    run = replace(DETECTED, scores=scores)
    assert detector.operating_point(run) is None
    assert not any(points(axes, "*") for axes in figure_of("detector", run).axes)
    assert "No box reaches the operating confidence 0.95" in detector.FIGURE.alt(run)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ("one normal with a weak box", "No test image has a lesion that a box could find."),
        ("one miss without a box", "The detector gives no box on the test images."),
    ],
)
def test_nothing_to_find_or_nothing_found(run, reason) -> None:
    assert texts(figure_of("detector", RUNS[run])) == [reason]


# Reliability


def test_curves_stand_over_the_counts_they_rest_on() -> None:
    figure = figure_of("reliability", DETECTED)
    upper, lower = figure.axes[0], figure.axes[3]
    # each of the four boxes has a bin of its own; 0.4 and 0.9 find a lesion
    assert upper.lines[1].get_xdata().tolist() == pytest.approx([0.2, 0.4, 0.6, 0.9])
    assert upper.lines[1].get_ydata().tolist() == [0, 1, 0, 1]
    assert [(bar.get_x(), bar.get_height()) for bar in lower.patches] == [
        (pytest.approx(at), 1) for at in (0.1, 0.3, 0.5, 0.8)
    ]
    assert lower.get_yscale() == "log"


def test_calibration_errors_are_in_the_titles() -> None:
    # boxes: (0.2 + 0.6 + 0.6 + 0.1) / 4; direct: 128 of 4096 pixels are lesion at probability 0; guided: likewise
    assert [axes.get_title() for axes in figure_of("reliability", DETECTED).axes[:3]] == [
        "boxes: calibration error 37.5 %",
        "direct masks: calibration error 3.1 %",
        "guided masks: calibration error 3.1 %",
    ]


def test_without_boxes_their_panel_says_none() -> None:
    axes = figure_of("reliability", RUNS["one miss without a box"]).axes
    assert axes[0].get_title() == "boxes: none"
    assert len(axes[0].lines) == 1  # the diagonal
    assert not axes[3].patches
