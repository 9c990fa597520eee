"""What a stage prints and how it ends when something goes wrong."""

import errno
import importlib
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from guidedseg import journal

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")  # every write to it fails with ENOSPC


def stage(*lines: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``stages.run`` on a function of these lines, in a process of its own."""
    code = "\n".join(["import errno, stages", "def main():", *(f"    {line}" for line in lines), "stages.run(main)"])
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_finished_stage_prints_its_out_and_its_line_and_ends_with_0(tmp_path: Path) -> None:
    done = stage("from pathlib import Path", "return Path('data/split.csv'), '3 images'", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "data/split.csv: 3 images\n")


def test_what_a_user_can_mend_is_printed_without_traceback() -> None:
    done = stage("from guidedseg.errors import GuidedsegError", "raise GuidedsegError('roi.margin: -1 given')")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "ERROR: roi.margin: -1 given\n")


def test_stage_outside_the_repository_says_where_to_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stages.train_segmenter", "unetpp", "direct"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "ERROR: params.yaml not found: run from the root of the repository\n"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "write",
    [
        "open('/dev/full', 'w').write('text' * 10**6)",
        "import numpy, pathlib; numpy.save(pathlib.Path('/dev/full').open('wb'), numpy.zeros(10**6))",
    ],
    ids=["text", "array"],
)
def test_full_disk_is_one_line(write: str) -> None:
    done = stage(write)
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR: no space left on the disk.")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "error",
    [
        "OSError(errno.EDQUOT, 'Disk quota exceeded')",
        # what numpy.save and safetensors raise where the disk fills up half way
        "OSError('1000000 requested and 262016 written')",
        "RuntimeError('Error while serializing: I/O error: No space left on device (os error 28)')",
    ],
)
def test_full_disk_is_known_by_what_libraries_raise(error: str) -> None:
    done = stage(f"raise {error}")
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR: no space left on the disk.")


def test_full_disk_names_the_file_where_it_is_known() -> None:
    done = stage("raise OSError(errno.ENOSPC, 'No space left on device', 'data/raw.zip')")
    assert "ERROR: data/raw.zip: no space left on the disk." in done.stderr


@pytest.mark.parametrize("error", ["KeyError('x')", "ZeroDivisionError()"])
def test_a_bug_keeps_its_traceback(error: str) -> None:
    done = stage(f"raise {error}")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_report_that_fails_leaves_metrics_and_page_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr("sys.argv", ["report", "unetpp"])
    monkeypatch.setattr("guidedseg.params.load", mock.MagicMock())
    monkeypatch.setattr("guidedseg.reporting.results.read", mock.MagicMock())
    report = importlib.import_module("stages.report")
    for name in [*report.FILES, *(f"{folder}/file" for folder in report.FOLDERS)]:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("before")

    def metrics(_: object, __: object, files: dict[str, Path]) -> None:
        for path in files.values():
            path.write_text("new")

    def page(_: object, __: object, folders: dict[str, Path], files: dict[str, Path]) -> None:  # noqa: ARG001
        for folder in folders.values():
            (folder / "file").write_text("new")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(report, "_metrics", metrics)
    monkeypatch.setattr(report, "_page", page)
    with pytest.raises(OSError, match="No space left"):
        report.main()
    found = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == dict.fromkeys([*report.FILES, *(f"{folder}/file" for folder in report.FOLDERS)], "before")


class TestJournal:
    """What a stage notes of what it has made; a failure of it is not the stage's."""

    MADE = ("from pathlib import Path", "Path('out').write_text('x')", "return Path('out'), 'an x'")
    PRINTED = (0, "out: an x\n", "")

    def test_names_the_artifact_under_dvc_and_without_it(self, tmp_path: Path) -> None:
        for variable in ("", "../dvc.yaml:predict@unet-direct"):
            done = stage(*self.MADE, cwd=tmp_path, DVC_STAGE=variable, OMP_NUM_THREADS="1")
            assert (done.returncode, done.stdout, done.stderr) == self.PRINTED
            entry = journal.read(tmp_path / journal.JOURNAL)["out"]
            assert (entry["md5"], entry["threads"]) == ("9dd4e461268c8034f5c8564e155c67a6", 1)  # of an x
            (tmp_path / journal.JOURNAL).unlink()

    def test_has_no_entry_of_a_stage_that_failed(self, tmp_path: Path) -> None:
        stage("raise ValueError", cwd=tmp_path)
        assert not any(tmp_path.iterdir())

    def test_that_cannot_be_written_harms_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "report").write_text("a file")
        done = stage(*self.MADE, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == self.PRINTED

    def test_that_is_torn_harms_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "report").mkdir()
        (tmp_path / journal.JOURNAL).write_text("window.guidedsegRun = {")
        done = stage(*self.MADE, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == self.PRINTED
        assert set(journal.read(tmp_path / journal.JOURNAL)) == {"out"}

    def test_of_a_stage_that_made_nothing_harms_nothing(self, tmp_path: Path) -> None:
        done = stage("from pathlib import Path", "return Path('nowhere'), 'text'", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "nowhere: text\n", "")

    def test_costs_a_light_stage_no_heavy_import(self, tmp_path: Path) -> None:
        lines = ("import atexit, sys", "atexit.register(lambda: print(sorted({'torch', 'pandas'} & set(sys.modules))))")
        assert stage(*lines, *self.MADE, cwd=tmp_path).stdout == "out: an x\n[]\n"
