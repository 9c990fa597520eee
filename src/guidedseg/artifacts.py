"""What stages hand over, as it is read back: checked, and told by file, cause and remedy where it is not whole.

People edit files, disks fill up, and DVC does not look into what it checks out: a cut table must not become a score.
"""

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.errors import GuidedsegError, listed
from guidedseg.names import BOX
from guidedseg.restoring import damaged, missing, restoring

Types = Mapping[str, str]
"""Column -> ``text``, ``int``, ``float`` (a finite number) or ``float?`` (which may be empty)."""

Good = Callable[[pd.DataFrame], pd.Series]
"""True of the rows of a table that are as they must be."""

TRUE_BOXES: Types = {"image_id": "text", **dict.fromkeys(BOX, "float")}
"""Boxes of lesions; pixels of the image."""

BOXES: Types = {**TRUE_BOXES, "confidence": "float"}
"""Boxes of a detector."""

_NUMPY = {"text": str, "int": "int64", "float": "float64", "float?": "float64"}


def table(
    source: Path | IO[str],
    types: Types,
    *,
    key: Collection[str] = (),
    rules: Mapping[str, Good] = MappingProxyType({}),
    edited: bool = False,
) -> pd.DataFrame:
    """A table with exactly these columns of it, in their order.

    Texts are texts whatever they look like: an image may be called ``NA`` or ``007``.

    Args:
        source: a CSV file, or one that is open.
        types: its columns; others in the file are left out.
        key: columns whose values together stand in one row only.
        rules: what is told of the first rows that are not good, and which are.
        edited: people write it too, and their last line may lack its end.

    Raises:
        GuidedsegError: it is missing or damaged; file, line and column are named.
    """
    if isinstance(source, Path) and not edited:
        _see_end(source)
    try:
        found = _parsed(source, types)
    except FileNotFoundError as error:
        raise GuidedsegError(missing(Path(str(source)))) from error
    except (ValueError, pd.errors.ParserError) as error:  # of decoding, too
        raise damaged(_place(source), _first_fault(source, types) or " ".join(str(error).split())) from error
    if key and found.duplicated([*key]).any():
        raise damaged(
            _place(source), _rows(found, ~found.duplicated([*key]), f"the same {' and '.join(key)} again", key)
        )
    for told, good in rules.items():
        if not (fine := good(found)).all():
            raise damaged(_place(source), _rows(found, fine, told, [*(key or types)][:6]))
    return found


def array(path: Path, rows: pd.DataFrame, of: str) -> npt.NDArray[np.uint8]:
    """A .npy file, memory-mapped: (N, H, W) uint8.

    Args:
        path: the file.
        rows: N rows of the table that tells of it.
        of: that table's file.

    Raises:
        GuidedsegError: it is missing, cut, or something else.
    """
    try:
        found: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
    except FileNotFoundError as error:
        raise GuidedsegError(missing(path)) from error
    except (ValueError, EOFError) as error:  # a pickle is refused with the former
        raise damaged(path, f"no whole array ({' '.join(str(error).split())})") from error
    if found.dtype != np.uint8 or found.ndim != 3:
        raise damaged(path, f"an array of {found.shape} {found.dtype}, not of (N, H, W) uint8")
    if len(found) != len(rows):
        raise damaged(path, f"{len(found)} pictures for {len(rows)} rows of {of}")
    return found


def curve(path: Path) -> pd.DataFrame:
    """A table of epochs: ``epoch`` and other numbers.

    Raises:
        GuidedsegError: it is missing, damaged or without a row.
    """
    _see_end(path)
    try:
        found = pd.read_csv(path)
    except FileNotFoundError as error:
        raise GuidedsegError(missing(path)) from error
    except (ValueError, pd.errors.ParserError) as error:
        raise damaged(path, " ".join(str(error).split())) from error
    if "epoch" not in found or found.empty or len(found.select_dtypes("number").columns) < len(found.columns):
        raise damaged(path, "no table of epochs")
    return found


def values(path: Path, keys: Collection[str] = ()) -> dict[str, Any]:
    """A JSON file with one mapping, which has these keys.

    Raises:
        GuidedsegError: it is missing or damaged.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise GuidedsegError(missing(path)) from error
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"no JSON ({error})") from error
    if not isinstance(found, dict):
        raise damaged(path, "no mapping of keys to values")
    if lacking := [key for key in keys if key not in found]:
        raise damaged(path, f"{', '.join(lacking)} missing")
    return found


def known_ids(path: Path, found: Collection[str], wanted: Collection[str], of: Path) -> None:
    """See that a table tells of no images but those of another one.

    Raises:
        GuidedsegError: it does; the ids are listed.
    """
    if unknown := sorted({*found} - {*wanted}):
        problems = [f"{name}: {of} has no such image" for name in unknown]
        raise listed(f"{path} does not fit {of}", problems, restoring(path) or "Make it anew.", most=10)


def same_ids(path: Path, found: Collection[str], wanted: Collection[str], of: Path) -> None:
    """See that a table tells of the images of another one, and of no others.

    Raises:
        GuidedsegError: it does not; the ids are listed.
    """
    known_ids(path, found, wanted, of)
    if problems := [f"{name}: not in it" for name in sorted({*wanted} - {*found})]:
        raise listed(f"{path} does not fit {of}", problems, restoring(path) or "Make it anew.", most=10)


def _place(source: Path | IO[str]) -> Path:
    return source if isinstance(source, Path) else Path(getattr(source, "name", "a table"))


def _see_end(path: Path) -> None:
    """A last line without its end was cut, maybe within a number, which would still be one."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 1, 0))
        if file.read(1) != b"\n":
            raise damaged(path, "its last line is cut" if size else "it is empty")


def _parsed(source: Path | IO[str], types: Types) -> pd.DataFrame:
    gaps = {name: [""] for name, kind in types.items() if kind == "float?"}
    numpy = {name: _NUMPY[kind] for name, kind in types.items()}
    found = pd.read_csv(source, usecols=[*types], dtype=numpy, keep_default_na=False, na_values=gaps)
    for name, kind in types.items():
        if kind == "float" and not np.isfinite(found[name]).all():
            raise ValueError(f"{name} holds what is no number")
    return found[[*types]]


def _first_fault(source: Path | IO[str], types: Types) -> str | None:
    """What is missing, cut or no number, by line and column; None where all that is well."""
    if not isinstance(source, Path):
        source.seek(0)
    try:
        found = pd.read_csv(source, dtype=str, keep_default_na=False, na_values=[])
    except (ValueError, pd.errors.ParserError):  # says it itself
        return None
    if lacking := [name for name in types if name not in found]:
        return f"no column {', '.join(lacking)}"
    for name, kind in types.items():
        good = _readable(found[name], kind)
        if not good.all():
            row = int((~good).argmax())
            return f"line {row + 2}, {name}: {found[name][row]!r} is no {'whole ' if kind == 'int' else ''}number"
    return None


def _readable(column: pd.Series, kind: str) -> pd.Series:
    if kind == "text":
        return column.notna()
    numbers = pd.to_numeric(column, errors="coerce")
    finite = np.isfinite(numbers)
    return finite & (numbers % 1 == 0) if kind == "int" else finite | (column == "") if kind == "float?" else finite


def _rows(found: pd.DataFrame, good: pd.Series, told: str, columns: Collection[str]) -> str:
    bad = np.flatnonzero(~good.to_numpy())
    shown = ", ".join(f"{name} {found[name].iloc[bad[0]]}" for name in columns)
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    return f"line {bad[0] + 2}{more}: {told} ({shown})"
