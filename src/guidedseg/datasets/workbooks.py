"""Excel's tables, cell by cell: what a spreadsheet shows and what it holds are not always the same."""

import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from guidedseg.datasets.pairs import composed

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell

NO_VALUE = "\0"
"""Begins the text of a cell that has no value; what it has instead follows in words."""

_LINE_BREAK = re.compile(r"\s*[\r\n]+\s*")
_MOST_CELLS = 10_000_000  # of a sheet, from its first to its last row and column
_LARGEST = 200_000_000  # bytes of a workbook unpacked; a table of 100,000 rows has 20 million


def sheets(path: Path) -> dict[str, list[list[str]]]:
    """The rows of every sheet, by the sheets' names; every value is text without spaces around it.

    A formula counts by the value that it had when the workbook was saved. A cell without a value that looks as if it
    had one (a formula never computed, the rest of merged cells), or whose value is not what was typed (a date), has
    text that begins with ``NO_VALUE``.

    Raises:
        ValueError: it would fill the memory, or a sheet is endless.
        Exception: whatever openpyxl raises of what is no workbook.
    """
    import openpyxl  # noqa: PLC0415 - few datasets have such a table

    with zipfile.ZipFile(path) as archive:
        if (size := sum(entry.file_size for entry in archive.infolist())) > _LARGEST:
            raise ValueError(f"it would take {size / 1e6:,.0f} MB unpacked")
    book, formulas = (openpyxl.load_workbook(path, data_only=data_only) for data_only in (True, False))
    found = {}
    for sheet in book.worksheets:
        if sheet.max_row * sheet.max_column > _MOST_CELLS:
            raise ValueError(
                f"its sheet {sheet.title} has {sheet.max_row} rows of {sheet.max_column} columns; delete what lies far "
                "out"
            )
        held = formulas[sheet.title]
        merged = {
            (row, column): str(area) for area in sheet.merged_cells.ranges for row, column in list(area.cells)[1:]
        }
        found[sheet.title] = [
            [
                _text(cell, cell_held, merged.get((cell.row, cell.column), ""))
                for cell, cell_held in zip(*rows, strict=True)
            ]
            for rows in zip(sheet.iter_rows(), held.iter_rows(), strict=True)
        ]
    return found


def _text(cell: "Cell | MergedCell", held: "Cell | MergedCell", merged: str) -> str:
    if merged:
        return f"{NO_VALUE}one of the merged cells {merged}; unmerge them and fill in every row"
    if held.data_type == "f" and cell.value is None:
        return (
            f"{NO_VALUE}a formula ({held.value!s:.40}) without a value; open and save the workbook, or paste the value"
        )
    if isinstance(cell.value, date | datetime | time | timedelta):
        return f"{NO_VALUE}a date ({cell.value}), not a text; format the column as text and type it again"
    return "" if cell.value is None else plain(str(cell.value))


def plain(text: str) -> str:
    """A cell's text without spaces around it, on one line, its accents composed as those of names of files."""
    return composed(_LINE_BREAK.sub(" ", text.strip()))
