"""A copy of the repository with a tiny phantom, in which real DVC runs the real stages."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
COPIED = ("dvc.yaml", "params.yaml", "stages", "src", ".dvcignore", ".gitignore")
RAN = re.compile(r"^Running stage '(.+)':$", re.MULTILINE)

TINY = {
    "datasets": {"phantom": {"patients": 8, "images": 32, "width": 96, "height": 72}},
    "split": {"val": 0.25, "test": 0.25},
    "profiles": {
        "quick": {
            "yolo": {"image_size": 64, "epochs": 3, "patience": 3, "close_mosaic": 1},
            "inputs": {"image_size": 32},
            "train": {"epochs": 3, "patience": 3, "steps": 3},
        }
    },
}


@dataclass
class Project:
    """A working copy and its commands."""

    folder: Path
    first_run: str = ""

    @property
    def environment(self) -> dict[str, str]:
        # `python` in a stage's command is the one that runs the tests; one thread is fastest for tiny networks
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", "DVC_NO_ANALYTICS": "1"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "dvc", *arguments]

    def dvc(self, *arguments: str, ok: bool = True) -> str:
        """Run a DVC command; its whole output."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert (done.returncode == 0) == ok, done.stdout
        return done.stdout

    def git(self, *arguments: str) -> None:
        # at one moment: a bundle names the commit of the code, and two projects of the same code are to be the same
        dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2000-01-01T00:00:00+00:00")
        environment = {**os.environ, **dates}
        subprocess.run(["git", *arguments], cwd=self.folder, env=environment, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "state")

    def set(self, **changes: Any) -> None:
        """Change params.yaml; nested dictionaries are merged."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text())
        _merge(params, changes)
        path.write_text(yaml.safe_dump(params, sort_keys=False))

    def hashes(self) -> dict[str, str]:
        """out -> hash of every out in dvc.lock."""
        lock = yaml.safe_load((self.folder / "dvc.lock").read_text())
        return {out["path"]: out["md5"] for stage in lock["stages"].values() for out in stage["outs"]}


def _merge(target: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict):
            _merge(target[key], value)
        else:
            target[key] = value


def ran(output: str) -> set[str]:
    """The stages that a DVC command ran."""
    return set(RAN.findall(output))


def new_project(folder: Path) -> Project:
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    project = Project(folder)
    project.git("init", "--quiet")
    project.git("config", "user.name", "test")  # dvc exp commits too
    project.git("config", "user.email", "test@example.org")
    project.dvc("init", "--quiet")
    shutil.copy(ROOT / ".dvc" / "config", folder / ".dvc" / "config")
    shutil.copytree(ROOT / ".dvc" / "plots", folder / ".dvc" / "plots", dirs_exist_ok=True)
    project.set(**TINY)
    project.commit()
    return project
