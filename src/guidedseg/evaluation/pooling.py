"""Runs pooled, grouped into what may be compared, and scored.

A **recipe** is what of the parameters makes a result, the seed and the fold left out. Runs of one recipe are pooled:
the images that the folds test form one evaluation of all patients; repeats with other seeds are more rows of the same
patients, who stay the clusters of the bootstrap. A **section** holds the recipes that are tested on the same images of
the same data under the same split. Only within a section is anything ranked.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from guidedseg.evaluation.bootstrap import DRAWS, RELIABLE, Array, intervals, weights
from guidedseg.evaluation.counts import CONTROLS, PREDICTED
from guidedseg.evaluation.paired import holm
from guidedseg.evaluation.recipe import flat
from guidedseg.evaluation.rules import METRICS, RULES
from guidedseg.evaluation.scores import estimate, p_values
from guidedseg.experiments import Run
from guidedseg.names import NETWORKS
from guidedseg.reporting.tables import published

DIFFERENCE = "guided_minus_direct"

COLUMNS = [
    *("section", "dataset", "split", "profile", "changed", "model", "branch", "rule", "metric", "value", "ci_low"),
    *("ci_high", "p", "p_holm", "images", "patients", "runs", "seeds", "folds"),
]

Params = dict[str, Any]

_UNUSED = {"official": ("val", "test", "folds", "seed"), "holdout": ("folds",), "folds": ("val", "test")}
"""Keys of ``split`` that a protocol does not read."""


@dataclass(frozen=True)
class Entry:
    """The runs of one recipe, pooled.

    Attributes:
        dataset: its name.
        version: hash of the prepared data.
        split: the parameters in words, without the fold.
        profile: its name.
        model: the network.
        changed: what else of the recipe differs from the reference, ``key=value``.
        runs: by seed and fold.
        images: the runs' rows, by seed and image_id.
    """

    dataset: str
    version: str
    split: str
    profile: str
    model: str
    changed: str
    runs: tuple[Run, ...]
    images: pd.DataFrame

    def rows(self, branch: str) -> pd.DataFrame:
        """One branch's."""
        return self.images[self.images["branch"] == branch].reset_index(drop=True)

    def tested(self) -> Counter[str]:
        """image_id -> how often it was tested."""
        return Counter(self.rows("direct")["image_id"])


@dataclass(frozen=True)
class Section:
    """Entries that may be ranked; the first speaks for what all have in common."""

    number: int
    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        """The newest."""
        return self.entries[0]

    @property
    def reliable(self) -> bool:
        """Whether enough patients have a lesion for intervals to be trusted."""
        images = self.first.images
        return bool(images.loc[images["lesion_px"] > 0, "patient_id"].nunique() >= RELIABLE)

    @property
    def newest(self) -> list[Entry]:
        """Of every network, in the order of ``names.NETWORKS``."""
        by_model = {entry.model: entry for entry in reversed(self.entries)}
        return [by_model[model] for model in NETWORKS if model in by_model]


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

    Args:
        runs: the newest first.
        reference: parameters that entries are described against.
        seed: of the bootstrap.
        batch: images per batch of the rule ``batch_pooled``.
        draws: of the bootstrap.
    """
    entries, notes = pool(runs, reference)
    grouped: dict[Any, list[Entry]] = {}
    for entry in entries:
        key = (entry.dataset, entry.version, entry.split, frozenset(entry.tested().items()))
        grouped.setdefault(key, []).append(entry)
    sections = [Section(number, tuple(group)) for number, group in enumerate(grouped.values(), start=1)]
    records = [record for section in sections for record in _records(section, seed, batch, draws)]
    scores = _with_holm(pd.DataFrame.from_records(records, columns=COLUMNS))
    return Leaderboard(sections, scores, notes)


def pool(runs: Sequence[Run], reference: Params) -> tuple[list[Entry], list[str]]:
    """Runs of equal data, recipe, network and profile become one entry.

    Args:
        runs: the newest first.
        reference: parameters to compare with.

    Returns:
        Entries in the order of the runs; a line for every result that another one replaces.
    """
    notes = []
    grouped: dict[Any, dict[Any, Run]] = {}
    for run in runs:
        names = (run.params[key] for key in ("dataset", "profile", "model"))
        kept = grouped.setdefault((run.dataset_version, *names, *sorted(recipe(run.params).items())), {})
        newest = kept.setdefault((run.params["seed"], fold_of(run)), run)
        if not _in_order(newest.images).equals(_in_order(run.images)):
            notes.append(
                f"same parameters, other result: {newest.name} and {run.name}; code or machine differs. "
                f"{newest.name} is newer and taken."
            )
    return [_entry(list(kept.values()), reference) for kept in grouped.values()], notes


def recipe(params: Params) -> dict[str, str]:
    """What makes a result, flattened: short key -> value as text. Not the seed, nor the fold, nor what is unused."""
    dataset, model, profile = (params[key] for key in ("dataset", "model", "profile"))
    split = params.get("split", {})
    groups = {
        "split": _without(split, "fold", *_UNUSED.get(split.get("protocol"), ())),
        **{key: params.get(key, {}) for key in ("prepare", "detect", "roi")},
        "scoring": _without(params.get("scoring", {}), "batch"),
        dataset: _without(params.get("datasets", {}).get(dataset, {}), "source", "sha256"),
        model: params.get("models", {}).get(model, {}),
        **_without(params.get("profiles", {}).get(profile, {}), "workers"),
    }
    return _flat(groups)


def _entry(runs: list[Run], reference: Params) -> Entry:
    ordered = sorted(runs, key=lambda run: (run.params["seed"], fold_of(run) or 0))
    params = ordered[0].params
    images = pd.concat([run.images.assign(seed=run.params["seed"]) for run in ordered], ignore_index=True)
    names = {key: str(params[key]) for key in ("dataset", "profile", "model")}
    mine, theirs = recipe(params), recipe({**reference, **names})
    split = {key.removeprefix("split."): value for key, value in mine.items() if key.startswith("split.")}
    changed = [
        f"{key}={mine.get(key, 'absent')}"
        for key in {**mine, **theirs}
        if mine.get(key) != theirs.get(key) and not key.startswith("split.")
    ]
    return Entry(
        version=ordered[0].dataset_version,
        split=" ".join([split.pop("protocol"), *(f"{key}={value}" for key, value in split.items())]),
        **names,
        changed=" ".join(changed),
        runs=tuple(ordered),
        images=images.sort_values(["seed", "image_id"], kind="stable", ignore_index=True),
    )


def _records(section: Section, seed: int, batch: int, draws: int) -> Iterable[dict[str, Any]]:
    """Rows of ``COLUMNS``, p_holm left out."""
    drawn = weights(section.first.rows("direct"), seed=seed, draws=draws)
    common = {"section": section.number, "dataset": section.first.dataset, "split": section.first.split}
    for entry in section.entries:
        named = {**common, "profile": entry.profile, "changed": entry.changed, "model": entry.model, **sizes(entry)}
        estimates = {branch: estimate(entry.rows(branch), drawn, batch) for branch in PREDICTED}
        for branch, values in estimates.items():
            yield from _leaves({**named, "branch": branch}, values)
        guided, direct = estimates["guided"], estimates["direct"]
        differences = {rule: guided[rule] - direct[rule] for rule in RULES}
        yield from _leaves(
            {**named, "branch": DIFFERENCE}, differences, p_values(entry.rows("guided"), entry.rows("direct"))
        )
    size = {key: value for key, value in sizes(section.first).items() if key in {"images", "patients"}}
    for branch in CONTROLS:
        yield from _leaves({**common, **size, "branch": branch}, estimate(section.first.rows(branch), drawn, batch))
    yield from _paper(section, common)


def _leaves(
    named: dict[str, Any], estimates: dict[str, Array], p_of: Mapping[str, Mapping[str, float | None]] | None = None
) -> Iterable[dict[str, Any]]:
    for rule, values in estimates.items():
        for metric, score in intervals(values, METRICS[: values.shape[1]]).items():
            yield {**named, "rule": rule, "metric": metric, **score, "p": (p_of or {}).get(rule, {}).get(metric)}


def _paper(section: Section, common: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The published numbers of the section's networks, as shares."""
    if section.first.dataset != "bus_uclm":
        return
    networks = {entry.model for entry in section.entries}
    for branch, table in published.TABLES.items():
        for model in sorted(networks & set(table)):
            for metric in ("dice", "iou", "precision", "recall"):
                value = round(getattr(table[model], metric) / 100, 6)
                named = {**common, "model": model, "branch": f"paper_{branch}", "rule": published.RULES[branch]}
                yield {**named, "metric": metric, "value": value}


def _with_holm(scores: pd.DataFrame) -> pd.DataFrame:
    """Correct the p of all networks of a section and profile together, for each rule and metric."""
    scores = scores.astype(
        dict.fromkeys(("p", "p_holm"), "float64") | dict.fromkeys(("images", "patients", "runs"), "Int64")
    )
    tested = scores[(scores["branch"] == DIFFERENCE) & scores["p"].notna()]
    for _, family in tested.groupby(["section", "profile", "rule", "metric"]):
        corrected = holm({str(index): float(value) for index, value in family["p"].items()})
        scores.loc[family.index, "p_holm"] = list(corrected.values())
    return scores


def sizes(entry: Entry) -> dict[str, Any]:
    """Images, patients, runs, and which seeds and folds, as in ``COLUMNS``."""
    seeds = {run.params["seed"] for run in entry.runs}
    folds = {fold for run in entry.runs if (fold := fold_of(run)) is not None}
    return {
        "images": len(entry.tested()),
        "patients": entry.images["patient_id"].nunique(),
        "runs": len(entry.runs),
        "seeds": " ".join(map(str, sorted(seeds))),
        "folds": " ".join(map(str, sorted(folds))),
    }


def fold_of(run: Run) -> int | None:
    """None where the split has no folds, whatever number the file holds."""
    split = run.params["split"]
    return int(split["fold"]) if split["protocol"] == "folds" else None


def _in_order(images: pd.DataFrame) -> pd.DataFrame:
    return images.sort_values(["image_id", "branch"], ignore_index=True)


def _without(group: Params, *keys: str) -> Params:
    return {key: value for key, value in group.items() if key not in keys}


def _flat(group: Params) -> dict[str, str]:
    """As text; 10 and 10.0 are the same."""
    return {key: _text(value) for key, value in flat(group).items()}


def _text(value: Any) -> str:  # noqa: ANN401 - a value of a YAML file
    if isinstance(value, str):
        return value
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value, separators=(",", ":"))
