"""Where it goes wrong: worst outlines, misses, false positives, and what the boxes cost and gain."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from guidedseg.names import MODES
from guidedseg.reporting import selection
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import contours, style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results

HEADINGS = {
    "worst": "Worst outlines: lesion and guided prediction, lowest Dice first",
    "misses": "Misses: a lesion, but no guided prediction; largest lesion first",
    "false_positives": "False positives: no lesion, but a guided prediction; largest prediction first",
    "worse": "Guided worse than direct on a lesion, largest loss of Dice first",
    "better": "Guided better than direct on a lesion, largest gain of Dice first",
}

WIDTH = 2.1
"""Of a picture, inches: there are 28."""

BOTH = ("worse", "better")
"""Groups that need both modes to be seen."""


def groups(results: Results) -> dict[str, list[str]]:
    """Group -> image ids."""
    return selection.failures(_guided(results), results.dice)


def images(results: Results) -> Sequence[str]:
    """Of all groups, each once."""
    return list(dict.fromkeys(image_id for chosen in groups(results).values() for image_id in chosen))


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:
    """A heading per group, four pictures a line."""
    lines, panels = [], []
    for group, chosen in groups(results).items():
        wanted = [(cases[name], mode, group) for name in chosen for mode in _modes(group)]
        for start in range(0, max(len(wanted), 1), 4):
            part = wanted[start : start + 4]
            heading = HEADINGS[group] + ("" if wanted else ": none")
            lines.append(style.Line([case.image.shape for case, *_ in part], () if start else [heading], titles=2))
            panels += part
    figure, grid = style.sheet(lines, 4, width=WIDTH, legend=contours.legend(results.model))
    sizes = _sizes(results)
    for axes, (case, mode, group) in zip((axes for line in grid for axes in line), panels, strict=True):
        score = f"{mode}: {100 * case.dice[mode]:.1f} %{_remark(group, sizes, case.image_id)}"
        contours.panel(axes, case, mode, f"{style.about(case.image_id, case.pathology, WIDTH)}\n{score}")
    return figure


def caption(results: Results) -> str:
    """What the groups are."""
    empty = [HEADINGS[group].split(":")[0].split(",")[0] for group, chosen in groups(results).items() if not chosen]
    return (
        f"Five groups of up to {selection.SHOWN} test images of {results.model} under the rule strict, in the order "
        "that each heading says, ties by name; an image may be in several. Percentages are Dice, unless they say of "
        "what. Truth green and solid, prediction red and dashed, the detector's boxes yellow."
        + (f" Without any image: {'; '.join(empty)}." if empty else "")
    )


def alt(results: Results) -> str:
    """Each group in words."""
    sizes, dice = _sizes(results), results.dice
    parts = []
    for group, chosen in groups(results).items():
        each = [
            f"{name} ("
            + ", ".join(f"{mode} {100 * dice.loc[name, mode]:.1f} %" for mode in _modes(group))
            + f"{_remark(group, sizes, name)})"
            for name in chosen
        ]
        parts.append(f"{HEADINGS[group]}: {', '.join(each) or 'none'}.")
    return " ".join(parts)


def _modes(group: str) -> Sequence[str]:
    return MODES if group in BOTH else ("guided",)


def _guided(results: Results) -> pd.DataFrame:
    images = results.evaluation.images
    return images[images["branch"] == "guided"]


def _sizes(results: Results) -> pd.DataFrame:
    """A row per image_id: lesion and guided prediction as shares of the image."""
    rows = _guided(results).set_index("image_id")
    area = rows["width"] * rows["height"]
    return pd.DataFrame({"misses": rows["lesion_px"] / area, "false_positives": (rows["tp"] + rows["fp"]) / area})


def _remark(group: str, sizes: pd.DataFrame, image_id: str) -> str:
    """The size that its group is ordered by, where it is one."""
    names = {"misses": "lesion", "false_positives": "area"}
    return f", {names[group]} {100 * sizes.loc[image_id, group]:.1f} % of image" if group in names else ""


FIGURE = Kind("failures", "Failures", caption, alt, draw, images)
