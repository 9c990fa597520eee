"""Ranks are started, told who they are, and end together, whichever of them ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from guidedseg.errors import GuidedsegError
from guidedseg.fitting import launching
from guidedseg.fitting.launching import ALONE, Rank

ROOT = Path(__file__).parents[3]
KEY = "profiles.quick.train"

LIGHT = """
import os, signal, sys, threading
from guidedseg.errors import GuidedsegError, LostRankError
from guidedseg.fitting import launching
launching.GRACE = 0.5
wait = threading.Event().wait
if "RANK" not in os.environ:
    try:
        launching.start(2)
    except GuidedsegError as error:
        sys.exit(f"ERROR: {error}")
elif os.environ["RANK"] == sys.argv[1]:
    exec(sys.argv[2])
else:
    exec(sys.argv[3])
"""


@pytest.fixture(autouse=True)
def no_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith("SLURM_") or name in {"RANK", "LOCAL_RANK", "WORLD_SIZE", launching.WATCHED}:
            monkeypatch.delenv(name)


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(ROOT / place) for place in ("src", "", "tests/unit"))
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], env=environment, capture_output=True, encoding="utf-8", check=False
    )


def light(number: int, does: str, others: str = "wait()") -> subprocess.CompletedProcess[str]:
    """One rank of two does something, and the other something else."""
    return command("-c", LIGHT, number, does, others)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("others", ["wait()", "sys.exit(LostRankError.CODE)"])
def test_killed_rank_is_named_and_no_other_is_left(number: int, others: str) -> None:
    done = light(number, "os.kill(os.getpid(), signal.SIGKILL)", f"print(os.getpid(), flush=True); {others}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"ERROR: rank {number} of 2 was ended by SIGKILL")
    assert done.stderr.endswith("The same command resumes after the last whole epoch.\n")
    assert len(done.stderr.splitlines()) == 1
    if number:  # rank 0 has the terminal
        with pytest.raises(ProcessLookupError):
            os.kill(int(done.stdout), 0)


def test_ranks_that_end_well_end_the_command_well() -> None:
    done = light(0, "print('trained')", "print('another')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "trained\n", "")


def test_what_rank_0_tells_is_not_told_again() -> None:
    done = light(0, "sys.exit('ERROR: no such encoder')", "sys.exit('ERROR: no such encoder')")
    assert (done.returncode, done.stderr) == (1, "ERROR: no such encoder\n")


def test_what_another_rank_tells_is_shown() -> None:
    done = light(1, "sys.exit('ERROR: out of memory')", "sys.exit(LostRankError.CODE)")
    assert done.stderr == "\nERROR: rank 1 of 2 has failed, so all have: out of memory\n"
    assert done.returncode == 1


def test_ranks_end_with_the_process_that_started_them() -> None:
    """The killed one's output is closed when the last of them has ended, and only then is there an end of it."""
    watched = "launching.begin('key', 2); os.kill(os.getppid(), signal.SIGKILL); wait()"
    assert light(0, watched, "launching.begin('key', 2); wait()").returncode == -signal.SIGKILL


@pytest.mark.slow
def test_training_of_a_killed_rank_leaves_nothing_half_written_and_resumes(tmp_path: Path) -> None:
    script = Path(__file__).with_name("killed_rank.py")
    killed = command(script, tmp_path, 2, 1, 1, 2)
    assert (killed.returncode, killed.stdout) == (1, "")
    assert killed.stderr.startswith("ERROR: rank 1 of 2 was ended by SIGKILL")
    assert len(killed.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]
    resumed = command(script, tmp_path, 2, 1)
    assert (resumed.returncode, resumed.stdout) == (0, "out: trained\n")
    assert "resuming from" in resumed.stderr
    assert len(resumed.stderr.splitlines()) == 1  # of one rank
    assert len(pd.read_csv(tmp_path / "out" / "curve.csv")) == 3


# Who am I


def test_one_rank_is_alone_whatever_a_scheduler_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "3", "SLURM_STEP_NUM_TASKS": "8"}.items():
        monkeypatch.setenv(name, value)
    assert launching.begin(KEY, 1) == ALONE


def test_rank_is_what_torchrun_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert launching.told(KEY, 2, 2) is None
    for name, value in {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert launching.told(KEY, 2, 2) == Rank(3, 4, 1)
    with pytest.raises(GuidedsegError, match=rf"{KEY}: 3 devices on each of 1 nodes are 3 ranks, .* one of 4"):
        launching.told(KEY, 3)
    for devices, nodes in ((4, 1), (1, 4)):
        with pytest.raises(GuidedsegError, match=f"machine by machine, {devices} to each"):
            launching.told(KEY, devices, nodes)


def test_rank_is_what_srun_says(monkeypatch: pytest.MonkeyPatch) -> None:
    step = {"STEP_NUM_TASKS": "4", "PROCID": "3", "LOCALID": "1", "JOB_ID": "17", "STEP_ID": "2"}
    for name, value in (step | {"STEP_NODELIST": "node[03-04]"}).items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)
    assert launching.told(KEY, 2, 2) == Rank(3, 4, 1)
    assert (os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"]) == ("node03", str(10000 + 31 * 17 + 2))


def test_several_machines_without_ranks_are_refused() -> None:
    with pytest.raises(GuidedsegError, match=rf"{KEY}: nodes is 2, and nothing tells .* srun or torchrun"):
        launching.begin(KEY, 1, 2)


@pytest.mark.parametrize(("gpus", "there"), [(0, r"2 core\(s\) and no GPU"), (2, r"2 GPU\(s\)")])
def test_more_devices_than_there_are_are_refused(monkeypatch: pytest.MonkeyPatch, gpus: int, there: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(launching, "_cores", lambda: 2)
    launching.check(KEY, 2)
    with pytest.raises(GuidedsegError, match=rf"{KEY}: devices is 3, and this machine has {there}"):
        launching.begin(KEY, 3)
