"""Lesions as a table, a row each."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from guidedseg.outputs.records import Record
from guidedseg.writing import whole_file

COLUMNS = (
    "source", "frame", "time_s", "lesion", "track", "x0", "y0", "x1", "y1", "confidence", "area_px", "long_axis_px",
    "short_axis_px", "area_mm2", "long_axis_mm", "short_axis_mm",
)  # fmt: skip


def write(records: Iterable[Record], target: Path) -> None:
    """Write the lesions of records, taken one by one, as CSV; whole or not at all.

    Args:
        records: in the order of the rows.
        target: the file. Frames count from 0; boxes are half-open; what is not known is empty. A source whose name a
            spreadsheet would take for a formula has an apostrophe before it.
    """
    # a file name that is not text in any encoding still gets its row
    with whole_file(target) as path, path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(_rows(records))


def _rows(records: Iterable[Record]) -> Iterator[Record]:
    for record in records:
        for lesion in record["lesions"]:
            box = dict(zip(("x0", "y0", "x1", "y1"), lesion["box"], strict=True))
            yield {**record, **lesion, **box, "source": as_text(record["source"])}


def as_text(name: str) -> str:
    """A cell that no spreadsheet runs (OWASP, CSV injection); full-width signs count as the plain ones do."""
    name = name.replace("\r", "\\r")  # which the csv module would write without quotes
    first = unicodedata.normalize("NFKC", name).lstrip()[:1]
    return f"'{name}" if first in {"=", "+", "-", "@"} or name[:1] in {"\t", "\n"} else name
