"""Scores of a set of images under every rule, with patient-cluster bootstrap intervals."""

import warnings
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.evaluation.rules import IMAGEWISE, METRICS, RULES, ratios

DRAWS = 2000
Nested = dict[str, "float | int | Nested | None"]


def score(rows: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Rule -> metric -> score of one branch's rows (one per image)."""
    everyone = np.ones((1, rows["patient_id"].nunique()))
    return {rule: _named(_resampled(rows, rule, everyone)[0]) for rule in RULES}


def intervals(branches: Mapping[str, pd.DataFrame], *, seed: int) -> dict[str, pd.DataFrame]:
    """Bootstrap draws of every branch's scores; whole patients are resampled, the same ones for every branch.

    Args:
        branches: branch -> rows, one per image, the same images in each.
        seed: of the draws.

    Returns:
        branch -> (DRAWS, rules x metrics) with columns (rule, metric).
    """
    patients = next(iter(branches.values()))["patient_id"].nunique()
    weights = (
        np.random.default_rng(seed)
        .multinomial(patients, np.full(patients, 1 / patients), size=DRAWS)
        .astype(np.float64)
    )
    columns = pd.MultiIndex.from_product([RULES, METRICS])
    return {
        branch: pd.DataFrame(np.hstack([_resampled(rows, rule, weights) for rule in RULES]), columns=columns)
        for branch, rows in branches.items()
    }


def comparison(rows: pd.DataFrame, *, seed: int) -> Nested:
    """All branches side by side, and guided minus direct.

    Args:
        rows: one per image and branch.
        seed: of the bootstrap.

    Returns:
        branch -> rule -> metric -> value, ci_low, ci_high (95 %, percentiles); and ``gain`` (guided - direct) likewise.
    """
    branches = {str(branch): group for branch, group in rows.groupby("branch", sort=False)}
    values = {branch: score(group) for branch, group in branches.items()}
    draws = intervals(branches, seed=seed)
    result: Nested = {branch: _with_interval(values[branch], draws[branch]) for branch in branches}
    gain = {
        rule: {
            metric: _difference(values["guided"][rule][metric], values["direct"][rule][metric]) for metric in METRICS
        }
        for rule in RULES
    }
    result["gain"] = _with_interval(gain, draws["guided"] - draws["direct"])
    return result


def _resampled(rows: pd.DataFrame, rule: str, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scores (D, 4) of D resamplings, each a row of patient weights (D, P) in sorted patient order."""
    patients, codes = np.unique(rows["patient_id"].to_numpy(dtype=str), return_inverse=True)
    if rule == "pooled":
        counts = rows[["tp", "fp", "fn"]].to_numpy(dtype=np.float64)
        return ratios(weights @ _sums(counts, codes, len(patients)))
    scores = IMAGEWISE[rule](rows)
    counted = ~np.isnan(scores)
    total = weights @ _sums(np.where(counted, scores, 0.0), codes, len(patients))
    number = weights @ _sums(counted.astype(np.float64), codes, len(patients))
    with np.errstate(invalid="ignore"):
        return np.asarray(total / number)


def _sums(values: npt.NDArray[np.float64], codes: npt.NDArray[np.intp], patients: int) -> npt.NDArray[np.float64]:
    """Sums of (N, M) values per patient, (P, M)."""
    return np.stack([np.bincount(codes, weights=column, minlength=patients) for column in values.T], axis=1)


def _named(scores: npt.NDArray[np.float64]) -> dict[str, float | None]:
    return {metric: _number(value) for metric, value in zip(METRICS, scores, strict=True)}


def _with_interval(values: Mapping[str, Mapping[str, float | None]], draws: pd.DataFrame) -> Nested:
    result: Nested = {}
    for rule, metrics in values.items():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)  # 0/0 in every draw gives null
            low, high = np.nanpercentile(draws[rule].to_numpy(), [2.5, 97.5], axis=0)
        result[rule] = {
            metric: {"value": value, "ci_low": _number(low[column]), "ci_high": _number(high[column])}
            for column, (metric, value) in enumerate(metrics.items())
        }
    return result


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else _number(a - b)


def _number(value: float) -> float | None:
    """A plain float, null instead of NaN."""
    return None if np.isnan(value) else round(float(value), 6)
