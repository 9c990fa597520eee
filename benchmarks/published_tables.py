"""The tables of docs/results*.md, in Markdown, of what ``published.py`` reads."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from guidedseg import artifacts
from guidedseg.datasets import prepared
from guidedseg.evaluation import bootstrap, standings
from guidedseg.evaluation.estimates import of_means_over_images
from guidedseg.evaluation.pooling import Entry
from guidedseg.evaluation.rules import IMAGEWISE, RULES
from guidedseg.evaluation.scores import DIFFERENCES
from guidedseg.names import NETWORKS
from guidedseg.reporting.board import tables
from guidedseg.reporting.tables import published, wording

RUNS = Path(__file__).parent.parent / "docs/runs"

BRANCHES = ("direct", "guided", "cascade")
HEADLINES = ("strict", "lesion", "literal")
"""Of a table of all networks."""


WHOLE = [name for name in NETWORKS if name not in {"maskrcnn", "yolo11n_seg", "sam"}]
"""Networks that give an image's mask as such: no instances, no prompts."""

TESTED = [name for name in standings.TESTED if "ungated" not in name]


def under_all_rules(board: standings.Leaderboard) -> str:
    """A table in Markdown for every entry: Dice of its branches, p of differences, normals with a false lesion."""
    dice = board.scores[board.scores["metric"] == "dice"]
    parts = []
    for section in board.sections:
        for entry in section.entries:
            own = dice[dice["section"] == section.number]
            controls = own["model"].isna()
            own = own[controls | ((own["model"] == entry.model) & (own["changed"] == entry.changed))]
            marked = share_of_normals_marked(entry)
            parts += [f"{entry.model}, {entry.split}, {entry.changed}", ""]
            parts += [f"| | {' | '.join(RULES)} | normals marked, % |", f"|{'---|' * (len(RULES) + 2)}"]
            for branch, rows in own.groupby("branch", sort=False):
                by_rule = rows.set_index("rule")
                cells = [tables.score(by_rule.loc[rule], "dice") for rule in RULES]
                tested = by_rule.loc[list(RULES), "p"]
                cells = [cell if pd.isna(p) else f"{cell}, p {p:.2g}" for cell, p in zip(cells, tested, strict=True)]
                cells.append(f"{100 * marked[branch]:.1f}" if branch in marked else "")
                parts.append(f"| {wording.TITLES[branch]} | {' | '.join(cells)} |")
            parts.append("")
    return "\n".join(parts)


def of_networks(board: standings.Leaderboard) -> str:
    """Tables in Markdown: for every section Dice of the branches of each entry, differences; the published."""
    dice = board.scores[board.scores["metric"] == "dice"]
    parts = []
    for section in board.sections:
        scores, differences = [], []
        common = set.intersection(*(set(entry.changed.split()) for entry in section.entries))
        for entry in sorted(section.entries, key=lambda each: list(NETWORKS).index(each.model)):
            own = dice[(dice["section"] == section.number) & (dice["model"] == entry.model)]
            cells = {
                (row["branch"], row["rule"]): tables.score(row, "dice")
                for _, row in own[own["changed"] == entry.changed].iterrows()
            }
            marked = share_of_normals_marked(entry)
            own_settings = [each for each in entry.changed.split() if each not in common]
            name = ", ".join([NETWORKS[entry.model], *own_settings])
            for branch in BRANCHES:
                theirs = published.TABLES.get(branch, {}).get(entry.model)
                paper_has = f"{theirs.dice}" if theirs else ""
                shown = [cells[branch, rule] for rule in HEADLINES]
                normals = f"{100 * marked[branch]:.1f}"
                scores.append([name, branch, *shown, normals, paper_has])
            shown = [cells[each, rule] for each in TESTED for rule in HEADLINES[:2]]
            differences.append([name, *shown])
        whole = [each for each in section.entries if each.model in WHOLE and common.issuperset(each.changed.split())]
        if len(whole) > 1:
            name = f"mean of the {len(whole)} without instances"
            scores += [[name, branch, *mean(whole, branch), "", ""] for branch in BRANCHES]
            pairs = [mean(whole, one, whole, other)[:2] for one, other in (DIFFERENCES[each] for each in TESTED)]
            differences.append([name, *(cell for pair in pairs for cell in pair)])
        titles = ["network", "", *(f"`{rule}`" for rule in HEADLINES), "normals marked, %", "the paper"]
        parts += [f"{section.first.split}", "", *rows_of(titles, scores), ""]
        named = ["guided - direct", "cascade - direct", "guided - cascade"]
        titles = ["network", *(f"{each}, `{rule}`" for each in named for rule in HEADLINES[:2])]
        parts += [*rows_of(titles, differences), ""]
    parts += rows_of(["published", "", "Dice"], [[each.source, each.method, each.dice] for each in published.OTHERS])
    return "\n".join(parts)


def of_finding(board: standings.Leaderboard) -> str:
    """Tables in Markdown: where a lesion is, whether anything of it is marked, and how well; where none is, whether.

    Of several seeds, counts are means over them.
    """
    parts = []
    for entry in (each for section in board.sections for each in section.entries):
        everywhere = np.logical_and.reduce([entry.rows(branch)["tp"] > 0 for branch in BRANCHES])
        seeds = len(entry.seeds)
        parts += [f"{entry.model}, {entry.split}, {entry.changed}; all three met: {mean_count(everywhere, seeds)}", ""]
        rows = []
        for branch in (*BRANCHES, "oracle"):
            own = entry.rows(branch)
            dice = 2 * own["tp"] / (2 * own["tp"] + own["fp"] + own["fn"])
            lesion, met, empty = own["lesion_px"] > 0, own["tp"] > 0, own["tp"] + own["fp"] == 0
            boxed = (own["boxes"] > 0) | (branch == "direct")
            found = [lesion & ~boxed, lesion & boxed & empty, lesion & ~empty & ~met, met]
            rows.append(
                [
                    wording.TITLES[branch],
                    *(mean_count(each, seeds) for each in found),
                    *(f"{100 * dice[each].mean():.1f}" for each in (met, everywhere)),
                    mean_count(~lesion & boxed, seeds) if branch in ("guided", "cascade") else "",
                    mean_count(~lesion & ~empty, seeds),
                ]
            )
        titles = ["", "no box", "left empty", "missed", "met", "Dice where met", "Dice where all three met it"]
        parts += [*rows_of([*titles, "normals with a box", "marked"], rows), ""]
    return "\n".join(parts)


def mean_count(images: Sequence[bool] | pd.Series, seeds: int) -> str:
    """How many images per seed."""
    return f"{np.count_nonzero(images) / seeds:.1f}".removesuffix(".0")


def of_settings(board: standings.Leaderboard) -> str:
    """Tables in Markdown: of a network with other settings, what they change: differences from the fewest settings."""
    parts = []
    for section in board.sections:
        rows = []
        for model in NETWORKS:
            own = sorted((each for each in section.entries if each.model == model), key=lambda each: len(each.changed))
            for entry in own[1:]:
                settings = [each for each in entry.changed.split() if each not in own[0].changed.split()]
                for branch in BRANCHES:
                    less = [mean([entry], branch, [own[0]], other) for other in (branch, "direct")]
                    by_rule = [*zip(mean([entry], branch), *less, strict=True)][:2]
                    cells = [cell for rule in by_rule for cell in rule]
                    marked = [100 * share_of_normals_marked(each)[branch] for each in (own[0], entry)]
                    both = [100 * validated(each, branch) for each in (own[0], entry)]
                    ends = ["{:.1f}, {:.1f}".format(*pair) for pair in (both, marked)]
                    rows.append([NETWORKS[model], " ".join(settings), branch, ends[0], *cells, ends[1]])
        titles = ["network", "settings", "", "validation, by the rule that chooses, before, with"]
        titles += [f"`{rule}`{of}" for rule in HEADLINES[:2] for of in ("", ", change", ", less direct before")]
        parts += [f"{section.first.split}", "", *rows_of([*titles, "normals marked, % before, with"], rows), ""]
    return "\n".join(parts)


def of_flag(board: standings.Leaderboard, flag: str, prepared_images: Path) -> str:
    """Tables in Markdown: Dice on images with a lesion, of those without a flag of index.csv and of those with it."""
    index = prepared.read_index(prepared_images)
    flagged = index["image_id"][[flag in flags.split() for flags in index["flags"]]]
    if flagged.empty:
        raise SystemExit(f"{prepared_images}: no image has the flag {flag!r}")
    parts = []
    for entry in (each for section in board.sections for each in section.entries):
        first = entry.by_seed("direct")[0]
        has, groups = first["image_id"].isin(flagged).to_numpy(), first["group_id"].to_numpy(dtype=str)
        lesion = (first["lesion_px"] > 0).to_numpy()
        drawn = bootstrap.weights(first, seed=0)
        rows = []
        for branch in (*BRANCHES, "oracle"):
            dice = _mean_dice([entry], branch, "lesion")
            told = [of_means_over_images(np.where(each[:, None], dice, np.nan), groups, drawn) for each in (~has, has)]
            cells = [tables.score(pd.Series(each.leaves(("dice",))["dice"]), "dice") for each in told]
            rows.append([wording.TITLES[branch], *cells])
        titles = [f"{which}, {(lesion & each).sum()} images" for which, each in (("without", ~has), ("only", has))]
        parts += [f"{entry.model}, {entry.split}, {entry.changed}", "", *rows_of([f"`lesion`, {flag}", *titles], rows)]
    return "\n".join(parts)


def mean(
    entries: Sequence[Entry], branch: str, others: Sequence[Entry] | None = None, other: str | None = None
) -> list[str]:
    """Under every headline rule the mean over networks, or of differences from others, for other patients."""
    rows = entries[0].by_seed(branch)[0]
    drawn, groups = bootstrap.weights(rows, seed=0), rows["group_id"].to_numpy(dtype=str)
    cells = []
    for rule in HEADLINES:
        own = _mean_dice(entries, branch, rule)
        if others is None or other is None:
            told = of_means_over_images(own, groups, drawn).leaves(("dice",))["dice"]
        else:
            difference = of_means_over_images(own - _mean_dice(others, other, rule), groups, drawn)
            told = difference.differences(("dice",))["dice"]
        cells.append(tables.score(pd.Series(told), "dice"))
    return cells


def _mean_dice(entries: Sequence[Entry], branch: str, rule: str) -> bootstrap.Array:
    every = [rows for entry in entries for rows in entry.by_seed(branch)]
    if any(rows["image_id"].tolist() != every[0]["image_id"].tolist() for rows in every):
        raise SystemExit("entries of a section whose images differ")
    return np.mean([IMAGEWISE[rule](rows)[:, :1] for rows in every], axis=0)


def rows_of(titles: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(row)} |" for row in (titles, ["---"] * len(titles), *rows)]


def validated(entry: Entry, branch: str) -> float:
    """Mean over the runs of what the chosen values make of the validation images."""
    return float(
        np.mean([artifacts.values(RUNS / run.name / "run.json")["operating"][f"{branch}_dice"] for run in entry.runs])
    )


def share_of_normals_marked(entry: Entry) -> pd.Series:
    """By branch: of the images without a lesion."""
    normals = entry.images[entry.images["lesion_px"] == 0]
    return (normals["tp"] + normals["fp"] > 0).groupby(normals["branch"]).mean()
