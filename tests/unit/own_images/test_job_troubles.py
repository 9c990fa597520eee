"""What goes wrong in a job: a file costs a line, a folder that takes no output one clear word, never a traceback."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from own_files import dicom, write_dicom, write_video
from segmenting import DONE, WITH_PROBLEMS, colours, contents, grey_frames, problems, records, segment, table
from small_bundle import picture

from guidedseg.errors import GuidedsegError
from guidedseg.inference.segmenter import Segmenter
from guidedseg.jobs import folder as of_job
from guidedseg.outputs import dicom_sr, masks, overlay


@pytest.fixture
def sources(tmp_path):
    """A picture, a cine, a picture."""
    folder = tmp_path / "in"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), picture(40, 50))
    write_dicom(folder / "b.dcm", grey_frames(8))
    cv2.imwrite(str(folder / "c.png"), picture(40, 50))
    return folder


def fails_at(monkeypatch, owner, name, when, error):
    """Let a function raise where its arguments say so."""
    function = getattr(owner, name)

    def failing(*arguments, **options):
        if when(*arguments):
            raise error
        return function(*arguments, **options)

    monkeypatch.setattr(owner, name, failing)


@pytest.mark.parametrize("tracking", [True, False])
@pytest.mark.parametrize("step", ["boxes", "fill", "overlay"])
def test_a_frame_that_cannot_be_segmented_costs_its_file_and_no_other(
    step, tracking, sources, bundle_folder, tmp_path, monkeypatch
):
    """Deterministically: whichever thread came how far, nothing of the file is left."""
    error = ValueError("it is\nodd")
    fifth = grey_frames(8)[5]
    owner, when = {
        "boxes": (Segmenter, lambda _, seen, *__: seen.shape == fifth.shape and (seen.image == fifth).all()),
        "fill": (Segmenter, lambda _, seen, *__: seen.shape == fifth.shape and (seen.image == fifth).all()),
        "overlay": (overlay, lambda frame, *_: frame.index == 5),
    }[step]
    fails_at(monkeypatch, owner, "write" if step == "overlay" else step, when, error)
    for threads, out in ((1, tmp_path / "one"), (2, tmp_path / "two")):
        assert segment(bundle_folder, [sources], out, tracking=tracking, threads=threads) == WITH_PROBLEMS
        assert problems(out) == {
            "b": f"{sources}/b.dcm: could not be segmented (ValueError: it is odd). Look at it with another program, "
            "or leave it out"
        }
        assert [line["source"] for line in records(out)] == ["a", "c"]
        assert set(contents(out / "masks")) == {"a.png", "c.png"}
        assert set(contents(out / "overlays")) == {"a.jpg", "c.jpg"}
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_picture_too_long_for_its_overlay_costs_a_line(bundle_folder, tmp_path):
    cv2.imwrite(str(tmp_path / "long.png"), np.zeros((2, 70_000), np.uint8))
    cv2.imwrite(str(tmp_path / "a.png"), picture(20, 30))
    paths = [tmp_path / "long.png", tmp_path / "a.png"]
    assert segment(bundle_folder, paths, tmp_path / "out") == WITH_PROBLEMS
    assert "an overlay of 70000 x 2 pixels cannot be a .jpg" in problems(tmp_path / "out")["long"]
    assert set(contents(tmp_path / "out/masks")) == {"a.png"}
    assert segment(bundle_folder, paths, tmp_path / "other", outputs="mask") == DONE


def test_a_video_with_a_broken_end_keeps_its_good_frames(bundle_folder, tmp_path):
    whole, cut = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    write_video(whole, [colours(frame) for frame in grey_frames(12)], "ffv1")
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    for path in (whole, cut):
        code = segment(bundle_folder, [path], tmp_path / path.stem, tracking=False, threads=2)
        assert code == (WITH_PROBLEMS if path == cut else DONE)
    good = contents(tmp_path / "cut/masks/cut")
    assert 4 <= len(good) < 12
    assert good.items() <= contents(tmp_path / "whole/masks/whole").items()
    assert "is damaged or cut short" in problems(tmp_path / "cut")["cut"]
    assert len(records(tmp_path / "cut")) == len(good)


def test_a_video_of_one_frame_is_a_video(bundle_folder, tmp_path):
    write_video(tmp_path / "one.avi", [colours(frame) for frame in grey_frames(1)], "mjpeg")
    assert segment(bundle_folder, [tmp_path / "one.avi"], tmp_path / "out", outputs="mask") == DONE
    assert set(contents(tmp_path / "out/masks")) == {"one/000000.png"}


def test_a_header_that_seg_and_sr_cannot_repeat_costs_these_alone(bundle_folder, tmp_path):
    bare = dicom(picture(40, 50))
    del bare.SOPInstanceUID
    bare.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    bare.save_as(tmp_path / "bare.dcm", enforce_file_format=False)
    content = (tmp_path / "bare.dcm").read_bytes()
    (tmp_path / "bare.dcm").write_bytes(content if content[128:132] == b"DICM" else b"\0" * 128 + b"DICM" + content)
    write_dicom(tmp_path / "whole.dcm", picture(40, 50))
    paths, out = [tmp_path / "bare.dcm", tmp_path / "whole.dcm"], tmp_path / "out"
    assert segment(bundle_folder, paths, out, outputs="mask,seg,sr") == WITH_PROBLEMS
    assert set(contents(out / "masks")) == {"bare.png", "whole.png"}
    assert set(contents(out / "dicom")) == {"whole.seg.dcm", "whole.sr.dcm"}
    assert "bare.dcm lacks SOPInstanceUID" in problems(out)["bare"]


def test_an_error_of_highdicom_is_told_without_the_value_that_it_quotes(sources, bundle_folder, tmp_path, monkeypatch):
    quoting = ValueError("Invalid value for PN: 'Geheim^Greta'")
    fails_at(monkeypatch, dicom_sr, "write_sr", lambda *_: True, quoting)
    assert segment(bundle_folder, [sources], tmp_path / "out", outputs="mask,sr") == WITH_PROBLEMS
    told = problems(tmp_path / "out")["b"]
    assert (
        told
        == f"{sources}/b.dcm: has a header that cannot be repeated in SEG and SR (ValueError). Ask for other outputs"
    )
    assert len(contents(tmp_path / "out/masks/b")) == 8


def test_a_source_that_is_gone_when_its_seg_is_due_costs_a_line(sources, bundle_folder, tmp_path, monkeypatch):
    write = masks.write

    def losing(mask, target):
        write(mask, target)
        (sources / "b.dcm").unlink(missing_ok=True)

    monkeypatch.setattr(masks, "write", losing)
    write_dicom(sources / "b.dcm", picture(20, 30))
    assert segment(bundle_folder, [sources / "b.dcm"], tmp_path / "out", outputs="mask,seg") == WITH_PROBLEMS
    assert "could not be read again for SEG and SR" in problems(tmp_path / "out")["b"]


def test_a_missing_extra_is_told_before_the_work(sources, bundle_folder, tmp_path):
    program = "import sys; sys.modules['highdicom'] = None; from guidedseg.cli import main; main()"
    options = ["--bundle", bundle_folder, "--out", tmp_path / "out", "--outputs", "table,sr"]
    done = subprocess.run(
        [sys.executable, "-c", program, "segment", sources, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert (
        done.stderr == "ERROR: DICOM-SEG and reports need highdicom; install it with: pip install 'guidedseg[dicom]'\n"
    )
    assert not (tmp_path / "out").exists()


def test_names_that_a_spreadsheet_would_run_and_lines_that_are_none(bundle_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["=1+1.png", "new\nline.png", os.fsdecode(b"caf\xe9.png")]
    for name in names:
        Path(name).write_bytes(b"bad")
    assert segment(bundle_folder, names, Path("out")) == WITH_PROBLEMS
    rows = table(tmp_path / "out/problems.csv")
    assert [row["source"] for row in rows] == ["'=1+1", "new_line", "caf_"]
    assert [row["what"].partition(": ")[0] for row in rows] == ["'=1+1.png", "new\\nline.png", "caf\\udce9.png"]


def test_the_folder_of_the_outputs_is_never_read(sources, bundle_folder):
    out = sources / "out"
    assert segment(bundle_folder, [sources], out, outputs="mask,overlay") == DONE
    before = contents(out)
    assert segment(bundle_folder, [sources], out, outputs="mask,overlay", resume=True) == DONE
    assert contents(out) == before


@pytest.mark.parametrize("what", ["masks", "overlay", "table", "run.json"])
def test_a_full_disk_is_told_in_one_line_and_the_job_goes_on_after_it(
    what, sources, bundle_folder, tmp_path, monkeypatch
):
    from guidedseg.outputs import table as of_lesions

    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "out/x"))
    owner, name = {
        "masks": (masks, "write"), "overlay": (overlay, "write"), "table": (of_lesions, "write"),
        "run.json": (of_job, "write_json"),
    }[what]  # fmt: skip
    calls = iter(range(100))
    with monkeypatch.context() as patch:
        fails_at(patch, owner, name, lambda *_: what not in {"masks", "overlay"} or next(calls) >= 4, full)
        with pytest.raises(GuidedsegError, match=r"out/x cannot be written \(No space left on device\)\.") as error:
            segment(bundle_folder, [sources], tmp_path / "out")
    assert "\n" not in str(error.value)
    assert "--resume" in str(error.value)
    assert segment(bundle_folder, [sources], tmp_path / "out", resume=True) == DONE
    assert segment(bundle_folder, [sources], tmp_path / "whole") == DONE
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize("limit", [1_500, 20_000])
def test_a_limit_on_files_is_told_by_the_program_without_a_traceback(limit, sources, bundle_folder, tmp_path):
    """As a full disk does, it stops a file in the middle, be it a picture, a table or the records."""
    program = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); "
    program += "from guidedseg.cli import main; main()"
    options = ["--bundle", bundle_folder, "--out", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, "-c", program, "segment", sources, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR: ")
    assert "cannot be written (File too large)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert segment(bundle_folder, [sources], tmp_path / "out", resume=True) == DONE
    assert segment(bundle_folder, [sources], tmp_path / "whole") == DONE
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder in which nobody may write")
def test_a_folder_that_nobody_may_write_in_is_told(sources, bundle_folder):
    with pytest.raises(GuidedsegError, match=r"/proc/\w+ cannot be written"):
        segment(bundle_folder, [sources], Path("/proc/guidedseg/out"))


def test_a_file_in_place_of_a_folder_of_outputs_is_told(sources, bundle_folder):
    with pytest.raises(GuidedsegError, match=r"c\.png/out cannot be written \(Not a directory\)"):
        segment(bundle_folder, [sources], sources / "c.png/out")
