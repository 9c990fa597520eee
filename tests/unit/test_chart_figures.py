"""The chart figures: which numbers they show, and how they stand where there is little or nothing to show."""

import copy
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawings import FRAME, Drawing, nothing, square
from dvc_render.vega import VegaRenderer
from matplotlib.colors import to_hex
from runs import run_of

from guidedseg.evaluation.counts import BRANCHES
from guidedseg.evaluation.rules import RULES
from guidedseg.reporting.figures import detector, lesion_size, patients, reliability, rules, training

TEMPLATES = Path(__file__).parents[2] / ".dvc/plots"
CHARTS = {module.FIGURE.name: module for module in (lesion_size, patients, detector, reliability, rules, training)}
LESION = square(8, 8, 8)  # 64 of 1024 pixels: 6.25 %
BOX = (8, 8, 16, 16)


def image(name, truth=LESION, *, direct=None, guided=None, confidence=0.9, **changes):
    """An image; ``guided`` is the mask in a box of the frame, no box without one."""
    boxes = () if guided is None else ((confidence, FRAME, guided),)
    true = ((BOX, truth),) if truth.any() else ()
    pathology = "benign" if truth.any() else "normal"
    given = {"image_id": name, "pathology": pathology, **changes}
    return Drawing(truth, nothing() if direct is None else direct, boxes, true, **given)


NORMAL = image("n", nothing())
HIT = image("a $x^2$ <script>", direct=LESION)._replace(boxes=((0.9, BOX, square(0, 0, 32)),), patient_id="P $x^2$ <b>")
MISS = image("b", patient_id="Q", pathology="malignant")
FALSE = image("f", nothing(), direct=LESION, guided=LESION, confidence=0.3)
RUNS = {
    "one lesion": run_of(HIT),
    "one miss without a box": run_of(MISS),
    "one normal with a weak box": run_of(FALSE),
    "all": run_of(NORMAL, HIT, MISS, FALSE),
}


def figure_of(name, run):
    return CHARTS[name].FIGURE.draw(run, {})


def texts(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def points(axes, marker):
    """What is drawn with a marker, (x, y) each."""
    lines = [line for line in axes.lines if line.get_marker() == marker]
    return sorted((float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True))


# All of them


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("name", CHARTS)
def test_chart_stands_and_speaks_whatever_the_run_has(name, run) -> None:
    figure = figure_of(name, run)
    figure.draw_without_rendering()
    words = [*texts(figure), CHARTS[name].FIGURE.caption(run), CHARTS[name].FIGURE.alt(run)]
    assert not any(re.search(r"\b(nan|None)\b", text) for text in words)
    assert all(len(text) > 20 for text in words[-2:])


def test_chart_is_the_same_bytes_whenever_made() -> None:
    one, other = io.BytesIO(), io.BytesIO()
    for target in (one, other):
        figure_of("patients", RUNS["all"]).savefig(target, format="svg", metadata={"Date": None})
    assert one.getvalue() == other.getvalue()


# Lesion size


def sized(name, side, outlined, **changes):
    truth = square(8, 8, side)
    return image(name, truth, direct=truth if outlined else nothing(), **changes)


SIZED = run_of(
    # terciles by area: sides 4 and 5, 6 and 7, 8 and 9; in this order the Dice of direct is 1 0, 1 1, 0 0
    sized("e", 8, False),
    sized("a", 4, True, pathology="malignant"),
    sized("b", 5, False),
    sized("c", 6, True),
    sized("f", 9, False),
    sized("d", 7, True),
    NORMAL,
)


def test_images_without_lesion_have_no_place_over_lesion_area() -> None:
    shown = lesion_size.points(SIZED)
    assert shown["image_id"].tolist() == ["a", "b", "c", "d", "e", "f"]
    assert shown["share"].tolist() == pytest.approx([100 * side**2 / 1024 for side in (4, 5, 6, 7, 8, 9)])
    assert shown["direct"].tolist() == [1, 0, 1, 1, 0, 0]


def test_median_of_each_third_by_lesion_area() -> None:
    table = lesion_size.medians(lesion_size.points(SIZED), "direct")
    assert table.index.tolist() == ["small", "medium", "large"]
    assert table["median"].tolist() == [0.5, 1, 0]
    assert table["last"].tolist() == pytest.approx([100 * side**2 / 1024 for side in (5, 7, 9)])


def test_panels_share_axes_and_a_miss_is_seen_whole() -> None:
    direct, guided = figure_of("lesion_size", SIZED).axes
    assert [axes.get_title() for axes in (direct, guided)] == [
        "direct: median 50.0 %, 3 of 6 at 0",
        "guided: median 0.0 %, 6 of 6 at 0",  # no box anywhere
    ]
    assert direct.get_xlim() == guided.get_xlim()
    assert direct.get_xscale() == "log"
    assert points(direct, "^") == [(100 * 16 / 1024, 1.0)]
    benign = points(direct, "o")
    assert (100 * 25 / 1024, 0.0) in benign
    assert len(benign) == 5
    assert not any(line.get_clip_on() for line in direct.lines if line.get_marker() == "o")


def test_pathologies_differ_in_colour_and_marker() -> None:
    lines = [line for line in figure_of("lesion_size", SIZED).axes[0].lines if line.get_marker() in {"o", "^"}]
    assert {(line.get_marker(), to_hex(line.get_color())) for line in lines} == {("o", "#0072b2"), ("^", "#d55e00")}


def test_no_lesion_no_sizes() -> None:
    assert texts(figure_of("lesion_size", RUNS["one normal with a weak box"])) == ["No test image has a lesion."]


@pytest.mark.parametrize("side", [1, 2, 3, 13, 17, 24])
def test_axis_of_a_single_area_has_a_tick(side) -> None:
    run = RUNS["one lesion"]
    evaluation = replace(run.evaluation, images=run.evaluation.images.assign(lesion_px=side**2))
    axes = figure_of("lesion_size", replace(run, evaluation=evaluation)).axes[0]
    low, high = axes.get_xlim()
    assert any(low < tick < high for tick in axes.get_xticks())


# Patients

PATIENTS = run_of(
    image("1", direct=LESION, patient_id="P"),  # direct 1 and 0, guided 0 and 1
    image("2", guided=LESION, patient_id="P"),
    image("3", guided=LESION, patient_id="Q$"),
    image("4", nothing(), patient_id="Q$"),  # silence on a normal: 1 and 1
    image("5", nothing(), patient_id="Q$"),
    image("6", direct=LESION, patient_id="S"),
    image("7", direct=LESION, patient_id="R"),
)


def test_patients_by_falling_direct_dice_then_by_name() -> None:
    table = patients.means(PATIENTS)
    assert table.index.tolist() == ["R", "S", "Q$", "P"]
    assert table["direct"].tolist() == pytest.approx([1, 1, 2 / 3, 1 / 2])
    assert table["guided"].tolist() == pytest.approx([0, 0, 1, 1 / 2])
    assert table["images"].tolist() == [1, 1, 3, 2]


def test_line_joins_both_dots_of_a_patient() -> None:
    (axes,) = figure_of("patients", PATIENTS).axes
    assert points(axes, "o") == [(1 / 2, 3), (pytest.approx(2 / 3), 2), (1, 0), (1, 1)]
    assert points(axes, "s") == [(0, 0), (0, 1), (1 / 2, 3), (1, 2)]
    joined = [segment[:, 0].tolist() for segment in axes.collections[0].get_segments()]
    assert joined == [pytest.approx(ends) for ends in ([1, 0], [1, 0], [2 / 3, 1], [1 / 2, 1 / 2])]


def test_patient_names_are_text_and_carry_their_images() -> None:
    labels = figure_of("patients", PATIENTS).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["R  (1 of 1)", "S  (1 of 1)", "Q$  (1 of 3)", "P  (2 of 2)"]
    assert not any(label.get_parse_math() for label in labels)


def test_patients_in_words() -> None:
    # R and S lose, Q$ gains, P stays
    assert patients.FIGURE.alt(PATIENTS).startswith(
        "Of 4 patients the guided approach has the higher mean Dice for 1, the lower for 2;"
    )


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
    score = DETECTED.scores["detection"]["ap50"]
    low, high = (f"{100 * score[name]:.1f}" for name in ("ci_low", "ci_high"))
    # precision at recall 0 to 0.49: 1, at 0.5 to 0.99: 2/3, at 1: 0, trapezoids
    title = figure_of("detector", DETECTED).axes[1].get_title()
    assert title == f"Precision and recall: AP50 {100 * (0.01 * (50 + 50 * 2 / 3) - 0.005):.1f} ({low} to {high}) %"


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


# Rules


def test_table_has_every_branch_under_every_rule_in_percent() -> None:
    table = rules.table(RUNS["all"])
    assert table.columns.tolist() == ["branch", "rule", "dice", "ci_low", "ci_high"]
    assert list(zip(table["rule"], table["branch"], strict=True)) == [(r, b) for r in RULES for b in BRANCHES]
    dice = table.set_index(["rule", "branch"])["dice"]
    # direct, strict: silence on a normal 1, hit 1, miss 0, false positive 0
    assert dice["strict", "direct"] == 50
    # literal: the normal and the miss have no box, 1 each, the hit 1; the weak box of `f` is none at 0.5, so 1
    assert dice["literal", "guided"] == 100
    assert dice["literal", "silent"] == 100
    assert dice["strict", "silent"] == 50
    assert dice["lesion", "silent"] == 0


LESIONS_ONLY = run_of(image("a", direct=LESION, guided=LESION), image("b", direct=LESION, guided=square(8, 8, 4, 8)))


def test_only_the_rule_that_silence_wins_is_shaded() -> None:
    shaded = [
        axes.get_title(loc="left").split(":")[0]
        for axes in figure_of("rules", LESIONS_ONLY).axes
        if to_hex(axes.get_facecolor()) == rules.SILENCE
    ]
    assert shaded == ["literal"]


def test_dot_interval_and_printed_value_of_a_branch() -> None:
    strict = figure_of("rules", LESIONS_ONLY).axes[0]
    score = LESIONS_ONLY.scores["branches"]["guided"]["strict"]["dice"]
    # 1 and 2 * 32 / (64 + 32), one patient: every draw is the sample
    assert score["value"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-6)
    assert points(strict, "s") == [(pytest.approx(500 / 6, abs=1e-4), 1)]
    assert strict.texts[1].get_text() == "83.3 (83.3 to 83.3)"
    assert [label.get_text() for label in strict.get_yticklabels()][:2] == ["direct", "guided"]


def test_interval_is_a_line_from_low_to_high() -> None:
    scores = copy.deepcopy(RUNS["all"].scores)
    scores["branches"]["guided"]["strict"]["dice"] = {"value": 0.6, "ci_low": 0.4, "ci_high": 0.9}
    strict = figure_of("rules", replace(RUNS["all"], scores=scores)).axes[0]
    line = next(line for line in strict.lines if list(line.get_xdata()) == [40, 90])
    assert list(line.get_ydata()) == [1, 1]  # the second row
    assert strict.texts[1].get_text() == "60.0 (40.0 to 90.0)"


def test_score_that_does_not_exist_is_a_dash_without_a_dot() -> None:
    run = RUNS["one normal with a weak box"]
    lesion = figure_of("rules", run).axes[RULES.index("lesion")]
    assert not lesion.lines
    assert [text.get_text() for text in lesion.texts] == ["-"] * len(BRANCHES)
    rows = rules.table(run).query("rule == 'lesion'")
    assert rows[["dice", "ci_low", "ci_high"]].isna().all(axis=None)
    assert not rules.rewards_silence(rows)


def test_few_patients_are_told() -> None:
    assert "unreliable" in rules.FIGURE.caption(RUNS["all"])
    sample = {**RUNS["all"].scores["sample"], "intervals_reliable": True}
    many = replace(RUNS["all"], scores={**RUNS["all"].scores, "sample": sample})
    assert "unreliable" not in rules.FIGURE.caption(many)


# Training


def curve(*dice):
    epochs = np.arange(1, len(dice) + 1)
    return pd.DataFrame({"epoch": epochs, "train_loss": 1 / epochs, "val_loss": 2 / epochs, "val_dice": dice})


TRAINED = replace(RUNS["all"], segmenters={"direct": curve(0.2, 0.6, 0.6, 0.5), "guided": curve(0.7)})


def test_star_is_the_first_best_epoch() -> None:
    dice, loss = figure_of("training", TRAINED).axes[:2]
    assert points(dice, "*") == [(1, 0.7), (2, 0.6)]
    assert points(loss, "*") == [(1, 2), (2, 1)]
    assert [text.get_text() for text in dice.get_legend().get_texts()] == [
        "direct: 0.600 in epoch 2",
        "guided: 0.700 in epoch 1",
    ]


def test_losses_of_the_detector_have_a_panel_where_they_are_known() -> None:
    assert len(figure_of("training", TRAINED).axes) == 3
    losses = {f"{part}_{name}_loss": 1.0 for part in ("train", "val") for name in ("box", "cls", "dfl")}
    panels = figure_of("training", replace(TRAINED, detector=TRAINED.detector.assign(**losses))).axes
    assert len(panels) == 4
    assert {text.get_text() for text in panels[3].get_legend().get_texts()} == {
        f"{name}, {part}" for part in ("training", "validation") for name in ("box", "cls", "dfl")
    }
    looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in panels[3].lines}
    assert len(looks) == 6


# DVC's own plot of the rules


def filled_template() -> dict:
    rows = rules.table(RUNS["all"]).assign(rev="workspace").to_dict("records")
    chart = VegaRenderer(rows, "plot", template="intervals", template_dir=str(TEMPLATES), x="dice", y="branch")
    return chart.get_filled_template()


def test_template_is_filled_without_a_rest() -> None:
    assert "<DVC_" not in json.dumps(filled_template())


def test_template_uses_the_table_and_its_order() -> None:
    template = filled_template()
    assert template["facet"]["row"]["sort"] == list(RULES)
    encoding = template["spec"]["encoding"]
    assert encoding["y"]["sort"] == list(BRANCHES)
    assert encoding["color"]["field"] == encoding["yOffset"]["field"] == "rev"  # revisions side by side
    named = {template["facet"]["row"]["field"], encoding["y"]["field"], *(tip["field"] for tip in encoding["tooltip"])}
    assert named == {*rules.table(RUNS["all"]).columns, "rev"}
