"""Whether probabilities mean what they say: reliability of boxes and masks, with the counts they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from guidedseg.names import MODES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results


@dataclass(frozen=True)
class Curve:
    """One reliability curve.

    Attributes:
        name: of the panel.
        axis: what the bins are of.
        table: lower_edge, number, predicted (mean), observed (share); NaN in an empty bin.
        error: expected calibration error, None without anything to count.
        colour: of the line.
        marker: likewise.
    """

    name: str
    axis: str
    table: pd.DataFrame
    error: float | None
    colour: str
    marker: str

    @property
    def title(self) -> str:
        """The name and its calibration error."""
        return (
            f"{self.name}: none" if self.error is None else f"{self.name}: calibration error {100 * self.error:.1f} %"
        )


def curves(results: Results) -> tuple[Curve, ...]:
    """Of boxes, direct and guided masks."""
    names = ["lower_edge", "number", "predicted", "observed"]
    error = results.scores["detection"]["confidence_ece"]["value"]
    boxes = results.curves["reliability_boxes"].set_axis(names, axis=1)
    masks = [
        Curve(
            f"{mode} masks",
            "probability of the pixels",
            results.curves[f"reliability_{mode}"].set_axis(names, axis=1),
            results.scores["branches"][mode]["mask_calibration"]["ece"]["value"],
            style.BRANCH_COLOURS[mode],
            style.BRANCH_MARKERS[mode],
        )
        for mode in MODES
    ]
    return (Curve("boxes", "confidence of the boxes", boxes, error, "#009e73", "D"), *masks)


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:  # noqa: ARG001
    """A column per curve: the curve above, its counts below."""
    figure = style.new(9, 4.4)
    grid = figure.subplots(2, 3, sharex=True, height_ratios=(3, 1))
    for (upper, lower), curve in zip(grid.T, curves(results), strict=True):
        _panel(upper, lower, curve)
    for axes in grid[0, 1:]:
        axes.tick_params(labelleft=False)
    grid[0, 0].set_ylabel("share that is right")
    grid[1, 0].set_ylabel("count")
    return figure


def _panel(upper: Axes, lower: Axes, curve: Curve) -> None:
    filled = curve.table.dropna()
    upper.plot([0, 1], [0, 1], color="#555555", linestyle=":", linewidth=1)
    upper.set(title=curve.title, xlim=(0, 1), ylim=(0, 1))
    upper.grid()
    lower.set(xlabel=curve.axis, xticks=np.linspace(0, 1, 6))
    if filled.empty:
        lower.set_yticks([])
        return
    upper.plot(
        filled["predicted"], filled["observed"], color=curve.colour, marker=curve.marker, markersize=4.5, clip_on=False
    )
    width = 1 / len(curve.table)
    lower.bar(filled["lower_edge"], filled["number"], width, align="edge", color=curve.colour, edgecolor="white")
    lower.set(yscale="log", ylim=(0.5, max(10, 3 * filled["number"].max())))
    lower.yaxis.set_minor_formatter(NullFormatter())


def caption(results: Results) -> str:
    """How to read it."""
    return (
        f"Of the boxes (pixels) with a probability, the share that finds a lesion at IoU {results.match_iou:g} (is "
        "lesion); calibrated ones lie on the dotted diagonal. Below: how many there are, on a logarithmic scale. Most "
        "pixels are background, which keeps the masks' error small."
    )


def alt(results: Results) -> str:
    """The errors in numbers."""
    return f"Reliability curves. {'; '.join(curve.title for curve in curves(results))}."


FIGURE = Kind("reliability", "Reliability of the probabilities", caption, alt, draw)
