"""Outlines of truth and prediction over the images (the paper's Figure 6)."""

from collections.abc import Mapping

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from guidedseg.names import BOX, MODES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import masks, style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results


def panel(axes: Axes, case: Case, mode: str, title: str) -> None:
    """One image with its true outline, that of one mode and, if that is guided, the detector's boxes.

    Args:
        axes: to draw into.
        case: the image.
        mode: direct or guided.
        title: over it.
    """
    style.picture(axes, case.image, title)
    if mode == "guided":
        for corners in case.boxes[BOX].to_numpy():
            style.box(axes, corners - 0.5, style.BOX)  # the first pixel's centre is at 0
    style.contour(axes, case.truth, style.TRUTH)
    style.contour(axes, case.masks[mode], style.PREDICTION, dashed=True)


def legend(model: str) -> list[Artist]:
    """What the lines of ``panel`` are."""
    return [
        Line2D([], [], color=style.TRUTH, linewidth=1.2, label="truth"),
        Line2D([], [], color=style.PREDICTION, linewidth=1.2, linestyle=style.DASHES, label=f"prediction of {model}"),
        Line2D([], [], color=style.BOX, linewidth=1, label="detector's box"),
    ]


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:
    """Direct and guided of an image beside each other, two images a line."""
    shown = [cases[image_id] for image_id in masks.images(results)]
    if not shown:
        return style.note("There are no test images.")
    lines = [shown[start : start + 2] for start in range(0, len(shown), 2)]
    figure, grid = style.sheet(
        [style.Line([case.image.shape for case in line for _ in MODES], titles=2) for line in lines],
        columns=len(lines[0]) * len(MODES),
        legend=legend(results.model),
    )
    pairs = [(case, mode) for case in shown for mode in MODES]
    for axes, (case, mode) in zip((axes for line in grid for axes in line), pairs, strict=True):
        name = style.about(case.image_id, case.pathology)
        panel(axes, case, mode, f"{name}\n{mode}: Dice {100 * case.dice[mode]:.1f} %")
    return figure


def caption(results: Results) -> str:
    """What the lines are, and which images."""
    return (
        f"Truth green and solid, prediction of {results.model} red and dashed, the detector's boxes yellow (guided "
        f"only); Dice under strict. {masks.by_rule(results)}"
    )


def alt(results: Results) -> str:
    """Scores of each image."""
    chosen = masks.in_words(results, masks.images(results))
    return f"Outlines of {results.model} over the true ones; Dice: {chosen}."


FIGURE = Kind("contours", "Outlines", caption, alt, draw, masks.images)
