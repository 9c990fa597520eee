"""How all figures look: colours that the colour-blind and a grey print tell apart, contours, boxes, files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

TRUTH = "#00b37a"
PREDICTION = "#ff4b1f"
BOX = "#f0e442"
"""On grey images: truth solid, predictions dashed, the detector's boxes thin."""

DASHES = (0, (3, 2))
"""Of predictions: what lies under them shows through the gaps."""

PANEL = 2.4
"""Width of a picture in print, inches."""

TALLEST = 1.5
"""Height over width up to which a picture fills its panel's width."""

BRANCH_COLOURS = {
    "direct": "#0072b2",
    "guided": "#d55e00",
    "guided_fallback": "#cc79a7",
    "cascade": "#882255",
    "oracle": "#009e73",
    "direct_ungated": "#56b4e9",
    "guided_ungated": "#e69f00",
    "silent": "#000000",
    "everything": "#7f7f7f",
}
"""Okabe and Ito's, but for the cascade: their yellow is too pale for a thin line."""

BRANCH_MARKERS = {
    "direct": "o",
    "guided": "s",
    "guided_fallback": "^",
    "cascade": "*",
    "oracle": "D",
    "direct_ungated": "v",
    "guided_ungated": "P",
    "silent": "x",
    "everything": "+",
}

PATHOLOGY_COLOURS = {"normal": "#7f7f7f", "benign": "#0072b2", "malignant": "#d55e00", "unknown": "#cc79a7"}
PATHOLOGY_MARKERS = {"normal": "x", "benign": "o", "malignant": "^", "unknown": "s"}

mpl.rcParams.update(
    {
        "figure.facecolor": "white",
        "font.size": 9,
        "axes.titlesize": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.alpha": 0.3,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "svg.hashsalt": "guidedseg",  # the same names inside the file whenever it is made
    }
)


def new(width: float, height: float) -> Figure:
    """An empty figure, inches; ``figure.subplots`` gives the axes. Not pyplot's: nothing to close, no global state."""
    return Figure(figsize=(width, height), layout="constrained")


def note(text: str) -> Figure:
    """A figure that says why there is nothing to see."""
    figure = new(7, 1)
    figure.text(0.5, 0.5, text, ha="center", va="center", color="#555555", parse_math=False)
    return figure


def save(figure: Figure, folder: Path, name: str) -> None:
    """``png/NAME.png`` and ``svg/NAME.svg``; no date and no version of matplotlib in them."""
    for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / kind / f"{name}.{kind}", dpi=130, metadata=metadata)


@dataclass(frozen=True)
class Line:
    """A line of pictures on a sheet.

    Attributes:
        shapes: (height, width) of its pictures from the left, pixels; none where there is nothing to show.
        headings: bold, over the panels from the left; a single one may be as wide as the sheet.
        titles: lines of text over each picture.
    """

    shapes: Sequence[tuple[int, ...]]
    headings: Sequence[str] = ()
    titles: int = 1


def sheet(
    lines: Sequence[Line], columns: int, *, width: float = PANEL, legend: Sequence[Artist] = ()
) -> tuple[Figure, list[list[Axes]]]:
    """Axes for lines of pictures, placed in exact inches: a layout engine takes seconds for 30 pictures.

    Args:
        lines: from the top.
        columns: panels that fit beside each other.
        width: of a panel, inches.
        legend: artists with labels, explained on a dark strip at the top, as they look on an image.

    Returns:
        The figure, and the axes of every line.
    """
    gap, letter, strip = 0.1, 0.14, 0.28 if legend else 0.0
    above, high = [], []
    for line in lines:
        rows_of_text = max((text.count("\n") + 1 for text in line.headings), default=-1) + 1
        above.append(letter * (rows_of_text + (line.titles if line.shapes else 0)))
        high.append(width * min(max((rows / columns for rows, columns in line.shapes), default=0.0), TALLEST))
    across, total = gap + columns * (width + gap), strip + sum(above) + sum(high) + gap * (len(lines) + 1)
    figure = Figure(figsize=(across, total))
    lefts = [(gap + column * (width + gap)) / across for column in range(columns)]
    grid, y = [], total - strip
    for line, top, height in zip(lines, above, high, strict=True):
        for left, heading in zip(lefts, line.headings, strict=False):
            figure.text(left, (y - letter) / total, heading, va="top", fontsize=8, fontweight="bold", parse_math=False)
        y -= gap + top + height
        corners = zip(lefts, line.shapes, strict=False)
        grid.append([figure.add_axes((left, y / total, width / across, height / total)) for left, _ in corners])
    if legend:
        figure.legend(
            handles=legend,
            loc="upper left",
            bbox_to_anchor=(lefts[0], 1 - gap / total),
            borderaxespad=0,
            ncols=len(legend),
            fontsize=7,
            frameon=True,
            fancybox=False,
            framealpha=1,
            facecolor="#333333",
            edgecolor="none",
            labelcolor="white",
            handlelength=3,
            columnspacing=1.2,
        )
    return figure, grid


def short(name: str, width: float) -> str:
    """A name that fits over a picture ``width`` inches wide: the beginning and the end of a long one."""
    most = int(14 * width)
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-((most - 1) // 2) :]}"


def about(image_id: str, pathology: str, width: float = PANEL) -> str:
    """Title of a picture that is ``width`` inches wide."""
    return f"{short(image_id, width - 0.8)}, {pathology}"


def picture(axes: Axes, image: npt.NDArray[np.uint8], title: str = "") -> None:
    """A grey image (H, W) without ticks; its title is text and no formula, whatever dollar signs a name has."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[])
    axes.autoscale(enable=False)  # a box at the edge would widen the view
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.set_title(title, fontsize=7, loc="left", parse_math=False)


def contour(axes: Axes, mask: npt.NDArray[np.bool_], colour: str, *, dashed: bool = False) -> None:
    """The outlines of a mask (H, W), holes included."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        closed = np.vstack([outline[:, 0], outline[:1, 0]])
        axes.plot(closed[:, 0], closed[:, 1], color=colour, linewidth=1.2, linestyle=DASHES if dashed else "-")


def box(axes: Axes, corners: npt.NDArray[np.float64], colour: str, *, dashed: bool = False) -> None:
    """A box x0, y0, x1, y1."""
    x0, y0, x1, y1 = (float(value) for value in corners)
    style = "--" if dashed else "-"
    axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, linewidth=1, linestyle=style))
