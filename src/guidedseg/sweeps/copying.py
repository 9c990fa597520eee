"""A copy of the project that one run works in: a clone of its repository at one commit.

Not a worktree of git: DVC runs in one, but the worktrees of a repository share its refs, and ``dvc exp run`` keeps what
it is about to run under names that do not tell one worktree from another (refs/exps/stash, refs/exps/exec). Of three
begun at once, one survived.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from configobj import ConfigObj

from guidedseg.errors import GuidedsegError
from guidedseg.sweeps.job import Origin

SCRATCH = ".scratch"
"""What a killed training goes on from, in the copy."""

MARK = ".git/guidedseg-sweep"
"""Says that a folder is a copy, and no other work of the user's."""


def make(origin: Origin, folder: Path, cache: Path | None, environment: Mapping[str, str]) -> None:
    """Clone, and make what git does not have reachable; of an earlier copy only the unfinished trainings stay.

    Args:
        origin: of the copy.
        folder: becomes the copy.
        cache: of DVC; None: as ``origin`` says.
        environment: of git.

    Raises:
        GuidedsegError: something else lies there.
    """
    _clone(origin, folder, environment)
    config = ConfigObj(origin.config)
    if cache is not None:
        config.merge({"cache": {"dir": str(cache)}})
    with (folder / ".dvc" / "config.local").open("wb") as file:
        config.write(file)
    for name, target in origin.links.items():
        link = folder / name
        if Path(target).exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)


def git(environment: Mapping[str, str], *arguments: str | Path) -> str:
    """What a git command prints; what it complains of goes to the log.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    command = ["git", *arguments]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - of this project
    return done.stdout


def remove(folder: Path) -> None:
    """Remove a copy, where there is one."""
    if (folder / MARK).exists():
        shutil.rmtree(folder)


def _clone(origin: Origin, folder: Path, environment: Mapping[str, str]) -> None:
    if folder.exists() and not (folder / MARK).exists():
        raise GuidedsegError(f"{folder} is in the way of a run's copy: remove it, or give another --at or --name.")
    # both are found again by the next try, where this one is killed
    kept, begun = (folder.with_name(f".{folder.name}.{kind}") for kind in ("scratch", "begun"))
    if (folder / SCRATCH).exists():
        shutil.rmtree(kept, ignore_errors=True)
        (folder / SCRATCH).rename(kept)
    for left in (folder, begun):
        if left.exists():
            shutil.rmtree(left)
    git(environment, "clone", "--quiet", "--no-checkout", *(["--shared"] if origin.shared else []), origin.git, begun)
    git(environment, "-C", begun, "checkout", "--quiet", "--detach", origin.commit)
    if origin.author is not None:
        for key, value in zip(("user.name", "user.email"), origin.author, strict=True):
            git(environment, "-C", begun, "config", key, value)
    (begun / MARK).touch()
    begun.rename(folder)
    if kept.exists():
        kept.rename(folder / SCRATCH)
