"""The leaderboard in print: ranked where ranking is allowed, as text, Markdown, LaTeX and CSV."""

import itertools
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.bootstrap import RELIABLE
from guidedseg.evaluation.rules import BOUNDARY, IMAGEWISE, METRICS, OVERLAP, RULES
from guidedseg.reporting import published, tables
from guidedseg.reporting.pooling import DIFFERENCE, Entry, Leaderboard, Section, fold_of, sizes

RANKED = ("direct", "guided", "guided_fallback")
"""The others are no approaches: the oracle is given the true boxes, the controls are no networks."""

DISTANCES = tuple(metric for metric in BOUNDARY if metric != "nsd")
"""Better when smaller."""

PIXELS = ("hd95", "msd")
"""The other metrics are printed in percent."""

_TITLES = {**tables.TITLES, **{f"paper_{branch}": f"paper: {branch}" for branch in published.TABLES}}


def check_choice(rule: str, metric: str) -> None:
    """Raise when a rule or metric does not exist, or not together."""
    if rule not in RULES:
        raise GuidedsegError(f"unknown rule {rule!r}; there are: {', '.join(RULES)}")
    if metric not in METRICS:
        raise GuidedsegError(f"unknown metric {metric!r}; there are: {', '.join(METRICS)}")
    if rule not in IMAGEWISE and metric not in OVERLAP:
        raise GuidedsegError(f"{metric} cannot be pooled: no {metric} under rule {rule}; rules: {', '.join(IMAGEWISE)}")


def text(board: Leaderboard, rule: str, metric: str) -> str:
    """For the terminal: aligned columns."""
    parts = []
    for page in _pages(board, rule, metric):
        parts += [page.title, *(line for remark in page.remarks for line in textwrap.wrap(remark, 100))]
        for table in page.tables:
            parts += ["", *textwrap.wrap(table.caption, 100), "", *_aligned(table)]
        parts += [""]
    closing = [line for reason in _not_comparable(board.sections) for line in textwrap.wrap(reason, 100)]
    return "\n".join([*parts, *closing]).rstrip("\n") + "\n"


def markdown(board: Leaderboard, rule: str, metric: str) -> str:
    """A chapter per section."""
    parts = ["# Leaderboard"]
    for page in _pages(board, rule, metric):
        parts += [f"## {page.title}", *page.remarks]
        for table in page.tables:
            parts += [table.caption, tables.markdown(table.header, table.rows)]
    return "\n\n".join([*parts, *_not_comparable(board.sections)]) + "\n"


def latex(board: Leaderboard, rule: str, metric: str) -> str:
    """Tables for ``booktabs``, the best in bold."""
    parts = [r"% needs \usepackage{booktabs}"]
    for page in _pages(board, rule, metric):
        for table in page.tables:
            caption = " ".join([f"{page.title}.", *page.remarks, table.caption])
            lines = [
                r"\begin{table}",
                rf"\caption{{{_escaped(caption)}}}",
                rf"\begin{{tabular}}{{{'l' * len(table.header)}}}",
                r"\toprule",
                " & ".join(map(_escaped, table.header)) + r" \\",
                r"\midrule",
            ]
            for number, row in enumerate(table.rows):
                cells = list(map(_escaped, row))
                if number in table.best:
                    cells = [
                        rf"\textbf{{{cell}}}" if column == table.value else cell
                        for column, cell in zip(table.header, cells, strict=True)
                    ]
                lines.append(" & ".join(cells) + r" \\")
            parts.append("\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"]))
    return "\n\n".join([*parts, *(f"% {line}" for line in _not_comparable(board.sections))]) + "\n"


def csv(board: Leaderboard) -> str:
    """All scores under all rules, a row each, as shares (distances in pixels or shares of the diagonal)."""
    return str(board.scores.to_csv(index=False, lineterminator="\n"))


@dataclass(frozen=True)
class _Table:
    """Cells as text; ``best`` are numbers of rows, whose column ``value`` stands out."""

    caption: str
    header: list[str]
    rows: list[list[str]]
    value: str
    best: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Page:
    """A section, ready to print."""

    title: str
    remarks: list[str]
    tables: list[_Table]


def _pages(board: Leaderboard, rule: str, metric: str) -> list[_Page]:
    chosen = board.scores[(board.scores["rule"] == rule) & (board.scores["metric"] == metric)]
    return [
        _Page(
            _title(section),
            _remarks(section, rule, metric),
            [
                _ranking(chosen[chosen["section"] == section.number], rule, metric),
                _differences(chosen[chosen["section"] == section.number], rule, metric),
            ],
        )
        for section in board.sections
    ]


def _ranking(scores: pd.DataFrame, rule: str, metric: str) -> _Table:
    """Best first; what is no approach has its place but no rank."""
    smaller = metric in DISTANCES
    rows = scores[scores["branch"] != DIFFERENCE].sort_values("value", ascending=smaller, kind="stable")
    ranks = rows.loc[rows["branch"].isin(RANKED), "value"].rank(method="min", ascending=smaller).dropna().astype(int)
    value = metric if metric in PIXELS else f"{metric}, %"
    header = ["rank", "network", "branch", value, "profile", "seeds", "folds", "changed"]
    cells = [
        [
            str(ranks.get(index, "")),
            _filled(row["model"]),
            _TITLES[row["branch"]],
            _shown(row, metric),
            *(_filled(row[key]) for key in ("profile", "seeds", "folds", "changed")),
        ]
        for index, row in rows.iterrows()
    ]
    unit = " in pixels" if metric in PIXELS else ""
    paper = ", and the paper" if rows["branch"].str.startswith("paper").any() else ""
    caption = (
        f"Ranked by {metric}{unit} under the rule {rule}, {'smallest' if smaller else 'best'} first; 95 % intervals "
        "from resampled patients. Without a rank: the oracle, which is given the true boxes, and the controls, which "
        f"are no networks{paper}."
    )
    best = tuple(number for number, index in enumerate(rows.index) if ranks.get(index) == 1)
    return _Table(caption, *_without_empty(header, cells), value, best)


def _differences(scores: pd.DataFrame, rule: str, metric: str) -> _Table:
    """Guided - direct of every entry."""
    rows = scores[scores["branch"] == DIFFERENCE]
    value = f"{metric}, pixels" if metric in PIXELS else f"{metric}, points"
    header = ["network", value, "p", "p (Holm)", "profile", "seeds", "folds", "changed"]
    cells = [
        [
            row["model"],
            _shown(row, metric),
            *("-" if pd.isna(row[key]) else f"{row[key]:.3g}" for key in ("p", "p_holm")),
            *(_filled(row[key]) for key in ("profile", "seeds", "folds", "changed")),
        ]
        for _, row in rows.iterrows()
    ]
    test = (
        "p: Wilcoxon's signed-rank test on patient means; p (Holm): corrected for all networks (rows) of "
        "this section and profile."
        if rule in IMAGEWISE
        else "No test: this rule gives an image no score of its own."
    )
    return _Table(
        f"Guided - direct on the same images, {metric} under the rule {rule}. {test}",
        *_without_empty(header, cells),
        value,
    )


def _title(section: Section) -> str:
    first = section.first
    return f"Section {section.number}: {first.dataset}, data {first.version[:8]}, split {first.split}"


def _remarks(section: Section, rule: str, metric: str) -> list[str]:
    """What a reader must know before the numbers."""
    size = sizes(section.first)
    lines = [f"Test images: {size['images']}; patients: {size['patients']}."]
    images = section.first.images
    if images.loc[images["lesion_px"] > 0, "patient_id"].nunique() < RELIABLE:
        lines.append(f"Fewer than {RELIABLE} patients with a lesion: the intervals are unreliable.")
    for entry in section.entries:
        lines += _incomplete(entry)
    if section.first.dataset == "bus_uclm":
        lines += _beside_the_paper(rule, metric)
    return lines


def _incomplete(entry: Entry) -> list[str]:
    """A line per seed that lacks folds."""
    lines = []
    total = entry.runs[0].params["split"].get("folds")
    for seed, of_seed in itertools.groupby(entry.runs, key=lambda run: run.params["seed"]):
        runs = list(of_seed)
        folds = [str(fold) for run in runs if (fold := fold_of(run)) is not None]
        if 0 < len(folds) < total:
            patients = pd.concat([run.images["patient_id"] for run in runs]).nunique()
            which = f"folds {', '.join(folds[:-1])} and {folds[-1]}" if len(folds) > 1 else f"fold {folds[0]}"
            name = ", ".join(part for part in (entry.model, entry.profile, entry.changed, f"seed {seed}") if part)
            lines.append(f"{name}: {which} of {total}: {patients} patients.")
    return lines


def _beside_the_paper(rule: str, metric: str) -> list[str]:
    branches = [branch for branch, of_ours in published.RULES.items() if of_ours == rule]
    if not branches:
        return ["The paper has no numbers under this rule."]
    if metric not in published.Row._fields:
        return ["The paper has no numbers of this metric."]
    return [
        f"paper, {branch}: this rule fits best, because {published.REASONS[branch]}. Its split and training are not "
        "published in full."
        for branch in branches
    ]


def _not_comparable(sections: Sequence[Section]) -> list[str]:
    """A line per pair of sections with the same dataset's name."""
    return [
        f"Not comparable: sections {one.number} and {other.number}, {_reason(one.first, other.first)}."
        for one, other in itertools.combinations(sections, 2)
        if one.first.dataset == other.first.dataset
    ]


def _reason(one: Entry, other: Entry) -> str:
    """The first of version, split, images that differs."""
    if one.version != other.version:
        return f"other dataset version ({one.version[:8]} against {other.version[:8]})"
    if one.split != other.split:
        return f"other split ({one.split} against {other.split})"
    both = [sizes(entry) for entry in (one, other)]
    if set(one.tested()) == set(other.tested()):
        seeds = " against ".join(size["seeds"] for size in both)
        return f"the same test images, but repeated with other seeds ({seeds}): run both with the same"
    counted = " against ".join(f"{size['images']} of {size['patients']} patients" for size in both)
    return f"tested on other images ({counted})"


def _shown(row: pd.Series, metric: str) -> str:
    """Value and interval, in percent or pixels."""
    scale = 0.01 if metric in PIXELS else 1.0
    return tables.percent(
        {key: None if pd.isna(row[key]) else scale * row[key] for key in ("value", "ci_low", "ci_high")}
    )


def _filled(cell: object) -> str:
    return "" if pd.isna(cell) else str(cell)


def _without_empty(header: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The columns that say something."""
    kept = [column for column in range(len(header)) if any(row[column] for row in rows)]
    return [header[column] for column in kept], [[row[column] for column in kept] for row in rows]


def _aligned(table: _Table) -> list[str]:
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [table.header, *table.rows]
    ]


def _escaped(plain: str) -> str:
    """For LaTeX; minus signs as such."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    safe = "".join(special.get(letter, f"\\{letter}" if letter in "&%$#_{}" else letter) for letter in plain)
    return re.sub(r"(^|[ (])-(?=\d)", r"\1$-$", safe)
