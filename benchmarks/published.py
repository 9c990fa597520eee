"""The runs behind docs/results.md: what was counted of every test image of each is kept, and scored anew.

    python benchmarks/published.py                            # a leaderboard of docs/runs: folds and seeds put together
    python benchmarks/published.py --rules                    # every branch under every rule, and normals marked
    python benchmarks/published.py --networks                 # every network on one split, published numbers below
    python benchmarks/published.py --finding                  # lesions met, outlined, left empty; false ones
    python benchmarks/published.py --only '*-fold[01]' ...    # of some of the runs, by their names
    python benchmarks/published.py --keep PROJECT --name NAME   # add the finished run in the folder PROJECT

docs/runs/NAME has `run.json` (parameters, commit, machine, versions, seconds of every stage, operating values) and
`images.csv` (docs/metrics.md explains the counts); with `--boxes` also `boxes.csv`, the detector's of all images, which
several runs may share. Neither pictures, masks nor weights are in it.
"""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from guidedseg import artifacts, evaluated, journal, lock, params
from guidedseg.evaluation import standings
from guidedseg.evaluation.pooling import Entry, Run
from guidedseg.evaluation.rules import RULES
from guidedseg.json_files import write_json
from guidedseg.names import NETWORKS
from guidedseg.reporting.board import formats, paper, tables
from guidedseg.reporting.tables import published, wording
from guidedseg.writing import write_text

RUNS = Path(__file__).parent.parent / "docs/runs"

MADE = ("commit", "finished", "seconds", "threads", "gpu")
"""What is kept of the journal's entries."""

BRANCHES = ("direct", "guided", "cascade")
HEADLINES = ("strict", "lesion", "literal")
"""Of a table of all networks."""


def main() -> None:
    """Keep a run, or score all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, metavar="PROJECT")
    parser.add_argument("--name")
    parser.add_argument("--boxes", action="store_true", help="keep the boxes, too")
    parser.add_argument("--rule", default="strict")
    parser.add_argument("--rules", action="store_true", help="tables of every branch under every rule")
    parser.add_argument("--networks", action="store_true", help="one table of all networks for every split")
    parser.add_argument("--finding", action="store_true", help="what is found, and how well it is outlined")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="of the runs' names")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to this file, too")
    asked = parser.parse_args()
    if asked.keep is not None:
        if not asked.name:
            parser.error("--keep wants --name")
        keep(asked.keep, RUNS / asked.name, boxes=asked.boxes)
        return
    settings = params.load(RUNS.parent.parent / "params.yaml")
    runs = [read(folder) for folder in sorted(path.parent for path in RUNS.glob(f"{asked.only}/run.json"))]
    scored = paper.beside(
        standings.leaderboard(runs, settings.model_dump(), seed=settings.seed, batch=settings.scoring.batch)
    )
    shown = {"rules": under_all_rules, "networks": of_all_networks, "finding": of_finding}
    wanted = [table(scored) for name, table in shown.items() if getattr(asked, name)]
    print("\n".join(wanted or [formats.text(scored, asked.rule, "dice")]))
    if asked.markdown:
        write_text(asked.markdown, formats.markdown(scored, asked.rule, "dice"))


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


def of_all_networks(board: standings.Leaderboard) -> str:
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
            shown = [cells[each, rule] for each in standings.TESTED if "ungated" not in each for rule in HEADLINES[:2]]
            differences.append([name, *shown])
        titles = ["network", "", *(f"`{rule}`" for rule in HEADLINES), "normals marked, %", "the paper"]
        parts += [f"{section.first.split}", "", *rows_of(titles, scores), ""]
        named = ["guided - direct", "cascade - direct", "guided - cascade"]
        titles = ["network", *(f"{each}, `{rule}`" for each in named for rule in HEADLINES[:2])]
        parts += [*rows_of(titles, differences), ""]
    parts += rows_of(["published", "", "Dice"], [[each.source, each.method, each.dice] for each in published.OTHERS])
    return "\n".join(parts)


def of_finding(board: standings.Leaderboard) -> str:
    """Tables in Markdown: where a lesion is, whether anything of it is marked, and how well; where none is, whether."""
    parts = []
    for entry in (each for section in board.sections for each in section.entries):
        met = {
            branch: set(rows.loc[rows["tp"] > 0, "image_id"])
            for branch, rows in entry.images.groupby("branch")
            if branch in (*BRANCHES, "oracle")
        }
        everywhere = set.intersection(*(met[branch] for branch in BRANCHES))
        parts += [f"{entry.model}, {entry.split}, {entry.changed}; all three met: {len(everywhere)}", ""]
        rows = []
        for branch in (*BRANCHES, "oracle"):
            own = entry.images[entry.images["branch"] == branch]
            dice = 2 * own["tp"] / (2 * own["tp"] + own["fp"] + own["fn"])
            lesion, empty = own["lesion_px"] > 0, own["tp"] + own["fp"] == 0
            boxed = own["boxes"] > 0 if branch != "direct" else ~lesion | lesion
            cells = [f"{(lesion & ~boxed).sum()}", f"{(lesion & boxed & empty).sum()}"]
            cells += [f"{(lesion & ~empty & (own['tp'] == 0)).sum()}", f"{(lesion & (own['tp'] > 0)).sum()}"]
            cells += [
                f"{100 * dice[own['tp'] > 0].mean():.1f}",
                f"{100 * dice[own['image_id'].isin(everywhere)].mean():.1f}",
            ]
            cells += [
                f"{(~lesion & boxed).sum()}" if branch in ("guided", "cascade") else "",
                f"{(~lesion & ~empty).sum()}",
            ]
            rows.append([wording.TITLES[branch], *cells])
        titles = ["", "no box", "left empty", "missed", "met", "Dice where met", "Dice where all three met it"]
        parts += [*rows_of([*titles, "normals with a box", "marked"], rows), ""]
    return "\n".join(parts)


def rows_of(titles: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(row)} |" for row in (titles, ["---"] * len(titles), *rows)]


def share_of_normals_marked(entry: Entry) -> pd.Series:
    """By branch: of the images without a lesion."""
    normals = entry.images[entry.images["lesion_px"] == 0]
    return (normals["tp"] + normals["fp"] > 0).groupby(normals["branch"]).mean()


def keep(project: Path, target: Path, *, boxes: bool) -> None:
    """Write one run's folder; absolute paths in its parameters become names."""
    settings = params.load(project / "params.yaml")
    evaluation = project / "evaluations" / settings.model
    behind = lock.upstream(lock.read(project / "dvc.lock"), f"evaluations/{settings.model}")
    hashes = lock.outs(*behind.values())
    entries = {
        out: entry
        for out, entry in journal.read(project / journal.JOURNAL).items()
        if entry["md5"] == hashes.get(out)  # not of another run, whose result DVC took out of its cache
    }
    scored = entries[f"evaluations/{settings.model}"]
    run = {
        "params": _named(settings.run),
        "dataset_version": hashes["data/prepared"],
        "operating": artifacts.values(evaluation / "operating.json"),
        "made": {out: {key: entry[key] for key in MADE} for out, entry in entries.items()},
        "machine": scored["machine"],
        "versions": scored["versions"],
    }
    for name, source in (("images.csv", evaluation / "images.csv"), ("boxes.csv", project / "data/detections.csv")):
        if boxes or name != "boxes.csv":
            write_text(target / name, source.read_text(encoding="utf-8"))
    write_json(run, target / "run.json")
    print(target)


def read(folder: Path) -> Run:
    """One run, as the leaderboard takes it."""
    run = artifacts.values(folder / "run.json", ("params", "dataset_version"))
    return Run(
        folder.name, folder.name, run["params"], run["dataset_version"], evaluated.read_images(folder / "images.csv")
    )


def _named(values: Any) -> Any:  # noqa: ANN401 - whatever params.yaml has
    if isinstance(values, dict):
        return {key: _named(value) for key, value in values.items()}
    return Path(values).name if isinstance(values, str) and Path(values).is_absolute() else values


if __name__ == "__main__":
    main()
