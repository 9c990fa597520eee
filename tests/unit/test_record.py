"""The record of a run: durations belong to results, and nothing in it names a machine, a person or a path."""

import getpass
import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from guidedseg import record

OF = "evaluations/unetpp"


def entry(name: str, deps: list[str], outs: list[str], *, md5: str = "1", seed: int = 0) -> dict[str, Any]:
    return {
        "cmd": f"python -m stages.{name}",
        "deps": [{"path": path, "hash": "md5", "md5": f"{md5}{path}"} for path in deps],
        "params": {"params.yaml": {"seed": seed}},
        "outs": [{"path": path, "hash": "md5", "md5": f"{md5}{path}"} for path in outs],
    }


def lock(**changed: dict[str, Any]) -> dict[str, Any]:
    """dvc.lock of prepare -> train -> evaluate, of another network and of the report; ``changed`` replaces entries."""
    return {
        "prepare": entry("prepare", ["data/raw"], ["data/prepared"]),
        "train@unetpp": entry("train unetpp", ["data/prepared/index.csv"], ["models/unetpp"]),
        "train@unet": entry("train unet", ["data/prepared"], ["models/unet"]),
        "evaluate@unetpp": entry("evaluate unetpp", ["models/unetpp", "data/prepared"], [OF]),
        "report": entry("report", [OF], ["report/index.html"]),
        **{name.replace("_", "@"): value for name, value in changed.items()},
    }


class Run:
    """A project's folder in which stages end and reports are written."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def lock(self, entries: dict[str, Any]) -> None:
        (self.root / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": entries}, sort_keys=False))

    def stage(self, name: str, seconds: float) -> None:
        """A stage ran; DVC wrote dvc.lock before; the next stage starts."""
        record.note(self.root, name, seconds)
        record.settle(self.root)

    def report(self) -> dict[str, str]:
        """The durations of the next record, without dates and threads."""
        collected = record.collect(self.root, OF)
        record.write(collected, self.root / record.RECORD)
        return {name: text.partition(",")[0] for name, text in collected["durations"].items()}

    @property
    def journals(self) -> list[str]:
        return sorted(path.stem for path in (self.root / record.JOURNALS).glob("*"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = Run(tmp_path)
    made.lock(lock())
    return made


@pytest.fixture
def finished(run: Run) -> Run:
    """All three stages ran and were reported."""
    for name, seconds in (("prepare", 1), ("train@unetpp", 200), ("evaluate@unetpp", 3)):
        run.stage(name, seconds)
    run.report()
    return run


def test_durations_are_those_of_the_stages_behind_one_out_in_the_order_of_the_lock(run: Run) -> None:
    for name, seconds in (("evaluate@unetpp", 3), ("train@unet", 150), ("train@unetpp", 200), ("prepare", 1.26)):
        run.stage(name, seconds)
    # 200 s are 3 min 20 s; neither the other network nor the report is upstream
    assert list(run.report().items()) == [
        ("prepare", "1.3 s"),
        ("train@unetpp", "3 min 20 s"),
        ("evaluate@unetpp", "3.0 s"),
    ]


def test_notes_that_were_taken_up_are_gone_and_those_of_other_results_stay(run: Run) -> None:
    for name in ("prepare", "train@unet"):
        run.stage(name, 1)
    run.report()
    assert run.journals == ["train@unet"]


def test_stage_that_did_not_run_again_keeps_its_duration(finished: Run) -> None:
    assert finished.report() == {"prepare": "1.0 s", "train@unetpp": "3 min 20 s", "evaluate@unetpp": "3.0 s"}


@pytest.mark.parametrize(
    "changed",
    [
        entry("train unetpp", ["data/prepared/index.csv"], ["models/unetpp"], md5="2"),
        entry("train unetpp", ["data/prepared/index.csv"], ["models/unetpp"], seed=1),
        entry("train unetpp --fast", ["data/prepared/index.csv"], ["models/unetpp"]),
    ],
    ids=["data", "parameter", "command"],
)
def test_result_that_dvc_brought_back_has_no_duration_of_another(finished: Run, changed: dict[str, Any]) -> None:
    finished.lock(lock(train_unetpp=changed))
    assert finished.report() == {"prepare": "1.0 s", "train@unetpp": record.CACHED, "evaluate@unetpp": "3.0 s"}


def test_new_run_of_the_same_result_has_the_new_duration(finished: Run) -> None:
    finished.stage("train@unetpp", 59.96)
    assert finished.report()["train@unetpp"] == "1 min 0 s"


def test_note_of_a_run_that_was_never_reported_is_not_that_of_another_result(run: Run) -> None:
    run.stage("train@unetpp", 5)  # then a later stage failed, and other parameters were tried
    run.lock(lock(train_unetpp=entry("train unetpp", ["data/prepared/index.csv"], ["models/unetpp"], seed=1)))
    assert run.report()["train@unetpp"] == record.CACHED
    run.lock(lock())  # back again
    assert run.report()["train@unetpp"] == "5.0 s"


def test_stage_outside_the_lock_leaves_no_duration(run: Run) -> None:
    run.lock({})
    run.stage("train@unetpp", 5)
    assert run.report() == {}
    run.lock(lock())
    assert run.report()["train@unetpp"] == record.CACHED


def test_note_names_threads_and_utc(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    run.stage("prepare", 1)
    text = record.collect(run.root, OF)["durations"]["prepare"]
    assert text.startswith("1.0 s, 4 threads, finished 2")
    assert text.endswith(" UTC")


def test_without_dvc_there_are_no_durations(tmp_path: Path) -> None:
    assert record.collect(tmp_path, OF)["durations"] == {}


def test_record_survives_writing_and_reading(tmp_path: Path) -> None:
    path = tmp_path / "run.js"
    odd = {"run": {"processor": "</script><!--\u2028\u2029 ü", "commit": None}}
    record.write(odd, path)
    text = path.read_text(encoding="ascii")
    assert text.startswith("window.guidedsegRun = {\n")
    assert text.endswith("};\n")
    assert "<" not in text
    assert record.read(path) == odd


@pytest.mark.parametrize("content", ["", "<<<<<<< HEAD\nwindow.guidedsegRun = {};\n", "window.guidedsegRun = {"])
def test_record_that_cannot_be_read_counts_as_none(finished: Run, content: str) -> None:
    (finished.root / record.RECORD).write_text(content)
    assert finished.report()["prepare"] == record.CACHED


def test_record_names_no_host_user_or_path(finished: Run) -> None:
    collected = record.collect(finished.root, OF)
    assert set(collected["run"]) == {
        *("commit", "uncommitted changes", "operating system", "processor", "cores", "memory")
    }
    text = json.dumps(collected)
    for name in (socket.gethostname(), str(finished.root), str(Path.home()), str(Path.cwd())):
        assert name not in text
    if getpass.getuser() != "root":
        assert getpass.getuser() not in text


def test_versions_are_those_of_the_installed_packages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "PACKAGES", ("numpy", "no-such-package"))
    import numpy as np

    versions = record.collect(run.root, OF)["versions"]
    assert versions["numpy"] == np.__version__
    assert versions["no-such-package"] is None
    assert set(versions) == {"python", "numpy", "no-such-package"}


@pytest.mark.skipif(shutil.which("git") is None, reason="this system has no git")
class TestCode:
    """The commit, and what was changed in it by other hands than the pipeline's."""

    @pytest.fixture
    def committed(self, run: Run) -> Run:
        for name in ("params.yaml", "src.py", "dvc.lock", "report/run.js", f"{OF}/images.csv", "models/.gitignore"):
            path = run.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_text("before")
        identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "state"]):
            subprocess.run(["git", *command], cwd=run.root, check=True)
        return run

    def code(self, run: Run) -> dict[str, str | None]:
        return record.collect(run.root, OF)["run"]

    def test_is_named(self, committed: Run) -> None:
        head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=committed.root, text=True)
        code = self.code(committed)
        assert (code["commit"], code["uncommitted changes"]) == (head.strip(), "none")

    def test_what_the_pipeline_writes_is_no_change(self, committed: Run) -> None:
        for name in ("report/run.js", f"{OF}/images.csv", "models/.gitignore"):
            (committed.root / name).write_text("after")
        committed.lock(lock(prepare=entry("prepare", ["data/raw"], ["data/prepared"], md5="2")))
        assert self.code(committed)["uncommitted changes"] == "none"

    def test_changed_files_are_named(self, committed: Run) -> None:
        for name in ("params.yaml", "src.py"):
            (committed.root / name).write_text("after")
        assert self.code(committed)["uncommitted changes"] == "params.yaml, src.py"

    def test_is_unknown_outside_a_repository(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(run.root.parent))
        code = self.code(run)
        assert (code["commit"], code["uncommitted changes"]) == (None, None)

    def test_is_unknown_without_git(self, committed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        assert self.code(committed)["commit"] is None
