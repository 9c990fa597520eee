"""What was trained on one dataset and tested on others, as tables: rows trained on, columns tested on."""

from collections.abc import Mapping

import pandas as pd

from guidedseg.evaluation.matrix import DETECTOR, LOST, RULES, Key
from guidedseg.names import MODES, datasets_in
from guidedseg.reporting.board import tables
from guidedseg.reporting.tables import of_published, wording
from guidedseg.reporting.tables.table import Table

TITLE = "Trained here, tested elsewhere"

_READ = (
    "A row is what was trained, a column what it was tested on: the test images of its own dataset, all images of "
    "another one. An empty cell was not tested."
)

_LOST = (
    "What does not carry over: the confidence, gates and thresholds, which are everywhere those that home's validation "
    "images chose; sizes, marks, margins and another machine's speckle; and the share of images without a lesion, on "
    "which strict depends."
)

_REPEATED = (
    "Every run of an entry, of whatever seed and fold, is another training: an image of another dataset has a "
    "prediction of each, and its score is their mean. Intervals are for other patients, not for other trainings."
)

_PRECISIONS: dict[Key, str] = {(DETECTOR, "", "ap50"): "AP50", (DETECTOR, "", "ap50_95"): "AP50-95"}

_ROW = ["section", "dataset", "version", *tables.IDENTITY]
"""What makes an entry."""

Column = tuple[str, str]
"""Name and version of what was tested on."""


def remarks(matrix: pd.DataFrame) -> list[str]:
    """What a reader must know before the numbers.

    Args:
        matrix: ``Leaderboard.matrix``, not empty.
    """
    labels, tested = _labels(matrix), matrix.drop_duplicates([*_ROW, "tested_on", "tested_version"])
    at_home = tested["dataset"] == tested["tested_on"]
    lines = [f"{_READ} {wording.INTERVALS}", _LOST]
    lines.append(f"Images without a lesion: {'; '.join(_shares(tested, at_home, labels))}.")
    only = [labels[key] for key in labels if (_of(tested, key)["normals"] == 0).all()]
    if only:
        lines.append(f"All images of {' and '.join(only)} have a lesion: there strict is lesion, and silence has 0.")
    if (tested["runs"] > 1).any():
        lines.append(_REPEATED)
    trained = tested[at_home].set_index(_ROW)["runs"]
    for _, row in tested[~at_home].iterrows():
        runs = trained[tuple(row[_ROW])]
        if row["runs"] < runs:
            lines.append(f"{row['model']} on {labels[_key(row)]}: {row['runs']} of {runs} runs were tested there.")
    several = dict.fromkeys(name for (name, _), label in labels.items() if label != name)
    lines += [f"Not comparable: the columns of {name}, which are other versions of its images." for name in several]
    return lines


def of_matrix(matrix: pd.DataFrame) -> list[Table]:
    """Dice of both approaches under both rules, the detector's precision, what is lost, and what others report.

    Args:
        matrix: ``Leaderboard.matrix``, not empty.
    """
    dice: dict[str, dict[Key, str]] = {rule: {(mode, rule, "dice"): mode for mode in MODES} for rule in RULES}
    lost = {key: f"{mode}, {rule}" for rule, keys in dice.items() for key, mode in keys.items()} | _PRECISIONS
    found = [
        *(_crossed(matrix, dice[rule], rule, f"Dice under {rule}", "Percent.", "branch") for rule in RULES),
        _crossed(
            matrix,
            _PRECISIONS,
            DETECTOR,
            "Average precision of the detector",
            "Percent; AP50 of boxes that overlap a lesion by 0.5, AP50-95 the mean over 0.5 to 0.95.",
            "score",
        ),
        _crossed(
            matrix,
            {(f"{LOST}{key[0]}", *key[1:]): name for key, name in lost.items()},
            "loss",
            "Out-of-domain loss",
            "The score at home minus that on the other dataset, points. These are other images, so the difference is "
            "not paired, and its interval joins those of both sides.",
            "score",
        ),
    ]
    published = of_published.table([name for column, _ in _labels(matrix) for name in datasets_in(column)])
    return [each for each in (*found, published) if each.rows]


def _crossed(
    matrix: pd.DataFrame, kinds: Mapping[Key, str], name: str, title: str, caption: str, heading: str
) -> Table:
    """Rows by entry and kind of score, columns by what was tested on.

    Args:
        matrix: ``Leaderboard.matrix``.
        kinds: the scores to show, and what each is called.
        name: of the table.
        title: likewise.
        caption: likewise.
        heading: over what the scores are called.
    """
    scores = matrix.assign(kind=list(zip(matrix["branch"], matrix["rule"], matrix["metric"], strict=True)))
    scores = scores[scores["kind"].isin(list(kinds))]
    labels = _labels(matrix)
    columns = [key for key in labels if len(_of(scores, key))]
    several = matrix["section"].nunique() > 1
    rows = []
    for _, of_entry in scores.groupby(_ROW, sort=False):
        entry = of_entry.iloc[0]
        trained = [labels[entry["dataset"], entry["version"]], str(entry["section"]) if several else "", entry["model"]]
        for kind, called in kinds.items():
            cells = {
                _key(row): tables.score(row, row["metric"]) for _, row in of_entry.iterrows() if row["kind"] == kind
            }
            if cells:
                shown = [cells.get(key, "") for key in columns]
                rows.append([*trained, called, *shown, *tables.entry_cells(entry)])
    header = ["trained on", "section", "network", heading, *(labels[key] for key in columns), *tables.ENTRY]
    return tables.compact(Table(f"matrix_{name}", title, caption, header, rows))


def _labels(matrix: pd.DataFrame) -> dict[Column, str]:
    """Of all that was tested on: its name, with the version where there are several."""
    keys = [_key(row) for _, row in matrix.drop_duplicates(["tested_on", "tested_version"]).iterrows()]
    names = [name for name, _ in keys]
    return {(name, version): name if names.count(name) == 1 else f"{name} ({version[:8]})" for name, version in keys}


def _shares(tested: pd.DataFrame, at_home: pd.Series, labels: Mapping[Column, str]) -> list[str]:
    """How many of the images have no lesion, of the test images and of all images of a dataset."""
    said = []
    for key, label in labels.items():
        for rows, what in ((tested[at_home], "test images of "), (tested[~at_home], "")):
            pairs = _of(rows, key)[["normals", "images"]].drop_duplicates().itertuples(index=False)
            if counted := [f"{normals} of {images}" for normals, images in pairs]:
                said.append(f"{what}{label} {' or '.join(counted)}")
    return said


def _of(rows: pd.DataFrame, key: Column) -> pd.DataFrame:
    return rows[(rows["tested_on"] == key[0]) & (rows["tested_version"] == key[1])]


def _key(row: pd.Series) -> Column:
    return row["tested_on"], row["tested_version"]
