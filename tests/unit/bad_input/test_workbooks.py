"""Excel's tables: what a sheet shows and does not hold is told, cell by cell."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from layouts import Drawn, masks
from openpyxl.worksheet.worksheet import Worksheet
from own_folder import by_id, objections

from guidedseg.datasets import reading, workbooks
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.errors import GuidedsegError

ROWS = [("image", "patient", "pathology"), ("a", "P1", "benign"), ("b", "P2", "benign"), ("c", 3, "benign")]
Write = Callable[[Callable[[Worksheet], object]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Three pictures with masks and a workbook, whose sheet is changed first."""

    def written(change: Callable[[Worksheet], object]) -> Path:
        masks(tmp_path)
        (tmp_path / "table.csv").unlink()
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        change(book.active)
        book.save(tmp_path / "t.xlsx")
        return tmp_path

    return written


def put(cell: str, value: object) -> Callable[[Worksheet], object]:
    return lambda sheet: sheet.__setitem__(cell, value)


def second(sheet: Worksheet, *rows: tuple[object, ...]) -> None:
    other = sheet.parent.create_sheet("Notes")
    for row in rows:
        other.append(row)


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: second(sheet, ("made by", "us")),
        lambda sheet: sheet.insert_rows(1),
        lambda sheet: sheet.append((None, None, " ")),
        lambda sheet: sheet.merge_cells("E2:F3"),
        put("E2", "=A1"),
        lambda sheet: sheet.move_range("A1:C4", cols=2),
    ],
    ids=[
        "another sheet",
        "empty first row",
        "empty last row",
        "merged elsewhere",
        "formula elsewhere",
        "further right",
    ],
)
def test_what_lies_beside_the_table_changes_nothing(write: Write, change: Callable[[Worksheet], object]) -> None:
    assert [image.patient_id for image in by_id(write(change)).values()] == ["P1", "P2", "3"]


def test_table_may_lie_on_any_sheet(write: Write) -> None:
    def change(sheet: Worksheet) -> None:
        second(sheet, *ROWS)
        sheet.delete_rows(1, 9)

    assert [image.patient_id for image in by_id(write(change)).values()] == ["P1", "P2", "3"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (put("B3", "=B2"), "t.xlsx: row 3: patient is a formula (=B2) without a value; open and save the workbook"),
        (put("B3", datetime(2024, 3, 1)), "t.xlsx: row 3: patient is a date (2024-03-01 00:00:00), not a text"),  # noqa: DTZ001
        (put("B3", "#N/A"), "t.xlsx: row 3: patient is an error (#N/A)"),
        (lambda sheet: sheet.merge_cells("B2:B4"), "t.xlsx: row 3: patient is one of the merged cells B2:B4; unmerge"),
        (lambda sheet: second(sheet, *ROWS), "t.xlsx: the sheets Sheet, Notes all have the columns; keep one"),
        (put("C1", "patient"), "t.xlsx: has the column patient more than once"),
        (
            put("XFD1048576", "x"),
            "t.xlsx: cannot be read as a table (its sheet Sheet has 1048576 rows of 16384 columns",
        ),
        (put("A1", "name"), "t.xlsx: has no column image (there are: name, patient, pathology)"),
        (lambda sheet: sheet.delete_rows(1, 9), "t.xlsx: has no column image (there are: none)"),
    ],
)
def test_what_a_cell_does_not_hold_is_told(write: Write, change: Callable[[Worksheet], object], problem: str) -> None:
    assert problem in objections(write(change))


def test_value_that_a_formula_had_counts(write: Write) -> None:
    """As Excel saves it, the value beside the formula."""
    folder = write(put("B3", "=B2"))
    with zipfile.ZipFile(folder / "t.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b"<f>B2</f><v></v>" in parts[sheet] or b"<f>B2</f><v />" in parts[sheet] or b"<f>B2</f>" in parts[sheet]
    parts[sheet] = (
        parts[sheet].replace(b"<f>B2</f><v></v>", b"<f>B2</f><v>7</v>").replace(b"<f>B2</f><v />", b"<f>B2</f><v>7</v>")
    )
    with zipfile.ZipFile(folder / "t.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert by_id(folder)["b"].patient_id == "7"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"image,patient\na,1\n"])
def test_what_is_no_workbook_is_told(write: Write, content: bytes) -> None:
    folder = write(lambda _: None)
    (folder / "t.xlsx").write_bytes(content)
    assert "t.xlsx: cannot be read as a table" in objections(folder)


def test_workbook_that_would_fill_the_memory_is_told(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "_LARGEST", 1000)
    assert "t.xlsx: cannot be read as a table (it would take 0 MB unpacked)" in objections(write(lambda _: None))


@pytest.mark.parametrize(
    ("name", "cell", "value", "problem"),
    [
        ("udiat", "A3", 1, "DatasetB.xlsx: Image 000001 is listed twice"),
        ("udiat", "A3", None, "DatasetB.xlsx: a row has no Image that can be read (Malignant)"),
        ("udiat", "B3", "=B2", "DatasetB.xlsx: row 3: Type is a formula (=B2) without a value"),
        ("breast", "B3", "case001.png", "Image_filename case001.png is listed twice"),
        ("breast", "E2", 12.5, "case001.png: Pixel_size is '12.5', neither in mm nor in cm a size in which a breast"),
        ("breast", "E2", 0, "case001.png: Pixel_size is '0', neither in mm nor in cm"),
    ],
)
def test_workbooks_of_the_public_ones(tmp_path: Path, name: str, cell: str, value: object, problem: str) -> None:
    drawn = Drawn(name, tmp_path)
    (path,) = drawn.place.glob("*.xlsx")
    book = openpyxl.load_workbook(path)
    book.active[cell] = value
    book.save(path)
    with pytest.raises(GuidedsegError) as caught:
        reading.check(DATASETS[name], drawn.place)
    assert problem in str(caught.value)


def test_two_tables_of_breast_are_one_too_many(tmp_path: Path) -> None:
    drawn = Drawn("breast", tmp_path)
    (path,) = drawn.place.glob("*.xlsx")
    (drawn.place / "BrEaST-Lesions-USG-clinical-data-Jan-1-2025.xlsx").write_bytes(path.read_bytes())
    with pytest.raises(GuidedsegError, match="several tables; keep one"):
        reading.check(DATASETS["breast"], drawn.place)
