"""What each scoring rule makes of the same predictions: the reason why a table needs its rule beside it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from guidedseg.evaluation.rules import RULES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results
from guidedseg.reporting.tables.wording import INTERVALS, TITLES, percent

MEANING = {
    "strict": "every image counts; silence is right on a normal only",
    "lesion": "images with a lesion only",
    "literal": "the paper's: an image without a box scores 1, lesion or not",
    "pooled": "pixels counted over all images",
    "batch_pooled": "pixels counted within batches, mean over batches",
}
SILENCE = "#fff0cc"
"""Behind a rule under which nothing beats a detector that never fires."""


def table(results: Results) -> pd.DataFrame:
    """branch, rule, dice, ci_low, ci_high (percent, NaN where there is none), in the order they are drawn in."""
    rows = []
    for rule in RULES:
        for branch, scores in results.scores["branches"].items():
            score = scores[rule]["dice"]
            values = {"dice": score["value"], "ci_low": score["ci_low"], "ci_high": score["ci_high"]}
            rows.append({"branch": branch, "rule": rule, **values})
    frame = pd.DataFrame(rows).astype(dict.fromkeys(values, float))
    return frame.assign(**{name: (100 * frame[name]).round(4) for name in values})


def rewards_silence(rows: pd.DataFrame) -> bool:
    """Whether no branch has a higher Dice than ``silent``, in the rows of ``table`` of one rule."""
    dice = rows.set_index("branch")["dice"]
    return bool(dice["silent"] == dice.max())


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:  # noqa: ARG001
    """A panel per rule, a row per branch."""
    figure = style.new(8, 10.5)
    dice = table(results)
    for axes, rule in zip(figure.subplots(len(RULES), 1, sharex=True), RULES, strict=True):
        _panel(axes, dice[dice["rule"] == rule].reset_index(drop=True), results, rule)
    axes.set(xlim=(-2, 102), xticks=range(0, 101, 10), xlabel="Dice, %, with its 95 % interval")
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, results: Results, rule: str) -> None:
    silence = rewards_silence(rows)
    for at, row in rows.iterrows():
        colour, marker = style.BRANCH_COLOURS[row["branch"]], style.BRANCH_MARKERS[row["branch"]]
        bold = silence and row["branch"] == "silent"
        if not np.isnan(row["ci_low"]):
            axes.plot([row["ci_low"], row["ci_high"]], [at, at], color=colour, linewidth=1.5, clip_on=False)
        if not np.isnan(row["dice"]):
            size = 11 if bold else 6
            axes.plot(row["dice"], at, marker, color=colour, markersize=size, markeredgewidth=1.6, clip_on=False)
        axes.annotate(
            percent(results.scores["branches"][row["branch"]][rule]["dice"]),
            (1.02, at),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=7.5,
            fontweight="bold" if bold else "normal",
        )
    axes.set_yticks(rows.index, [TITLES[branch] for branch in rows["branch"]], fontsize=7.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_title(f"{rule}: {MEANING[rule]}", loc="left", fontsize=9, fontweight="bold" if silence else "normal")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    if silence:
        axes.set_facecolor(SILENCE)
        best = rows.index[rows["branch"] == "silent"][0]
        right = rows["dice"].max() > 50
        axes.text(
            rows["dice"].max() + (-4 if right else 4),
            best,
            "a detector that never fires: nothing scores higher",
            ha="right" if right else "left",
            va="center",
            fontsize=8,
            fontweight="bold",
        )


def caption(results: Results) -> str:  # noqa: ARG001
    """What to see."""
    return (
        "Dice of the same predictions under every rule. The controls need no network: silent never has a box or a "
        "pixel, everything is the whole frame. Shaded: a rule under which nothing beats silence. A dash is a score "
        f"that does not exist. {INTERVALS}"
    )


def alt(results: Results) -> str:
    """Both modes and silence, in numbers."""
    texts = [
        f"{rule}: "
        + ", ".join(
            f"{branch} {percent(results.scores['branches'][branch][rule]['dice'])}"
            for branch in ("direct", "guided", "silent")
        )
        for rule in RULES
    ]
    return f"Dice in percent by rule. {'; '.join(texts)}."


FIGURE = Kind("rules", "What each rule makes of the same predictions", caption, alt, draw)
