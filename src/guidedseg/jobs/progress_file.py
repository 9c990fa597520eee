"""What a job has done so far, a line of JSON a frame: from it a killed job goes on, and all tables are made."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from guidedseg.outputs.records import Record

NAME = "records.jsonl"


@dataclass(frozen=True)
class Finished:
    """A file that is done with.

    Attributes:
        source: its name.
        path: as it was given or found.
        frames: how many were segmented.
        problem: why it was not read, or not to its end; None: it was.
        notes: what its reader remarks.
    """

    source: str
    path: str
    frames: int
    problem: str | None
    notes: tuple[str, ...]


def as_line(values: Mapping[str, Any]) -> bytes:
    """A line of the file."""
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def finished_of(line: Mapping[str, Any]) -> Finished:
    """What a line with ``finished`` says."""
    named = {name: value for name, value in line.items() if name != "finished"}
    return Finished(line["finished"], **{**named, "notes": tuple(line["notes"])})


class ProgressFile:
    """The file, open for more lines.

    Records of a file count once the line that says it is finished stands behind them: what a kill has cut off goes.
    """

    def __init__(self, folder: Path) -> None:
        """Open the file in ``folder`` and drop what belongs to no finished file."""
        self.path = folder / NAME
        self.path.touch()
        whole = self._whole()
        self._file = self.path.open("r+b")
        self._file.truncate(whole)
        self._file.seek(whole)
        self._begin = whole

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, record: Record) -> None:
        """A frame of the file that is being read."""
        self._write(record)

    def finish(self, finished: Finished) -> None:
        """The file is done with."""
        line = asdict(finished)
        self._write({"finished": line.pop("source"), **line})
        self._file.flush()
        self._begin = self._file.tell()

    def drop(self) -> None:
        """Forget the frames of the file that is being read."""
        self._file.seek(self._begin)
        self._file.truncate()

    def current(self) -> Iterator[Record]:
        """The frames of the file that is being read."""
        self._file.flush()
        yield from (line for line in self._lines(self._begin) if "finished" not in line)

    def records(self) -> Iterator[Record]:
        """All frames of finished files, in order."""
        yield from (line for line in self.lines() if "finished" not in line)

    def finished(self) -> Iterator[Finished]:
        """All finished files, in order."""
        yield from (finished_of(line) for line in self.lines() if "finished" in line)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Frames and, behind those of each file, that it is finished."""
        self._file.flush()
        yield from self._lines(0)

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(as_line(line))

    def _lines(self, begin: int) -> Iterator[dict[str, Any]]:
        with self.path.open("rb") as file:
            file.seek(begin)
            yield from map(json.loads, file)

    def _whole(self) -> int:
        """Bytes up to the end of the last finished file."""
        whole = position = 0
        with self.path.open("rb") as file:
            for line in file:
                position += len(line)
                if line.startswith(b'{"finished":') and line.endswith(b"\n"):
                    whole = position
        return whole
