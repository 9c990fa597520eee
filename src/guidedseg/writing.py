"""Outputs are written whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_directory(target: Path, *, mine: bool = True) -> Iterator[Path]:
    """Yield an empty folder beside ``target`` that replaces it when the block ends without an error.

    After an error nothing of it is left and whatever stood at ``target`` before still stands. A process that is killed
    leaves the earlier folder or the new one whole, at ``target`` or beside it; the next call brings it back to
    ``target`` before its block begins.

    Args:
        target: the folder.
        mine: False of a process that leaves it to another: nothing is made, replaced or removed.
    """
    partial, previous = (target.with_name(f".{target.name}.{kind}") for kind in ("partial", "previous"))
    if not mine:
        yield partial
        return
    _settle(target, partial, previous)
    partial.mkdir(parents=True)
    try:
        yield partial
        if target.exists():
            target.replace(previous)
        partial.replace(target)
    finally:
        _settle(target, partial, previous)


def _settle(target: Path, partial: Path, previous: Path) -> None:
    """Leave one whole folder at ``target``, the earlier one where no new one took its place, and nothing beside it."""
    shutil.rmtree(partial, ignore_errors=True)
    if previous.exists():
        # never removed under its own name: half of a folder must not be taken for a whole one
        previous.replace(partial if target.exists() else target)
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a path beside ``target`` (same ending) that replaces it when the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".partial.{target.name}")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a text file, UTF-8."""
    with whole_file(target) as path:
        path.write_text(text, encoding="utf-8")
