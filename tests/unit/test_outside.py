"""What lies outside DVC's sight: its record changes where its content does, and only there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from guidedseg import outside, params
from guidedseg.datasets import bus_uclm, phantom
from guidedseg.datasets.dataset import Raw
from guidedseg.errors import GuidedsegError
from guidedseg.outside import Hashes, Record

ROOT = Path(__file__).parents[2]
KEY = "profiles.quick.network.encoder_weights"
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of no bytes
URL = "https://example.org/data.zip"
Look = Callable[..., Record]


@pytest.fixture
def weights(tmp_path: Path) -> Look:
    """Look at ``tmp_path``/encoder.pth, or what else is named."""

    def look(
        before: Record | None = None, *, named: str | None = str(tmp_path / "encoder.pth"), released: bool = False
    ):
        hashes = Hashes(tmp_path / "memory.json")
        record = outside.of_weights(KEY, named, released=released, before=before or {}, hashes=hashes)
        hashes.keep()
        return record

    return look


@pytest.fixture
def dataset(tmp_path: Path) -> Look:
    """Look at what is dropped in at ``tmp_path``/external/data, else at the source."""

    def look(before: Record | None = None, *, source: str | None = URL) -> Record:
        hashes = Hashes(tmp_path / "memory.json")
        options = Raw(source=source, sha256=None, images=None)
        drop_in = tmp_path / "external" / "data"
        record = outside.of_dataset(bus_uclm.DATASET, options, drop_in=drop_in, before=before or {}, hashes=hashes)
        assert record["options"] == {"sha256": None, "images": None}
        return {key: record[key] for key in ("named", "sha256")}

    return look


@pytest.fixture
def dropped(tmp_path: Path) -> Path:
    """A dataset of one picture."""
    folder = tmp_path / "external" / "data"
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
        (folder / name / "a.png").write_text(name)
    (folder / "INFO.csv").write_text("a")
    return folder


def test_hash_is_that_of_the_content(weights: Look, tmp_path: Path) -> None:
    (tmp_path / "encoder.pth").touch()
    assert weights() == {"named": str(tmp_path / "encoder.pth"), "sha256": NOTHING}


def test_new_content_under_the_same_name_is_another_record(weights: Look, tmp_path: Path) -> None:
    (tmp_path / "encoder.pth").write_text("old")
    before = weights()
    (tmp_path / "encoder.pth").write_text("new")  # as long
    os.utime(tmp_path / "encoder.pth", ns=(0, 0))
    assert weights(before) != before


def test_file_that_was_only_touched_keeps_its_record(weights: Look, tmp_path: Path) -> None:
    (tmp_path / "encoder.pth").write_text("same")
    before = weights()
    os.utime(tmp_path / "encoder.pth", ns=(0, 0))
    assert weights(before) == before


def test_file_is_read_once_as_long_as_it_stays_as_it_is(
    weights: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "encoder.pth").write_text("same")
    before = weights()
    monkeypatch.setattr(outside.hashlib, "file_digest", lambda *_: pytest.fail("read again"))
    assert weights() == before


@pytest.mark.parametrize("content", ["", "{"])
def test_torn_memory_is_as_good_as_none(weights: Look, tmp_path: Path, content: str) -> None:
    (tmp_path / "encoder.pth").touch()
    (tmp_path / "memory.json").write_text(content)
    assert weights()["sha256"] == NOTHING


def test_record_stands_where_the_file_is_gone(weights: Look, tmp_path: Path) -> None:
    (tmp_path / "encoder.pth").write_text("old")
    before = weights()
    (tmp_path / "encoder.pth").unlink()
    assert weights(before) == before


@pytest.mark.parametrize("before", [{}, {"named": "another.pth", "sha256": NOTHING}])
def test_file_that_never_was_is_told_with_its_key(weights: Look, before: Record) -> None:
    with pytest.raises(GuidedsegError, match=rf"{KEY}: there is no file '.*encoder.pth'"):
        weights(before)


@pytest.mark.parametrize("name", [None, "imagenet"])
def test_what_a_library_knows_has_no_content_here(weights: Look, name: str | None) -> None:
    assert weights(named=name, released=name is not None) == {"named": name, "sha256": None}


def test_drawn_dataset_has_its_options_and_no_content_outside(tmp_path: Path) -> None:
    options = params.load(ROOT / "params.yaml").datasets.phantom
    record = outside.of_dataset(phantom.DATASET, options, drop_in=tmp_path, before={}, hashes=Hashes(tmp_path / "m"))
    assert record == {"named": None, "sha256": None, "options": options.model_dump()}


def test_dataset_without_a_source_must_be_dropped_in(dataset: Look, dropped: Path) -> None:
    before = dataset(source=None)
    assert before["sha256"]
    dropped.rename(dropped.with_name("elsewhere"))
    assert dataset(before, source=None) == before
    with pytest.raises(GuidedsegError, match="no source is given"):
        dataset(source=None)


def test_url_is_not_asked(dataset: Look) -> None:
    assert dataset() == {"named": URL, "sha256": None}


@pytest.mark.parametrize("change", ["edited", "renamed", "added"])
def test_other_content_of_a_dropped_folder_is_another_record(dataset: Look, dropped: Path, change: str) -> None:
    before = dataset()
    picture = dropped / "images" / "a.png"
    match change:
        case "edited":
            picture.write_text("others")
        case "renamed":
            picture.rename(picture.with_name("b.png"))
        case "added":
            picture.with_name("b.png").touch()
    assert dataset(before) != before


def test_what_is_not_copied_of_a_folder_does_not_count(dataset: Look, dropped: Path) -> None:
    before = dataset()
    (dropped / "notes.txt").touch()
    (dropped / "images" / ".DS_Store").touch()
    assert dataset(before) == before


def test_zip_counts_by_its_bytes(dataset: Look, tmp_path: Path) -> None:
    (tmp_path / "external").mkdir()
    (tmp_path / "external" / "data.zip").touch()
    assert dataset() == {"named": URL, "sha256": NOTHING}


def test_record_stands_where_the_dropped_dataset_is_gone(dataset: Look, dropped: Path) -> None:
    before = dataset()
    dropped.rename(dropped.with_name("elsewhere"))
    assert dataset(before) == before
    dropped.symlink_to("nowhere")  # a disk that is not mounted
    assert dataset(before) == before


def test_record_of_another_source_does_not_stand(dataset: Look, dropped: Path) -> None:
    before = dataset()
    dropped.rename(dropped.with_name("elsewhere"))
    assert dataset(before, source=f"{URL}?new") == {"named": f"{URL}?new", "sha256": None}
    with pytest.raises(GuidedsegError, match="was not found"):
        dataset(before, source="/nowhere/data.zip")
