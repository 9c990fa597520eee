"""The experiments of a repository, read through DVC: parameters, data and counts of every revision.

Nothing is checked out: files come from git, from DVC's cache or its remote; only the workspace's come from the disk.
"""

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import dvc.api
import pandas as pd
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc_data.index import DataIndexError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from guidedseg import artifacts, lock
from guidedseg.errors import GuidedsegError, listed
from guidedseg.evaluated import read_images
from guidedseg.evaluation.counts import IMAGE_COLUMNS
from guidedseg.evaluation.pooling import Boxes, External, Run
from guidedseg.exchange import data, imported
from guidedseg.names import datasets_in
from guidedseg.progress import bar
from guidedseg.tested import TABLES

WORKSPACE = "workspace"

PREPARED = "data/prepared"

ABSENT = (DvcException, DataIndexError, OSError)
"""What DVC raises where a file is to be had nowhere."""

REMEDIES = {
    "Queued": "queued; `dvc queue start` runs it",
    "Running": "still running",
    "Failed": "failed; `dvc queue logs {name}` says why",
}
"""State in ``dvc.api.exp_show`` -> why there is nothing to read."""


def read(repo: Path, revs: Sequence[str] = (), commits: int = 1) -> tuple[list[Run], list[str]]:
    """Read the workspace, the last commits before each revision, and the experiments that started from them.

    Args:
        repo: root of the repository.
        revs: git revisions; none: the current commit.
        commits: how many of each.

    Returns:
        Runs, the newest first, with the boxes of their test images where any run was tested on external datasets too,
        and behind them what was imported; a line for everything that could not be read.

    Raises:
        GuidedsegError: not a DVC repository, an unknown revision, or nothing could be read.
    """
    runs, notes = [], []
    for name, rev, state in bar("experiments", _experiments(repo, revs, commits), unit="experiment"):
        try:
            if state in REMEDIES:
                raise GuidedsegError(REMEDIES[state].format(name=name))
            run, left_out = _read_run(repo, name, rev)
            runs.append(run)
            notes += left_out
        except GuidedsegError as error:
            notes.append(f"{name}: {error}")
    others, left_out = _imported(repo)
    notes += left_out
    if not runs and not others:
        raise listed("No experiment to compare", notes, "`dvc repro` or `dvc exp run` makes one.")
    if any(run.external for run in runs):
        for number, run in enumerate(runs):
            try:
                runs[number] = replace(run, boxes=_home_boxes(repo, run))
            except GuidedsegError as error:
                notes.append(f"{run.name}: its detector has no score at home: {error}")
    return [*runs, *others], notes


def _imported(repo: Path) -> tuple[list[Run], list[str]]:
    """Masks of other tools that are of the work tree's data and split, and a line for those that are not."""
    split, folders = "data/split.csv", imported.folders(repo)
    if not folders:
        return [], []
    try:
        with closing(_files(repo, WORKSPACE)) as files:
            params, locked = (_read_yaml(files, file) for file in ("params.yaml", "dvc.lock"))
        _check_params(params)
        stages = _own(lock.stages(locked), params)
        _check_lock(stages, params, split, {f"data/raw/{params['dataset']}"})
        for stage, out in (("prepare", PREPARED), ("split", split)):
            _check_workspace(repo, stage, out)
        hashes = data.read(repo / PREPARED, repo / split).hashes()
    except GuidedsegError as error:
        return [], [f"{imported.FOLDER}: left out: {error}"]
    return imported.read(folders, params, lock.outs(*stages.values())[PREPARED], hashes)


def _experiments(repo: Path, revs: Sequence[str], commits: int) -> list[tuple[str, str, str | None]]:
    """Name, revision and state; the experiments of a commit before it, because they are newer."""
    if not (repo / ".dvc").is_dir():
        raise GuidedsegError(f"{repo.resolve()} is no DVC repository: run from the root of the project")
    try:
        rows = dvc.api.exp_show(repo=str(repo), revs=list(revs) or None, num=commits, param_deps=True)
    except DvcException as error:
        raise GuidedsegError(f"DVC cannot list the experiments: {error}") from None
    result: list[tuple[str, str, str | None]] = []
    baseline: list[tuple[str, str, str | None]] = []
    for row in rows:
        found = (row["Experiment"] or row["rev"], row["rev"], row["State"])
        if row["typ"] == "baseline":
            result, baseline = result + baseline, [found]
        else:
            result.append(found)
    return result + baseline


def fetch(repo: Path, run: Run, paths: Sequence[str], target: Path) -> None:
    """Copy files or folders of a run from the work tree, DVC's cache or its remote.

    Args:
        repo: root of the repository.
        run: one that ``read`` gave.
        paths: relative to the root.
        target: an existing folder, in which they get the same paths.

    Raises:
        GuidedsegError: not to be had.
    """
    with closing(_files(repo, run.rev)) as files:
        for path in paths:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            try:
                files.get(path, str(target / path), recursive=True)
            except ABSENT:
                raise GuidedsegError(f"{run.name}: {_absent(path)}") from None


def _absent(path: str) -> str:
    return f"{path} is neither in the work tree nor in the cache; `dvc pull`, or run it again"


def _files(repo: Path, rev: str) -> dvc.api.DVCFileSystem:
    return dvc.api.DVCFileSystem(str(repo), rev=None if rev == WORKSPACE else rev)


def _read_run(repo: Path, name: str, rev: str) -> tuple[Run, list[str]]:
    """A run, and a line where its external tests cannot be read."""
    with closing(_files(repo, rev)) as files:
        params, locked = (_read_yaml(files, file) for file in ("params.yaml", "dvc.lock"))
        _check_params(params)
        evaluation = f"evaluations/{params['model']}"
        stages = _own(lock.stages(locked), params)
        _check_lock(stages, params, evaluation, {f"data/raw/{params['dataset']}", PREPARED})
        if rev == WORKSPACE:
            _check_workspace(repo, f"evaluate@{params['model']}", evaluation)
        run = Run(name, rev, params, lock.outs(*stages.values())[PREPARED], _images(files, evaluation))
        try:
            return replace(run, external=_external(repo, files, run, stages)), []
        except GuidedsegError as error:
            return run, [f"{name}: its external tests are left out: {error}"]


def _external(
    repo: Path, files: dvc.api.DVCFileSystem, run: Run, stages: Mapping[str, lock.Stage]
) -> dict[str, External]:
    """Every external test of a run by its dataset.

    Raises:
        GuidedsegError: they are not of these parameters, operating values and images, or not to be had.
    """
    names, model = run.params.get("external") or [], run.params["model"]
    made, operating = f"evaluations/external/{model}", f"evaluations/{model}/operating.json"
    if not names:
        return {}
    _check_lock(stages, run.params, made, {PREPARED})
    for name in names:
        _check_lock(stages, run.params, f"data/others/{name}", {f"data/raw/{name}"})
    if run.rev == WORKSPACE:
        _check_workspace(repo, f"external@{model}", made)
    used = {dep.path: dep.md5 for stage in lock.upstream(stages, made).values() for dep in stage.deps}
    # dvc.lock has the hash of its folder, so the file is asked
    if used.get(operating) != hashlib.md5(_content(files, operating), usedforsecurity=False).hexdigest():
        raise GuidedsegError(f"{operating} is newer than {made}; `dvc repro`")
    hashes = lock.outs(*stages.values())
    return {
        name: External(
            hashes[f"data/others/{name}"],
            _images(files, f"{made}/{name}"),
            Boxes(*(_table(files, f"{made}/{name}/{table}.csv", types) for table, types in TABLES.items())),
        )
        for name in names
    }


def _home_boxes(repo: Path, run: Run) -> Boxes:
    """The boxes of a run's own test images."""
    with closing(_files(repo, run.rev)) as files:
        paths = ("data/detections.csv", f"{PREPARED}/lesions.csv")
        tables = [_table(files, path, types) for path, types in zip(paths, TABLES.values(), strict=True)]
    tested = set(run.images["image_id"])
    return Boxes(*(table[table["image_id"].isin(tested)].reset_index(drop=True) for table in tables))


def _images(files: dvc.api.DVCFileSystem, evaluation: str) -> pd.DataFrame:
    """What was counted of every image."""
    path = f"{evaluation}/images.csv"
    text = _content(files, path, evaluation).decode("utf-8", errors="replace")
    if not set(IMAGE_COLUMNS) <= set(text.partition("\n")[0].split(",")):
        raise GuidedsegError(f"{path} is an older version's, with other columns; run it again")
    return read_images(_named(text, path))


def _table(files: dvc.api.DVCFileSystem, path: str, types: artifacts.Types) -> pd.DataFrame:
    return artifacts.table(_named(_content(files, path).decode("utf-8", errors="replace"), path), types)


def _named(text: str, path: str) -> io.StringIO:
    """An open file that messages can name."""
    file = io.StringIO(text)
    file.name = path  # type: ignore[attr-defined]
    return file


def _content(files: dvc.api.DVCFileSystem, path: str, known_as: str = "") -> bytes:
    """A file; ``known_as`` is what to name where it is not to be had."""
    try:
        return files.read_bytes(path)
    except ABSENT:
        raise GuidedsegError(_absent(known_as or path)) from None


def _read_yaml(files: dvc.api.DVCFileSystem, name: str) -> dict[str, Any]:
    try:
        content = YAML(typ="safe").load(files.read_text(name))
    except FileNotFoundError:
        raise GuidedsegError(f"no {name}; `dvc repro` was not run") from None
    except YAMLError as error:
        raise GuidedsegError(f"{name} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise GuidedsegError(f"{name} has no keys")
    return content


def _check_params(params: dict[str, Any]) -> None:
    """What the leaderboard groups by must be there."""
    needed = ["seed", "dataset", "profile", "model", "split.protocol"]
    needed += [f"{group}s.{params.get(group)}" for group in ("model", "profile")]
    needed += [f"datasets.{name}" for name in datasets_in(str(params.get("dataset")))]
    if lock.at(params, "split.protocol") == "folds":
        needed += ["split.folds", "split.fold"]
    if missing := [key for key in needed if lock.at(params, key) is None]:
        raise GuidedsegError(f"params.yaml lacks {', '.join(missing)}")


def _own(stages: Mapping[str, lock.Stage], params: dict[str, Any]) -> dict[str, lock.Stage]:
    """Without what dvc.lock keeps of runs with other datasets, which may have seen another state of the same files."""
    read = {"": [params["dataset"]], "_external": params.get("external") or []}
    foreign = re.compile(r"(?:outside|acquire|prepare)(_external)?@(.+)")
    matched = {name: foreign.fullmatch(name) for name in stages}
    return {name: stages[name] for name, match in matched.items() if match is None or match[2] in read[match[1] or ""]}


def _check_lock(stages: Mapping[str, lock.Stage], params: dict[str, Any], made: str, sources: set[str]) -> None:
    """Raise when dvc.lock shows that something was not made with these parameters, from these sources.

    Someone may edit params.yaml without running the pipeline, or a run may have stopped halfway: scores would then
    stand under parameters that are not theirs.
    """
    hashes = lock.outs(*stages.values())
    if made not in hashes:
        raise GuidedsegError(f"no {made} in dvc.lock; `dvc repro` was not run")
    seen = set()
    for stage in lock.upstream(stages, made).values():
        for key, value in stage.parameters.items():
            other_profile = key.startswith("profiles.") and key.split(".")[1] != params["profile"]
            if other_profile or lock.at(params, key) != value:
                raise GuidedsegError(f"params.yaml was changed ({key}) after {made} was made; `dvc repro`")
        for dep in stage.deps:
            seen.add(dep.path)
            if dep.path in hashes and dep.md5 != hashes[dep.path]:
                raise GuidedsegError(f"{dep.path} is newer than {made}; `dvc repro`")
    if missing := sorted(sources - seen):
        raise GuidedsegError(f"{made} was not made from {missing[0]}; `dvc repro`")


def _check_workspace(repo: Path, stage: str, out: str) -> None:
    """Raise when the files on the disk are of another revision, as after ``git checkout`` without ``dvc checkout``."""
    with Repo(str(repo)) as project:
        status = project.status(targets=[stage])
    for changes in status.get(stage, []):
        if isinstance(changes, dict) and "modified" in changes.get("changed outs", {}).values():
            raise GuidedsegError(f"{out} is not what dvc.lock names; `dvc checkout`")
