"""The leaderboard: every entry's scores with intervals, the spread between its seeds, and tests of guided - direct."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from guidedseg.evaluation.bootstrap import DRAWS, Array, intervals, weights
from guidedseg.evaluation.counts import CONTROLS, PREDICTED
from guidedseg.evaluation.paired import holm
from guidedseg.evaluation.pooling import Entry, Params, Run, Section, pool, sections
from guidedseg.evaluation.rules import METRICS, RULES
from guidedseg.evaluation.scores import estimate, p_values

DIFFERENCE = "guided_minus_direct"

COLUMNS = [
    *("section", "dataset", "split", "profile", "changed", "model", "branch", "rule", "metric", "value", "ci_low"),
    *("ci_high", "seed_sd", "seed_min", "seed_max", "both_low", "both_high", "p", "p_holm", "images", "patients"),
    *("runs", "seeds", "folds"),
]


@dataclass(frozen=True)
class Leaderboard:
    """All that is printed.

    Attributes:
        sections: in the order of the runs.
        scores: ``COLUMNS``, a row per section, entry, branch, rule and metric.
        notes: what was left out, and why.
    """

    sections: list[Section]
    scores: pd.DataFrame
    notes: list[str]


def leaderboard(runs: Sequence[Run], reference: Params, *, seed: int, batch: int, draws: int = DRAWS) -> Leaderboard:
    """Pool, group and score runs.

    A score is the mean of the seeds' scores, ``ci_low`` and ``ci_high`` its interval for other patients.  With several
    seeds ``seed_sd``, ``seed_min`` and ``seed_max`` are of their scores.

    Args:
        runs: the newest first.
        reference: parameters that entries are described against.
        seed: of the bootstrap.
        batch: images per batch of the rule ``batch_pooled``.
        draws: of the bootstrap.
    """
    entries, notes = pool(runs, reference)
    grouped = sections(entries)
    records = [record for section in grouped for record in _records(section, seed, batch, draws)]
    return Leaderboard(grouped, _with_holm(table(records)), notes)


def table(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Records as ``COLUMNS``; what they lack is empty."""
    numbers = COLUMNS[COLUMNS.index("value") : COLUMNS.index("images")]
    return pd.DataFrame.from_records(list(records), columns=COLUMNS).astype(
        dict.fromkeys(numbers, "float64") | dict.fromkeys(("images", "patients", "runs"), "Int64")
    )


def _records(section: Section, seed: int, batch: int, draws: int) -> Iterable[dict[str, Any]]:
    """Rows of ``COLUMNS``, p_holm left out."""
    drawn = weights(section.first.by_seed("direct")[0], seed=seed, draws=draws)
    size = {"images": len(section.first.tested), "patients": section.first.patients}
    common = {"section": section.number, "dataset": section.first.dataset, "split": section.first.split, **size}
    for entry in section.entries:
        named = {**common, **_entry(entry)}
        of = {branch: [estimate(rows, drawn, batch) for rows in entry.by_seed(branch)] for branch in PREDICTED}
        for branch, estimates in of.items():
            yield from _leaves({**named, "branch": branch}, estimates)
        differences = [
            {rule: guided[rule] - direct[rule] for rule in RULES}
            for guided, direct in zip(of["guided"], of["direct"], strict=True)
        ]
        tests = p_values(entry.rows("guided"), entry.rows("direct"))
        yield from _leaves({**named, "branch": DIFFERENCE}, differences, tests)
    for branch in CONTROLS:
        rows = section.first.by_seed(branch)[0]
        yield from _leaves({**common, "branch": branch}, [estimate(rows, drawn, batch)])


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        **{key: getattr(entry, key) for key in ("profile", "changed", "model")},
        "runs": len(entry.runs),
        **{key: " ".join(map(str, getattr(entry, key))) for key in ("seeds", "folds")},
    }


def _leaves(
    named: dict[str, Any],
    estimates: Sequence[Mapping[str, Array]],
    p_of: Mapping[str, Mapping[str, float | None]] | None = None,
) -> Iterable[dict[str, Any]]:
    """A record per rule and metric.

    Args:
        named: what they have in common.
        estimates: of every seed, rule -> (1 + D, M).
        p_of: rule -> metric -> p.
    """
    for rule in RULES:
        of_seeds = np.stack([each[rule] for each in estimates])
        metrics = METRICS[: of_seeds.shape[2]]
        scores = intervals(of_seeds.mean(axis=0), metrics)
        for metric, values in zip(metrics, of_seeds[:, 0].T, strict=True):
            p = (p_of or {}).get(rule, {}).get(metric)
            yield {**named, "rule": rule, "metric": metric, **scores[metric], **_spread(values), "p": p}


def _spread(values: Array) -> dict[str, float]:
    """Of the seeds' scores, where there are several and all have one."""
    if len(values) < 2 or np.isnan(values).any():
        return {}
    found = {"seed_sd": values.std(ddof=1), "seed_min": values.min(), "seed_max": values.max()}
    return {key: round(float(value), 6) for key, value in found.items()}


def _with_holm(scores: pd.DataFrame) -> pd.DataFrame:
    """``p_holm``, the one place that says what a family is: all tests of a metric, of every section, entry and rule.

    A reader of the page sees them all and may pick the best; so they are corrected together, and every table prints the
    same number.
    """
    tested = scores[scores["p"].notna()]
    for _, family in tested.groupby("metric"):
        corrected = holm({str(index): float(value) for index, value in family["p"].items()})
        scores.loc[family.index, "p_holm"] = list(corrected.values())
    return scores
