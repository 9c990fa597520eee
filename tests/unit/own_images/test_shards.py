"""A job in shards leaves what a whole one leaves, however it is cut and whatever is killed."""

import json
import os
import shutil
import signal
import time
import zipfile
from pathlib import Path

import cv2
import pandas as pd
import polars as pl
import pytest
from own_files import write_dicom
from segmenting import DONE, WITH_PROBLEMS, contents, grey_frames, mixed, pictures, segment, started, table
from small_bundle import picture

from guidedseg.cluster.cutting import Shard
from guidedseg.cluster.store import Store
from guidedseg.cluster.tasks import Place
from guidedseg.errors import GuidedsegError
from guidedseg.jobs import archive, sharded
from guidedseg.jobs.collecting import collect
from guidedseg.jobs.many import Many, options

HERE = Path(__file__).parent
ALL = "mask,overlay,contours,coco,table,seg,sr"


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = mixed(tmp_path_factory.mktemp("many") / "in")
    write_dicom(folder / "deep/still.dcm", grey_frames(1))
    (folder / "sub").mkdir()
    for number in range(9):
        cv2.imwrite(str(folder / f"sub/{number}.png"), picture(40, 50, 20 + number))
    return folder


@pytest.fixture(scope="module")
def whole(sources, bundle_folder, tmp_path_factory):
    """What a job without shards leaves."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert segment(bundle_folder, [sources], out, outputs=ALL) == WITH_PROBLEMS
    return contents(out)


@pytest.mark.parametrize(
    "cut", [Many(shards=1), Many(shards=4), Many(shards=40), Many(shards=5, place=Place(2))], ids=str
)
def test_any_number_of_shards_and_processes_leaves_the_bytes_of_a_whole_job(
    cut, sources, whole, bundle_folder, tmp_path
):
    assert segment(bundle_folder, [sources], tmp_path / "out", outputs=ALL, cut=cut) == WITH_PROBLEMS
    assert contents(tmp_path / "out") == whole


@pytest.fixture
def three(sources, bundle_folder, tmp_path):
    """Shards 2 and 0 of 3, the former twice, as an array job would leave them with one task to come."""
    for number in (2, 0, 2):
        segment(bundle_folder, [sources], tmp_path / "out", outputs=ALL, cut=many_of(f"{number}/3"))
    return tmp_path / "out"


def many_of(shard: str) -> Many:
    return options(shard, None)


def test_shards_by_hand_in_any_order_are_collected_into_the_bytes_of_a_whole_job(
    three, sources, whole, bundle_folder, capsys
):
    with pytest.raises(GuidedsegError, match=r"lacks shards: 1 problem.*\n  - --shard 1/3\n"):
        collect(Store(str(three)))
    segment(bundle_folder, [sources], three, outputs=ALL, cut=many_of("1/3"))
    assert f"3 of 3 shards are there. Once all are: guidedseg collect {three}" in capsys.readouterr().out
    summary = collect(Store(str(three)))
    assert contents(three) == whole
    assert summary.frames == whole["records.jsonl"].count(b'"frame":')
    assert len(summary.problems) == len([row for row in table(three / "problems.csv") if row["kind"] == "error"])
    with pytest.raises(GuidedsegError, match="it has been collected"):
        collect(Store(str(three)))
    # and it is a job like any other: nothing is done again, in shards or not
    (three / "masks/a.png").unlink()
    assert segment(bundle_folder, [sources], three, outputs=ALL, cut=Many(shards=3)) == WITH_PROBLEMS
    assert segment(bundle_folder, [sources], three, outputs=ALL, resume=True) == WITH_PROBLEMS
    assert {**contents(three), "masks/a.png": whole["masks/a.png"]} == whole


def test_shards_of_a_plan_need_not_be_told_their_files(sources, whole, bundle_folder, tmp_path, capsys):
    out = tmp_path / "out"
    with pytest.raises(GuidedsegError, match="has no plan of shard 0 of 4: give files"):
        segment(bundle_folder, [], out, outputs=ALL, cut=many_of("0/4"))
    assert segment(bundle_folder, [sources], out, outputs=ALL, cut=options(None, 4, plan=True)) == DONE
    assert "files in 4 shards. The same words without the files and with --shard 0/4 to" in capsys.readouterr().out
    with pytest.raises(GuidedsegError, match="of a job with another shards"):
        segment(bundle_folder, [], out, outputs=ALL, cut=many_of("0/5"))
    with pytest.raises(GuidedsegError, match="of a job with another settings"):
        segment(bundle_folder, [], out, outputs="mask", cut=many_of("0/4"))
    for number in range(4):
        segment(bundle_folder, [], out, outputs=ALL, cut=many_of(f"{number}/4"))
    collect(Store(str(out)))
    assert contents(out) == whole
    with pytest.raises(GuidedsegError, match="has no plan of shard 0 of 4"):
        segment(bundle_folder, [], out, outputs=ALL, cut=many_of("0/4"))


def test_pictures_of_many_files_stay_in_archives(three, sources, whole, bundle_folder):
    segment(bundle_folder, [sources], three, outputs=ALL, cut=many_of("1/3"))
    (three / "shards/.partial.0123.00001-of-00003.zip").write_bytes(b"of a writer that died")
    collect(Store(str(three)), unpacked=False)
    assert {path.suffix for path in (three / "shards").iterdir()} == {".zip"}
    assert len([*(three / "shards").iterdir()]) == 3
    found = contents(three)
    tables = {"lesions.csv", "lesions.geojson", "coco.json", "problems.csv"}
    assert {name: found[name] for name in tables} == {name: whole[name] for name in tables}
    packed = {}
    for path in sorted((three / "shards").iterdir()):
        with zipfile.ZipFile(path) as opened:
            packed |= {name: opened.read(name) for name in opened.namelist() if name != "records.jsonl"}
            assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert packed == {name: whole[name] for name in whole if name.partition("/")[0] in {"masks", "overlays", "dicom"}}


def test_the_tables_of_shards_can_be_read_as_one(three, sources, bundle_folder, whole):
    segment(bundle_folder, [sources], three, outputs=ALL, cut=many_of("1/3"))
    read = pl.read_parquet(three / "lesions/*.parquet")
    found = pd.DataFrame(read.to_dict(as_series=False))
    collect(Store(str(three)))
    listed = pd.read_csv(three / "lesions.csv")
    lesions = found.dropna(subset="lesion").sort_values(["source", "frame", "lesion"])
    columns = ["source", "frame", "lesion", "x0", "y0", "x1", "y1", "area_px", "confidence"]
    pd.testing.assert_frame_equal(
        lesions[columns].reset_index(drop=True),
        listed.sort_values(["source", "frame", "lesion"])[columns].reset_index(drop=True),
        check_dtype=False,
    )
    without = found[found["lesion"].isna() & found["problem"].isna()]
    records = [json.loads(line) for line in whole["records.jsonl"].splitlines()]
    empty = [(line["source"], line["frame"]) for line in records if line.get("lesions") == []]
    assert sorted(zip(without["source"], without["frame"], strict=True)) == sorted(empty)
    errors = {row["source"]: row["what"] for row in table(three / "problems.csv") if row["kind"] == "error"}
    assert found.dropna(subset="problem").set_index("source")["problem"].to_dict() == errors


def test_another_cut_another_list_and_another_job_are_refused(three, sources, bundle_folder, tmp_path):
    with pytest.raises(GuidedsegError, match="of a job with another shards: choose"):
        segment(bundle_folder, [sources], three, outputs=ALL, cut=many_of("0/4"))
    with pytest.raises(GuidedsegError, match="of a job with another files: choose"):
        segment(bundle_folder, [sources / "sub"], three, outputs=ALL, cut=many_of("0/3"))
    with pytest.raises(GuidedsegError, match="of a job with another settings: choose"):
        segment(bundle_folder, [sources], three, outputs="mask", cut=many_of("0/3"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").touch()
    with pytest.raises(GuidedsegError, match=r"is not empty \(thesis.txt\)"):
        segment(bundle_folder, [sources], tmp_path / "mine", cut=many_of("0/3"))
    with pytest.raises(GuidedsegError, match="says how many shards there are"):
        options("1/3", 4)
    with pytest.raises(GuidedsegError, match="--shard 1/3 goes without --ray"):
        options("1/3", None, processes=2)


def test_a_shard_that_is_there_twice_is_told(three):
    shutil.copy(three / "shards/00000-of-00003.zip", three / "shards/00000-of-00002.zip")
    with pytest.raises(GuidedsegError, match=r"shards holds 00000-of-00002.zip, which is of none .* would count twice"):
        collect(Store(str(three)))


@pytest.mark.parametrize("damage", ["cut", "swapped", "flipped"])
def test_a_shard_that_was_damaged_is_told(damage, three, sources, bundle_folder):
    segment(bundle_folder, [sources], three, outputs=ALL, cut=many_of("1/3"))
    path = three / "shards/00001-of-00003.zip"
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        at = content.index(b"IHDR") + 30
        path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    else:
        shutil.copy(three / "shards/00000-of-00003.zip", path)
    words = "not of one list" if damage == "swapped" else r"00001-of-00003.zip is damaged .*--shard 1/3"
    with pytest.raises(GuidedsegError, match=words):
        collect(Store(str(three)))
    assert (three / "shards").is_dir()


def test_a_shard_without_its_table_is_not_finished(three, sources, bundle_folder, whole):
    (three / "lesions/00002-of-00003.parquet").unlink()  # a kill came between the two
    assert archive.finished(Store(str(three)), 3) == {0}
    assert segment(bundle_folder, [sources], three, outputs=ALL, cut=Many(shards=3)) == WITH_PROBLEMS
    assert contents(three) == whole


def test_two_tables_and_archives_have_the_same_bytes_wherever_they_are_made(sources, bundle_folder, tmp_path):
    for out in ("one", "two"):
        segment(bundle_folder, [sources], tmp_path / out, cut=many_of("1/3"), threads=1 + (out == "two"))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_full_disk_costs_its_shard_and_the_same_call_goes_on(sources, bundle_folder, whole, tmp_path, monkeypatch):
    put, full = Store.put, ["00001"]

    def failing(self, source, name):
        if full and full[0] in name:
            raise OSError(28, "No space left on device", name)
        put(self, source, name)

    monkeypatch.setattr(Store, "put", failing)
    with pytest.raises(
        GuidedsegError, match=r"1 of 3 shards failed: 1 problem\(s\)\n  - 1/3: OSError: .*No space left"
    ):
        segment(bundle_folder, [sources], tmp_path / "out", outputs=ALL, cut=Many(shards=3))
    assert archive.finished(Store(str(tmp_path / "out")), 3) == {0, 2}
    full.clear()
    assert segment(bundle_folder, [sources], tmp_path / "out", outputs=ALL, cut=Many(shards=3)) == WITH_PROBLEMS
    assert contents(tmp_path / "out") == whole


def test_another_engine_on_another_machine_is_refused(sources, bundle_folder, tmp_path, monkeypatch):
    told_of = sharded.told_of
    monkeypatch.setattr(sharded, "told_of", lambda *given: {**told_of(*given), "engine": "onnxruntime 0.1"})
    with pytest.raises(
        GuidedsegError, match=r"this machine has engine onnxruntime \S+ and not onnxruntime 0.1: install"
    ):
        segment(bundle_folder, [sources], tmp_path / "out", cut=Many(shards=1))


def test_files_are_fetched_by_their_urls_and_masks_put_there(sources, bundle_folder, tmp_path, whole):
    remote = f"file://{sources}"
    assert segment(bundle_folder, [remote], tmp_path / "loose", outputs=ALL) == WITH_PROBLEMS
    here, there = whole, contents(tmp_path / "loose")
    # a link that leads nowhere is listed on a disk and not by a file system of fsspec
    same = ["lesions.csv", *(name for name in here if name.partition("/")[0] in {"masks", "overlays", "dicom"})]
    assert {name: there[name] for name in same} == {name: here[name] for name in same}
    errors = {row["source"]: row["what"] for row in table(tmp_path / "loose/problems.csv")}
    assert errors["bad"].startswith(f"file://{sources}/bad.png: ")
    assert not any("/tmp/guidedseg-" in what for what in errors.values())
    several = [f"{remote}/sub/*.png", f"{remote}/nowhere.png"]
    assert segment(bundle_folder, several, "file://" + str(tmp_path / "out"), cut=Many(shards=2)) == WITH_PROBLEMS
    assert sorted(path.stem for path in (tmp_path / "out/masks").iterdir()) == [*map(str, range(9))]
    assert table(tmp_path / "out/problems.csv")[0]["what"].startswith(f"{remote}/nowhere.png: is not there")


def test_a_url_of_no_known_file_system_is_told(bundle_folder, tmp_path):
    with pytest.raises(GuidedsegError, match=r"nothing://x.png: .*nothing"):
        segment(bundle_folder, ["nothing://x.png"], tmp_path / "out")


@pytest.mark.parametrize("killed", ["driver", "worker"])
def test_killed_with_two_processes_it_ends_with_the_same_bytes(killed, bundle_folder, tmp_path):
    sources, out = pictures(tmp_path / "in", 60), tmp_path / "out"
    assert segment(bundle_folder, [sources], tmp_path / "whole", outputs="mask,table") == DONE
    options = ["--bundle", bundle_folder, "--out", out, "--outputs", "mask,table", "--shards", "20", "--processes", "2"]
    job = started(sources, *options)
    deadline = time.monotonic() + 60
    while len([*(out / "lesions").glob("*.parquet")]) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    children = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
    workers = [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert len(workers) == 2
    os.kill(job.pid if killed == "driver" else workers[0], signal.SIGKILL)
    job.wait(timeout=60)
    if killed == "driver":
        assert job.returncode == -signal.SIGKILL
        assert 3 <= len(archive.finished(Store(str(out)), 20)) < 20
        assert started(sources, *options).wait(timeout=120) == DONE
    assert job.returncode in (DONE, -signal.SIGKILL)
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.slow
def test_two_drivers_on_one_folder_do_not_disturb_each_other(sources, whole, bundle_folder, tmp_path):
    options = ["--bundle", bundle_folder, "--out", tmp_path / "out", "--outputs", ALL, "--shard"]
    jobs = [started(sources, *options, f"{number}/2") for number in (0, 1, 0)]
    assert [job.wait(timeout=120) in (DONE, WITH_PROBLEMS) for job in jobs] == [True] * 3
    collect(Store(str(tmp_path / "out")))
    assert contents(tmp_path / "out") == whole


def test_a_merge_of_shards_tells_what_is_missing(three, sources, bundle_folder):
    segment(bundle_folder, [sources], three, outputs=ALL, cut=many_of("1/3"))
    archives = [three / archive.name_of(Shard(number, 3), archive.ZIP) for number in range(3)]
    count = json.loads((three / "run.json").read_bytes())["files"]["count"]
    assert len([*archive.Merged(archives, count).finished()]) == count
    with pytest.raises(GuidedsegError, match=f"{count} of {count + 1} files are in the shards"):
        [*archive.Merged(archives, count + 1).finished()]
    with pytest.raises(GuidedsegError, match="of the list is missing"):
        [*archive.Merged(archives[1:], count).finished()]
    with pytest.raises(GuidedsegError, match="of the list is twice"):
        [*archive.Merged([archives[0], *archives], count).finished()]
