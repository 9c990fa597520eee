"""A run ends with its sweep, however that ends, and nobody runs it twice at a time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from guidedseg.errors import GuidedsegError
from guidedseg.sweeps import devices, guard

WORKER = """
import subprocess, sys, time
from guidedseg.sweeps import guard
guard.end_with([int(pid) for pid in sys.argv[1:]])
# a stage below a shell, as DVC starts it
child = subprocess.Popen(["sh", "-c", "sleep 100; true"])
print("ready", flush=True)
child.wait()
"""


def sleeper() -> subprocess.Popen:
    return subprocess.Popen(["sleep", "100"])


def worker(*watched: int) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, *map(str, watched)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_the_run_and_its_stages_end_with_any_process_that_it_watches(by: signal.Signals):
    first, second = sleeper(), sleeper()
    running = worker(first.pid, second.pid)
    stages = psutil.Process(running.pid).children(recursive=True)
    assert stages
    os.kill(second.pid, by)  # not waited for: a zombie has ended too
    running.wait(timeout=10)
    assert not psutil.wait_procs(stages, timeout=5)[1]
    first.kill()
    first.wait()
    second.wait()


def test_a_run_that_is_asked_to_terminate_takes_its_stages_along():
    running = worker(os.getpid())
    stages = psutil.Process(running.pid).children(recursive=True)
    running.terminate()
    assert running.wait(timeout=10) == 1
    assert not psutil.wait_procs(stages, timeout=5)[1]


def test_one_process_at_a_time_has_a_lock_and_the_next_has_it_after_a_kill(tmp_path: Path):
    hold = (
        "import sys, time; from pathlib import Path; from guidedseg.sweeps import guard\n"
        "with guard.alone(Path(sys.argv[1]), 0): print('held', flush=True); time.sleep(100)"
    )
    lock = tmp_path / "sweep-unet.lock"
    holder = subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(GuidedsegError, match="sweep-unet is being run by another process"),
        guard.alone(lock, patience=0),
    ):
        pass
    holder.kill()
    holder.wait()
    with guard.alone(lock, patience=0):
        pass


def test_each_run_holds_a_device_of_its_own(tmp_path: Path):
    with guard.device(tmp_path, ("0", "1")) as first, guard.device(tmp_path, ("0", "1")) as second:
        assert (first, second) == ("0", "1")
    with guard.device(tmp_path, ("0", "1")) as again:
        assert again == "0"
    with guard.device(tmp_path, ()) as none:
        assert none is None


def test_devices_are_dealt_by_what_a_run_takes():
    assert devices.dealt(["0", "1", "2"], 1) == ("0", "1", "2")
    assert devices.dealt(["0", "1", "2"], 2) == ("0,1",)
    assert devices.dealt(["a", "b"], 0.5) == ("a", "a", "b", "b")
    with pytest.raises(GuidedsegError, match=r"--gpus-per-run 2: this machine shows 1 GPU\(s\)"):
        devices.dealt(["0"], 2)


def test_devices_are_those_that_the_user_shows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    assert devices.slots(1) == ("2", "5")
    assert devices.slots(0) == ()
