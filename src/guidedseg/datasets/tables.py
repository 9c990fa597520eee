"""Tables that come with images: CSV as spreadsheets and people write it, and Excel's."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from guidedseg.datasets import workbooks

_ENCODINGS = ("utf-8-sig", "cp1252")
_SEPARATORS = ",;\t|"
_SEPARATOR_TOLD = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)  # Excel's first line
_FORMULA = re.compile(r"[=@]|[+-].*[(|!]")  # what spreadsheets take for one
_ERRORS = frozenset(("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"))
_SHOWN = 40  # letters of a value in a message


def read(
    path: Path,
    columns: Sequence[str],
    problems: list[str],
    optional: Sequence[str] = (),
    unread: list[str] | None = None,
) -> list[dict[str, str]]:
    """The rows of a table; every value is text without spaces around it, accents composed (NFC), and never a formula.

    CSV may be UTF-8 (with or without a mark), UTF-16 with one, or Windows' Latin, its values apart by comma,
    semicolon, tab or bar. Of a workbook the one sheet with the columns counts. Columns are found whatever the case of
    their letters.

    Args:
        path: a .csv, .tsv, .txt or .xlsx file.
        columns: that there must be, spelled as the rows shall have them.
        problems: gets a line for everything wrong; the rows that are right are still given.
        optional: columns that there may be; without them their values are empty.
        unread: gets the names of all other columns.
    """
    is_workbook = path.suffix.lower() == ".xlsx"
    try:
        sheets = workbooks.sheets(path) if is_workbook else {"": _csv(path)}
    except Exception as error:  # noqa: BLE001 - a file that is no table makes either reader raise what it likes
        problems.append(
            f"{path.name}: cannot be read as a table ({' '.join(str(error).split()) or type(error).__name__}); save it "
            "as CSV (UTF-8) or XLSX"
        )
        return []
    wanted = {column.casefold() for column in columns}
    fitting = {
        name: lines for name, lines in sheets.items() if wanted <= {each.casefold() for each in _header(lines)[1]}
    }
    if len(fitting) > 1:
        problems.append(f"{path.name}: the sheets {', '.join(fitting)} all have the columns; keep one")
        return []
    lines, *_ = (fitting or sheets or {"": []}).values()
    above, header = _header(lines)
    absent = [column for column in columns if column.casefold() not in {each.casefold() for each in header}]
    if absent:
        problems.append(
            f"{path.name}: has no column {', '.join(absent)} (there are: {', '.join(filter(None, header)) or 'none'})"
        )
        return []
    asked = {column.casefold(): column for column in (*columns, *optional)}
    counts = Counter(each.casefold() for each in header if each.casefold() in asked)
    if twice := [asked[each] for each, count in counts.items() if count > 1]:
        problems.append(f"{path.name}: has the column {', '.join(twice)} more than once; keep one of each")
        return []
    if unread is not None:
        unread += [each for each in header if each and each.casefold() not in asked]
    places = {asked[each.casefold()]: place for place, each in enumerate(header) if each.casefold() in asked}
    rows = []
    for number, line in enumerate(lines[above:], start=above + 1):
        if not any(line):
            continue
        if any(line[len(header) :]) and not is_workbook:  # where cells cannot slip into each other
            problems.append(
                f"{path.name}: row {number} has {len(line)} values under {len(header)} columns; put values with "
                "separators in quotes"
            )
            continue
        row = {column: line[place] if place < len(line) else "" for column, place in places.items()}
        wrong = [f"{column} is {what}" for column, value in row.items() if (what := _no_value(value))]
        problems += [f"{path.name}: row {number}: {each}" for each in wrong]
        if not wrong:
            rows.append(dict.fromkeys(optional, "") | row)
    return rows


def once(
    rows: Iterable[dict[str, str]],
    column: str,
    name: str,
    problems: list[str],
    key: Callable[[str], str] = str,
) -> dict[str, dict[str, str]]:
    """Rows by the value of a column; one that comes twice, or is empty, is a problem of the table ``name``.

    Args:
        rows: of ``read``.
        column: that tells rows apart.
        name: of the table.
        problems: gets a line for everything wrong.
        key: makes one name of all ways to write it; empty for what is none.
    """
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        value = key(row[column])
        if not value:
            others = ", ".join(filter(None, row.values()))
            problems.append(f"{name}: a row has no {column} that can be read ({others[:_SHOWN]})")
        elif value in found:
            problems.append(f"{name}: {column} {value} is listed twice; keep one row")
        else:
            found[value] = row
    return found


def _header(lines: Sequence[Sequence[str]]) -> tuple[int, list[str]]:
    """The first line that is not empty, without empty columns at its end, and how many lines end with it."""
    above = next((number for number, line in enumerate(lines, start=1) if any(line)), 0)
    header = ["" if each.startswith(workbooks.NO_VALUE) else each for each in lines[above - 1]] if above else []
    while header and not header[-1]:
        header.pop()
    return above, header


def _no_value(value: str) -> str:
    """What a cell holds instead of a value, in words; empty for a value."""
    if _FORMULA.match(value):
        return f"a formula ({value[:_SHOWN]!r}), not a value; paste it as a value"
    if value in _ERRORS:
        return f"an error ({value})"
    if value.startswith(workbooks.NO_VALUE):
        return value.removeprefix(workbooks.NO_VALUE)
    return ""


def _csv(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    text = content.decode("utf-16") if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else _decoded(content)
    if "\0" in text:
        raise ValueError("it holds bytes that no text has")
    text = text.lstrip()
    first = next(iter(text.splitlines()), "")
    if told := _SEPARATOR_TOLD.fullmatch(first):
        text, separator = text[len(first) :].lstrip(), told[1]
    else:
        separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return [[workbooks.plain(value) for value in line] for line in reader]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error


def _decoded(content: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")
