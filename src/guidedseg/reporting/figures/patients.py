"""Whom each approach serves: mean Dice of every test patient, direct beside guided."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from guidedseg.names import MODES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results
from guidedseg.reporting.selection import at_equal_steps

MOST = 60
"""Rows that are read at a glance; of more patients so many are shown."""


def means(results: Results) -> pd.DataFrame:
    """By patient_id: images, with_lesion (counts), direct, guided (mean Dice); falling by direct, then by name."""
    images = results.images.merge(results.dice, left_on="image_id", right_index=True)
    table = (
        images.assign(with_lesion=images["lesion_px"] > 0)
        .groupby("patient_id")
        .agg(
            images=("image_id", "size"), with_lesion=("with_lesion", "sum"), **{mode: (mode, "mean") for mode in MODES}
        )
    )
    return table.sort_values("direct", ascending=False, kind="stable")


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:  # noqa: ARG001
    """A row per patient, of more than ``MOST`` at equal steps."""
    every = means(results)
    shown = every.loc[at_equal_steps(every.index, MOST)]
    figure = style.new(7, 1.3 + 0.2 * len(shown))
    axes = figure.subplots()
    rows = np.arange(len(shown))
    axes.hlines(rows, *(shown[mode] for mode in MODES), color="#999999", linewidth=1.2, zorder=1)
    for mode in MODES:
        # direct is larger, so that both are seen where they are equal
        size = 7 if mode == "direct" else 4.5
        axes.plot(
            shown[mode],
            rows,
            style.BRANCH_MARKERS[mode],
            color=style.BRANCH_COLOURS[mode],
            markersize=size,
            clip_on=False,
            label=mode,
        )
    labels = [f"{style.short(row.Index, 1.75)}  ({row.with_lesion} of {row.images})" for row in shown.itertuples()]
    axes.set_yticks(rows, labels, fontsize=7, parse_math=False)
    axes.set(
        xlim=(0, 1),
        ylim=(len(shown) - 0.4, -0.6),
        xlabel="mean Dice of the patient's images (strict), %\nin brackets: images with a lesion, of all",
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.grid(axis="x")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def caption(results: Results) -> str:
    """What a row is."""
    patients = len(means(results))
    which = f"each of the {patients}" if patients <= MOST else f"{MOST} of the {patients}"
    steps = "" if patients <= MOST else ", at equal steps of that order"
    return (
        f"Mean Dice under strict of {which} test patients, sorted by the direct approach{steps}. "
        "Normals count 100 where nothing was outlined, else 0."
    )


def alt(results: Results) -> str:
    """Who gains, in numbers."""
    shown = means(results)
    gain = shown["guided"] - shown["direct"]
    ranges = [f"{mode} from {100 * shown[mode].min():.1f} to {100 * shown[mode].max():.1f} %" for mode in MODES]
    return (
        f"Of {len(shown)} patients the guided approach has the higher mean Dice for {int((gain > 0).sum())}, the lower "
        f"for {int((gain < 0).sum())}; {', '.join(ranges)}."
    )


FIGURE = Kind("patients", "Dice by patient", caption, alt, draw)
