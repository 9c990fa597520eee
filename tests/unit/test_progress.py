"""A bar shows in a terminal and nowhere else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guidedseg import progress

ROOT = Path(__file__).parents[2]
CODE = "from guidedseg import progress; print(sum(progress.bar('images', range(4), unit='image')))"


def command() -> tuple[list[str], dict[str, str]]:
    return [sys.executable, "-c", CODE], {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def test_items_pass_through() -> None:
    assert list(progress.bar("images", iter("abc"), unit="image", total=3)) == ["a", "b", "c"]


def test_bar_writes_nothing_where_no_terminal_is() -> None:
    line, environment = command()
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("6\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_bar_shows_what_is_done_in_a_terminal_and_leaves_its_line_when_it_is() -> None:
    import fcntl
    import pty
    import struct
    import termios

    line, environment = command()
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    done = subprocess.run(line, env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.stdout == "6\n"
    assert "images:   0%|" in shown
    assert "0/4 [" in shown
    assert not shown.split("\r")[-1].strip()  # the last that was drawn is an empty line


def test_interrupted_work_starts_where_it_stopped() -> None:
    with progress.bar("unet", unit="step", total=10, done=4) as bar:
        assert (bar.n, bar.total) == (4, 10)
