"""The journal: an entry per artifact, which nothing can break and which names no machine, person or path."""

import getpass
import hashlib
import json
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from guidedseg import journal

OUT = Path("models/unet")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder in which a stage has made an artifact."""
    (tmp_path / OUT).mkdir(parents=True)
    (tmp_path / OUT / "weights").write_text("w")
    return tmp_path


def noted(project: Path, out: Path = OUT, seconds: float = 1.0) -> dict[str, Any]:
    """The entry of a stage that starts, runs and ends."""
    journal.note(project, out, journal.begin(project), seconds)
    entry: dict[str, Any] = journal.read(project / journal.JOURNAL)[out.as_posix()]
    return entry


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class TestHash:
    """An artifact is known by the hash that dvc.lock has of it; tests/pipeline compares with a real one."""

    def test_of_a_file_is_that_of_its_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "split.csv").write_bytes(b"a,b\r\n")
        assert noted(tmp_path, Path("split.csv"))["md5"] == md5("a,b\r\n")

    def test_of_a_folder_is_that_of_the_list_of_its_files(self, tmp_path: Path) -> None:
        for name, content in (("out/b/c", "1"), ("out/b.txt", ""), ("out/ü", "2")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        listed = ", ".join(
            f'{{"md5": "{md5(content)}", "relpath": "{name}"}}'
            for name, content in (("b.txt", ""), ("b/c", "1"), ("\\u00fc", "2"))  # by path, all but ASCII escaped
        )
        assert noted(tmp_path, Path("out"))["md5"] == md5(f"[{listed}]") + ".dir"


def test_entry_says_when_how_long_and_on_how_many_threads(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    entry = noted(project, seconds=82.349)
    assert (entry["seconds"], entry["threads"], entry["gpu"]) == (82.3, 4, None)
    for key in ("started", "finished"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", entry[key])
    assert entry["started"] <= entry["finished"]


def test_entries_of_other_artifacts_stay_and_an_artifacts_own_is_replaced(project: Path) -> None:
    (project / "split.csv").write_text("")
    for out, seconds in ((Path("split.csv"), 1), (OUT, 2), (Path("split.csv"), 3)):
        noted(project, out, seconds)
    entries = journal.read(project / journal.JOURNAL)
    assert {out: entry["seconds"] for out, entry in entries.items()} == {"models/unet": 2, "split.csv": 3}
    assert list(entries) == sorted(entries)  # git shows what changed, whatever ran first


@pytest.mark.parametrize(
    "content",
    ["", "<<<<<<< HEAD\nwindow.guidedsegRun = {};\n", 'window.guidedsegRun = {"a', "window.guidedsegRun = [];\n"],
    ids=["empty", "half merged", "torn", "no entries"],
)
def test_journal_that_cannot_be_read_counts_as_empty_and_is_written_anew(project: Path, content: str) -> None:
    path = project / journal.JOURNAL
    path.parent.mkdir()
    path.write_text(content)
    assert journal.read(path) == {}
    assert noted(project)["seconds"] == 1


def test_what_could_end_a_script_is_escaped(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {"processor": "</script><!--\u2028\u2029 ü"}
    monkeypatch.setattr(journal, "_machine", lambda: odd)
    assert noted(project)["machine"] == odd
    text = (project / journal.JOURNAL).read_text(encoding="ascii")
    assert text.startswith("window.guidedsegRun = {\n")
    assert text.endswith("};\n")
    assert "<" not in text


def test_entry_names_no_host_user_or_path(project: Path) -> None:
    entry = noted(project)
    assert set(entry["machine"]) == {"operating system", "processor", "cores", "memory"}
    text = json.dumps(entry)
    for name in (socket.gethostname(), str(project), str(Path.home()), str(Path.cwd())):
        assert name not in text
    if getpass.getuser() != "root":
        assert getpass.getuser() not in text


def test_versions_are_those_of_the_installed_packages(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "PACKAGES", ("numpy", "no-such-package"))
    import numpy as np

    versions = noted(project)["versions"]
    assert versions["numpy"] == np.__version__
    assert versions["no-such-package"] is None
    assert set(versions) == {"python", "numpy", "no-such-package"}


@pytest.mark.skipif(shutil.which("git") is None, reason="this system has no git")
class TestCode:
    """The commit, and what of the code and the parameters is not as in it."""

    @pytest.fixture
    def committed(self, project: Path) -> Path:
        for name in ("params.yaml", "src/a.py", "stages/b.py", "dvc.lock", "report/run.js", "metrics/split.json"):
            (project / name).parent.mkdir(exist_ok=True)
            (project / name).write_text("before")
        git(project, "init", "-q")
        commit(project)
        return project

    def test_is_named(self, committed: Path) -> None:
        code = noted(committed)
        assert (code["commit"], code["uncommitted changes"]) == (head(committed), "none")

    def test_is_that_of_the_start_although_someone_commits_meanwhile(self, committed: Path) -> None:
        before = head(committed)
        begun = journal.begin(committed)
        (committed / "src/a.py").write_text("after")
        commit(committed)
        journal.note(committed, OUT, begun, 1)
        entry = journal.read(committed / journal.JOURNAL)[OUT.as_posix()]
        assert (entry["commit"], entry["uncommitted changes"]) == (before, "none")
        assert head(committed) != before

    def test_what_the_pipeline_writes_is_no_change(self, committed: Path) -> None:
        for name in ("dvc.lock", "report/run.js", "metrics/split.json"):
            (committed / name).write_text("after")
        assert noted(committed)["uncommitted changes"] == "none"

    def test_changed_new_and_removed_files_are_named(self, committed: Path) -> None:
        (committed / "params.yaml").write_text("after")
        (committed / "src/new.py").write_text("")
        (committed / "stages/b.py").unlink()
        assert noted(committed)["uncommitted changes"] == "params.yaml, stages/b.py, src/new.py"

    def test_is_unknown_outside_a_repository(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
        code = noted(project)
        assert (code["commit"], code["uncommitted changes"]) == (None, None)

    def test_is_unknown_without_git(self, committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        assert noted(committed)["commit"] is None


def git(project: Path, *command: str) -> str:
    return subprocess.check_output(["git", *command], cwd=project, text=True)


def commit(project: Path) -> None:
    git(project, "add", ".")
    git(project, "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", "state")


def head(project: Path) -> str:
    return git(project, "rev-parse", "HEAD").strip()
