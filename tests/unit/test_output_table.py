"""lesions.csv, read back."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from segmented import contents, recorded, segmented, two_lesions

from guidedseg.outputs import table
from guidedseg.outputs.records import record
from guidedseg.sources.frame import Frame


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_table_of_a_drawing(tmp_path):
    records = recorded([np.zeros((60, 80), bool), two_lesions()], "a b, c.png", tracks=True)
    table.write(iter(records), tmp_path / "lesions.csv")
    head, first, second = rows(tmp_path / "lesions.csv")
    assert head == list(table.COLUMNS)
    assert first[:11] == ["a b, c.png", "1", "0.1", "1", "11", "20", "10", "50", "30", "0.8", "550"]
    # 30 x 20 pixels of 0.1 x 0.2 mm, 3 mm x 4 mm; across the diagonal of the first 20 x sqrt(1300) / 30
    assert first[11:] == ["36.06", "24.04", "11.0", "5.0", "3.75"]
    assert second[:11] == ["a b, c.png", "1", "0.1", "2", "12", "60", "40", "62", "42", "0.8", "2"]


def test_what_is_not_known_is_empty(tmp_path):
    result = segmented(two_lesions())
    unknown = {"area_mm2": None, "long_axis_mm": None, "short_axis_mm": None}
    result = replace(result, lesions=tuple(replace(lesion, **unknown) for lesion in result.lesions))
    table.write([record("a.png", Frame(0, result.probabilities), result)], tmp_path / "lesions.csv")
    read = pd.read_csv(tmp_path / "lesions.csv")
    assert read.columns[read.isna().all()].tolist() == ["time_s", "track", "area_mm2", "long_axis_mm", "short_axis_mm"]
    assert not read.drop(columns=read.columns[read.isna().all()]).isna().any(axis=None)


def test_table_without_a_lesion_has_its_head(tmp_path):
    table.write([], tmp_path / "lesions.csv")
    assert rows(tmp_path / "lesions.csv") == [list(table.COLUMNS)]


@pytest.mark.parametrize("name", ["=1+1.png", "+a", "-a", "@SUM(A1)", "\ta", "\na", " =a", "\uff1da", "\uff0ba"])
def test_no_name_is_a_formula_to_a_spreadsheet(tmp_path, name):
    table.write(recorded([two_lesions()], name), tmp_path / "lesions.csv")
    assert {row[0] for row in rows(tmp_path / "lesions.csv")[1:]} == {f"'{name}"}


@pytest.mark.parametrize("name", ["a=b.png", "a-b.png", "1.png", "'a.png", "größe 乳腺.png", 'a"b,c;d\n.png'])
def test_other_names_stand_as_they_are(tmp_path, name):
    table.write(recorded([two_lesions()], name), tmp_path / "lesions.csv")
    assert {row[0] for row in rows(tmp_path / "lesions.csv")[1:]} == {name}


@pytest.mark.parametrize(("name", "written"), [("a\udcff.png", "a\\udcff.png"), ("a\rb.png", "a\\rb.png")])
def test_name_that_no_table_can_hold_gets_its_row(tmp_path, name, written):
    table.write(recorded([two_lesions()], name), tmp_path / "lesions.csv")
    assert {row[0] for row in rows(tmp_path / "lesions.csv")[1:]} == {written}


def test_written_again_it_is_the_same_bytes(tmp_path):
    for folder in ("once", "again"):
        table.write(iter(recorded([two_lesions()] * 2)), tmp_path / folder / "lesions.csv")
    assert contents(tmp_path / "once") == contents(tmp_path / "again")


def test_after_an_error_the_earlier_file_stands_alone(tmp_path):
    def broken():
        yield from recorded([two_lesions()])
        raise KeyboardInterrupt

    (tmp_path / "lesions.csv").write_text("earlier")
    with pytest.raises(KeyboardInterrupt):
        table.write(broken(), tmp_path / "lesions.csv")
    assert contents(tmp_path) == {"lesions.csv": b"earlier"}


def test_record_tells_boxes_and_size_of_the_frame():
    result = segmented(two_lesions(), boxes=[(19.123456, 9, 51, 31), (0, 0, 5, 5)])
    made = record("a.png", Frame(7, np.zeros((60, 80), np.uint8)), result)
    assert (made["source"], made["frame"], made["time_s"]) == ("a.png", 7, None)
    assert (made["width"], made["height"]) == (80, 60)
    assert made["boxes"] == [[19.12, 9.0, 51.0, 31.0], [0.0, 0.0, 5.0, 5.0]]
    assert made["confidences"] == [0.9, 0.8]
