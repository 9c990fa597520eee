"""Parameters as a flat list, and the recipe: what of them makes a result."""

import json
from collections.abc import Mapping
from typing import Any

from guidedseg.names import DETECTORS, datasets_in

LEFT_OUT = {
    "dataset": "what a result is of stands beside it",
    "model": "likewise",
    "profile": "likewise",
    "seed": "repeats with other seeds are averaged",
    "split.fold": "the folds are put together",
    "mode": "chooses what the report prints of two results that are both there",
    "external": "datasets that what is trained is tested on",
    "scoring.batch": "batches are formed anew whenever a score is computed",
    "datasets.*.source": "where the raw data came from; what they are is told by the hash of the prepared ones",
    "datasets.*.sha256": "likewise",
    "profiles.*.workers": "they prepare the segmenters' batches and change none; the detector has its own",
}
"""Leaves of params.yaml (``*``: any one name) that make no other result, and why."""

UNREAD = {"official": ("val", "test", "folds", "seed"), "holdout": ("folds",), "folds": ("val", "test")}
"""``split.protocol`` -> keys of ``split`` that it does not read."""


def flat(group: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined by dots, in their order; the values as they are."""
    result: dict[str, Any] = {}
    for key, value in group.items():
        result |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return result


def recipe(params: Mapping[str, Any]) -> dict[str, str]:
    """Every leaf of the parameters but ``LEFT_OUT``, what the split does not read, synthetic images that there are none
    of, and other datasets', networks' and profiles'.

    Args:
        params: of a run; those of an older version may have other keys.

    Returns:
        Key -> value as text; 10 and 10.0 are the same.
    """  # noqa: D205 - what is left out is the summary
    return {key: _text(value) for key, value in flat(params).items() if not _left_out(key, params)}


def fits(key: str, pattern: str) -> bool:
    """Whether a dotted key is a pattern's, in which ``*`` is any one name."""
    names, wanted = key.split("."), pattern.split(".")
    return len(names) == len(wanted) and all(want in ("*", name) for name, want in zip(names, wanted, strict=True))


def short(key: str) -> str:
    """A key without what its row says anyway: ``yolo.epochs`` for ``profiles.quick.yolo.epochs``."""
    group, _, rest = key.partition(".")
    if group == "profiles":
        return rest.partition(".")[2]
    return rest if group in {"datasets", "models"} else key


def _left_out(key: str, params: Mapping[str, Any]) -> bool:
    group, name, part = f"{key}..".split(".")[:3]
    if group == "profiles" and part in DETECTORS and part != params.get("detector", part):
        return True
    if group in {"models", "profiles"} and name != params[group.removesuffix("s")]:
        return True
    if group == "datasets" and name not in _read_of_datasets(params["dataset"]):
        return True
    if group == "split" and name in UNREAD.get(params["split"].get("protocol"), ()):
        return True
    if group == "synthetic" and not params["synthetic"].get("share"):
        return True
    return any(fits(key, pattern) for pattern in LEFT_OUT)


def _read_of_datasets(dataset: str) -> list[str]:
    """Keys of ``datasets``: each dataset's own, and how those of a union are balanced."""
    names = datasets_in(dataset)
    return names if len(names) == 1 else [*names, "balance"]


def _text(value: Any) -> str:  # noqa: ANN401 - a value of a YAML file
    if isinstance(value, str):
        return value
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value, separators=(",", ":"))
