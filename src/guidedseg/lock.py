"""dvc.lock: which stage made what, from what and with which parameters, as DVC wrote it down."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


class File(BaseModel):
    """A file or folder with DVC's hash of it."""

    path: str
    md5: str = ""


class Stage(BaseModel):
    """What DVC has of a stage that ran."""

    deps: list[File] = []
    outs: list[File] = []
    params: dict[str, dict[str, Any]] = {}

    @property
    def parameters(self) -> dict[str, Any]:
        """Dotted keys of params.yaml and the values that it ran with."""
        return self.params.get("params.yaml", {})


def read(path: Path) -> dict[str, Stage]:
    """The stages by name; none where the file is missing or no YAML, as amid a merge."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return {}
    return stages(content)


def stages(content: Any) -> dict[str, Stage]:  # noqa: ANN401 - whatever a YAML file holds
    """The stages by name of a lock that was read already; an entry that a kill has cut is left out."""
    found = content.get("stages") if isinstance(content, dict) else None
    whole = {}
    for name, entry in found.items() if isinstance(found, dict) else ():
        try:
            whole[name] = Stage.model_validate(entry)
        except ValidationError:
            continue
    return whole


def upstream(stages: Mapping[str, Stage], path: str) -> dict[str, Stage]:
    """The stage that made an out, or the out that a path lies in, and all before it.

    Each comes behind those it depends on, in an order that does not depend on that of ``stages``: DVC appends a stage
    when it first runs, so an interrupted run has another order than a whole one.
    """
    ordered: dict[str, Stage] = {}
    seen: set[str] = set()

    def add(wanted: str) -> None:
        for name, stage in stages.items():
            if name not in seen and any(wanted == out or wanted.startswith(f"{out}/") for out in outs(stage)):
                seen.add(name)
                for dep in stage.deps:
                    add(dep.path)
                ordered[name] = stage

    add(path)
    return ordered


def outs(*made_by: Stage) -> dict[str, str]:
    """Path -> md5 of what stages made."""
    return {out.path: out.md5 for stage in made_by for out in stage.outs}


def at(values: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - a value of a YAML file
    """The value at a dotted key, None where there is none."""
    value: Any = values
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
