"""What the detector finds: sensitivity over false boxes (FROC), and precision over recall."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from guidedseg.evaluation.box_ranking import FALSE_BOXES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results
from guidedseg.reporting.tables import published
from guidedseg.reporting.tables.wording import percent

COLOUR = "#0072b2"
POINT = {"marker": "*", "color": "#d55e00", "markeredgecolor": "black", "markersize": 14, "linestyle": "", "zorder": 5}


def operating_point(results: Results) -> pd.Series | None:
    """The row of the FROC curve at the operating confidence; None where no box reaches it."""
    kept = results.curves["froc"].query("confidence >= @results.operating.confidence")
    return None if kept.empty else kept.iloc[-1]


def nothing(results: Results) -> str:
    """Why there is no curve; empty where there is one."""
    if results.lesions.empty:
        return "No test image has a lesion that a box could find."
    return "The detector gives no box on the test images." if results.boxes.empty else ""


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:  # noqa: ARG001
    """Two panels, the operating point in both."""
    reason = nothing(results)
    if reason:
        return style.note(reason)
    figure = style.new(9, 3.9)
    froc, precision = figure.subplots(1, 2)
    _froc(froc, results)
    _precision(precision, results)
    point = operating_point(results)
    if point is not None:
        label = f"operating confidence {results.operating.confidence:.3g}"
        froc.plot(point["false_boxes_per_image"], point["sensitivity"], label=label, clip_on=False, **POINT)
        precision.plot(point["sensitivity"], point["precision"], label=label, clip_on=False, **POINT)
    for axes in (froc, precision):
        axes.set_ylim(0, 1)
        axes.grid()
        axes.legend(loc="lower right" if axes is froc else "lower left", frameon=True, edgecolor="none")
    return figure


def _froc(axes: Axes, results: Results) -> None:
    curve = results.curves["froc"]
    false, found = (curve[name].tolist() for name in ("false_boxes_per_image", "sensitivity"))
    most = max(8, *false)
    axes.plot(
        [0, *false],
        [0, *found],
        drawstyle="steps-post",
        color=COLOUR,
        linewidth=1.5,
        label="sensitivity",
        clip_on=False,
    )
    if false[-1] < most:
        axes.plot([false[-1], most], [found[-1]] * 2, color=COLOUR, linestyle=":", label="no weaker boxes")
    scores = [results.scores["detection"][f"froc_{name}"] for name in FALSE_BOXES]
    axes.plot(list(FALSE_BOXES.values()), [score["value"] for score in scores], "o", color=COLOUR, markersize=4)
    for at, score in zip(FALSE_BOXES.values(), scores, strict=True):
        if score["ci_low"] is not None:
            axes.plot([at, at], [score["ci_low"], score["ci_high"]], color=COLOUR, alpha=0.4, linewidth=1)
    axes.set_xscale("symlog", base=2, linthresh=1 / 8, linscale=1)
    axes.set(
        title=f"FROC: mean sensitivity {percent(results.scores['detection']['froc_mean'])} %",
        xlim=(0, 1.1 * most),
        xlabel="false boxes per image",
        ylabel=f"share of lesions found at IoU {results.match_iou:g}",
    )
    axes.set_xticks([0, *FALSE_BOXES.values()], ["0", *(name.replace("_", "/") for name in FALSE_BOXES)])
    axes.set_xticks([], minor=True)


def _precision(axes: Axes, results: Results) -> None:
    curve = results.curves["froc"]
    axes.plot(curve["sensitivity"], curve["precision"], color=COLOUR, linewidth=1.5, clip_on=False, label="precision")
    if len(curve) == 1:
        axes.plot(curve["sensitivity"], curve["precision"], "o", color=COLOUR, clip_on=False)
    axes.set(
        title=f"Precision and recall: AP50 {percent(results.scores['detection']['ap50'])} %",
        xlim=(0, 1),
        xlabel=f"recall: share of lesions found at IoU {results.match_iou:g}",
        ylabel="precision: share of boxes that find one",
    )


def caption(results: Results) -> str:
    """What the marks are; the paper's mAP."""
    if nothing(results):
        return nothing(results)
    return (
        "The detector on the test images, at every confidence; the star is the operating confidence. Dots with bars: "
        f"sensitivity at 1/8 to 8 false boxes per image with its 95 % interval. AP50 needs an IoU of 0.5; the paper's "
        f"detector has mAP50 {published.DETECTOR['ap50']} % and mAP50-95 {published.DETECTOR['ap50_95']} % on its own "
        "split."
    )


def alt(results: Results) -> str:
    """The operating point and the areas in numbers."""
    if nothing(results):
        return nothing(results)
    detection, point = results.scores["detection"], operating_point(results)
    text = f"AP50 {percent(detection['ap50'])} %, mean sensitivity of FROC {percent(detection['froc_mean'])} %."
    if point is None:
        return f"{text} No box reaches the operating confidence {results.operating.confidence:.3g}."
    return (
        f"{text} At confidence {results.operating.confidence:.3g} the detector finds {100 * point['sensitivity']:.1f} "
        f"% of the lesions with {point['false_boxes_per_image']:.2f} false boxes per image; "
        f"{100 * point['precision']:.1f} % of its boxes find one."
    )


FIGURE = Kind("detector", "The detector: FROC and precision over recall", caption, alt, draw)
