"""The detector's boxes against the true ones (the paper's Figure 4)."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from guidedseg.names import BOX
from guidedseg.reporting import selection
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results

HEADINGS = {
    "found": "All lesions found: confidence at the quantiles 0, 33, 67, 100 %",
    "missed": "A lesion missed: largest first",
    "false": "False boxes: highest confidence first",
}

LINES: dict[str, tuple[str, Literal["-", ":", "--", "-."]]] = {
    "lesion, found": (style.TRUTH, "-"),
    "lesion, missed": ("#56d0ff", ":"),
    "box that finds a lesion": (style.BOX, "--"),
    "false box": (style.PREDICTION, "-."),
}
"""Kind of box -> colour, line."""

LABEL = (0.25, 0.12)
"""Width and height of a confidence in print, inches."""


def groups(results: Results) -> dict[str, list[str]]:
    """Group -> image ids."""
    return selection.detections(results.boxes, results.lesions, results.operating.confidence)


def images(results: Results) -> Sequence[str]:
    """Of all groups."""
    return [image_id for chosen in groups(results).values() for image_id in chosen]


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:
    """A line per group."""
    chosen = groups(results)
    lines = [
        style.Line([cases[name].image.shape for name in names], [HEADINGS[group] + ("" if names else ": none")], 2)
        for group, names in chosen.items()
    ]
    legend = [
        Line2D([], [], color=colour, linestyle=line, linewidth=1.4, label=label)
        for label, (colour, line) in LINES.items()
    ]
    figure, grid = style.sheet(lines, selection.SHOWN, legend=legend)
    for line, names in zip(grid, chosen.values(), strict=True):
        for axes, name in zip(line, names, strict=True):
            _panel(axes, cases[name])
    return figure


def _panel(axes: Axes, case: Case) -> None:
    found, false = int(case.lesions["found"].sum()), int((~case.boxes["found"]).sum())
    counts = f"lesions found: {found} of {len(case.lesions)}; false boxes: {false}"
    style.picture(axes, case.image, f"{style.about(case.image_id, case.pathology)}\n{counts}")
    kinds = np.where(case.lesions["found"], "lesion, found", "lesion, missed")
    for corners, kind in zip(case.lesions[BOX].to_numpy(float), kinds, strict=True):
        _rectangle(axes, corners, kind)
    kinds = np.where(case.boxes["found"], "box that finds a lesion", "false box")
    corners = case.boxes[BOX].to_numpy(float)
    places = free_places(corners, case.image.shape)
    for box, kind, confidence, place in zip(corners, kinds, case.boxes["confidence"], places, strict=True):
        _rectangle(axes, box, kind)
        if place is not None:
            axes.text(
                *place,
                f"{confidence:.2f}",
                color=LINES[kind][0],
                fontsize=7,
                va="top",
                bbox={"facecolor": "black", "alpha": 0.7, "linewidth": 0, "pad": 0.8},
            )


def _rectangle(axes: Axes, corners: npt.NDArray[np.float64], kind: str) -> None:
    (x0, y0, x1, y1), (colour, line) = corners - 0.5, LINES[kind]  # the first pixel's centre is at 0
    outline = [withStroke(linewidth=2.2, foreground="black")] if line == "-" else []
    axes.add_patch(
        Rectangle(
            (x0, y0),
            x1 - x0,
            y1 - y0,
            fill=False,
            edgecolor=colour,
            linewidth=1.4,
            linestyle=line,
            path_effects=outline,
        )
    )


def free_places(corners: npt.NDArray[np.float64], shape: tuple[int, ...]) -> list[tuple[float, float] | None]:
    """Where confidences stand: at a corner of their box, inside the image, none over another.

    Args:
        corners: (K, 4) x0, y0, x1, y1; the first are served first.
        shape: height and width of the image.

    Returns:
        x, y of a label's upper left corner, None where no corner is free.
    """
    height, width = shape
    wide, high = (side * max(width, height / style.TALLEST) / style.PANEL for side in LABEL)
    taken: list[tuple[float, float]] = []
    places: list[tuple[float, float] | None] = []
    for x0, y0, x1, y1 in corners.tolist():
        tried = [(x, y) for y in (y0 - high, y1, y0, y1 - high) for x in (x0, x1 - wide)]
        inside = [(min(max(x, 0), width - wide), min(max(y, 0), height - high)) for x, y in tried]
        free = [(x, y) for x, y in inside if all(abs(x - left) >= wide or abs(y - top) >= high for left, top in taken)]
        places.append(free[0] if free else None)
        taken += free[:1]
    return places


def caption(results: Results) -> str:
    """What counts, and which images."""
    chosen = groups(results)
    empty = [HEADINGS[group].split(":")[0] for group, names in chosen.items() if not names]
    return (
        f"The detector's boxes at the operating confidence {results.operating.confidence:.3f} with their confidences "
        "(where there is room), and the true boxes. A box finds a lesion from an IoU of "
        f"{results.match_iou:g} on. Up to {selection.SHOWN} images each: with all lesions found, at the quantiles 0, "
        "33, 67 and 100 % of the best finding box's confidence; with a missed lesion, the largest first; with false "
        "boxes, the highest confidence first. Each image once."
        + (f" Without any image: {'; '.join(empty)}." if empty else "")
        + ("" if len(results.counted) else " The detector found nothing at that confidence.")
        + ("" if len(results.lesions) else " No test image has a lesion.")
    )


def alt(results: Results) -> str:
    """Names and confidences by group."""
    counted, parts = results.counted, []
    for group, names in groups(results).items():
        each = []
        for name in names:
            own = counted[counted["image_id"] == name].itertuples()
            said = [f"{row.confidence:.2f}{' false' if row.finds < 0 else ''}" for row in own]
            each.append(f"{name} ({', '.join(said) or 'no box'})")
        parts.append(f"{HEADINGS[group].split(':')[0]}: {', '.join(each) or 'none'}.")
    return f"The detector's boxes with their confidences. {' '.join(parts)}"


FIGURE = Kind("boxes", "The detector's boxes", caption, alt, draw, images)
