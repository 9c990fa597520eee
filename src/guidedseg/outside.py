"""What params.yaml names outside DVC's sight, as hashes: a raw dataset, weights files, a folder of synthetic images.

They may lie anywhere, and need not be there: after a fresh clone, or in the copy that a queued experiment works in. DVC
depends only on what always exists, so one stage looks at them in every run and keeps a record for each stage that reads
one. A record changes where the content does, and only then does its reader run again. Where nothing is found, the
record of an earlier look stands: what was made from that content is still what it was.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from guidedseg.datasets import locating, places
from guidedseg.datasets.dataset import Dataset, Raw
from guidedseg.errors import GuidedsegError
from guidedseg.group import Group
from guidedseg.json_files import write_json
from guidedseg.progress import bar

Record = Mapping[str, Any]
"""``named``: the value in params.yaml. ``sha256``: of the content; None where nothing of it was ever seen. ``options``:
what else params.yaml says of a dataset."""


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

    def of_dataset(self, dataset: Path, files: Sequence[Path]) -> str:
        """Of the names and hashes of files in a dataset's own folder."""
        digest = hashlib.sha256()
        for file in bar("hash", files, unit="file"):
            digest.update(f"{file.relative_to(dataset).as_posix()} {self.of_file(file)}\n".encode())
        return digest.hexdigest()

    def keep(self) -> None:
        """Remember what was asked for this time."""
        write_json(self._seen, self._memory)


def of_dataset(dataset: Dataset, options: Group, *, drop_in: Path, before: Record, hashes: Hashes) -> Record:
    """The record of a dataset's options, and of what ``sources.fetch`` would take.

    Args:
        dataset: what it should be.
        options: its group in params.yaml.
        drop_in: as for ``sources.fetch``.
        before: the record of an earlier look; empty: none.
        hashes: of files.

    Raises:
        GuidedsegError: there is nothing, and never was; or a folder without a dataset.
    """
    named = options.source if isinstance(options, Raw) else None
    record = {"named": named, "options": _particulars(options)}
    if dataset.generate is not None:
        return record | {"sha256": None}
    known = bool(before) and before.get("named") == named
    try:
        origin = places.find(dataset, named, drop_in=drop_in)
    except GuidedsegError:
        if not known:
            raise
        return record | {"sha256": before["sha256"]}
    if isinstance(origin, str):
        return record | {"sha256": before["sha256"] if known else None}
    if origin.is_file():
        return record | {"sha256": hashes.of_file(origin)}
    return record | {"sha256": _of_folder(dataset, origin, hashes)}


def of_synthetic(dataset: Dataset, named: str | None, *, before: Record, hashes: Hashes) -> Record:
    """The record of a folder of synthetic images.

    Args:
        dataset: its layout.
        named: the folder; None: none is read.
        before: the record of an earlier look; empty: none.
        hashes: of files.

    Raises:
        GuidedsegError: there is no folder, and never was; or one without images.
    """
    if named is not None and Path(named).is_dir():
        return {"named": named, "sha256": _of_folder(dataset, Path(named), hashes)}
    if before and before["named"] == named:
        return before
    if named is None:
        return {"named": None, "sha256": None}
    raise GuidedsegError(f"synthetic.source: {named!r} is neither phantom nor a folder. Put images/ and masks/ there.")


def _of_folder(dataset: Dataset, folder: Path, hashes: Hashes) -> str:
    own = locating.locate(dataset, folder)
    unreadable = locating.unreadable(dataset, own)  # which their reader tells, with all else that is wrong
    files = [file for file in locating.files(dataset, own) if file.relative_to(own).as_posix() not in unreadable]
    return hashes.of_dataset(own, files)


def of_weights(
    key: str, named: str | None, *, released: bool, before: Record, hashes: Hashes, remedy: str = " or a name."
) -> Record:
    """The record of a weights file.

    Args:
        key: in params.yaml, for messages.
        named: a path, or what a library knows; None: no weights.
        released: whether a library knows the name, so that there need be no file.
        before: the record of an earlier look; empty: none.
        hashes: of files.
        remedy: what else can be done where there is none; the end of a message.

    Raises:
        GuidedsegError: there is no file, and never was.
    """
    if named is not None and Path(named).is_file():
        return {"named": named, "sha256": hashes.of_file(Path(named))}
    if before and before["named"] == named:
        return before
    if named is None or released:
        return {"named": named, "sha256": None}
    raise GuidedsegError(f"{key}: there is no file {named!r}. Put it there, or give another path{remedy}")


def unchanged(path: Path, options: Mapping[str, Group]) -> bool:
    """Whether the record of datasets was made with these options."""
    record = read(path)
    return {name: _particulars(group) for name, group in options.items()} == {
        name: record[name].get("options") for name in record
    }


def _particulars(options: Group) -> dict[str, Any]:
    """What makes another dataset of the same source."""
    return options.model_dump(exclude={"source"})


def read(path: Path) -> Record:
    """A record; empty where there is none, or none that can be read."""
    try:
        record: Record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record
