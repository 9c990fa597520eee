"""The leaderboard: every entry's scores with intervals, the spread between its seeds, and tests of differences.

A score is the mean of the seeds' scores. ``ci_low`` and ``ci_high`` are its interval for other groups of patients; with
several seeds ``seed_sd``, ``seed_min`` and ``seed_max`` are of their scores; from ``LEAST_SEEDS`` on ``both_low`` and
``both_high`` are the interval for other groups and other trainings.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from guidedseg.evaluation import bootstrap
from guidedseg.evaluation.bootstrap import DRAWS, LEAST_SEEDS, SHARE, Array, Bounds, Interval, with_seeds
from guidedseg.evaluation.counts import CONTROLS, PREDICTED
from guidedseg.evaluation.estimates import BOUNDS, Estimate, by_rule, p_values
from guidedseg.evaluation.matrix import matrix
from guidedseg.evaluation.paired import holm
from guidedseg.evaluation.pooling import Entry, Params, Run, Section, pool, sections
from guidedseg.evaluation.rules import METRICS, RULES
from guidedseg.evaluation.scores import DIFFERENCES

TESTED = (
    *("guided_minus_direct", "guided_ungated_minus_direct_ungated"),
    *("cascade_minus_direct", "guided_minus_cascade"),
)
"""What guiding brings: as it is used, where neither side may be silent by a gate, without a detector, and by one."""

SPREAD = ("seed_sd", "seed_min", "seed_max", "both_low", "both_high")
"""Columns that only repeats have."""

COLUMNS = [
    *("section", "dataset", "split", "profile", "changed", "model", "branch", "rule", "metric", "value", "ci_low"),
    *("ci_high", "groups", "no_interval", *SPREAD, "p", "p_holm"),
    *("images", "patients", "runs", "seeds", "folds"),
]


@dataclass(frozen=True)
class Leaderboard:
    """All that is printed.

    Attributes:
        sections: in the order of the runs.
        scores: ``COLUMNS``, a row per section, entry, branch, rule and metric.
        notes: what was left out, and why.
        matrix: ``matrix.COLUMNS``: what was trained here and tested elsewhere; empty where no run was.
    """

    sections: list[Section]
    scores: pd.DataFrame
    notes: list[str]
    matrix: pd.DataFrame


def leaderboard(runs: Sequence[Run], reference: Params, *, seed: int, batch: int, draws: int = DRAWS) -> Leaderboard:
    """Pool, group and score runs.

    Args:
        runs: the newest first.
        reference: parameters that entries are described against.
        seed: of the draws of groups, and of the tests.
        batch: images per batch of the rule ``batch_pooled``.
        draws: of groups.
    """
    entries, notes = pool(runs, reference)
    grouped = sections(entries)
    records = [record for section in grouped for record in _records(section, seed, batch, draws)]
    return Leaderboard(grouped, _with_holm(table(records)), notes, matrix(grouped, seed=seed, draws=draws))


def table(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Records as ``COLUMNS``; what they lack is empty."""
    counts = ("groups", "images", "patients", "runs")
    scores = ("value", "ci_low", "ci_high", *SPREAD, "p", "p_holm")
    return pd.DataFrame.from_records(list(records), columns=COLUMNS).astype(
        dict.fromkeys(scores, "float64") | dict.fromkeys(counts, "Int64")
    )


def _records(section: Section, seed: int, batch: int, draws: int) -> Iterable[dict[str, Any]]:
    """Rows of ``COLUMNS``, p_holm left out."""
    drawn = bootstrap.weights(section.first.by_seed("direct")[0], seed=seed, draws=draws)
    size = {"images": len(section.first.tested), "patients": section.first.patients}
    common = {"section": section.number, "dataset": section.first.dataset, "split": section.first.split, **size}
    for entry in section.entries:
        named = {**common, **_entry(entry)}
        rows = {branch: repeats for branch in PREDICTED if (repeats := entry.by_seed(branch))}
        of = {branch: [by_rule(each, drawn, batch) for each in repeats] for branch, repeats in rows.items()}
        for branch, estimates in of.items():
            yield from _leaves({**named, "branch": branch}, estimates, BOUNDS)
        for name in TESTED:
            one, other = DIFFERENCES[name]
            if not {one, other} <= of.keys():
                continue
            differences = [
                {rule: mine[rule].minus(theirs[rule]) for rule in RULES}
                for mine, theirs in zip(of[one], of[other], strict=True)
            ]
            p_of = p_values(rows[one], rows[other], seed=seed)
            for leaf in _leaves({**named, "branch": name}, differences, dict.fromkeys(METRICS, bootstrap.DIFFERENCE)):
                yield {**leaf, "p": p_of.get(leaf["rule"], {}).get(leaf["metric"])}
    for branch in CONTROLS:
        controls = [repeats for entry in section.entries if (repeats := entry.by_seed(branch))]
        if controls:
            control = by_rule(controls[0][0], drawn, batch)
            yield from _leaves({**common, "branch": branch}, [control], BOUNDS)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        **{key: getattr(entry, key) for key in ("profile", "changed", "model")},
        "runs": len(entry.runs),
        **{key: " ".join(map(str, getattr(entry, key))) for key in ("seeds", "folds")},
    }


def _leaves(
    named: dict[str, Any], estimates: Sequence[Mapping[str, Estimate]], bounds: Mapping[str, Bounds]
) -> Iterable[dict[str, Any]]:
    """A record per rule and metric.

    Args:
        named: what they have in common.
        estimates: of every seed, by rule.
        bounds: by metric; ``SHARE`` for those not in it.
    """
    for rule in RULES:
        values = np.stack([of_seed[rule].values for of_seed in estimates])
        parts = np.mean([of_seed[rule].parts for of_seed in estimates], axis=0)
        metrics = METRICS[: values.shape[2]]
        found = bootstrap.intervals(values.mean(axis=0), metrics, parts, bounds)
        for (metric, leaf), of_seeds in zip(found.items(), values[:, 0].T, strict=True):
            spread = _spread(leaf, of_seeds, bounds.get(metric, SHARE))
            yield {**named, "rule": rule, "metric": metric, **leaf, **spread}


def _spread(leaf: Interval, values: Array, bounds: Bounds) -> dict[str, Any]:
    """``SPREAD`` of the seeds' scores, where there are several and all have one."""
    if len(values) < 2 or np.isnan(values).any():
        return {}
    of_seeds = values.std(ddof=1), values.min(), values.max()
    both = with_seeds(leaf, values, bounds) if len(values) >= LEAST_SEEDS else None
    ends = (both["ci_low"], both["ci_high"]) if both else (None, None)
    return dict(zip(SPREAD, (*(round(float(each), 6) for each in of_seeds), *ends), strict=True))


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
