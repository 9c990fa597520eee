"""The tables of a section of the leaderboard: side by side as the paper's Table 6, ranked, and the differences.

Each takes the rows (``pooling.COLUMNS``) of one section and metric; the published ones have a rule each, ours all.
"""

from dataclasses import replace

import pandas as pd

from guidedseg.evaluation.counts import PREDICTED
from guidedseg.evaluation.pooling import DIFFERENCE, Section
from guidedseg.evaluation.rules import BOUNDARY, IMAGEWISE
from guidedseg.evaluation.scores import Nested
from guidedseg.names import NETWORKS
from guidedseg.reporting.tables import of_paper as beside_paper
from guidedseg.reporting.tables import published, wording
from guidedseg.reporting.tables.table import Table, best_of

RANKED = ("direct", "guided", "guided_fallback")
"""The others are no approaches: the oracle is given the true boxes, the controls are no networks."""

DISTANCES = tuple(metric for metric in BOUNDARY if metric != "nsd")
"""Better when smaller."""

PIXELS = ("hd95", "msd")
"""The other metrics are printed in percent."""

_PAPER = "paper_"
_TITLES = {**wording.TITLES, **{f"{_PAPER}{branch}": f"paper: {branch}" for branch in published.TABLES}}

_THEIRS = (
    "The paper's rows are of another experiment, and of two rules whatever rule ours follow: its direct column fits "
    f"{published.RULES['direct']} best, its guided column {published.RULES['guided']}."
)

_NOT_COUNTED = "table4_detector"
"""The leaderboard reads what is counted per image, not boxes."""

_IDENTITY = ["model", "profile", "changed"]
"""What makes an entry of a section."""

_ENTRY = ("profile", "seeds", "folds", "changed")
"""What tells the entries of a network apart; a column that says nothing is left out."""


def of_section(scores: pd.DataFrame, rule: str, metric: str) -> list[Table]:
    """All three."""
    return [each(scores, rule, metric) for each in (side_by_side, ranking, differences)]


def side_by_side(scores: pd.DataFrame, rule: str, metric: str) -> Table:
    """The paper's Table 6 from real runs: entry x branch, and the difference; then the paper's own."""
    order = list(NETWORKS)
    scores = scores.sort_values(
        "model", key=lambda names: names.map({name: order.index(name) for name in order}), kind="stable"
    )
    rows, values = [], []
    ours = scores[(scores["rule"] == rule) & scores["branch"].isin([*PREDICTED, DIFFERENCE])]
    for _, group in ours.groupby(_IDENTITY, sort=False):
        of = {row["branch"]: row for _, row in group.iterrows()}
        difference = of[DIFFERENCE]
        shown = [_shown(of[branch], metric) for branch in (*PREDICTED, DIFFERENCE)]
        rows.append([difference["model"], *shown, *_tested(difference), *_entry(difference)])
        values.append({branch: of[branch]["value"] for branch in PREDICTED})
    number = len(rows)
    theirs = scores[scores["branch"].str.startswith(_PAPER)]
    for model, group in theirs.groupby("model", sort=False):
        of = {row["branch"].removeprefix(_PAPER): row for _, row in group.iterrows()}
        shown = [_shown(of[branch], metric) if branch in of else "" for branch in PREDICTED]
        rows.append([f"{model}, paper", *shown, *("" for _ in ("difference", "p", "Holm", *_ENTRY))])
        values.append({branch: row["value"] for branch, row in of.items()})
    best = frozenset(
        (first + place, 1 + column)
        for first, last in ((0, number), (number, len(rows)))
        for column, branch in enumerate(PREDICTED)
        for place in best_of([_known(of.get(branch)) for of in values[first:last]], smallest=metric in DISTANCES)
    )
    remarks = [wording.SILENT] if rule == "literal" else []
    remarks += [_THEIRS] if len(rows) > number else []
    return _compact(
        Table(
            f"section{scores['section'].iloc[0]}_side_by_side",
            "Side by side",
            f"{metric}, {_unit(metric)}, under the rule {rule}; 95 % intervals from resampled patients. The difference "
            f"is of the same images. {wording.COLUMNS_MEAN} {' '.join([_test(rule), *remarks])}",
            ["network", *(wording.HEADINGS[branch] for branch in (*PREDICTED, DIFFERENCE)), "p", "p (Holm)", *_ENTRY],
            rows,
            best,
            frozenset(range(number, len(rows))),
        )
    )


def ranking(scores: pd.DataFrame, rule: str, metric: str) -> Table:
    """Best first; what is no approach has its place but no rank."""
    smaller = metric in DISTANCES
    scores = scores[scores["rule"] == rule]
    rows = scores[scores["branch"] != DIFFERENCE].sort_values("value", ascending=smaller, kind="stable")
    ranks = rows.loc[rows["branch"].isin(RANKED), "value"].rank(method="min", ascending=smaller).dropna().astype(int)
    theirs = rows["branch"].str.startswith(_PAPER)
    cells = [
        [str(ranks.get(index, "")), _filled(row["model"]), _TITLES[row["branch"]], _shown(row, metric), *_entry(row)]
        for index, row in rows.iterrows()
    ]
    unit = " in pixels" if metric in PIXELS else ""
    caption = (
        f"Ranked by {metric}{unit} under the rule {rule}, {'smallest' if smaller else 'best'} first; 95 % intervals "
        "from resampled patients. Without a rank: the oracle, which is given the true boxes, and the controls, which "
        f"are no networks{', and the paper' if theirs.any() else ''}."
    )
    return _compact(
        Table(
            f"section{scores['section'].iloc[0]}_ranking",
            "Ranking",
            caption,
            ["rank", "network", "branch", metric if metric in PIXELS else f"{metric}, %", *_ENTRY],
            cells,
            frozenset((place, 3) for place, index in enumerate(rows.index) if ranks.get(index) == 1),
            frozenset(place for place, of_paper in enumerate(theirs) if of_paper),
        )
    )


def differences(scores: pd.DataFrame, rule: str, metric: str) -> Table:
    """Guided - direct of every entry."""
    cells = [
        [row["model"], _shown(row, metric), *_tested(row), *_entry(row)]
        for _, row in scores[(scores["rule"] == rule) & (scores["branch"] == DIFFERENCE)].iterrows()
    ]
    return _compact(
        Table(
            f"section{scores['section'].iloc[0]}_differences",
            "Guided - direct",
            f"On the same images, {metric} under the rule {rule}. {_test(rule)}",
            ["network", f"{metric}, {'pixels' if metric in PIXELS else 'points'}", "p", "p (Holm)", *_ENTRY],
            cells,
        )
    )


def of_paper(section: Section, scores: pd.DataFrame) -> list[Table]:
    """The paper's Tables 3, 5, 6 and 7 with the newest entry of every network; on another dataset there are none.

    Args:
        section: of the leaderboard.
        scores: of all sections.
    """
    if section.first.dataset != "bus_uclm":
        return []
    of_entries = scores[scores["section"] == section.number].groupby(_IDENTITY)
    ours = {
        entry.model: _nested(of_entries.get_group((entry.model, entry.profile, entry.changed)), section)
        for entry in section.newest
    }
    tables_of = beside_paper.tables(ours, dataset=section.first.dataset)
    return [
        replace(each, name=f"section{section.number}_{each.name}") for each in tables_of if each.name != _NOT_COUNTED
    ]


def _nested(rows: pd.DataFrame, section: Section) -> Nested:
    """An entry's scores as ``evaluation.scores.scores`` nests them; no detector and no loss, which are not counted."""
    nested: Nested = {"sample": {"intervals_reliable": section.reliable}, "branches": {}, "differences": {}}
    for row in rows.to_dict("records"):
        group = nested["differences" if row["branch"] == DIFFERENCE else "branches"]
        leaf = {key: _known(row[key]) for key in ("value", "ci_low", "ci_high", "p")}
        group.setdefault(row["branch"], {}).setdefault(row["rule"], {})[row["metric"]] = leaf
    return nested


def _test(rule: str) -> str:
    if rule not in IMAGEWISE:
        return "No test: this rule gives an image no score of its own."
    return (
        "p: Wilcoxon's signed-rank test on patient means; p (Holm): corrected for all networks (rows) of this section "
        "and profile."
    )


def _unit(metric: str) -> str:
    return "pixels" if metric in PIXELS else "percent"


def _tested(row: pd.Series) -> list[str]:
    """The p-value, and corrected."""
    return ["-" if pd.isna(row[key]) else f"{row[key]:.3g}" for key in ("p", "p_holm")]


def _entry(row: pd.Series) -> list[str]:
    return [_filled(row[key]) for key in _ENTRY]


def _shown(row: pd.Series, metric: str) -> str:
    """Value and interval, in percent or pixels."""
    scale = 1 if metric in PIXELS else 100
    score = {key: _known(row[key]) for key in ("value", "ci_low", "ci_high")}
    return wording.number(score, scale=scale, digits=1)


def _known(value: float | None) -> float | None:
    return None if pd.isna(value) else value


def _filled(cell: object) -> str:
    return "" if pd.isna(cell) else str(cell)


def _compact(table: Table) -> Table:
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
