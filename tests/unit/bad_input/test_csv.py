"""CSV as spreadsheets, scripts and people leave it: read where it can mean one thing only, else told by its row."""

from collections.abc import Callable
from pathlib import Path

import pytest
from layouts import Drawn, masks
from own_folder import by_id, objections

from guidedseg.datasets import locating, reading, tables
from guidedseg.datasets.catalogue import DATASETS

ROWS = [
    ("image", "patient", "pathology", "split", "mm_per_pixel"),
    ("a", "Zoë", "benign", "train", "0,08"),
    ("b", "José", "malignant", "val", "0,09"),
    ("c", "P 3", "benign", "test", ""),
]


def joined(separator: str, end: str = "\n") -> str:
    quoted = [[f'"{value}"' if separator in value else value for value in row] for row in ROWS]
    return end.join(separator.join(row) for row in quoted) + end


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures a, b, c with masks; its table is the test's."""
    masks(tmp_path)
    (tmp_path / "table.csv").unlink()
    return tmp_path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_encodings_separators_and_line_ends_mean_the_same(
    folder: Path, separator: str, encoding: str, end: str
) -> None:
    (folder / "table.csv").write_bytes(joined(separator, end).encode(encoding))
    problems: list[str] = []
    rows = tables.read(folder / "table.csv", ROWS[0], problems)
    assert [tuple(row.values()) for row in rows] == ROWS[1:]
    assert not problems


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\n\n" + text,
        lambda text: text + ";;;;\n\n;;;;\n",
        lambda text: "sep=;\n" + text,
        lambda text: text.replace("\n", ";;;\n"),
        lambda text: text.replace("P 3", '"P\n3"'),
        lambda text: text.replace("P 3", "  P 3\u00a0 "),
        lambda text: text.upper().replace("P 3", "P 3"),
        lambda text: text.replace("\na;", "\nimages/a.png;").replace("\nb;", "\n.\\b.png;"),
        lambda text: text.replace("0,08", "8e-2"),
    ],
    ids=[
        "empty lines first",
        "empty rows last",
        "Excel's first line",
        "empty columns last",
        "a line break in a cell",
        "spaces",
        "capitals",
        "paths for names",
        "a power of ten",
    ],
)
def test_what_programs_add_changes_nothing(folder: Path, change: Callable[[str], str]) -> None:
    for name in ("images", "masks"):  # so that the capitals name them too
        for path in list((folder / name).iterdir()):
            path.rename(path.with_stem(path.stem.upper() if change(joined(";")).isupper() else path.stem))
    (folder / "table.csv").write_text(change(joined(";")), encoding="utf-8")
    images = {name.lower(): image for name, image in by_id(folder).items()}
    assert images["c"].patient_id.upper() == "P 3"
    assert images["a"].mm_per_pixel == pytest.approx(0.08)
    assert [image.official_split for image in images.values()] == ["train", "val", "test"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Zoë", "=cmd|' /C calc'!A0", "t.csv: row 2: patient is a formula"),
        ("Zoë", "@SUM(A1)", "t.csv: row 2: patient is a formula"),
        ("Zoë", "+cmd|' /C calc'!A0", "t.csv: row 2: patient is a formula"),
        ("Zoë", "#REF!", "t.csv: row 2: patient is an error (#REF!)"),
        ("Zoë", "NaN", "t.csv: a: patient is 'NaN'; leave the cell empty"),
        ("Zoë", "\0", "t.csv: cannot be read as a table (it holds bytes that no text has); save it as CSV (UTF-8)"),
        ("Zoë", "x" * 200_000, "t.csv: cannot be read as a table (line 2: field larger than field limit"),
        ("Zoë", '"Zoë', "t.csv: cannot be read as a table (line 4: unexpected end of data)"),
        ("Zoë", "Zo;ë", "t.csv: row 2 has 6 values under 5 columns"),
        ("split", "patient", "t.csv: has the column patient more than once"),
        ("\nb;", "\na.png;", "t.csv: images/a.png is listed twice, once as a.png; keep one row"),
        ("\nb;", "\n;", "t.csv: a row has no image that can be read (José, malignant"),
        ("0,08", "0", "t.csv: a: mm_per_pixel is 0, not between 0.001 and 2.0; is its unit mm?"),
        ("0,08", "80", "t.csv: a: mm_per_pixel is 80, not between"),
        ("0,08", "1,000.5", "t.csv: a: mm_per_pixel is '1.000.5', no number"),
        ("0,08", "\u0661", "t.csv: a: mm_per_pixel is '\u0661', no number"),
    ],
)
def test_what_it_cannot_mean_is_told_with_row_and_column(folder: Path, old: str, new: str, problem: str) -> None:
    (folder / "t.csv").write_text(joined(";").replace(old, new, 1), encoding="utf-8")
    assert problem in objections(folder)


def test_everything_wrong_is_told_at_once(folder: Path) -> None:
    text = joined(";").replace("Zoë", "=1").replace("malignant", "cyst").replace("0,09", "wide").replace("\nc", "\nx")
    (folder / "t.csv").write_text(text + "y;;;;\n", encoding="utf-8")
    told = objections(folder)
    for problem in (
        "row 2: patient is a formula",
        "b: pathology is 'cyst'",
        "b: mm_per_pixel is 'wide'",
        "x is not among the images",
        "y is not among the images",
        "images/c.png: is not in t.csv",
    ):
        assert problem in told


def test_columns_that_are_not_read_are_noted(folder: Path) -> None:
    (folder / "t.csv").write_text("image,patient_id,age\na,1,50\nb,2,60\nc,3,70\n")
    notes = reading.check(DATASETS["folder"], folder).notes
    assert (
        "t.csv: not read are the columns patient_id, age (read: image, patient, pathology, split, mm_per_pixel)"
        in notes
    )


@pytest.mark.parametrize("name", ["table.xls", "table.ods"])
def test_table_of_another_kind_is_told(folder: Path, name: str) -> None:
    (folder / name).touch()
    assert f"{name}: is a table of a kind that is not read; save it as CSV (UTF-8) or XLSX" in objections(folder)


def test_capitals_in_an_ending_change_nothing(folder: Path) -> None:
    (folder / "TABLE.CSV").write_text(joined(";"), encoding="utf-8")
    assert by_id(folder)["c"].patient_id == "P 3"
    assert folder / "TABLE.CSV" in locating.files(DATASETS["folder"], folder), "or it would be read and not copied"


@pytest.mark.parametrize(
    ("name", "table", "old", "new", "problem"),
    [
        ("bus_uclm", "INFO.csv", "AAAA_001", "AAAA_000", "INFO.csv: Image AAAA_000.png is listed twice"),
        ("bus_uclm", "INFO.csv", "Benign", "=1", "INFO.csv: row 3: Label is a formula"),
        ("bus_uclm", "INFO.csv", "Doppler", "Marks", "INFO.csv: has no column Doppler"),
        ("bus_bra", "bus_data.csv", "bus_0003-s,3,", "bus_0003-s,,", "bus_0003-s has no Case, which tells the patient"),
        (
            "bus_bra",
            "5-fold-cv.csv",
            "malignant,3",
            "malignant,x",
            "5-fold-cv.csv: bus_0003-s: kFold is 'x', no number",
        ),
        ("bus_bra", "5-fold-cv.csv", "bus_0003-s", "bus_0009-s", "5-fold-cv.csv: bus_0009-s is not in bus_data.csv"),
        ("busis", "BUSIS562.csv", "case002,", "case1,", "BUSIS562.csv: img name case001 is listed twice"),
        ("busis", "BUSIS562.csv", "case002,", "2,", "BUSIS562.csv: a row has no img name that can be read (2, M)"),
    ],
)
def test_tables_of_the_public_ones(tmp_path: Path, name: str, table: str, old: str, new: str, problem: str) -> None:
    drawn = Drawn(name, tmp_path)
    path = drawn.place / table
    path.write_text(path.read_text(encoding="utf-8-sig").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Exception, match="problem") as caught:
        reading.check(DATASETS[name], drawn.place)
    assert problem in str(caught.value)
