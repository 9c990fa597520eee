"""The files of a job that are about all of its frames; made anew from what is finished."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from guidedseg.jobs.progress_file import Finished
from guidedseg.jobs.settings import Settings
from guidedseg.outputs import contours, table
from guidedseg.outputs.records import Record
from guidedseg.writing import whole_file


class Records(Protocol):
    """What is finished, as a ``ProgressFile`` has it."""

    def records(self) -> Iterator[Record]:
        """All frames, in order."""

    def finished(self) -> Iterator[Finished]:
        """All files, in order."""


def write(done: Records, folder: Path, settings: Settings) -> None:
    """Write ``problems.csv`` and the tables that are asked for."""
    if settings.wants("table"):
        table.write(done.records(), folder / "lesions.csv")
    if settings.wants("contours"):
        contours.write_geojson(done.records(), folder / "lesions.geojson")
    if settings.wants("coco"):
        contours.write_coco(done.records(), folder / "coco.json")
    with whole_file(folder / "problems.csv") as path, path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("source", "kind", "what"))
        lines.writerows(map(table.as_text, line) for line in _problems(done))


def _problems(done: Records) -> Iterator[tuple[str, str, str]]:
    """An error where a file was not read to its end; notes of what a user should know of it."""
    for finished in done.finished():
        if finished.problem is not None:
            yield finished.source, "error", finished.problem
        yield from ((finished.source, "note", note) for note in finished.notes)
