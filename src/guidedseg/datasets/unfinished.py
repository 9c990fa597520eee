"""What ``preparing`` has done so far, on the disk: a run that was killed goes on from it, and memory stays flat."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from guidedseg import code
from guidedseg.datasets import duplicates

ROWS, THUMBNAILS = "rows.jsonl", "thumbnails.f32"

Rows = dict[str, list[dict[str, Any]]]
"""Name of a table -> an image's rows in it."""

PICTURES = ("images", "masks")
"""Folders of what is written of every image, each as ID.png."""

_THUMBNAIL = 4 * duplicates.SIZE**2  # bytes


def key(raw: Path, options: Any) -> str:  # noqa: ANN401 - anything JSON can hold
    """A name that is another one where the raw files (by size and date), the options or this program are others."""
    digest = hashlib.sha256(json.dumps([options, code.digest()], sort_keys=True).encode())
    for folder, folders, names in os.walk(raw):
        folders.sort()
        for name in sorted(names):
            found = (Path(folder) / name).stat()
            digest.update(f"{folder}/{name} {found.st_size} {found.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


def begin(folder: Path) -> None:
    """Make the folders of the pictures; what lies beside ``folder`` is of other data or code and goes."""
    for kind in PICTURES:
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)  # another process that does a shard may be at it too


class Unfinished:
    """A folder with the pictures that are written, and what the tables will say of them, in order.

    An image is done once both its thumbnail and its line are whole. What a kill has cut off goes; its pictures are
    written again.

    Attributes:
        folder: of the lines and the thumbnails.
        pictures: the folder with those of ``PICTURES``.
        image_ids: what is done.
    """

    def __init__(self, folder: Path, of: Path | None = None) -> None:
        """Make the folder, or open it where it was left.

        Args:
            folder: its place.
            of: the folder of which it is a shard: all of them write their pictures there, so that they need not be
                brought together. None: it is no shard; what lies beside it is of other data or code and goes.
        """
        self.folder, self.pictures = folder, of or folder
        folder.mkdir(parents=True, exist_ok=True)
        if of is None:
            begin(folder)
        self._rows, self._thumbnails = ((folder / name).open("a+b") for name in (ROWS, THUMBNAILS))
        self._starts: list[int] = []  # of the lines
        self.image_ids: list[str] = []
        self._go_on()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()
        self._thumbnails.close()

    def add(self, image_id: str, rows: Rows, thumbnail: NDArray[np.float32]) -> None:
        """An image that is done; of ``duplicates.thumbnail``."""
        self._thumbnails.write(thumbnail.tobytes())
        self._thumbnails.flush()
        self._starts.append(self._rows.tell())
        self._rows.write(json.dumps([image_id, rows]).encode() + b"\n")
        self._rows.flush()
        self.image_ids.append(image_id)

    def thumbnails(self, mode: Literal["r", "r+"] = "r") -> NDArray[np.float32]:
        """(N, 32, 32), mapped from the disk."""
        shape = (len(self.image_ids), duplicates.SIZE, duplicates.SIZE)
        return np.memmap(self.folder / THUMBNAILS, np.float32, mode, shape=shape)

    def rows(self, order: Iterable[int]) -> Iterator[Rows]:
        """What was added of each image, one at a time."""
        for number in order:
            self._rows.seek(self._starts[number])
            yield json.loads(self._rows.readline())[1]

    @classmethod
    def together(cls, folder: Path, shards: Sequence[Path]) -> Self:
        """What is done in all the shards of a folder, in the order of image_id.

        Nothing but names is held: lines and thumbnails go to files of their own, the latter in order, as
        ``duplicates.pairs`` wants them.
        """
        for name in (ROWS, THUMBNAILS):
            (folder / name).unlink(missing_ok=True)  # of a run that was killed here
        whole, image_ids, starts, counts = cls(folder), [], [], []
        for shard in shards:
            with cls(shard, folder) as part:
                starts += [whole._rows.tell() + start for start in part._starts]
                image_ids += part.image_ids
                counts.append(len(part.image_ids))
                part._rows.seek(0)
                shutil.copyfileobj(part._rows, whole._rows)
        whole._rows.flush()
        order = np.argsort(image_ids)
        whole.image_ids, whole._starts = ([each[number] for number in order] for each in (image_ids, starts))
        whole._thumbnails.truncate(len(order) * _THUMBNAIL)
        places = np.split(np.argsort(order), np.cumsum(counts)[:-1])
        for shard, count, place in zip(shards, counts, places, strict=True):
            if count:
                shape = (count, duplicates.SIZE, duplicates.SIZE)
                whole.thumbnails("r+")[place] = np.memmap(shard / THUMBNAILS, np.float32, "r", shape=shape)
        return whole

    def _go_on(self) -> None:
        most = self._thumbnails.seek(0, 2) // _THUMBNAIL
        self._rows.seek(end := 0)
        while len(self.image_ids) < most and (line := self._rows.readline()).endswith(b"\n"):
            image_id = json.loads(line)[0]
            # they lack where a kill came at the very end, when they are moved to where they stay
            if not all((self.pictures / kind / f"{image_id}.png").is_file() for kind in PICTURES):
                break
            self._starts.append(end)
            self.image_ids.append(image_id)
            end += len(line)
        self._rows.truncate(end)
        self._rows.seek(0, 2)
        self._thumbnails.truncate(len(self.image_ids) * _THUMBNAIL)
