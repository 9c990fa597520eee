"""Pictures and the masks beside them, matched by their names."""

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from guidedseg.junk import is_junk

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
"""Of pictures."""


def composed(name: str) -> str:
    """A name with its accents composed (NFC): macOS takes them apart in names of files, tables do not."""
    return unicodedata.normalize("NFC", name)


def pictures(folder: Path, below: str, problems: list[str]) -> dict[str, str]:
    """Names without their endings (NFC) -> paths below ``folder`` of the pictures right in ``folder / below``.

    What is no picture by its ending is a problem, and so are two pictures of one name.
    """
    place = folder / below
    if not place.is_dir():
        problems.append(f"{below}/: is missing")
        return {}
    found: dict[str, str] = {}
    for path in sorted(place.iterdir()):
        name = path.relative_to(folder).as_posix()
        if is_junk(path.name):
            continue
        stem = composed(path.stem)
        if path.is_dir():
            if not path.is_symlink():  # which is told of all datasets
                problems.append(f"{name}/: is a folder; put its pictures right into {below}/")
        elif path.suffix.lower() not in ENDINGS:
            problems.append(f"{name}: is no picture by its ending")
        elif stem in found:
            problems.append(f"{found[stem]} and {name}: have the same name; keep one")
        else:
            found[stem] = name
    return found


def unmatched(
    images: Mapping[str, str],
    masks: Mapping[str, str],
    problems: list[str],
    listed: Iterable[str] | None = None,
    table: str = "",
) -> list[str]:
    """Names that have an image, a mask and a row of the table; what lacks one of them is a problem.

    Args:
        images: name -> path.
        masks: likewise.
        problems: gets a line each.
        listed: names in the table; None: there is none, or it cannot be read.
        table: its name.
    """
    problems += [f"{images[name]}: has no mask" for name in sorted(images.keys() - masks.keys())]
    problems += [f"{masks[name]}: has no image" for name in sorted(masks.keys() - images.keys())]
    if listed is None:
        return sorted(images.keys() & masks.keys())
    rows = set(listed)
    problems += [f"{images[name]}: is not in {table}" for name in sorted(images.keys() - rows)]
    problems += [f"{table}: {name} has no image" for name in sorted(rows - images.keys())]
    return sorted(images.keys() & masks.keys() & rows)
