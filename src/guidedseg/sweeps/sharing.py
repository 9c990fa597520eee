"""Which stages several runs of a sweep share: the same command, parameters and inputs, all the way up.

They are run once, before; then the run-cache of DVC gives them to every run.
"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.repo import Repo

from guidedseg import lock
from guidedseg.params import Params
from guidedseg.progress import bar
from guidedseg.sweeps.grid import FILE, Point
from guidedseg.temporary import Temporary
from guidedseg.writing import write_text


@dataclass(frozen=True)
class Part:
    """Stages that the same runs share.

    Attributes:
        name: another one where anything that they are made from is.
        stages: by their names.
        runs: of the sweep, by their numbers; rising, two or more.
    """

    name: str
    stages: tuple[str, ...]
    runs: tuple[int, ...]


def parts(points: Sequence[Point], root: Path, commit: str) -> list[list[Part]]:
    """What is to run before the runs, in waves: the parts of a wave need nothing but those of earlier ones.

    A part is shared by fewer runs than what it needs, so that the number of runs gives the order.

    Args:
        points: the runs.
        root: of the project, whose dvc.yaml counts.
        commit: of its code.
    """
    sharing: dict[str, list[int]] = defaultdict(list)
    names: dict[str, str] = {}
    with Temporary() as folder:
        place = Path(folder)
        write_text(place / ".dvc" / "config", f"[core]\n    no_scm = true\n    site_cache_dir = {place / 'site'}\n")
        write_text(place / "dvc.yaml", (root / "dvc.yaml").read_text(encoding="utf-8"))
        for number, point in enumerate(bar("what runs share", points, unit="run")):
            for name, key in _keys(point, place).items():
                sharing[key].append(number)
                names[key] = name
    by_runs: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for key, numbers in sharing.items():
        if len(numbers) > 1:
            by_runs[tuple(numbers)].append(key)
    waves: dict[int, list[Part]] = defaultdict(list)
    for runs, keys in by_runs.items():
        digest = hashlib.sha256(" ".join([commit, *sorted(keys)]).encode()).hexdigest()[:12]
        waves[len(runs)].append(Part(f"shared-{digest}", tuple(names[key] for key in keys), runs))
    return [waves[size] for size in sorted(waves, reverse=True)]


def _keys(point: Point, place: Path) -> dict[str, str]:
    """Stage -> a text that is another one where its command, its parameters or anything before it is."""
    (place / FILE).write_text(json.dumps(point.values), encoding="utf-8")  # YAML has JSON in it
    keys: dict[Any, str] = {}
    with Repo(os.fspath(place)) as repo:
        graph = repo.index.graph

        def key(stage: Any) -> str:  # noqa: ANN401 - untyped in DVC
            if stage not in keys:
                said = {
                    "cmd": stage.cmd,
                    "outs": sorted(out.def_path for out in stage.outs),
                    "params": {
                        name: lock.at(point.values, name) for dep in stage.deps for name in getattr(dep, "params", ())
                    },
                    "outside": [_outside(point.params, dep.def_path) for dep in stage.deps],
                    "before": sorted(key(other) for other in graph.successors(stage)),
                }
                keys[stage] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
            return keys[stage]

        return {
            stage.name: key(stage)
            for stage in graph
            # of these the run-cache of DVC has none: they take seconds, and run in every run
            if not stage.always_changed and all(out.use_cache and not out.persist for out in stage.outs)
        }


def _outside(settings: Params, path: str) -> Any:  # noqa: ANN401 - what JSON can hold
    """What params.yaml says of a record of the stage ``outside``, which runs every time and names no parameters."""
    folder, _, record = path.rpartition("/")
    if not folder.startswith("data/outside/"):
        return None
    match record:
        case "encoder.json":
            return settings.chosen.network.encoder_weights
        case "network.json":
            return settings.network_weights
        case "detector.json":
            return settings.detector_weights
        case _:
            names = folder.removeprefix("data/outside/").split("+")
            return [getattr(settings.datasets, name).model_dump() for name in names]
