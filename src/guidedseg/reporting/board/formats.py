"""The leaderboard in print: ranked where ranking is allowed, as text, Markdown, LaTeX and CSV."""

import itertools
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.pooling import IMPORTED, Entry, Section
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP, RULES
from guidedseg.evaluation.standings import Leaderboard
from guidedseg.reporting.board import matrix, tables
from guidedseg.reporting.tables import published, table
from guidedseg.reporting.tables.table import Table

_REPEATED = (
    "A score of several seeds is the mean of theirs, on the same test images; its interval is for other patients, sd "
    "and range are of the seeds' scores. Patients and seeds: the interval for other trainings too, from three seeds on."
)

_IMPORTED = (
    "Profile imported: another tool's masks of the same images, counted and scored as ours are; how it was trained is "
    "not known here. Gate and threshold of probabilities are the best of the validation images, as for ours, where "
    "these came with them."
)


def check_choice(rule: str, metric: str) -> None:
    """Raise when a rule or metric does not exist, or not together."""
    if rule not in RULES:
        raise GuidedsegError(f"unknown rule {rule!r}; there are: {', '.join(RULES)}")
    if metric not in METRICS:
        raise GuidedsegError(f"unknown metric {metric!r}; there are: {', '.join(METRICS)}")
    if rule not in IMAGEWISE and metric not in OVERLAP:
        raise GuidedsegError(f"{metric} cannot be pooled: no {metric} under rule {rule}; rules: {', '.join(IMAGEWISE)}")


@dataclass(frozen=True)
class Page:
    """A section, or what was tested elsewhere, ready to print.

    Attributes:
        title: of the section.
        remarks: what a reader must know before the numbers.
        tables: side by side, ranking, differences; or those of the matrix.
        of_paper: the paper's tables with ours of every network, under their own rules; too wide for a terminal.
    """

    title: str
    remarks: list[str]
    tables: list[Table]
    of_paper: list[Table]


def pages(board: Leaderboard, rule: str, metric: str) -> list[Page]:
    """A page per section."""
    of_metric = board.scores[board.scores["metric"] == metric]
    return [
        Page(
            _title(section),
            _remarks(section, rule, metric),
            tables.of_section(of_metric[of_metric["section"] == section.number], rule, metric),
            tables.of_paper(section, board.scores),
        )
        for section in board.sections
    ]


def elsewhere(board: Leaderboard) -> list[Page]:
    """A page of what was trained here and tested elsewhere, under rules of its own; none where no run was."""
    if board.matrix.empty:
        return []
    return [Page(matrix.TITLE, matrix.remarks(board.matrix), matrix.of_matrix(board.matrix), [])]


def text(board: Leaderboard, rule: str, metric: str) -> str:
    """For the terminal: aligned columns."""
    parts = []
    for page in [*pages(board, rule, metric), *elsewhere(board)]:
        parts += [page.title, *(line for remark in page.remarks for line in textwrap.wrap(remark, 100))]
        for each in page.tables:
            parts += ["", *textwrap.wrap(f"{each.title}. {each.caption}", 100), "", table.text(each)]
        parts += [""]
    closing = [line for reason in not_comparable(board.sections) for line in textwrap.wrap(reason, 100)]
    return "\n".join([*parts, *closing]).rstrip("\n") + "\n"


def markdown(board: Leaderboard, rule: str, metric: str) -> str:
    """A chapter per section."""
    parts = ["# Leaderboard"]
    for page in [*pages(board, rule, metric), *elsewhere(board)]:
        parts += [f"## {page.title}", *page.remarks]
        for each in [*page.tables, *page.of_paper]:
            parts += [f"### {each.title}", each.caption, table.markdown(each)]
    return "\n\n".join([*parts, *not_comparable(board.sections)]) + "\n"


def latex(board: Leaderboard, rule: str, metric: str) -> str:
    """Tables that stand alone, title and remarks of the section in their captions."""
    parts = [table.NEEDS]
    for page in [*pages(board, rule, metric), *elsewhere(board)]:
        for each in [*page.tables, *page.of_paper]:
            caption = " ".join([f"{page.title}.", *page.remarks, each.caption])
            parts.append(table.latex(replace(each, caption=caption)))
    return "\n\n".join([*parts, *(f"% {line}" for line in not_comparable(board.sections))]) + "\n"


def csv(board: Leaderboard) -> str:
    """All scores under all rules, a row each, as shares (distances in pixels or shares of the diagonal).

    Behind them those of the matrix, which have ``tested_on``.
    """
    everything = board.scores if board.matrix.empty else pd.concat([board.scores, board.matrix])
    return str(everything.to_csv(index=False, lineterminator="\n"))


def _title(section: Section) -> str:
    first = section.first
    return f"Section {section.number}: {first.dataset}, data {first.version[:8]}, split {first.split}"


def _remarks(section: Section, rule: str, metric: str) -> list[str]:
    """What a reader must know before the numbers."""
    first = section.first
    lines = [f"Test images: {len(first.tested)}; patients: {first.patients}."]
    total = first.runs[0].params["split"].get("folds")
    if first.folds and len(first.folds) < total:
        lines.append(f"Only fold {', '.join(map(str, first.folds))} of {total}.")
    if any(len(entry.seeds) > 1 for entry in section.entries):
        lines.append(_REPEATED)
    if any(entry.profile == IMPORTED for entry in section.entries):
        lines.append(_IMPORTED)
    if first.dataset == published.DATASET:
        lines += _beside_the_paper(rule, metric)
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


def not_comparable(sections: Sequence[Section]) -> list[str]:
    """A line per pair of sections with the same dataset's name."""
    return [
        f"Not comparable: sections {one.number} and {other.number}, {_reason(one.first, other.first)}."
        for one, other in itertools.combinations(sections, 2)
        if one.first.dataset == other.first.dataset
    ]


def _reason(one: Entry, other: Entry) -> str:
    """The first of version, split, images, folds that differs."""
    if one.version != other.version:
        return f"other dataset version ({one.version[:8]} against {other.version[:8]})"
    if one.split != other.split:
        return f"other split ({one.split} against {other.split})"
    images = [{image_id for _, image_id in entry.tested} for entry in (one, other)]
    if images[0] == images[1]:
        return "the same images, but divided otherwise into folds"
    counted = " against ".join(f"{len(entry.tested)} of {entry.patients} patients" for entry in (one, other))
    return f"tested on other images ({counted})"
