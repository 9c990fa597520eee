"""Tables that come with images: CSV as spreadsheets and people write it, and Excel's."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

_ENCODINGS = ("utf-8-sig", "cp1252")
_SEPARATORS = ",;\t|"


def read(path: Path, columns: Sequence[str], problems: list[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows of a table; every value is text without spaces around it, and never a formula.

    CSV may be UTF-8 (with or without a mark), UTF-16 with one, or Windows' Latin, its values apart by comma,
    semicolon, tab or bar. Columns are found whatever the case of their letters.

    Args:
        path: a .csv, .tsv, .txt or .xlsx file.
        columns: that there must be, spelled as the rows shall have them.
        problems: gets a line for everything wrong; the rows that are right are still given.
        optional: columns that there may be; without them their values are empty.
    """
    try:
        lines = list(_xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path))
    except Exception as error:  # noqa: BLE001 - a file that is no table makes either reader raise what it likes
        problems.append(
            f"{path.name}: cannot be read as a table ({' '.join(str(error).split()) or type(error).__name__})"
        )
        return []
    header = [value.casefold() for value in lines[0]] if lines else []
    places = {
        column: header.index(column.casefold()) for column in (*columns, *optional) if column.casefold() in header
    }
    absent = [column for column in columns if column not in places]
    if absent:
        problems.append(
            f"{path.name}: has no column {', '.join(absent)} (there are: {', '.join(lines[0]) if lines else 'none'})"
        )
        return []
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(line):
            continue
        row = {column: line[place] if place < len(line) else "" for column, place in places.items()}
        formulas = [column for column, value in row.items() if value.startswith("=")]
        problems += [
            f"{path.name}: row {number}: {column} is a formula ({row[column][:40]!r}), not a value"
            for column in formulas
        ]
        if not formulas:
            rows.append(dict.fromkeys(optional, "") | row)
    return rows


def once(rows: Iterable[dict[str, str]], column: str, name: str, problems: list[str]) -> dict[str, dict[str, str]]:
    """Rows by the value of a column; one that comes twice, or is empty, is a problem of the table ``name``."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        key = row[column]
        if not key:
            problems.append(f"{name}: a row has no {column}")
        elif key in found:
            problems.append(f"{name}: {column} {key} is listed twice")
        found.setdefault(key, row)
    return found


def _csv(path: Path) -> Iterable[list[str]]:
    content = path.read_bytes()
    text = content.decode("utf-16") if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else _decoded(content)
    if "\0" in text:
        raise ValueError("it holds bytes that no text has")
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    return [[value.strip() for value in line] for line in csv.reader(text.splitlines(), delimiter=separator)]


def _decoded(content: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _xlsx(path: Path) -> Iterable[list[str]]:
    import openpyxl  # noqa: PLC0415 - two datasets have such a table

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)  # of a formula the value it had
    try:
        return [
            ["" if value is None else str(value).strip() for value in row]
            for row in book.worksheets[0].iter_rows(values_only=True)
        ]
    finally:
        book.close()
