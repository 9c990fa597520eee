"""How the networks learned: Dice and losses of the segmenters, mAP and losses of the detector, by epoch."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results

DETECTOR_LOSSES = {
    "box_loss": ("#009e73", "o"),
    "cls_loss": ("#e69f00", "s"),
    "dfl_loss": ("#cc79a7", "^"),
    "loss": ("#009e73", "o"),  # of FCOS the sum
}


def chosen(curve: pd.DataFrame, score: str = "val_dice") -> pd.Series:
    """The row of the epoch whose weights were kept: the best validation Dice, the first of equals.

    Args:
        curve: of a segmenter.
        score: the column to choose by; ``val_strict`` for what it would have chosen.
    """
    return curve.loc[curve[score].idxmax()]


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:  # noqa: ARG001
    """Two panels of the segmenters, and one or two of the detector."""
    losses = [name for name in DETECTOR_LOSSES if f"train_{name}" in results.detector]
    figure = style.new(9, 5.6)
    grid = figure.subplots(2, 2)
    dice, loss, precision, detector_loss = grid.flat
    _segmenters(dice, loss, results.segmenters)
    for name, title, marker, dashed in (("val_map50", "mAP50", "o", False), ("val_map50_95", "mAP50-95", "s", True)):
        _line(precision, results.detector, name, title, "#009e73", marker, dashed=dashed)
    for name in losses:
        colour, marker = DETECTOR_LOSSES[name]
        for part, word in (("train", "training"), ("val", "validation")):
            _line(
                detector_loss,
                results.detector,
                f"{part}_{name}",
                f"{name.removesuffix('_loss')}, {word}",
                colour,
                marker,
                dashed=part == "val",
            )
    for axes, title in (
        (dice, "Segmenters: validation Dice"),
        (loss, "Segmenters: loss"),
        (precision, "Detector: validation"),
        (detector_loss, "Detector: loss"),
    ):
        axes.set(title=title, xlabel="epoch")
        axes.grid()
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    for axes in (dice, precision):
        axes.set_ylim(0, 1)
    if not losses:
        detector_loss.remove()
    for axes in figure.axes:
        axes.legend(ncols=2 if axes is detector_loss else 1)
    return figure


def _segmenters(dice: Axes, loss: Axes, segmenters: Mapping[str, pd.DataFrame]) -> None:
    for mode, curve in segmenters.items():
        colour, marker = style.BRANCH_COLOURS[mode], style.BRANCH_MARKERS[mode]
        kept = chosen(curve)
        other = chosen(curve, "val_strict")
        _line(dice, curve, "val_dice", f"{mode}, pooled: {_best(kept, 'val_dice')}", colour, marker)
        strict = f"{mode}, strict: {_best(other, 'val_strict')}"
        _line(dice, curve, "val_strict", strict, colour, marker, dashed=True)
        dice.plot(
            other["epoch"], other["val_strict"], "*", color="white", markeredgecolor=colour, markersize=13, zorder=4
        )
        _line(loss, curve, "train_loss", f"{mode}, training", colour, marker)
        _line(loss, curve, "val_loss", f"{mode}, validation", colour, marker, dashed=True)
        for axes, name in ((dice, "val_dice"), (loss, "val_loss")):
            axes.plot(kept["epoch"], kept[name], "*", color=colour, markeredgecolor="black", markersize=13, zorder=5)


def _best(row: pd.Series, score: str) -> str:
    return f"{row[score]:.3f} in epoch {row['epoch']:g}"


def _line(
    axes: Axes, curve: pd.DataFrame, name: str, label: str, colour: str, marker: str, *, dashed: bool = False
) -> None:
    """A column over the epochs, about ten markers on it."""
    axes.plot(
        curve["epoch"],
        curve[name],
        color=colour,
        linestyle="--" if dashed else "-",
        linewidth=1.2,
        marker=marker,
        markersize=3.5,
        markerfacecolor="white" if dashed else colour,
        markevery=max(1, len(curve) // 10),
        label=label,
    )


def caption(results: Results) -> str:  # noqa: ARG001
    """What the star is."""
    return (
        "By epoch. The full star is the epoch whose weights were kept: the best pooled Dice on the validation items, "
        "the first of equals. The open star is what their mean Dice (strict) would have chosen."
    )


def alt(results: Results) -> str:
    """The kept epochs and the detector's best, in numbers."""
    kept = {mode: chosen(curve) for mode, curve in results.segmenters.items()}
    texts = [
        f"{mode} has its best validation Dice {_best(row, 'val_dice')} of {len(results.segmenters[mode])}, its best "
        f"mean Dice {_best(chosen(results.segmenters[mode], 'val_strict'), 'val_strict')}"
        for mode, row in kept.items()
    ]
    best = results.detector.loc[results.detector["val_map50"].idxmax()]
    return f"{'; '.join(texts)}; the detector its best mAP50 {best['val_map50']:.3f} in epoch {best['epoch']:g}."


FIGURE = Kind("training", "Training", caption, alt, draw)
