"""A project in which `guidedseg sweep` is run, looked at, and ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import yaml
from project import Project

COMMAND = [sys.executable, "-c", "from guidedseg.cli import main; main()"]
SWEEPS = Path(".scratch/sweep")


def guidedseg(project: Project, *arguments: str, ok: bool = True) -> tuple[str, str]:
    """Its standard output and error."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=project.folder,
        env=project.environment,
        text=True,
        check=False,
        capture_output=True,
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr + logs(project)
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def logs(project: Project) -> str:
    return "".join(log.read_text() for log in sorted((project.folder / SWEEPS).glob("*.log")))


def git(project: Project, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=project.folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def experiments(project: Project) -> dict[str, str]:
    """name -> ref."""
    refs = git(project, "for-each-ref", "--format=%(refname)", "refs/exps/??/*/*").splitlines()
    return {ref.rpartition("/")[2]: ref for ref in refs}


def hashes(project: Project, ref: str) -> dict[str, str]:
    """out -> hash, of an experiment."""
    stages = yaml.safe_load(git(project, "show", f"{ref}:dvc.lock"))["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}


def shown(project: Project) -> dict[str, dict]:
    """name -> what `dvc exp show` tells of it."""
    found = json.loads(project.dvc("exp", "show", "--json"))[1]["experiments"] or []
    return {experiment["name"]: experiment["revs"][0]["data"] for experiment in found}


def copied(finished: Project, folder: Path) -> Project:
    project = Project(folder)
    shutil.copytree(finished.folder, folder, symlinks=True)
    shutil.rmtree(folder / ".git/refs/exps", ignore_errors=True)  # of tests that came before
    return project


def ended(project: Project, command: list[str], by: signal.Signals, reached: Callable[[], bool]) -> str:
    """Start a sweep and end it as soon as a state is reached; what it said on standard error.

    As a terminal does, Ctrl-C is sent to the driver and its workers; a kill hits the driver alone.
    """
    process = subprocess.Popen(
        [*COMMAND, *command],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while not reached():
            assert process.poll() is None, "the sweep ended before it could be killed"
            time.sleep(0.02)
    finally:
        if by == signal.SIGINT:
            os.killpg(process.pid, by)
        else:
            process.send_signal(by)
    error = process.communicate()[1]
    assert process.returncode != 0
    until = time.monotonic() + 10
    while working(project):
        assert time.monotonic() < until, working(project)
        time.sleep(0.1)
    return error


def working(project: Project) -> list[str]:
    """Processes in the project or in copies of it."""
    return [
        " ".join(process.info["cmdline"] or [])
        for process in psutil.process_iter(["cwd", "cmdline"])
        if (process.info["cwd"] or "").startswith(str(project.folder))
    ]
