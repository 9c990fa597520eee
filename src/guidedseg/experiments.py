"""The experiments of a repository, read through DVC: parameters, data and counts of every revision.

Nothing is checked out: files come from git, from DVC's cache or its remote; only the workspace's come from the disk.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import dvc.api
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc_data.index import DataIndexError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from guidedseg import lock
from guidedseg.errors import GuidedsegError, listed
from guidedseg.evaluation.counts import IMAGE_COLUMNS, read_table
from guidedseg.evaluation.pooling import Run
from guidedseg.names import datasets_in
from guidedseg.progress import bar

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
        Runs, the newest first; a line for every experiment that could not be read.

    Raises:
        GuidedsegError: not a DVC repository, an unknown revision, or nothing could be read.
    """
    runs, notes = [], []
    for name, rev, state in bar("experiments", _experiments(repo, revs, commits), unit="experiment"):
        try:
            if state in REMEDIES:
                raise GuidedsegError(REMEDIES[state].format(name=name))
            runs.append(_read_run(repo, name, rev))
        except GuidedsegError as error:
            notes.append(f"{name}: {error}")
    if not runs:
        raise listed("No experiment to compare", notes, "`dvc repro` or `dvc exp run` makes one.")
    return runs, notes


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


def _read_run(repo: Path, name: str, rev: str) -> Run:
    with closing(_files(repo, rev)) as files:
        params, locked = (_read_yaml(files, file) for file in ("params.yaml", "dvc.lock"))
        _check_params(params)
        evaluation = f"evaluations/{params['model']}"
        stages = lock.stages(locked)
        _check_lock(stages, params, evaluation)
        if rev == WORKSPACE:
            _check_workspace(repo, params["model"], evaluation)
        try:
            with files.open(f"{evaluation}/images.csv", "r") as file:
                images = read_table(file)
        except ABSENT:
            raise GuidedsegError(_absent(evaluation)) from None
    if not set(IMAGE_COLUMNS) <= set(images.columns):
        raise GuidedsegError(f"{evaluation}/images.csv is an older version's, with other columns; run it again")
    return Run(name, rev, params, lock.outs(*stages.values())[PREPARED], images)


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


def _check_lock(stages: Mapping[str, lock.Stage], params: dict[str, Any], evaluation: str) -> None:
    """Raise when dvc.lock shows that an evaluation was not made with these parameters.

    Someone may edit params.yaml without running the pipeline, or a run may have stopped halfway: scores would then
    stand under parameters that are not theirs.
    """
    hashes, dataset = lock.outs(*stages.values()), f"data/raw/{params['dataset']}"
    if evaluation not in hashes:
        raise GuidedsegError(f"no {evaluation} in dvc.lock; `dvc repro` was not run")
    seen = set()
    for stage in lock.upstream(stages, evaluation).values():
        for key, value in stage.parameters.items():
            other_profile = key.startswith("profiles.") and key.split(".")[1] != params["profile"]
            if other_profile or lock.at(params, key) != value:
                raise GuidedsegError(f"params.yaml was changed ({key}) after {evaluation} was made; `dvc repro`")
        for dep in stage.deps:
            seen.add(dep.path)
            if dep.path in hashes and dep.md5 != hashes[dep.path]:
                raise GuidedsegError(f"{dep.path} is newer than {evaluation}; `dvc repro`")
    if not {dataset, PREPARED} <= seen:
        raise GuidedsegError(f"{evaluation} was not made from {dataset}; `dvc repro`")


def _check_workspace(repo: Path, model: str, evaluation: str) -> None:
    """Raise when the files on the disk are of another revision, as after ``git checkout`` without ``dvc checkout``."""
    with Repo(str(repo)) as project:
        status = project.status(targets=[f"evaluate@{model}"])
    for changes in status.get(f"evaluate@{model}", []):
        if isinstance(changes, dict) and "modified" in changes.get("changed outs", {}).values():
            raise GuidedsegError(f"{evaluation} is not what dvc.lock names; `dvc checkout`")
