"""The tables of a section of the leaderboard: side by side as the paper's Table 6, ranked, and the differences.

Each takes the rows (``standings.COLUMNS``) of one section and metric; the published ones have a rule each, ours all.
"""

from dataclasses import replace

import pandas as pd

from guidedseg.evaluation.counts import PREDICTED
from guidedseg.evaluation.pooling import Section
from guidedseg.evaluation.rules import BOUNDARY
from guidedseg.evaluation.scores import Nested
from guidedseg.evaluation.standings import TESTED
from guidedseg.names import NETWORKS
from guidedseg.reporting.board import paper
from guidedseg.reporting.tables import of_paper as beside_paper
from guidedseg.reporting.tables import published, wording
from guidedseg.reporting.tables.table import Table, best_of

RANKED = tuple(branch for branch in PREDICTED if branch != "oracle")
"""The others are no approaches: the oracle is given the true boxes, the controls are no networks."""

DISTANCES = tuple(metric for metric in BOUNDARY if metric != "nsd")
"""Better when smaller."""

PIXELS = ("hd95", "msd")
"""The other metrics are printed in percent."""

_TITLES = {**wording.TITLES, **{f"{paper.PREFIX}{branch}": f"paper: {branch}" for branch in published.TABLES}}

_THEIRS = (
    "The paper's rows are of another experiment, and of two rules whatever rule ours follow: its direct column fits "
    f"{published.RULES['direct']} best, its guided column {published.RULES['guided']}."
)

_BRANCHES = beside_paper.BRANCHES
_GUIDED_MINUS_DIRECT = TESTED[0]

_NOT_COUNTED = "table4_detector"
"""The leaderboard reads what is counted per image, not boxes."""

IDENTITY = ["model", "profile", "changed"]
"""What makes an entry of a section."""

ENTRY = ("profile", "seeds", "folds", "changed")
"""What tells the entries of a network apart; a column that says nothing is left out."""

_SPREAD = ("seed sd", "seed range", "patients and seeds")
"""Of the scores of an entry's seeds; likewise left out."""


_LEAF = ("value", "ci_low", "ci_high", "groups")


def of_section(scores: pd.DataFrame, rule: str, metric: str) -> list[Table]:
    """All three; those without a row are left out."""
    found = [each(scores, rule, metric) for each in (side_by_side, ranking, differences)]
    return [each for each in found if each.rows]


def side_by_side(scores: pd.DataFrame, rule: str, metric: str) -> Table:
    """The paper's Table 6 from real runs: entry x branch, and the difference; then the paper's own."""
    order = list(NETWORKS)
    scores = scores.sort_values(
        "model", key=lambda names: names.map({name: order.index(name) for name in order}), kind="stable"
    )
    rows, values = [], []
    ours = scores[(scores["rule"] == rule) & scores["branch"].isin([*_BRANCHES, _GUIDED_MINUS_DIRECT])]
    for _, group in ours.groupby(IDENTITY, sort=False):
        of = {row["branch"]: row for _, row in group.iterrows()}
        columns = (*_BRANCHES, _GUIDED_MINUS_DIRECT)
        shown = [f"{score(of[each], metric)}{_sd(of[each], metric)}" if each in of else "" for each in columns]
        tested = _tested(of[_GUIDED_MINUS_DIRECT]) if _GUIDED_MINUS_DIRECT in of else ["", ""]
        direct = of["direct"]
        rows.append([direct["model"], *shown, *tested, *entry_cells(direct)])
        values.append({branch: of[branch]["value"] for branch in _BRANCHES if branch in of})
    number = len(rows)
    theirs = scores[scores["branch"].str.startswith(paper.PREFIX)]
    for model, group in theirs.groupby("model", sort=False):
        of = {row["branch"].removeprefix(paper.PREFIX): row for _, row in group.iterrows()}
        shown = [score(of[branch], metric) if branch in of else "" for branch in _BRANCHES]
        rows.append([f"{model}, paper", *shown, *("" for _ in ("difference", "p", "Holm", *ENTRY))])
        values.append({branch: row["value"] for branch, row in of.items()})
    best = frozenset(
        (first + place, 1 + column)
        for first, last in ((0, number), (number, len(rows)))
        for column, branch in enumerate(_BRANCHES)
        for place in best_of([_known(of.get(branch)) for of in values[first:last]], smallest=metric in DISTANCES)
    )
    remarks = [_test(rule, metric)]
    remarks += [wording.SILENT] if rule == "literal" else []
    remarks += [_THEIRS] if len(rows) > number else []
    return compact(
        Table(
            f"section{scores['section'].iloc[0]}_side_by_side",
            "Side by side",
            f"{metric}, {_unit(metric)}, under the rule {rule}. The difference is of the same images. "
            f"{' '.join([wording.INTERVALS, wording.COLUMNS_MEAN, *remarks])}",
            [
                "network",
                *(wording.HEADINGS[branch] for branch in (*_BRANCHES, _GUIDED_MINUS_DIRECT)),
                "p",
                "p (Holm)",
                *ENTRY,
            ],
            rows,
            best,
            frozenset(range(number, len(rows))),
        )
    )


def ranking(scores: pd.DataFrame, rule: str, metric: str) -> Table:
    """Best first; what is no approach has its place but no rank."""
    smaller = metric in DISTANCES
    scores = scores[scores["rule"] == rule]
    rows = scores[~scores["branch"].isin(TESTED)].sort_values("value", ascending=smaller, kind="stable")
    ranks = rows.loc[rows["branch"].isin(RANKED), "value"].rank(method="min", ascending=smaller).dropna().astype(int)
    theirs = rows["branch"].str.startswith(paper.PREFIX)
    cells = [
        [
            *(str(ranks.get(index, "")), _filled(row["model"]), _TITLES[row["branch"]]),
            *(score(row, metric), *_spread(row, metric), *entry_cells(row)),
        ]
        for index, row in rows.iterrows()
    ]
    unit = " in pixels" if metric in PIXELS else ""
    caption = (
        f"Ranked by {metric}{unit} under the rule {rule}, {'smallest' if smaller else 'best'} first. "
        f"{wording.INTERVALS} Without a rank: the oracle, which is given the true boxes, and the controls, which are "
        f"no networks{', and the paper' if theirs.any() else ''}."
    )
    return compact(
        Table(
            f"section{scores['section'].iloc[0]}_ranking",
            "Ranking",
            caption,
            ["rank", "network", "branch", metric if metric in PIXELS else f"{metric}, %", *_SPREAD, *ENTRY],
            cells,
            frozenset((place, 3) for place, index in enumerate(rows.index) if ranks.get(index) == 1),
            frozenset(place for place, of_paper in enumerate(theirs) if of_paper),
        )
    )


def differences(scores: pd.DataFrame, rule: str, metric: str) -> Table:
    """Guided - direct of every entry, with gates and without, and what the cascade makes of it."""
    rows = scores[(scores["rule"] == rule) & scores["branch"].isin(TESTED)]
    cells = [
        [
            *(row["model"], _TITLES[row["branch"]], score(row, metric)),
            *(*_spread(row, metric), *_tested(row), *entry_cells(row)),
        ]
        for _, row in rows.iterrows()
    ]
    unit = "pixels" if metric in PIXELS else "points"
    return compact(
        Table(
            f"section{scores['section'].iloc[0]}_differences",
            "What guiding brings",
            f"On the same images, {metric} under the rule {rule}. {wording.INTERVALS} {_test(rule, metric)}",
            ["network", "difference", f"{metric}, {unit}", *_SPREAD, "p", "p (Holm)", *ENTRY],
            cells,
        )
    )


def of_paper(section: Section, scores: pd.DataFrame) -> list[Table]:
    """The paper's Tables 3, 5, 6 and 7 with the newest entry of every network; on another dataset there are none.

    Args:
        section: of the leaderboard.
        scores: of all sections.
    """
    if section.first.dataset != published.DATASET:
        return []
    of_entries = scores[scores["section"] == section.number].groupby(IDENTITY)
    ours = {
        entry.model: _nested(of_entries.get_group((entry.model, entry.profile, entry.changed)))
        for entry in section.newest
    }
    tables_of = beside_paper.tables(ours, dataset=section.first.dataset)
    return [
        replace(each, name=f"section{section.number}_{each.name}") for each in tables_of if each.name != _NOT_COUNTED
    ]


def _nested(rows: pd.DataFrame) -> Nested:
    """An entry's scores as ``evaluation.scores.scores`` nests them; no detector and no loss, which are not counted."""
    nested: Nested = {"branches": {}, "differences": {}}
    for row in rows.to_dict("records"):
        group = nested["differences" if row["branch"] in TESTED else "branches"]
        leaf = {key: _known(row[key]) for key in (*_LEAF, "p", "p_holm")}
        group.setdefault(row["branch"], {}).setdefault(row["rule"], {})[row["metric"]] = leaf
    return nested


def _test(rule: str, metric: str) -> str:
    if rule == "batch_pooled":
        return "No test: a swap would have to make the batches anew."
    return f"{wording.TEST} {wording.FAMILY.format(metric=metric)}"


def _unit(metric: str) -> str:
    return "pixels" if metric in PIXELS else "percent"


def _tested(row: pd.Series) -> list[str]:
    """The p-value, and corrected."""
    return ["-" if pd.isna(row[key]) else f"{row[key]:.3g}" for key in ("p", "p_holm")]


def _spread(row: pd.Series, metric: str) -> list[str]:
    """``_SPREAD``."""
    sd, *ends = (row[key] * _scale(metric) for key in ("seed_sd", "seed_min", "seed_max", "both_low", "both_high"))
    ranges = ["" if pd.isna(low) else f"{low:z.1f} to {high:z.1f}" for low, high in (ends[:2], ends[2:])]
    return ["" if pd.isna(sd) else f"{sd:.1f}", *ranges]


def _sd(row: pd.Series, metric: str) -> str:
    """Behind a score that several seeds have."""
    return "" if pd.isna(row["seed_sd"]) else f", sd {row['seed_sd'] * _scale(metric):.1f}"


def entry_cells(row: pd.Series) -> list[str]:
    """``ENTRY``."""
    return [_filled(row[key]) for key in ENTRY]


def score(row: pd.Series, metric: str) -> str:
    """Value and interval, in percent or pixels."""
    return wording.number({key: _known(row[key]) for key in _LEAF}, scale=_scale(metric), digits=1)


def _scale(metric: str) -> int:
    return 1 if metric in PIXELS else 100


def _known(value: float | None) -> float | None:
    return None if pd.isna(value) else value


def _filled(cell: object) -> str:
    return "" if pd.isna(cell) else str(cell)


def compact(table: Table) -> Table:
    """Its columns that say something; what was changed likewise in all entries stands in the caption."""
    kept = [column for column in range(len(table.header)) if any(row[column] for row in table.rows)]
    profile, changed = table.header.index("profile"), table.header.index("changed")
    said = [row[changed] for row in table.rows if row[profile]]  # controls and the paper have none
    caption = table.caption
    if len(said) > 1 and said[0] and len(set(said)) == 1:
        kept.remove(changed)
        caption = f"{caption} Changed in all entries: {said[0]}."
    return replace(
        table,
        caption=caption,
        header=[table.header[column] for column in kept],
        rows=[[row[column] for column in kept] for row in table.rows],
        best=frozenset((row, kept.index(column)) for row, column in table.best),
    )
