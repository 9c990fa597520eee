"""What a stage prints and how it ends when something goes wrong."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

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


def test_finished_stage_prints_its_line_and_ends_with_0() -> None:
    done = stage("return 'data/split.csv: 3 images'")
    assert (done.returncode, done.stdout) == (0, "data/split.csv: 3 images\n")


def test_what_a_user_can_mend_is_printed_without_traceback() -> None:
    done = stage("from guidedseg.errors import GuidedsegError", "raise GuidedsegError('roi.copies: 0 given')")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "ERROR: roi.copies: 0 given\n")


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
    assert done.stderr.startswith("ERROR: no space left on the disk")
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
    assert "no space left on the disk while writing data/raw.zip." in done.stderr


@pytest.mark.parametrize("error", ["FileNotFoundError(errno.ENOENT, 'No such file', 'x')", "ZeroDivisionError()"])
def test_a_bug_keeps_its_traceback(error: str) -> None:
    done = stage(f"raise {error}")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_report_that_fails_leaves_the_metrics_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr("sys.argv", ["report", "unetpp"])
    monkeypatch.setattr("guidedseg.params.load", mock.MagicMock())
    monkeypatch.setattr("guidedseg.reporting.results.read", mock.MagicMock())
    monkeypatch.setattr("stages.report._page", mock.Mock(side_effect=ZeroDivisionError))
    metrics = mock.Mock()
    monkeypatch.setattr("stages.report._metrics", metrics)
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("stages.report").main()
    metrics.assert_not_called()


class TestDuration:
    """What a stage notes for the record of the run."""

    def test_is_noted_under_the_name_in_dvc_lock(self, tmp_path: Path) -> None:
        # DVC puts a path before the name where it was started in another folder
        stage("return ''", cwd=tmp_path, DVC_STAGE="../dvc.yaml:predict@unet-direct", OMP_NUM_THREADS="1")
        note = json.loads((tmp_path / ".scratch/durations/predict@unet-direct.json").read_text(encoding="utf-8"))
        assert re.fullmatch(r"\d+\.\d s, 1 thread, finished \d{4}-\d\d-\d\d \d\d:\d\d UTC", note["text"])

    def test_is_not_noted_without_dvc(self, tmp_path: Path) -> None:
        assert stage("return ''", cwd=tmp_path, DVC_STAGE="").returncode == 0
        assert not (tmp_path / ".scratch").exists()

    def test_is_not_noted_of_a_stage_that_failed(self, tmp_path: Path) -> None:
        stage("raise ValueError", cwd=tmp_path, DVC_STAGE="split")
        assert not (tmp_path / ".scratch").exists()

    def test_that_cannot_be_noted_harms_nothing(self, tmp_path: Path) -> None:
        (tmp_path / ".scratch").write_text("a file")
        done = stage("return 'data/split.csv: 3 images'", cwd=tmp_path, DVC_STAGE="split")
        assert (done.returncode, done.stdout, done.stderr) == (0, "data/split.csv: 3 images\n", "")

    def test_note_that_cannot_be_read_harms_nothing(self, tmp_path: Path) -> None:
        note = tmp_path / ".scratch/durations/prepare.json"
        note.parent.mkdir(parents=True)
        note.write_text("{")
        done = stage("return 'data/split.csv: 3 images'", cwd=tmp_path, DVC_STAGE="split")
        assert (done.returncode, done.stderr) == (0, "")

    def test_costs_a_light_stage_no_heavy_import(self, tmp_path: Path) -> None:
        done = stage(
            "import sys",
            "return str(sorted({'torch', 'pandas', 'yaml'} & set(sys.modules)))",
            cwd=tmp_path,
            DVC_STAGE="x",
        )
        assert done.stdout == "[]\n"
