"""The runs behind docs/results*.md: what was counted of every test image of each is kept, and scored anew.

    python -m benchmarks.published                            # a leaderboard of docs/runs: folds and seeds put together
    python -m benchmarks.published --rules                    # every branch under every rule, and normals marked
    python -m benchmarks.published --networks                 # every network on one split, published numbers below
    python -m benchmarks.published --finding                  # lesions met, outlined, left empty; false ones
    python -m benchmarks.published --settings                 # what other settings of a network change
    python -m benchmarks.published --flag doppler data/prepared   # images with a flag, and those without
    python -m benchmarks.published --only '*-fold[01]' ...    # of some of the runs, by their names
    python -m benchmarks.published --keep PROJECT --name NAME   # add the finished run in the folder PROJECT

docs/runs/NAME has `run.json` (parameters, commit, machine, versions, seconds of every stage, operating values) and
`images.csv` (docs/metrics.md explains the counts); with `--boxes` also `boxes.csv`, the detector's of all images, which
several runs may share. Neither pictures, masks nor weights are in it.
"""

import argparse
from pathlib import Path
from typing import Any

from benchmarks import published_tables as tables
from guidedseg import artifacts, evaluated, journal, lock, params
from guidedseg.evaluation import standings
from guidedseg.evaluation.pooling import Run
from guidedseg.json_files import write_json
from guidedseg.reporting.board import formats, paper
from guidedseg.writing import write_text

MADE = ("commit", "finished", "seconds", "threads", "gpu")
"""What is kept of the journal's entries."""


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
    parser.add_argument("--settings", action="store_true", help="what other settings of a network change")
    parser.add_argument("--flag", nargs=2, metavar=("FLAG", "PREPARED"), help="images with it against those without")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="of the runs' names")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to this file, too")
    asked = parser.parse_args()
    if asked.keep is not None:
        if not asked.name:
            parser.error("--keep wants --name")
        keep(asked.keep, tables.RUNS / asked.name, boxes=asked.boxes)
        return
    settings = params.load(tables.RUNS.parent.parent / "params.yaml")
    runs = [read(folder) for folder in sorted(path.parent for path in tables.RUNS.glob(f"{asked.only}/run.json"))]
    scored = paper.beside(
        standings.leaderboard(runs, settings.model_dump(), seed=settings.seed, batch=settings.scoring.batch)
    )
    shown = {
        "rules": tables.under_all_rules,
        "networks": tables.of_networks,
        "finding": tables.of_finding,
        "settings": tables.of_settings,
    }
    wanted = [table(scored) for name, table in shown.items() if getattr(asked, name)]
    if asked.flag:
        wanted.append(tables.of_flag(scored, asked.flag[0], Path(asked.flag[1])))
    print("\n".join(wanted or [formats.text(scored, asked.rule, "dice")]))
    if asked.markdown:
        write_text(asked.markdown, formats.markdown(scored, asked.rule, "dice"))


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
