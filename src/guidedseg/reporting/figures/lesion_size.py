"""Whether small lesions are harder: Dice of every image with a lesion over the area of the lesion."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from guidedseg.evaluation.scores import SIZES, sizes
from guidedseg.names import MODES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results

MOST = 1000
"""Points that an SVG holds one by one and that are told apart; more are small and one picture in it."""


def points(results: Results) -> pd.DataFrame:
    """The test images with a lesion: image_id, pathology, share (% of the image), size, direct, guided (Dice)."""
    images = results.images.assign(size=sizes(results.images))
    images = images[images["lesion_px"] > 0].merge(results.dice, left_on="image_id", right_index=True)
    images["share"] = 100 * images["lesion_px"] / (images["width"] * images["height"])
    return images[["image_id", "pathology", "share", "size", *MODES]].reset_index(drop=True)


def medians(of_images: pd.DataFrame, mode: str) -> pd.DataFrame:
    """By tercile of ``points``, small to large: first and last share, median Dice; no row for an empty one."""
    table = of_images.groupby("size")[["share", mode]].agg(
        first=("share", "min"), last=("share", "max"), median=(mode, "median")
    )
    return table.reindex([size for size in SIZES if size in table.index])


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:  # noqa: ARG001
    """A panel per mode."""
    shown = points(results)
    if shown.empty:
        return style.note("No test image has a lesion.")
    figure = style.new(8, 3.8)
    for axes, mode in zip(figure.subplots(1, 2, sharex=True, sharey=True), MODES, strict=True):
        _panel(axes, shown, mode)
        axes.label_outer()
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _panel(axes: Axes, shown: pd.DataFrame, mode: str) -> None:
    many = len(shown) > MOST
    for pathology, rows in shown.groupby("pathology"):
        axes.plot(
            rows["share"],
            rows[mode],
            style.PATHOLOGY_MARKERS[pathology],
            color=style.PATHOLOGY_COLOURS[pathology],
            markersize=1.5 if many else 4,
            alpha=0.75,
            rasterized=many,
            clip_on=False,  # a miss stands on the axis, whole
            label=f"{pathology} ({len(rows)})",
        )
    typical = medians(shown, mode)
    for number, row in enumerate(typical.itertuples()):
        ends = (row.first / 1.05, row.last * 1.05)  # one image is a line too
        label = "median of a third" if number == 0 else None
        axes.plot(ends, [row.median] * 2, color="black", linewidth=2, alpha=0.8, label=label)
    missed = int((shown[mode] == 0).sum())
    axes.set(
        title=f"{mode}: median {100 * shown[mode].median():.1f} %, {missed} of {len(shown)} at 0",
        xscale="log",
        xlim=(shown["share"].min() / 1.6, shown["share"].max() * 1.6),  # wide enough for a tick
        ylim=(0, 1),
        xlabel="lesion area, % of the image",
        ylabel="Dice of the image (strict), %",
    )
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid()


def caption(results: Results) -> str:
    """What stands where."""
    return (
        f"Every test image with a lesion ({len(points(results))}): Dice under strict over the lesion's area. "
        "Bars: median of each third by area. Points on the lower axis are lesions that were not outlined at all."
    )


def alt(results: Results) -> str:
    """The medians in numbers."""
    shown = points(results)
    if shown.empty:
        return "No test image has a lesion."
    texts = []
    for mode in MODES:
        typical = ", ".join(f"{row.Index} {100 * row.median:.1f} %" for row in medians(shown, mode).itertuples())
        texts.append(f"{mode}: {typical}, {int((shown[mode] == 0).sum())} of {len(shown)} images at 0")
    return f"Median Dice by size of the lesion. {'; '.join(texts)}."


FIGURE = Kind("lesion_size", "Dice and the size of the lesion", caption, alt, draw)
