"""An interrupted job goes on and ends as if nothing had happened; a job of something else does not go on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest
from own_files import write_dicom, write_video
from segmenting import DONE, INTERRUPTED, PROGRAM, WITH_PROBLEMS, colours, contents, grey_frames, mixed, segment
from small_bundle import picture

from guidedseg.errors import GuidedsegError
from guidedseg.jobs import run
from guidedseg.jobs.progress_file import Finished, ProgressFile
from guidedseg.outputs import masks

HERE = Path(__file__).parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]),
}


def test_killed_at_any_of_its_changes_it_ends_with_the_same_bytes(bundle_folder, tmp_path):
    sources = tmp_path / "in"
    sources.mkdir()
    cv2.imwrite(str(sources / "a.png"), picture(12, 16, 1))
    write_dicom(sources / "b.dcm", grey_frames(2, 16, 16))
    (sources / "c.png").write_bytes(b"bad")
    cv2.imwrite(str(sources / "d.png"), picture(12, 16, 2))
    program = [sys.executable, HERE / "killing.py", bundle_folder, sources, tmp_path]
    done = subprocess.run(program, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30


@pytest.fixture(scope="module")
def long_cine(tmp_path_factory):
    """A picture, then a cine that is not over before a busy machine has sent a signal."""
    folder = tmp_path_factory.mktemp("long")
    cv2.imwrite(str(folder / "a.png"), picture(60, 90))
    write_video(folder / "b.mkv", [colours(frame) for frame in grey_frames(20, 32, 32)] * 8, "ffv1")
    return folder


@pytest.fixture(scope="module")
def undisturbed(long_cine, bundle_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    assert segment(bundle_folder, [long_cine], out, outputs="mask,table") == DONE
    return contents(out)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_killed_in_earnest_and_interrupted_it_ends_with_the_same_bytes(
    sign, long_cine, undisturbed, bundle_folder, tmp_path
):
    out = tmp_path / "out"
    options = ["--bundle", bundle_folder, "--out", out, "--outputs", "mask,table", "--threads", "2"]
    job = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "segment", long_cine, *options], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (out / "masks/b/000005.png").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    job.send_signal(sign)
    _, words = job.communicate(timeout=60)
    assert job.returncode == (INTERRUPTED if sign == signal.SIGINT else -sign)
    assert "Traceback" not in words
    if sign == signal.SIGINT:
        assert words.strip().endswith(f"what is finished lies in {out}; the same call with --resume goes on.")
        assert (out / "problems.csv").read_text() == "source,kind,what\n"
    assert len(contents(out / "masks")) < 161
    assert segment(bundle_folder, [long_cine], out, outputs="mask,table", resume=True, threads=2) == DONE
    assert contents(out) == undisturbed


def test_what_is_finished_is_not_done_again(bundle_folder, tmp_path, monkeypatch):
    mixed(tmp_path / "in")
    out = tmp_path / "out"
    assert segment(bundle_folder, [tmp_path / "in"], out) == WITH_PROBLEMS
    before = contents(out)

    def never(*_: object) -> None:
        raise AssertionError("nothing is left to be read")

    monkeypatch.setattr(run, "open_source", never)
    assert segment(bundle_folder, [tmp_path / "in"], out, resume=True) == WITH_PROBLEMS
    assert contents(out) == before


def test_resume_of_what_was_never_begun_begins(bundle_folder, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), picture(20, 30))
    for name in ("new", "empty", "barely"):
        out = tmp_path / name
        if name != "new":
            out.mkdir()
        if name == "barely":
            (out / ".partial.run.json").write_text("{")
        assert segment(bundle_folder, [tmp_path / "a.png"], out, resume=True) == DONE
        assert contents(out) == contents(tmp_path / "new")


def test_a_folder_that_is_not_empty_is_refused(bundle_folder, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), picture(20, 30))
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    for resume, what in ((False, "is not empty: choose another folder"), (True, "is not the folder of a job")):
        with pytest.raises(GuidedsegError, match=what):
            segment(bundle_folder, [tmp_path / "a.png"], out, resume=resume)
    assert contents(out) == {"mine.txt": b"mine"}
    assert segment(bundle_folder, [tmp_path / "a.png"], tmp_path / "job") == DONE
    with pytest.raises(GuidedsegError, match="is not empty: go on with --resume, or choose another folder"):
        segment(bundle_folder, [tmp_path / "a.png"], tmp_path / "job")
    with pytest.raises(GuidedsegError, match=r"a\.png is no folder"):
        segment(bundle_folder, [tmp_path / "a.png"], tmp_path / "a.png")


@pytest.mark.parametrize(
    ("other", "what"),
    [({"branch": "direct"}, "settings"), ({"every": 2}, "settings"), ({"tracking": False}, "settings"),
     ({"outputs": "mask"}, "settings"), ({"confidence": 0.9}, "settings"), ({"threshold": 0.6}, "settings"),
     ({"engine": "openvino"}, "engine")],
)  # fmt: skip
def test_another_setting_is_refused(other, what, bundle_folder, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), picture(20, 30))
    assert segment(bundle_folder, [tmp_path / "a.png"], tmp_path / "out") == DONE
    before = contents(tmp_path / "out")
    with pytest.raises(GuidedsegError, match=f"is of a job with another {what}: choose another folder"):
        segment(bundle_folder, [tmp_path / "a.png"], tmp_path / "out", resume=True, **other)
    assert contents(tmp_path / "out") == before


def test_another_bundle_is_refused(bundle_folder, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), picture(20, 30))
    assert segment(bundle_folder, [tmp_path / "a.png"], tmp_path / "out") == DONE
    path = tmp_path / "out/run.json"
    facts = json.loads(path.read_text())
    facts["bundle"]["sha256"] = "0" * 64
    path.write_text(json.dumps(facts))
    with pytest.raises(GuidedsegError, match="is of a job with another bundle"):
        segment(bundle_folder, [tmp_path / "a.png"], tmp_path / "out", resume=True)


def test_another_file_of_the_same_name_is_refused_and_more_files_are_not(bundle_folder, tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "a.png"), picture(20, 30, seed=ord(folder)))
    cv2.imwrite(str(tmp_path / "y/b.png"), picture(20, 30))
    out = tmp_path / "out"
    assert segment(bundle_folder, [tmp_path / "x/a.png"], out) == DONE
    with pytest.raises(GuidedsegError, match=r"has a of .*x/a\.png, not of .*y/a\.png: choose another folder"):
        segment(bundle_folder, [tmp_path / "y/a.png"], out, resume=True)
    assert segment(bundle_folder, [tmp_path / "x/a.png", tmp_path / "y/b.png"], out, resume=True) == DONE
    assert set(contents(out / "masks")) == {"a.png", "b.png"}


def test_a_file_that_would_get_another_name_is_refused_and_not_done_twice(bundle_folder, tmp_path):
    sources, out = tmp_path / "in", tmp_path / "out"
    sources.mkdir()
    cv2.imwrite(str(sources / "a.png"), picture(20, 30))
    assert segment(bundle_folder, [sources], out) == DONE
    before = contents(out)
    cv2.imwrite(str(sources / "a.bmp"), picture(20, 30))
    with pytest.raises(GuidedsegError, match=r"a\.png as a, which beside other files is a\.png now: choose another"):
        segment(bundle_folder, [sources], out, resume=True)
    assert contents(out) == before


def test_records_count_up_to_the_last_line_that_is_whole(tmp_path):
    """Wherever the file is cut, what was finished before stands, and what comes after starts on a new line."""
    whole = tmp_path / "whole"
    whole.mkdir()
    ends = [0]
    with ProgressFile(whole) as done:
        for name in "ab":
            for frame in range(2):
                done.add({"source": name, "frame": frame, "lesions": []})
            done.finish(Finished(name, f"/{name}", 2, None, ("a note",)))
            ends.append(done.path.stat().st_size)
    content = done.path.read_bytes()
    for size in range(len(content) + 1):
        (tmp_path / "records.jsonl").write_bytes(content[:size])
        finished = sum(end <= size for end in ends) - 1
        with ProgressFile(tmp_path) as again:
            assert [each.source for each in again.finished()] == list("ab")[:finished]
            assert [record["source"] for record in again.records()] == list("aabb")[: 2 * finished]
            again.finish(Finished("c", "/c", 0, "a problem", ()))
            assert [*again.finished()][-1] == Finished("c", "/c", 0, "a problem", ())


def test_an_interruption_keeps_what_is_finished(bundle_folder, tmp_path, monkeypatch):
    sources = tmp_path / "in"
    sources.mkdir()
    for name in "abcdef":
        cv2.imwrite(str(sources / f"{name}.png"), picture(20, 30, seed=ord(name)))
    assert segment(bundle_folder, [sources], tmp_path / "whole") == DONE
    write = masks.write

    def until_c(mask, target):
        if target.name == "c.png":
            raise KeyboardInterrupt
        write(mask, target)

    with monkeypatch.context() as patch:
        patch.setattr(masks, "write", until_c)
        assert segment(bundle_folder, [sources], tmp_path / "out") == INTERRUPTED
    rows = (tmp_path / "out/lesions.csv").read_text().splitlines()
    assert {row.partition(",")[0] for row in rows[1:]} == {"a", "b"}
    assert segment(bundle_folder, [sources], tmp_path / "out", resume=True) == DONE
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    shutil.rmtree(tmp_path / "out")
