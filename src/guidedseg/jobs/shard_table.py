"""The lesions of a shard as a Parquet table: what DuckDB, Polars, Spark or pandas read, of all shards at once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from guidedseg.jobs.progress_file import ProgressFile
from guidedseg.jobs.run import Summary

_ROWS = 10_000  # that are held as Python's objects
_SUMMARY = "guidedseg"

_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("source", "path", "problem"), pl.String),
    **dict.fromkeys(("frame", "width", "height", "lesion", "track", "x0", "y0", "x1", "y1", "area_px"), pl.Int64),
    **dict.fromkeys(("time_s", "confidence", "long_axis_px", "short_axis_px"), pl.Float64),
    **dict.fromkeys(("area_mm2", "long_axis_mm", "short_axis_mm"), pl.Float64),
}

_Row = tuple[Any, ...]


def write(folder: Path, made: Summary, target: Path) -> None:
    """Write a row per lesion, and one per frame without and per file that could not be read.

    Columns are those of ``lesions.csv``, and the file's path, its problem, and the frame's width and height.

    Args:
        folder: of a finished job.
        made: its summary, which goes into the table's metadata.
        target: the file; the same rows give the same bytes.
    """
    with ProgressFile(folder) as done:
        parts = [pl.DataFrame(part, schema=_SCHEMA, orient="row") for part in _batched(_rows(done))]
    table = pl.concat([pl.DataFrame(schema=_SCHEMA), *parts])
    table.write_parquet(target, metadata={_SUMMARY: json.dumps(asdict(made))})


def summary(path: Path) -> Summary:
    """What ``write`` noted."""
    noted = json.loads(pl.read_parquet_metadata(path)[_SUMMARY])
    return Summary(**{**noted, "problems": tuple(noted["problems"])})


def _rows(done: ProgressFile) -> Iterator[_Row]:
    paths = {finished.source: finished.path for finished in done.finished()}
    for line in done.lines():
        if "finished" not in line:
            shared = {"path": paths[line["source"]], **line}
            for lesion in line["lesions"] or [{}]:
                box = dict(zip(("x0", "y0", "x1", "y1"), lesion.get("box", ()), strict=False))
                yield _row({**shared, **lesion, **box})
        elif line["problem"] is not None:
            yield _row({"source": line["finished"], **line})


def _row(values: Mapping[str, Any]) -> _Row:
    found = (values.get(name) for name in _SCHEMA)
    return tuple(_text(value) if isinstance(value, str) else value for value in found)


def _text(value: str) -> str:
    """Names of files need not be text; a table's must."""
    return value.encode(errors="backslashreplace").decode()


def _batched(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    while part := list(islice(rows, _ROWS)):
        yield part
