"""Made-up runs for the leaderboard, and how its scores and printed tables are read."""

from pathlib import Path
from typing import Any

import pandas as pd

from guidedseg import params
from guidedseg.evaluation import standings
from guidedseg.evaluation.counts import IMAGE_COLUMNS, PREDICTED
from guidedseg.evaluation.pooling import Run
from guidedseg.evaluation.standings import Leaderboard
from guidedseg.reporting.board import formats, paper

REFERENCE = params.load(Path(__file__).parent.parent.parent / "params.yaml").model_dump()

TEN = range(10)
TP = {
    "direct": 25,
    "guided": 60,
    "guided_fallback": 50,
    "oracle": 90,
    "direct_ungated": 22,
    "guided_ungated": 45,
    "cascade": 55,
    "silent": 0,
    "everything": 100,
}
"""Of the 100 pixels of a lesion, in an image of 40 x 30."""


def images(patients: range = TEN, **tp: int) -> pd.DataFrame:
    """Two images per patient, a lesion and a normal. In every lesion the first ten patients differ by a pixel, two in
    guided."""
    rows = []
    for branch, hit in (TP | tp).items():
        for patient in patients:
            shift = (patient % 10) * (1 + (branch == "guided")) if branch in PREDICTED else 0
            name = f"P{patient:03}"
            identity = {"patient_id": name, "group_id": name, "branch": branch, "width": 40, "height": 30}
            everything = 1100 * (branch == "everything")
            found = {
                "lesion_px": 100,
                "tp": hit + shift,
                "fn": 100 - hit - shift,
                "hd95": 100.0 - hit - shift,
                "msd": 1.0,
                "nsd": 0.5,
            }
            pixels = {"fp": everything, "tn": 1100 - everything, "boxes": int(branch != "silent")}
            rows.append({"image_id": f"{name}_0", "pathology": "benign", **identity, **found, **pixels})
            empty = {"lesion_px": 0, "tp": 0, "fn": 0, "fp": everything, "tn": 1200 - everything, "boxes": 0}
            rows.append({"image_id": f"{name}_1", "pathology": "normal", **identity, **empty})
    return pd.DataFrame(rows).reindex(columns=IMAGE_COLUMNS).astype({"hd95": float, "msd": float, "nsd": float})


def changed(**changes: Any) -> dict[str, Any]:
    """The reference with other values; two underscores part the keys."""
    result = params.Params.model_validate(REFERENCE).model_dump()
    for key, value in changes.items():
        *groups, last = key.split("__")
        place = result
        for group in groups:
            place = place[group]
        place[last] = value
    return result


def run(rows: pd.DataFrame, name: str = "run", version: str = "v1", **changes: Any) -> Run:
    return Run(name, name, changed(**changes), version, rows)


def folds(*numbers: int, of: int = 3, **changes: Any) -> list[Run]:
    """Each fold tests two patients of its own."""
    return [
        run(
            images(range(2 * n, 2 * n + 2)),
            f"fold{n}",
            split__protocol="folds",
            split__folds=of,
            split__fold=n,
            **changes,
        )
        for n in numbers
    ]


def boarded(*runs: Run) -> Leaderboard:
    """As the command makes it."""
    return paper.beside(standings.leaderboard(runs, REFERENCE, seed=0, batch=16, draws=100))


def score(
    of: Leaderboard, branch: str = "direct", rule: str = "strict", metric: str = "dice", **more: Any
) -> pd.Series:
    """The one row of a score."""
    wanted = {"branch": branch, "rule": rule, "metric": metric, **more}
    rows = of.scores[(of.scores[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


def tables(of: Leaderboard, rule: str = "strict", metric: str = "dice") -> list[pd.DataFrame]:
    """The printed tables, read back from Markdown, bold or not: side by side, ranking, differences of each section."""
    found, rows = [], []
    for line in [*formats.markdown(of, rule, metric).splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip(" *") for cell in line.strip("|").split("|")])
        elif rows:
            found.append(pd.DataFrame(rows[2:], columns=rows[0]))
            rows = []
    return found
