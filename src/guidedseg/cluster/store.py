"""A folder that several machines write to: of a file system that they share, or of an object store."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guidedseg.errors import GuidedsegError
from guidedseg.temporary import Temporary

PARTIAL = ".partial."

_WHOLE_BY_THEMSELVES = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "r2"))
"""Object stores: what is written there is seen whole or not at all, and renaming would copy it."""


def is_url(text: str) -> bool:
    """``s3://bucket/folder`` and the like; the letter of a drive is none."""
    scheme, sign, _ = text.partition("://")
    return bool(sign) and len(scheme) > 1 and scheme.replace("+", "").replace("-", "").isalnum()


def filesystem(url: str) -> tuple[Any, str]:
    """The file system (of fsspec) of a path or URL, and the path in it.

    Raises:
        GuidedsegError: there is none of this kind, or its package is not installed.
    """
    import fsspec  # noqa: PLC0415 - a fifth of a second

    try:
        return fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise GuidedsegError(f"{url}: {' '.join(str(error).split())} (pip install)") from None
    except ValueError as error:
        raise GuidedsegError(f"{url}: {' '.join(str(error).split())}") from None


class Store:
    """Files by their names relative to a root, each written whole or not at all, by any number of writers at once."""

    def __init__(self, root: str) -> None:
        """Name the root; nothing is opened or made yet.

        Args:
            root: a path or a URL.
        """
        self.root = root
        self._opened: tuple[Any, str] | None = None

    def __getstate__(self) -> str:
        """Another process opens it by itself."""
        return self.root

    def __setstate__(self, root: str) -> None:
        self.__init__(root)  # type: ignore[misc]

    def __str__(self) -> str:
        return self.root

    @property
    def folder(self) -> Path | None:
        """The folder on this machine; None where it is elsewhere."""
        return None if is_url(self.root) and not self.root.startswith("file://") else Path(self._at()[1])

    def names(self, folder: str = "") -> set[str]:
        """Of the files and folders in the root or in a folder of it, without what is half written."""
        return {name for name in self._listed(folder) if not name.startswith(PARTIAL)}

    def sweep(self, folder: str) -> None:
        """Remove what writers that died have left half written in a folder; once nobody writes there any more."""
        files, root = self._at()
        for name in self._listed(folder):
            if name.startswith(PARTIAL):
                files.rm_file(f"{root}/{folder}/{name}")

    def read(self, name: str) -> bytes:
        """A file's content.

        Raises:
            FileNotFoundError: there is none.
        """
        files, root = self._at()
        return bytes(files.cat_file(f"{root}/{name}"))

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """A file as one of this machine, for as long as the block lasts."""
        if self.folder is not None:
            yield self.folder / name
            return
        files, root = self._at()
        with Temporary() as place:
            path = Path(place) / Path(name).name
            files.get_file(f"{root}/{name}", str(path))
            yield path

    def put(self, source: Path, name: str) -> None:
        """Copy a file of this machine here, in place of what was there."""
        files, root = self._at()
        target = f"{root}/{name}"
        place, _, last = target.rpartition("/")
        files.makedirs(place, exist_ok=True)
        protocols = {files.protocol} if isinstance(files.protocol, str) else {*files.protocol}
        if protocols & _WHOLE_BY_THEMSELVES:
            files.put_file(str(source), target)
            return
        partial = f"{place}/{PARTIAL}{uuid.uuid4().hex}.{last}"
        try:
            files.put_file(str(source), partial)
            files.mv(partial, target)
        finally:
            if files.exists(partial):
                files.rm_file(partial)

    def write(self, content: bytes, name: str) -> None:
        """Write a file."""
        with Temporary() as place:
            path = Path(place) / "content"
            path.write_bytes(content)
            self.put(path, name)

    def _listed(self, folder: str) -> set[str]:
        files, root = self._at()
        place = f"{root}/{folder}".rstrip("/")
        files.invalidate_cache()
        if not files.isdir(place):
            return set()
        return {path.rstrip("/").rpartition("/")[2] for path in files.ls(place, detail=False)} - {""}

    def _at(self) -> tuple[Any, str]:
        if self._opened is None:
            files, path = filesystem(self.root)
            self._opened = files, path.rstrip("/") or "/"
        return self._opened
