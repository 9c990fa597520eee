"""`guidedseg check --deep` finds what a disk has damaged and DVC does not, and what it removes DVC makes anew."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guidedseg import rehash
from guidedseg.errors import GuidedsegError

DVC_YAML = """
stages:
  first:
    cmd: python -c "import pathlib; p = pathlib.Path('many'); p.mkdir(); [(p / n).write_text(n) for n in 'abc']"
    outs: [many]
  second:
    cmd: python -c "import shutil; shutil.copy('many/a', 'one')"
    deps: [many]
    outs: [one]
"""


def dvc(*arguments: str) -> str:
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr


@pytest.fixture(params=["hardlink", "copy"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of DVC whose two stages have run; the work tree has links into its cache, or copies."""
    monkeypatch.chdir(tmp_path)
    dvc("init", "--no-scm", "--quiet")
    dvc("config", "cache.type", request.param)
    Path("dvc.yaml").write_text(DVC_YAML)
    dvc("repro", "--quiet")
    return tmp_path


def cached(content: str) -> Path:
    (path,) = (path for path in Path(".dvc/cache/files").rglob("*") if path.is_file() and path.read_text() == content)
    return path


def damage(path: Path, content: str) -> None:
    """As a disk does: neither size nor time tell of it."""
    before = path.stat()
    path.chmod(0o644)
    path.write_text(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    path.chmod(before.st_mode)


@pytest.mark.usefixtures("project")
def test_what_is_whole_is_said_to_be() -> None:
    assert list(rehash.run(remove=False)) == ["cache and work tree: 4 files of 2 stages, 0.0 GB, are as they were made"]


@pytest.mark.usefixtures("project")
def test_a_damaged_file_of_the_cache_is_found_removed_and_made_anew() -> None:
    place = cached("b")
    damage(place, "x")
    assert "up to date" in dvc("repro")  # DVC itself sees nothing
    with pytest.raises(GuidedsegError) as caught:
        list(rehash.run(remove=False))
    text = str(caught.value)
    assert f"{place.absolute()}: is not what first made (many/b)" in text
    assert "`dvc repro first`" in text
    assert next(iter(rehash.run(remove=True))).startswith("removed: many. `dvc repro first`")
    assert "Running stage 'first'" in dvc("repro")
    assert Path("many/b").read_text() == "b"
    assert len(list(rehash.run(remove=False))) == 1


@pytest.mark.usefixtures("project")
def test_a_damaged_list_of_a_folder_is_found() -> None:
    (place,) = Path(".dvc/cache/files").rglob("*.dir")
    damage(place, "[]")
    with pytest.raises(GuidedsegError, match="is not what first made"):
        list(rehash.run(remove=False))
    list(rehash.run(remove=True))
    dvc("repro")
    assert len(list(rehash.run(remove=False))) == 1


@pytest.mark.usefixtures("project")
def test_an_edit_in_the_work_tree_is_told_and_stays() -> None:
    Path("one").unlink()
    Path("one").write_text("edited")
    for remove in (False, True):
        with pytest.raises(GuidedsegError, match="one: is not what second made; `dvc commit second` keeps an edit"):
            list(rehash.run(remove=remove))
    assert Path("one").read_text() == "edited"


@pytest.mark.usefixtures("project")
def test_what_only_a_remote_has_is_no_damage() -> None:
    cached("b").unlink()
    Path("many/b").unlink()
    assert list(rehash.run(remove=False)) == ["cache and work tree: 3 files of 2 stages, 0.0 GB, are as they were made"]
