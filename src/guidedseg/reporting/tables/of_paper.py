"""Tables 3 to 7 of the paper (Arioua et al., Profit AI'25), ours beside the published numbers.

Ours stand under the rule that fits a published table best, and under strict ones. What is best is told among the
published rows and among ours of one rule, never across.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from guidedseg.evaluation.rules import RULES
from guidedseg.evaluation.scores import Nested
from guidedseg.names import DETECTORS, NETWORKS
from guidedseg.reporting.tables import published
from guidedseg.reporting.tables.table import Table, best_of
from guidedseg.reporting.tables.wording import (
    COLUMNS_MEAN,
    FAMILY,
    HEADINGS,
    INTERVALS,
    MISSING,
    SILENT,
    TEST,
    number,
    percent,
)

METRICS = {"dice": "Dice", "iou": "IoU", "recall": "recall", "precision": "precision"}
BRANCHES = ("direct", "guided", "guided_fallback", "cascade", "oracle")

PAPER = "paper"


class Row(NamedTuple):
    """A row in the making.

    Attributes:
        family: rows that compete: ``PAPER``, or a rule.
        labels: cells that are no scores.
        cells: column -> score as text.
        values: column -> score, of the columns that compete.
    """

    family: str
    labels: Sequence[str]
    cells: Mapping[str, str]
    values: Mapping[str, float | None]


def tables(ours: Mapping[str, Nested], *, dataset: str) -> list[Table]:
    """All five.

    Args:
        ours: network -> ``Results.scores`` of its run; loss and detector may be absent.
        dataset: of our runs.
    """
    remarks = _remarks(dataset)
    return [
        _approach("table3_direct", "The paper's Table 3: direct", "direct", ours, remarks),
        _detector(ours, remarks),
        _approach("table5_guided", "The paper's Table 5: guided", "guided", ours, remarks),
        _side_by_side(ours, remarks),
        _others(ours, remarks),
    ]


def _approach(name: str, title: str, branch: str, ours: Mapping[str, Nested], remarks: str) -> Table:
    """Tables 3 and 5."""
    fits = published.RULES[branch]
    rows = [
        _theirs(
            [NETWORKS[network], PAPER, "the paper's"],
            {"loss": f"{row.loss:.4f}", **{metric: f"{getattr(row, metric):.2f}" for metric in METRICS}},
        )
        for network, row in published.TABLES[branch].items()
    ]
    for rule in (fits, "strict", "lesion"):
        for network, scores in ours.items():
            of = scores["branches"][branch]
            leaves = {"loss": of.get("loss", MISSING), **{metric: of[rule][metric] for metric in METRICS}}
            rows.append(_ours(rule, [_name(network), "ours", rule], leaves))
    caption = (
        f"Percent; the loss as it is, ours that of params.yaml, its mean over regions. {fits} fits the paper best: "
        f"{published.REASONS[branch]}.{f' {SILENT}' if fits == 'literal' else ''} {remarks}{_absent(ours)}"
    )
    return _table(name, title, caption, ["network", "whose", "rule"], {"loss": "loss", **METRICS}, rows)


def _detector(ours: Mapping[str, Nested], remarks: str) -> Table:
    """Table 4; runs of one detector make one row."""
    columns = {"ap50": "mAP@50", "ap50_95": "mAP@50:95"}
    networks_of: dict[str, list[str]] = {}
    leaves_of, kind_of = {}, {}
    for network, scores in ours.items():
        leaves = {key: scores.get("detection", {}).get(key, MISSING) for key in columns}
        leaves_of[repr(leaves)] = leaves
        kind_of[repr(leaves)] = DETECTORS[scores.get("detector", "yolo")]
        networks_of.setdefault(repr(leaves), []).append(_name(network))
    rows = [
        _theirs(["YOLO11n", PAPER, "all five"], {key: f"{published.DETECTOR[key]:g}" for key in columns}),
        *(_ours("ours", [kind_of[key], "ours", ", ".join(networks_of[key])], leaves_of[key]) for key in leaves_of),
    ]
    title = "The paper's Table 4: the detector"
    caption = f"Average precision of the boxes, percent. {remarks}"
    return _table("table4_detector", title, caption, ["detector", "whose", "networks"], columns, rows)


def _side_by_side(ours: Mapping[str, Nested], remarks: str) -> Table:
    """Table 6 with what it leaves out: one rule on both sides, the frame where there is no box, the true boxes."""
    rows = []
    for network, direct in published.DIRECT.items():
        values = {"direct": direct.dice, "guided": published.GUIDED[network].dice}
        row = _theirs([NETWORKS[network], PAPER, "two rules"], {key: f"{values[key]:.2f}" for key in values})
        rows.append(row._replace(cells={**row.cells, "difference": f"{values['guided'] - values['direct']:.2f}"}))
    for rule in RULES:
        for network, scores in ours.items():
            leaves = {branch: scores["branches"][branch][rule]["dice"] for branch in BRANCHES}
            row = _ours(rule, [_name(network), "ours", rule], leaves)
            difference = scores["differences"]["guided_minus_direct"][rule]["dice"]
            tested = {key: "-" if difference.get(key) is None else f"{difference[key]:.3g}" for key in ("p", "p_holm")}
            rows.append(row._replace(cells={**row.cells, "difference": percent(difference), **tested}))
    caption = (
        "Dice, percent; the difference in points. The paper's two columns follow different rules, so their difference "
        f"is no measure of what guiding brings; a row of ours follows one rule. {COLUMNS_MEAN} {TEST} "
        f"{FAMILY.format(metric='Dice')} {SILENT} {remarks}{_absent(ours)}"
    )
    columns = {branch: HEADINGS[branch] for branch in BRANCHES}
    columns |= {"difference": HEADINGS["guided_minus_direct"], "p": "p", "p_holm": "p (Holm)"}
    title = "The paper's Table 6: direct and guided side by side"
    return _table("table6_side_by_side", title, caption, ["network", "whose", "rule"], columns, rows)


def _others(ours: Mapping[str, Nested], remarks: str) -> Table:
    """Table 7. Its published rows do not compete: they share neither images nor rule."""
    columns = {key: METRICS[key] for key in ("dice", "iou")}
    rows = [
        Row(PAPER, [other.source, other.method, "their own"], {"dice": other.dice, "iou": other.iou}, {})
        for other in published.OTHERS
    ]
    for rule in ("strict", "lesion", "pooled"):
        for network, scores in ours.items():
            for branch in ("direct", "guided"):
                leaves = {key: scores["branches"][branch][rule][key] for key in columns}
                rows.append(_ours(rule, ["ours", f"{_name(network)}, {branch}", rule], leaves))
    caption = (
        "Percent. The published rows are other works' numbers as the paper cites them, on test images and by rules of "
        f"their own, so none of them is called the best. {remarks}"
    )
    title = "The paper's Table 7: others on BUS-UCLM"
    return _table("table7_others", title, caption, ["work", "approach", "rule"], columns, rows)


def _theirs(labels: Sequence[str], cells: Mapping[str, str]) -> Row:
    return Row(PAPER, labels, cells, {key: float(cell) for key, cell in cells.items()})


def _ours(family: str, labels: Sequence[str], leaves: Mapping[str, Nested]) -> Row:
    cells = {key: number(leaf) if key == "loss" else percent(leaf) for key, leaf in leaves.items()}
    return Row(family, labels, cells, {key: leaf["value"] for key, leaf in leaves.items()})


def _table(
    name: str, title: str, caption: str, labels: Sequence[str], columns: Mapping[str, str], rows: Sequence[Row]
) -> Table:
    best = frozenset(
        (place, len(labels) + column)
        for family in dict.fromkeys(row.family for row in rows)
        for column, key in enumerate(columns)
        for place in best_of(
            [row.values.get(key) if row.family == family else None for row in rows], smallest=key == "loss"
        )
    )
    cells = [[*row.labels, *(row.cells.get(key, "") for key in columns)] for row in rows]
    theirs = frozenset(place for place, row in enumerate(rows) if row.family == PAPER)
    return Table(name, title, caption, [*labels, *columns.values()], cells, best, theirs)


def _remarks(dataset: str) -> str:
    """What stands under every table."""
    return " ".join(
        [
            f"{INTERVALS} The published numbers have none.",
            "The paper's split, training and scoring are not published in full; equal numbers would not make them the "
            "same experiment."
            if dataset == published.DATASET
            else f"Ours are of the dataset {dataset}, the published ones of BUS-UCLM: they cannot be compared.",
        ]
    )


def _absent(ours: Mapping[str, Nested]) -> str:
    names = [_name(network) for network in ours if network not in published.DIRECT]
    return f" The paper has no numbers for {', '.join(names)}." if names else ""


def _name(network: str) -> str:
    return NETWORKS.get(network, network)
