"""Git of the checkout that a sweep is started in: its state, and the experiments that DVC keeps as refs."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from guidedseg.errors import GuidedsegError, listed
from guidedseg.sweeps.grid import FILE

REMOTE = "origin"
"""Of git, where there is no shared disk."""


def of(commit: str, name: str) -> str:
    """The ref of an experiment that started from a commit."""
    return f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"


def git(root: Path, *arguments: str, words: str) -> str:
    """What a git command prints.

    Args:
        root: of the project.
        arguments: of git.
        words: begin the message where it fails.

    Raises:
        GuidedsegError: it fails.
    """
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - of this project
    if done.returncode:
        raise GuidedsegError(f"{words}: {' '.join(done.stderr.split()) or 'git refuses'}")
    return done.stdout.strip()


def clean_commit(root: Path) -> str:
    """The commit that a sweep starts from.

    Raises:
        GuidedsegError: no root of a repository, no commit, or changes of tracked files: the runs would not have them.
    """
    here = "A sweep is started from the root of the project, which is a repository of git with a commit"
    if git(root, "rev-parse", "--show-prefix", words=here):
        raise GuidedsegError(f"{here}; this is a folder in one.")
    commit = git(root, "rev-parse", "--verify", "HEAD", words=here)
    changed = git(root, "status", "--porcelain", "--untracked-files=no", words=here).splitlines()
    if changed:
        raise listed(
            "A sweep starts from the last commit, but files were changed since",
            [line.strip() for line in changed],
            "Commit them, or go back with `git checkout -- . && dvc checkout`.",
        )
    return commit


def check(root: Path, names: Sequence[str], commit: str) -> None:
    """Whether git and DVC take the names.

    Raises:
        GuidedsegError: they do not.
    """
    for name in names:
        words = f"--name: an experiment cannot be called {name!r}. Take letters, digits and dashes"
        if "/" in name:
            raise GuidedsegError(f"{words}.")
        git(root, "check-ref-format", of(commit, name), words=words)


def experiments(root: Path, commit: str) -> set[str]:
    """Names of those that started from a commit."""
    folder = of(commit, "")
    listing = git(root, "for-each-ref", "--format=%(refname)", folder, words="The experiments cannot be listed")
    return {line.removeprefix(folder) for line in listing.splitlines()}


def fetch(root: Path, commit: str) -> None:
    """Bring the experiments of a commit from the remote.

    Raises:
        GuidedsegError: there is none, or it does not have the commit, or another experiment with a name that is here.
    """
    words = f"The experiments of the remote {REMOTE!r} cannot be fetched"
    git(root, "fetch", "--quiet", REMOTE, words=words)
    if not git(root, "branch", "--remotes", "--contains", commit, words=words):
        raise GuidedsegError(
            f"The remote {REMOTE!r} does not have the commit {commit[:7]}, from which runs start: `git push`."
        )
    spec = of(commit, "*")
    git(root, "fetch", "--quiet", "--no-write-fetch-head", REMOTE, f"{spec}:{spec}", words=words)


def values(root: Path, commit: str, name: str) -> Any:  # noqa: ANN401 - a YAML file
    """The parameters of an experiment."""
    words = f"The experiment {name} cannot be read"
    return YAML(typ="safe").load(git(root, "show", f"{of(commit, name)}:{FILE}", words=words))
