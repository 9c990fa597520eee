"""What the machine does to a stage or a command ends in one line with place, cause and remedy, and in no traceback."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from guidedseg import faults

ROOT = Path(__file__).parents[2]


def command(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``guidedseg`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from guidedseg.cli import main; main()", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("number", sorted({*faults._REMEDIES} - {errno.ENOMEM}))
def test_every_fault_has_place_cause_and_remedy(number: int) -> None:
    text = faults.told(OSError(number, os.strerror(number), "data/x"))
    assert text is not None
    assert text.startswith("data/x: ")
    assert ". " in text  # what to do, behind what it is


def raised(act: Callable[[], object]) -> str:
    """What is told of what an act raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        act()
    text = faults.told(caught.value)
    assert text is not None
    return text


def test_files_and_folders_in_the_place_of_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()
    Path("circle").symlink_to("circle")
    assert raised(Path("folder").read_text).startswith("folder: a folder lies where a file is expected.")
    assert raised(Path("file/below").read_text).startswith("file/below: a file lies where a folder is expected.")
    assert raised(Path("file").mkdir).startswith("file: something lies there already.")
    assert raised(Path("x" * 300).touch).endswith("the name is longer than this file system takes. Use a shorter one.")
    assert raised(Path("circle").read_text).startswith("circle: its links lead in a circle.")
    assert raised(Path("nowhere").read_text) == "nowhere is missing."
    assert raised((tmp_path / "nowhere").read_text) == "nowhere is missing."  # as the user sees it


def test_a_move_is_told_by_where_it_should_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("made").touch()
    Path("out").mkdir()
    assert raised(lambda: Path("made").replace("out")).startswith("out: a folder lies where a file is expected.")


MEMORY = [
    MemoryError(),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    Exception("OpenCV(4.10) Failed to allocate 400 bytes in function 'OutOfMemoryError'; Insufficient memory"),
    RuntimeError("std::bad_alloc"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
]


@pytest.mark.parametrize("error", MEMORY, ids=str)
def test_memory_that_is_used_up_is_told_with_what_to_lower(error: Exception) -> None:
    text = faults.told(error)
    assert text is not None
    assert text.startswith("not enough memory")
    assert "`batch`, `image_size` and `workers`" in text


def test_real_allocations_that_fail_are_known() -> None:
    import numpy as np
    import torch

    assert raised(lambda: np.zeros(2**50)).startswith("not enough memory")
    assert raised(lambda: torch.zeros(2**55)).startswith("not enough memory")


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError(), RuntimeError("shapes differ"), AssertionError()])
def test_bugs_are_not_told(error: Exception) -> None:
    assert faults.told(error) is None


CODE = """
import stages
def main():
    raise {error}
stages.run(main)
"""


def stage(error: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE.format(error=error)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stage_says_one_line_and_the_traceback_where_it_is_asked_for() -> None:
    done = stage("PermissionError(13, 'Permission denied', 'data/raw')")
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR: data/raw: no permission. ")
    assert len(done.stderr.splitlines()) == 1
    told = stage("PermissionError(13, 'Permission denied', 'data/raw')", **{faults.VARIABLE: "1"})
    assert "Traceback (most recent call last)" in told.stderr
    assert told.stderr.endswith(done.stderr)


def test_ctrl_c_is_a_word_and_the_end_by_its_signal() -> None:
    done = stage("KeyboardInterrupt")
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "\nInterrupted.\n")


def test_a_command_says_one_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").mkdir()
    done = command("check", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR: params.yaml: a folder lies where a file is expected.")
    assert len(done.stderr.splitlines()) == 1


WATCHED = """
import os, signal, stages
from pathlib import Path
from guidedseg import watcher
watcher.EVENTS = Path(os.environ["EVENTS"])
def main():
    watcher.EVENTS.write_text(f"oom_kill {os.environ['AFTER']}\\n")
    os.kill(os.getpid(), signal.SIGKILL)
stages.run(main)
"""


@pytest.mark.parametrize(("after", "told"), [("4", True), ("3", False)])
def test_a_stage_that_the_kernel_kills_for_memory_is_told_so(tmp_path: Path, after: str, told: bool) -> None:
    events = tmp_path / "vmstat"
    events.write_text("pgfault 1\noom_kill 3\n")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED],
        cwd=ROOT,
        env={**os.environ, "EVENTS": str(events), "AFTER": after},
        capture_output=True,  # until the process beside it has ended, too
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert ("ERROR: the kernel killed this stage: memory ran out." in done.stderr) is told
    assert told or not done.stderr
