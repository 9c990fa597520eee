"""The same input gives the same output: from scratch, and after a run was killed in the middle."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Project, new_project, ran

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new_project(tmp_path_factory.mktemp("pipeline") / "again")


def kill_when(project: Project, stage: str, reached: Callable[[], bool]) -> None:
    """Run up to a stage and SIGKILL all of it as soon as a state is reached."""
    process = subprocess.Popen(
        project.command("repro", stage),
        cwd=project.folder,
        env=project.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not reached():
            assert process.poll() is None, f"{stage} ended before it could be killed"
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def found(folder: Path, pattern: str) -> Callable[[], bool]:
    return lambda: any(folder.glob(pattern))


def test_killed_runs_finish_with_the_hashes_of_the_uninterrupted_one(finished: Project, again: Project):
    """One second project: its detector and its segmenter are killed while they train, then it is finished."""
    scratch = again.folder / ".scratch"
    kill_when(again, "train_detector", found(scratch, "train_detector/run/weights/last.pt"))
    assert not (again.folder / "models" / "detector").exists()

    segmenter = "train_segmenter@unetpp-guided"
    kill_when(again, segmenter, found(scratch, "train_segmenter/*/last.ckpt"))
    assert not (again.folder / "models" / "unetpp" / "guided").exists()

    output = again.dvc("repro")
    assert "resuming from" in output
    assert segmenter in ran(output)
    assert "train_detector" not in ran(output)
    assert again.hashes() == finished.hashes()
    assert not any(scratch.glob("train_segmenter/*"))


def test_a_stale_checkpoint_is_not_resumed_after_a_parameter_changed(again: Project):
    scratch = again.folder / ".scratch"
    again.set(profiles={"quick": {"train": {"lr": 0.01}}})
    kill_when(again, "train_segmenter@unetpp-direct", found(scratch, "train_segmenter/*/last.ckpt"))
    again.set(profiles={"quick": {"train": {"lr": 0.02}}})
    assert "resuming from" not in again.dvc("repro", "train_segmenter@unetpp-direct")
