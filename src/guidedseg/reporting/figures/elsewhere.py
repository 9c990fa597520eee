"""Dice at home and on every external dataset: how much is lost, and whether guided loses less."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from guidedseg.evaluation.scores import Nested
from guidedseg.names import MODES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results
from guidedseg.reporting.tables.wording import INTERVALS, percent

RULES = {"strict": "strict: every image", "lesion": "lesion: images with a lesion"}
SHOWN = (*MODES, "oracle")
HOME = "home (test part)"


def _of(results: Results) -> dict[str, Nested]:
    """Scores by dataset, home first."""
    return {HOME: results.scores, **{name: each.scores for name, each in results.elsewhere.items()}}


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:  # noqa: ARG001
    """A panel per rule, a group of branches per dataset."""
    every = _of(results)
    figure = style.new(8, 1.5 + 0.65 * len(every))
    for axes, (rule, title) in zip(figure.subplots(1, len(RULES), sharey=True), RULES.items(), strict=True):
        for place, scores in enumerate(every.values()):
            for step, branch in enumerate(SHOWN):
                score, at = scores["branches"][branch][rule]["dice"], place + 0.22 * (step - 1)
                colour, marker = style.BRANCH_COLOURS[branch], style.BRANCH_MARKERS[branch]
                if score["ci_low"] is not None:
                    axes.plot([100 * score["ci_low"], 100 * score["ci_high"]], [at, at], color=colour, linewidth=1.5)
                if score["value"] is not None:
                    axes.plot(100 * score["value"], at, marker, color=colour, label=branch if not place else None)
        axes.set(xlim=(-2, 102), xticks=range(0, 101, 20), xlabel="Dice, %, with its 95 % interval")
        axes.set_title(title, loc="left")
        axes.set_yticks(range(len(every)), list(every))
        axes.set_ylim(len(every) - 0.5, -0.5)
        axes.grid(axis="x")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(SHOWN))
    return figure


def caption(results: Results) -> str:  # noqa: ARG001
    """What to see."""
    return (
        "The same networks, confidence, gates and thresholds on the test part of their own dataset and on all images "
        "of others. oracle has the true boxes: what it loses is the guided network's loss, not the detector's. "
        f"{INTERVALS}"
    )


def alt(results: Results) -> str:
    """All in numbers."""
    texts = [
        f"{name}: " + ", ".join(f"{branch} {percent(of['branches'][branch]['strict']['dice'])}" for branch in SHOWN)
        for name, of in _of(results).items()
    ]
    return f"Dice under strict, percent. {'; '.join(texts)}."


FIGURE = Kind(
    "external", "Trained here, tested elsewhere", caption, alt, draw, exists=lambda results: bool(results.elsewhere)
)
