"""The copy of the project that a run works in."""

import os
import subprocess
from pathlib import Path

import pytest
from dvc.config import Config

from guidedseg.errors import GuidedsegError
from guidedseg.sweeps import copying
from guidedseg.sweeps.job import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """A repository whose last commit is not the one that is asked for, and raw data that git does not have."""
    root = tmp_path / "main"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc" / "config").touch()

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", root, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "--quiet")
    for text in ("first", "second"):
        (root / "params.yaml").write_text(text)
        git("add", "--all")
        git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", text)
    (root / "data/external/busi").mkdir(parents=True)
    return Origin(
        git=str(root / ".git"),
        shared=True,
        commit=git("rev-parse", "HEAD~1"),
        author=("Ada", "ada@example.org"),
        config={"cache": {"dir": "/the/cache"}, 'remote "store"': {"url": "/the/store"}},
        remote=None,
        links={"data/external/busi": str(root / "data/external/busi"), "weights/gone.pt": str(root / "gone.pt")},
    )


def make(origin: Origin, folder: Path) -> None:
    copying.make(origin, folder, None, os.environ)


def test_it_has_the_commit_the_author_the_cache_and_the_raw_data(origin: Origin, tmp_path: Path):
    copy = tmp_path / "copy"
    make(origin, copy)
    assert (copy / "params.yaml").read_text() == "first"
    author = subprocess.run(["git", "-C", copy, "config", "user.email"], check=True, capture_output=True, text=True)
    assert author.stdout == "ada@example.org\n"
    config = Config(str(copy / ".dvc"))  # DVC's own reader
    assert config["cache"]["dir"] == "/the/cache"
    assert config["remote"]["store"]["url"] == "/the/store"
    assert (copy / "data/external/busi").readlink() == tmp_path / "main/data/external/busi"
    assert not (copy / "weights").exists()


def test_of_an_earlier_copy_the_unfinished_trainings_stay_and_nothing_else(origin: Origin, tmp_path: Path):
    copy = tmp_path / "copy"
    make(origin, copy)
    checkpoint = copy / ".scratch/train_segmenter/last.ckpt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_text("epoch 3")
    (copy / "params.yaml").write_text("half")
    (copy / ".git/refs/exps").mkdir()
    make(origin, copy)
    assert checkpoint.read_text() == "epoch 3"
    assert (copy / "params.yaml").read_text() == "first"
    assert not (copy / ".git/refs/exps").exists()


def test_they_stay_where_a_copy_is_killed_while_it_is_made(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copy = tmp_path / "copy"
    make(origin, copy)
    checkpoint = copy / ".scratch/last.ckpt"
    checkpoint.parent.mkdir()
    checkpoint.write_text("epoch 3")
    real = copying.git
    for dies_at in range(1, 5):
        calls = iter(range(1, 5))

        def git(*arguments: object, dies_at: int = dies_at, calls=calls) -> None:
            if next(calls) == dies_at:
                raise KeyboardInterrupt
            real(*arguments)

        monkeypatch.setattr(copying, "git", git)
        with pytest.raises(KeyboardInterrupt):
            make(origin, copy)
    monkeypatch.setattr(copying, "git", real)
    make(origin, copy)
    assert checkpoint.read_text() == "epoch 3"


def test_a_folder_of_the_user_is_left_alone(origin: Origin, tmp_path: Path):
    mine = tmp_path / "copy" / "mine.txt"
    mine.parent.mkdir()
    mine.touch()
    with pytest.raises(GuidedsegError, match="in the way of a run's copy"):
        make(origin, mine.parent)
    assert mine.exists()
