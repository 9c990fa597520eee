"""``python -m guidedseg.sweeps.alone``: one run in its own process, told by standard input."""

import math
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path

from guidedseg import journal, lock
from guidedseg.errors import GuidedsegError
from guidedseg.json_files import write_json
from guidedseg.sweeps import copying, guard, refs
from guidedseg.sweeps.grid import FILE
from guidedseg.sweeps.job import Job

CACHE = "cache"
"""Of DVC, beside the copies of a machine that shares none with the others."""

PATIENCE = 20
"""Seconds in which the process of a killed try must have ended."""

OF_OTHERS = ("DVC_ROOT", "DVC_STAGE", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
"""What is set where the sweep is started from a stage or a hook."""


def run(job: Job) -> None:
    """Copy, run, hand the results over, and remove the copy.

    Raises:
        GuidedsegError: it is being run already.
        subprocess.CalledProcessError: a command failed.
    """
    # a part that another task of an array is at is waited for, and then found in the run-cache
    patience = math.inf if job.stages else PATIENCE
    with guard.alone(job.place / f"{job.name}.lock", patience), guard.device(job.place, job.devices) as device:
        folder = job.copy_folder
        environment = _environment(job, device)
        ref = refs.of(job.origin.commit, job.name)
        # the process of an earlier try may have died after its last step
        if not job.stages and copying.git(environment, "ls-remote", job.origin.git, ref):
            print("The experiment is there.")
            copying.remove(folder)
            return
        own_cache = None if job.origin.remote is None else job.place / CACHE
        copying.make(job.origin, folder, own_cache, environment)
        before = {**journal.read(folder / journal.JOURNAL), **job.journal}
        if job.journal:
            journal.write(folder, before)
            _call(environment, folder, "git", "add", journal.JOURNAL.as_posix())
        remote = job.origin.remote
        if remote is not None and (records := _records(folder)):
            _call(environment, folder, *_DVC, "pull", "--quiet", "--allow-missing", "--remote", remote, *records)
        pull = [] if remote is None else ["--pull"]
        if job.stages:
            _set(folder, job.overrides)
            # every time the stage `outside` looks at the record of an earlier look
            _call(environment, folder, *_DVC, "checkout", "--quiet", "--allow-missing")
            _call(environment, folder, *_DVC, "repro", *pull, *job.stages)
        else:
            settings = [argument for override in job.overrides for argument in ("--set-param", override)]
            _call(environment, folder, *_DVC, "exp", "run", *pull, "--name", job.name, *settings)
        if remote is not None:  # before the experiment is to be seen
            _call(environment, folder, *_DVC, "push", "--quiet", "--run-cache", "--remote", remote)
        if not job.stages:
            _call(environment, folder, "git", "push", "--quiet", "origin", f"{ref}:{ref}")
        after = journal.read(folder / journal.JOURNAL)
        new = {out: entry for out, entry in after.items() if entry != before.get(out)}
        write_json({**job.journal, **new}, job.place / f"{job.name}.json")
        copying.remove(folder)


_DVC = (sys.executable, "-m", "dvc")


def _records(folder: Path) -> list[str]:
    """The outs that the stage ``outside`` needs of its earlier looks, as far as the commit has any."""
    outs = lock.outs(*lock.read(folder / "dvc.lock").values())
    return [out for out in outs if out.startswith("data/outside/")]


def _set(folder: Path, overrides: tuple[str, ...]) -> None:
    """As ``dvc exp run -S`` does."""
    from dvc.utils.hydra import apply_overrides  # noqa: PLC0415 - half a second that no run needs

    with chdir(folder):
        apply_overrides(FILE, list(overrides))


def _environment(job: Job, device: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OF_OTHERS}
    return {
        **kept,
        # `python` of a stage's command is this one
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "OMP_NUM_THREADS": str(job.threads),
        "DVC_NO_ANALYTICS": "1",
        "DVC_EXP_AUTO_PUSH": "false",
        # or every copy would leave its own behind
        "DVC_SITE_CACHE_DIR": str(job.copy_folder / ".dvc" / "tmp" / "site"),
        **({} if device is None else {"CUDA_VISIBLE_DEVICES": device}),
    }


def _call(environment: Mapping[str, str], folder: Path, *command: str) -> None:
    print("$", " ".join(command), flush=True)
    subprocess.run(command, cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - of this project


def main() -> None:
    """Do what standard input says."""
    job = Job.model_validate_json(sys.stdin.read())
    guard.end_with(job.watched)
    try:
        run(job)
    except GuidedsegError as error:
        sys.exit(f"ERROR: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode if error.returncode > 0 else 1)


if __name__ == "__main__":
    main()
