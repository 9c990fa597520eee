"""dvc.lock: which stage made what, from what and with which parameters, as DVC wrote it down."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Stage = dict[str, Any]
"""A stage's entry: ``cmd``, ``deps``, ``params``, ``outs``."""


def read(path: Path) -> dict[str, Stage]:
    """The entries by name; none where the file is missing or is not whole, as after a kill or amid a merge."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return {}
    return stages(content if isinstance(content, dict) else {})


def stages(content: Mapping[str, Any]) -> dict[str, Stage]:
    """The entries by name of a lock that was read already."""
    return content.get("stages") or {}


def upstream(stages: Mapping[str, Stage], path: str) -> dict[str, Stage]:
    """The entries of the stage that made an out, or what a path in it holds, and of all before it; in their order."""
    needed: set[str] = set()
    waiting = [path]
    while waiting:
        wanted = waiting.pop()
        for name, stage in stages.items():
            if name not in needed and any(wanted == out or wanted.startswith(f"{out}/") for out in outs(stage)):
                needed.add(name)
                waiting += [dep["path"] for dep in stage.get("deps", [])]
    return {name: stage for name, stage in stages.items() if name in needed}


def outs(*made_by: Stage) -> dict[str, str]:
    """Path -> md5 of what stages made."""
    return {out["path"]: out.get("md5", "") for stage in made_by for out in stage.get("outs", [])}


def params(stage: Stage) -> dict[str, Any]:
    """Dotted keys of params.yaml that a stage depends on, and the values that it ran with."""
    found: dict[str, Any] = stage.get("params", {}).get("params.yaml", {})
    return found


def at(values: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - a value of a YAML file
    """The value at a dotted key, None where there is none."""
    value: Any = values
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
