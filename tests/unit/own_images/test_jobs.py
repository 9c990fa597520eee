"""Files of every kind in one job: all that can be made of them is made, and every bad one is a line."""

import json
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from segmenting import DONE, WITH_PROBLEMS, contents, grey_frames, mask, mixed, problems, records, segment, table
from small_bundle import picture

from guidedseg import cli
from guidedseg.errors import GuidedsegError
from guidedseg.inference.engines.opening import Kind
from guidedseg.inference.segmenter import Branch
from guidedseg.jobs.settings import DEFAULT, OUTPUTS
from guidedseg.sources.opening import open_source

GOOD = {"a": 1, "b": 1, "deep/c": 1, "stack": 3, "cine": 6, "video": 6}
HALF = {"broken": range(1, 8), "cut": range(1, 6)}
BAD = {"bad", "empty", "text", "link"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed(tmp_path_factory.mktemp("files") / "mixed")


@pytest.fixture(scope="module")
def out(files: Path, bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All outputs of all files."""
    folder = tmp_path_factory.mktemp("job") / "out"
    assert segment(bundle_folder, [files], folder, outputs="mask,overlay,contours,coco,table,seg,sr") == WITH_PROBLEMS
    return folder


def test_every_bad_file_is_a_line_that_names_it(out, files):
    told = problems(out)
    assert set(told) == BAD | set(HALF)
    for name, what in told.items():
        assert str(files / name) in what
        assert "Error" not in what  # words, and no exception
    notes = [row for row in table(out / "problems.csv") if row["kind"] == "note"]
    assert [row["source"] for row in notes if "no PNG, JPEG" in row["what"]] == ["notes"]


def test_every_good_frame_has_a_record_in_order(out):
    found = [(line["source"], line["frame"]) for line in records(out)]
    for name, count in GOOD.items():
        assert [frame for source, frame in found if source == name] == list(range(count))
    for name, counts in HALF.items():
        frames = [frame for source, frame in found if source == name]
        assert frames == list(range(len(frames)))
        assert len(frames) in counts
    assert {source for source, _ in found} == {*GOOD, *HALF}


def test_every_frame_has_a_mask_and_an_overlay_of_its_own(out):
    several = {name for name, count in GOOD.items() if count > 1} | set(HALF)
    names = {
        f"{line['source']}/{line['frame']:06d}" if line["source"] in several else line["source"]
        for line in records(out)
    }
    found = contents(out)
    assert {name for name in found if name.startswith("masks/")} == {f"masks/{name}.png" for name in names}
    assert {name for name in found if name.startswith("overlays/")} == {f"overlays/{name}.jpg" for name in names}
    for line in records(out):
        name = f"{line['source']}/{line['frame']:06d}" if line["source"] in several else line["source"]
        found_mask = mask(out / "masks" / f"{name}.png")
        assert found_mask.shape == (line["height"], line["width"])
        assert found_mask.sum() == sum(lesion["area_px"] for lesion in line["lesions"])


def test_tables_hold_the_lesions_of_all_frames(out):
    lesions = [(line["source"], line["frame"], lesion) for line in records(out) for lesion in line["lesions"]]
    assert len(lesions) > 100
    rows = table(out / "lesions.csv")
    assert [(row["source"], int(row["frame"]), int(row["area_px"])) for row in rows] == [
        (source, frame, lesion["area_px"]) for source, frame, lesion in lesions
    ]
    features = json.loads((out / "lesions.geojson").read_text(encoding="utf-8"))["features"]
    assert [feature["properties"]["source"] for feature in features] == [source for source, *_ in lesions]
    coco = json.loads((out / "coco.json").read_text(encoding="utf-8"))
    assert len(coco["images"]) == len(records(out))
    assert len(coco["annotations"]) == len(lesions)


def test_seg_and_sr_are_made_of_dicom_alone(out):
    found = sorted(name for name in contents(out) if name.startswith("dicom/"))
    assert {name.split(".")[0].split("/")[1] for name in found} == {"cine", "cut"}
    assert {"dicom/cine.sr.dcm", "dicom/cut.sr.dcm", "dicom/cine.seg_00000.dcm"} <= set(found)


def test_nothing_else_lies_in_the_folder(out):
    kinds = {name.partition("/")[0] for name in contents(out)}
    tables = {"lesions.csv", "lesions.geojson", "coco.json", "problems.csv", "records.jsonl", "run.json"}
    assert kinds == {"masks", "overlays", "dicom", *tables}


def test_a_picture_gets_the_mask_that_the_bundle_gives(out, files, bundle):
    image = cv2.imread(str(files / "a.png"), cv2.IMREAD_GRAYSCALE)
    result = bundle.segment(image)
    assert result.mask.any()
    np.testing.assert_array_equal(mask(out / "masks/a.png"), result.mask)
    (line,) = (line for line in records(out) if line["source"] == "a")
    assert len(line["lesions"]) == len(result.lesions)


def test_a_second_run_gives_the_same_bytes_with_any_number_of_threads(out, files, bundle_folder, tmp_path):
    everything = "sr,seg,table,coco,contours,overlay,mask"  # in another order
    assert segment(bundle_folder, [files], tmp_path / "again", outputs=everything, threads=2) == WITH_PROBLEMS
    assert contents(tmp_path / "again") == contents(out)


def test_the_zip_of_the_bundle_gives_the_same_bytes(files, bundle_folder, tmp_path):
    for name, path in (("a", bundle_folder), ("b", bundle_folder.with_suffix(".zip"))):
        assert segment(path, [files / "a.png"], tmp_path / name, threads=2) == DONE
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_other_engines_give_their_own_bytes_again_with_any_number_of_threads(engine, files, bundle_folder, tmp_path):
    paths = [files / name for name in ("a.png", "b.jpg", "video.mp4")]
    for threads in (1, 2):
        assert segment(bundle_folder, paths, tmp_path / str(threads), engine=engine, threads=threads) == DONE
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert json.loads((tmp_path / "1/run.json").read_text())["engine"].startswith(f"{engine} ")


@pytest.mark.parametrize("branch", ["direct", "guided", "guided_fallback"])
def test_without_tracking_every_frame_is_segmented_by_itself(branch, files, bundle, bundle_folder, tmp_path):
    source = files / "video.mp4"
    assert segment(bundle_folder, [source], tmp_path / "out", branch=branch, tracking=False, threads=2) == DONE
    for frame in open_source(source).frames():
        expected = bundle.segment(frame.grey, branch).mask
        np.testing.assert_array_equal(mask(tmp_path / f"out/masks/video/{frame.index:06d}.png"), expected)


def test_only_every_nth_frame_is_segmented_under_its_own_number(files, bundle_folder, tmp_path):
    paths = [files / name for name in ("stack.tif", "cine.dcm", "video.mp4", "a.png")]
    assert segment(bundle_folder, paths, tmp_path / "out", every=4, outputs="mask,table") == DONE
    assert [(line["source"], line["frame"]) for line in records(tmp_path / "out")] == [
        ("stack", 0), ("cine", 0), ("cine", 4), ("video", 0), ("video", 4), ("a", 0)
    ]  # fmt: skip
    assert {name for name in contents(tmp_path / "out") if name.startswith("masks/cine")} == {
        "masks/cine/000000.png", "masks/cine/000004.png"
    }  # fmt: skip
    assert [line["time_s"] for line in records(tmp_path / "out") if line["source"] == "cine"] == [0, 0.16]


def test_lesions_of_a_cine_have_tracks_and_those_of_a_stack_have_none(out):
    tracks = {name: [lesion["track"] for line in records(out) if line["source"] == name for lesion in line["lesions"]]
              for name in ("cine", "video", "stack", "a")}  # fmt: skip
    assert any(track is not None for track in tracks["cine"])
    assert any(track is not None for track in tracks["video"])
    assert {*tracks["stack"], *tracks["a"]} == {None}


def test_only_what_is_asked_for_is_written(files, bundle_folder, tmp_path):
    assert segment(bundle_folder, [files / "a.png"], tmp_path / "t", outputs="table") == DONE
    assert set(contents(tmp_path / "t")) == {"lesions.csv", "problems.csv", "records.jsonl", "run.json"}
    assert segment(bundle_folder, [files / "cine.dcm"], tmp_path / "s", outputs="seg") == DONE
    assert {name.partition("/")[0] for name in contents(tmp_path / "s")} == {
        "masks", "dicom", "problems.csv", "records.jsonl", "run.json"
    }  # fmt: skip


def test_a_cine_called_like_a_folder_of_pictures_shares_nothing_with_it(bundle_folder, tmp_path):
    mixed_up = tmp_path / "in"
    (mixed_up / "stack").mkdir(parents=True)
    pages = [cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) for frame in grey_frames(2)]
    cv2.imwritemulti(str(mixed_up / "stack.tif"), pages)
    cv2.imwrite(str(mixed_up / "stack/000000.png"), picture(20, 30))
    assert segment(bundle_folder, [mixed_up], tmp_path / "out", outputs="mask") == DONE
    shapes = {name: mask(tmp_path / "out" / name).shape for name in contents(tmp_path / "out") if "masks" in name}
    assert shapes == {
        "masks/stack/000000.png": (20, 30),
        "masks/stack.tif/000000.png": (48, 64),
        "masks/stack.tif/000001.png": (48, 64),
    }


def test_nothing_to_read_is_told_before_anything_is_made(bundle_folder, tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(GuidedsegError, match="nothing to read"):
        segment(bundle_folder, [tmp_path / "in"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("outputs", ["", "mask,maks", ","])
def test_unknown_outputs_are_told_with_those_that_there_are(outputs, bundle_folder, tmp_path):
    with pytest.raises(GuidedsegError, match="there are mask, overlay, contours, coco, table, seg, sr"):
        segment(bundle_folder, [tmp_path], tmp_path / "out", outputs=outputs)


def test_the_command_line_knows_what_the_library_knows():
    """Written twice, so that the command line need not import it to tell what there is."""
    assert cli.OUTPUTS == OUTPUTS
    assert cli.OUTPUTS[:5] == DEFAULT
    assert get_args(cli.Branch) == get_args(Branch)
    assert get_args(cli.Engine) == get_args(Kind)
