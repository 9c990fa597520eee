"""Outputs are written whole or not at all."""

import json
from pathlib import Path
from typing import NoReturn

import pytest

from guidedseg.json_files import write_json
from guidedseg.writing import whole_directory, whole_file


class BrokenError(Exception):
    """An error in the middle of writing."""


def half_a_folder(target: Path) -> NoReturn:
    with whole_directory(target) as folder:
        (folder / "file").write_text("half")
        raise BrokenError


def half_a_file(target: Path) -> NoReturn:
    with whole_file(target) as path:
        path.write_text("half")
        raise BrokenError


def test_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    for name in ("first", "second"):
        with whole_directory(target) as folder:
            (folder / name).write_text(name)
    assert [path.name for path in target.iterdir()] == ["second"]
    assert list(target.parent.iterdir()) == [target]


def test_after_an_error_nothing_is_left_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BrokenError):
        half_a_folder(tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_after_an_error_the_earlier_folder_still_stands(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with whole_directory(target) as folder:
        (folder / "file").write_text("earlier")
    with pytest.raises(BrokenError):
        half_a_folder(target)
    assert (target / "file").read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_run_left_does_not_get_into_the_folder(tmp_path: Path) -> None:
    with whole_directory(tmp_path / "out") as folder:
        partial = folder.name
    (tmp_path / partial).mkdir()
    (tmp_path / partial / "stale").touch()
    with whole_directory(tmp_path / "out") as folder:
        (folder / "fresh").touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["fresh"]


def test_file_is_replaced_as_a_whole_and_keeps_its_ending(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "table.csv"
    for content in ("first", "second"):
        with whole_file(target) as path:
            assert path.suffix == ".csv"
            path.write_text(content)
    assert target.read_text() == "second"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("earlier", [None, "earlier"])
def test_after_an_error_nothing_is_left_of_a_file_and_the_earlier_one_stands(
    tmp_path: Path, earlier: str | None
) -> None:
    target = tmp_path / "table.csv"
    if earlier:
        target.write_text(earlier)
    with pytest.raises(BrokenError):
        half_a_file(target)
    assert [path.read_text() for path in tmp_path.iterdir()] == ([earlier] if earlier else [])


def test_json_is_read_back(tmp_path: Path) -> None:
    values = {"dice": 0.5, "nothing": None, "nested": {"images": 3}}
    write_json(values, tmp_path / "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text()) == values


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_is_refused_and_the_earlier_json_stands(tmp_path: Path, value: float) -> None:
    write_json({"dice": 0.5}, tmp_path / "scores.json")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"dice": value}, tmp_path / "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text()) == {"dice": 0.5}
    assert len(list(tmp_path.iterdir())) == 1
