"""One run, or a part that several share: what is to be done, told to a process of its own, and what came of it."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

TOLD = 12
"""Lines of a log that are shown."""


class Origin(BaseModel, frozen=True):
    """Where the copies of a project come from, and where their results go.

    Attributes:
        git: a URL, or the folder of the repository.
        shared: it is a folder, whose objects a copy borrows.
        commit: that all runs start from.
        author: name and e-mail of their commits; None: as git finds them.
        config: DVC's settings of this checkout, with absolute paths: section -> name -> value.
        remote: DVC's, that data come from and results go to; None: the cache is shared.
        links: path in the project, which git does not have -> where it lies on this machine.
    """

    git: str
    shared: bool
    commit: str
    author: tuple[str, str] | None
    config: dict[str, dict[str, Any]]
    remote: str | None
    links: dict[str, str]


class Job(BaseModel, frozen=True):
    """What a process is told.

    Attributes:
        name: of the experiment, or of the part.
        overrides: ``key=value`` of params.yaml.
        stages: of a part; none: it is a run.
        at: folder of the copies and logs, on the machine that works; ``~`` is its user's home.
        origin: of the copy.
        journal: what stages have noted that ran for it already.
        threads: of the stages.
        devices: values of CUDA_VISIBLE_DEVICES of which it takes one that is free; none: as it is.
        watched: processes whose end is its end too.
    """

    name: str
    overrides: tuple[str, ...]
    stages: tuple[str, ...] = ()
    at: str
    origin: Origin
    journal: dict[str, dict[str, Any]] = {}
    threads: int
    devices: tuple[str, ...] = ()
    watched: tuple[int, ...] = ()

    @property
    def copy_folder(self) -> Path:
        """Where it works; what is there stays where it fails."""
        return self.place / self.name

    @property
    def place(self) -> Path:
        """``at``, on this machine."""
        return Path(self.at).expanduser()


class Outcome(BaseModel, frozen=True):
    """What came of it.

    Attributes:
        seconds: wall time.
        failed: whether it did.
        log: the file, on the machine that worked.
        last: its last lines.
        journal: what its stages have noted.
    """

    seconds: float
    failed: bool
    log: str
    last: tuple[str, ...]
    journal: Mapping[str, dict[str, Any]]


def perform(job: Job) -> Outcome:
    """Do it in a process of its own, which does not outlive this one, nor the driver of the sweep."""
    job.place.mkdir(parents=True, exist_ok=True)
    log, notes = (job.place / f"{job.name}.{ending}" for ending in ("log", "json"))
    notes.unlink(missing_ok=True)
    driver = multiprocessing.parent_process()
    watched = (os.getpid(), *([driver.pid] if driver is not None and driver.pid else []))
    started = time.monotonic()
    with log.open("ab") as out:
        begin = out.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "guidedseg.sweeps.alone"],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C comes to the driver alone
        )
        try:
            process.communicate(job.model_copy(update={"watched": watched}).model_dump_json().encode())
        finally:
            process.terminate()
    with log.open("rb") as written:
        written.seek(begin)
        text = written.read().decode(errors="replace").replace("\r", "\n")
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]
    return Outcome(
        seconds=time.monotonic() - started,
        failed=process.returncode != 0,
        log=str(log),
        last=tuple(lines[-TOLD:]),
        journal=json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else {},
    )
