"""A process that is killed while it replaces a folder leaves the earlier folder or the new one, whole."""

import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from guidedseg.writing import whole_directory, whole_file

GITIGNORE = Path(__file__).parents[2] / ".gitignore"

# Every change of the file system is announced to this hook before it is made; at the Nth the process ends at once,
# without a `finally`, as it does where it is killed.
WRITER = """
import os, sys
from pathlib import Path
from guidedseg.writing import whole_directory

target, last, step = Path(sys.argv[1]), int(sys.argv[2]), 0

def kill(event, arguments):
    global step
    if event in {"os.mkdir", "os.rename", "os.remove", "os.rmdir"} or (event == "open" and arguments[1] == "w"):
        step += 1
        if step == last:
            os._exit(9)

sys.addaudithook(kill)
with whole_directory(target) as folder:
    for name in ("a", "b"):
        (folder / name).write_text("new")
"""


def killed_at(step: int, target: Path) -> bool:
    """Write a folder in a process of its own, killed before its ``step``-th change; False if it has fewer changes."""
    done = subprocess.run([sys.executable, "-c", WRITER, str(target), str(step)], check=False, capture_output=True)
    assert done.returncode in {0, 9}, done.stderr.decode()
    return done.returncode == 9


def write_folder(target: Path, content: str) -> None:
    with whole_directory(target) as folder:
        for name in ("a", "b"):
            (folder / name).write_text(content)


def fail_to_write(target: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole_directory(target):
        raise ZeroDivisionError


def content(target: Path) -> str | None:
    """What both files of a whole folder hold; None where there is no folder."""
    if not target.exists():
        return None
    texts = {path.name: path.read_text() for path in target.iterdir()}
    assert texts in ({"a": "old", "b": "old"}, {"a": "new", "b": "new"})
    return texts["a"]


@pytest.mark.parametrize("earlier", ["old", None])
def test_next_start_finds_the_earlier_folder_or_the_new_one(tmp_path: Path, earlier: str | None) -> None:
    target, found = tmp_path / "out", []
    for step in count(1):
        shutil.rmtree(target, ignore_errors=True)
        if earlier:
            write_folder(target, earlier)
        if not killed_at(step, target):
            break
        fail_to_write(target)
        found.append(content(target))
        assert list(tmp_path.iterdir()) == ([target] if found[-1] else [])
    assert content(target) == "new"
    assert found == sorted(found, key=[earlier, "new"].index)  # the earlier one up to a step, then the new one
    assert set(found) == ({"old", "new"} if earlier else {None})
    assert len(found) > 3


def test_whatever_was_killed_the_next_run_writes_its_own_folder_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for step in count(1):
        write_folder(target, "old")
        if not killed_at(step, target):
            break
        write_folder(target, "new")
        assert content(target) == "new"
        assert list(tmp_path.iterdir()) == [target]


def test_half_of_a_folder_never_comes_back_where_dvc_removed_the_target(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for step in count(1):
        write_folder(target, "old")
        if not killed_at(step, target):
            break
        shutil.rmtree(target, ignore_errors=True)  # as DVC does before it starts a stage
        fail_to_write(target)
        assert content(target) in {"old", None}


def test_git_never_sees_what_is_not_whole(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True, text=True)
        return done.stdout

    git("init", "--quiet")
    shutil.copy(GITIGNORE, tmp_path)
    target, seen = tmp_path / "out", set()
    for step in count(1):
        write_folder(target, "old")
        if not killed_at(step, target):
            break
        seen |= set(git("status", "--porcelain", "--untracked-files=all").split())
    with whole_file(tmp_path / "table.csv") as path:
        path.write_text("half")
        seen |= set(git("status", "--porcelain", "--untracked-files=all").split())
    assert seen == {"??", ".gitignore", "out/a", "out/b"}
