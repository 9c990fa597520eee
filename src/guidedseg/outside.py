"""What params.yaml names outside DVC's sight, as hashes: a raw dataset before it is acquired, and weights files.

They may lie anywhere, and need not be there: after a fresh clone, or in the copy that a queued experiment works in. DVC
depends only on what always exists, so one stage looks at them in every run and keeps a record for each stage that reads
one. A record changes where the content does, and only then does its reader run again. Where nothing is found, the
record of an earlier look stands: what was made from that content is still what it was.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from guidedseg.datasets import places
from guidedseg.errors import GuidedsegError
from guidedseg.json_files import write_json
from guidedseg.progress import bar

Record = Mapping[str, str | None]
"""``named``: the value in params.yaml. ``sha256``: of the content; None where nothing of it was ever seen."""


class Hashes:
    """SHA-256 of files; one is read again only where its size, time or place on the disk is another than last time."""

    def __init__(self, memory: Path) -> None:
        """Remember in the file ``memory``; one that is torn is as good as none."""
        self._memory = memory
        self._seen: dict[str, Any] = {}
        try:
            self._known: dict[str, Any] = json.loads(memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def of_file(self, file: Path) -> str:
        """In hex."""
        now, path = file.stat(), str(file.absolute())
        mark = [now.st_size, now.st_mtime_ns, now.st_ino]
        known = self._known.get(path)
        if known is None or known["mark"] != mark:
            with file.open("rb") as content:
                known = {"mark": mark, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}
        self._seen[path] = known
        return str(known["sha256"])

    def of_dataset(self, dataset: Path) -> str:
        """Of the names and hashes of what is copied of a dataset's own folder."""
        digest = hashlib.sha256()
        for file in bar("hash", places.files(dataset), unit="file"):
            digest.update(f"{file.relative_to(dataset).as_posix()} {self.of_file(file)}\n".encode())
        return digest.hexdigest()

    def keep(self) -> None:
        """Remember what was asked for this time."""
        write_json(self._seen, self._memory)


def of_dataset(
    source: str | None, *, drop_in: Path, locate: Callable[[Path], Path], before: Record, hashes: Hashes
) -> Record:
    """The record of what ``sources.fetch`` would take.

    Args:
        source: as for ``sources.fetch``; None: the dataset is generated.
        drop_in: likewise.
        locate: likewise.
        before: the record of an earlier look; empty: none.
        hashes: of files.

    Raises:
        GuidedsegError: there is nothing, and never was; or a folder without a dataset.
    """
    if source is None:
        return {"named": None, "sha256": None}
    try:
        origin = places.find(source, drop_in=drop_in)
    except GuidedsegError:
        if before.get("named") != source:
            raise
        return before
    if isinstance(origin, str):
        return before if before.get("named") == source else {"named": source, "sha256": None}
    sha256 = hashes.of_dataset(locate(origin)) if origin.is_dir() else hashes.of_file(origin)
    return {"named": source, "sha256": sha256}


def of_weights(key: str, named: str | None, *, released: bool, before: Record, hashes: Hashes) -> Record:
    """The record of a weights file.

    Args:
        key: in params.yaml, for messages.
        named: a path, or what a library knows; None: no weights.
        released: whether a library knows the name, so that there need be no file.
        before: the record of an earlier look; empty: none.
        hashes: of files.

    Raises:
        GuidedsegError: there is no file, and never was.
    """
    if named is not None and Path(named).is_file():
        return {"named": named, "sha256": hashes.of_file(Path(named))}
    if before and before["named"] == named:
        return before
    if named is None or released:
        return {"named": named, "sha256": None}
    raise GuidedsegError(f"{key}: there is no file {named!r}. Put it there, or give another path or a name.")


def read(path: Path) -> Record:
    """A record; empty where there is none, or none that can be read."""
    try:
        record: Record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record
