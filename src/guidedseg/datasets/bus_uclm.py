"""The layout of BUS-UCLM (Vallez et al., Scientific Data 12:242, 2025), which the phantom is written in too."""

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg import progress
from guidedseg.datasets.places import LAYOUT
from guidedseg.datasets.records import RawImage
from guidedseg.errors import GuidedsegError, listed
from guidedseg.grey import grey
from guidedseg.junk import is_junk
from guidedseg.lookahead import in_order
from guidedseg.resizing import resize

# The dataset authors' partition script.
OFFICIAL_TEST = frozenset({"COPE", "ANFO", "ELCO", "CRCI", "FLKA"})
OFFICIAL_VAL = frozenset({"MENE", "COVA", "SIBA", "FLBA", "PAGY"})

_COLUMNS = ("Image", "Resolution", "Label", "Doppler", "Marks", "Combined")
_PATHOLOGIES = ("normal", "benign", "malignant")
_FLAGS = ("doppler", "marks", "combined")
_YES_OR_NO = {"yes": "yes", "y": "yes", "no": "no", "n": "no"}  # POFR_013 has `Y`
_BLACK, _GREEN, _RED = (0, 0, 0), (0, 255, 0), (0, 0, 255)  # BGR
_SHOWN = {"normal": "no lesion", "benign": "a green (benign) lesion", "malignant": "a red (malignant) lesion"}
_REMEDY = "Nothing was written. Take the files named above from the original dataset again."


@dataclass(frozen=True)
class _Row:
    """A valid row of INFO.csv; the size is that of the mask, in pixels."""

    pathology: str
    width: int
    height: int
    flags: dict[str, str]


@dataclass
class _Survey:
    """What the folder's names and INFO.csv tell before any PNG is opened."""

    rows: dict[str, _Row] = field(default_factory=dict)
    pairs: list[str] = field(default_factory=list)
    image_count: int = 0
    problems: list[str] = field(default_factory=list)


def locate(folder: Path) -> Path:
    """Find the folder that holds ``images/``, ``masks/`` and ``INFO.csv``, at ``folder`` or anywhere below.

    Raises:
        GuidedsegError: when there is none, naming what is missing where, or several, naming them.
    """
    found: list[Path] = []
    incomplete: list[str] = []
    for place in _folders(folder):
        missing = [name for name in LAYOUT if not (place / name).exists()]
        if not missing:
            found.append(place)
        elif len(missing) < len(LAYOUT):
            incomplete.append(f"{place} has no {' and no '.join(missing)}")
    if len(found) == 1:
        return found[0]
    if found:
        raise listed(
            f"Several datasets lie in {folder}",
            [str(place) for place in found],
            "Keep one, or give the path of the one you mean.",
        )
    held = sorted(path.name for path in folder.iterdir() if not is_junk(path.name))
    raise listed(
        f"No folder with images/, masks/ and INFO.csv was found in {folder} or below",
        incomplete or [f"{folder} holds {', '.join(held[:10]) or 'nothing'}"],
        "Give the folder as the dataset's zip unpacks it, with all three in it.",
    )


def check(folder: Path, *, expected_images: int | None = None) -> None:
    """Check a dataset's integrity: names, pairs, INFO.csv, and every PNG's pixels, size and colours.

    Args:
        folder: holds ``images/``, ``masks/`` and ``INFO.csv``.
        expected_images: how many images there must be, or None for any number.

    Raises:
        GuidedsegError: one that lists every offending file.
    """
    survey = _survey(folder)
    problems = list(survey.problems)
    if expected_images is not None and survey.image_count != expected_images:
        problems.append(
            f"images/: {survey.image_count} images, where the dataset has {expected_images} (the key images of its "
            f"group in params.yaml; null for an excerpt)"
        )
    examined = in_order(partial(_problems, folder, survey.rows), survey.pairs)
    for found in progress.bar("check", examined, unit="image", total=len(survey.pairs)):
        problems.extend(found)
    if problems:
        raise _broken(folder, problems)


def read(folder: Path, *, official: bool) -> Iterator[RawImage]:
    """Yield every image in canonical form, ordered by image_id, decoded in threads a few images ahead.

    Grey is that of ``guidedseg.grey``; an alpha channel is ignored (HESN's is opaque).
    An image whose size is not its mask's (HESN) is stretched to the mask's grid, which aligns the two.

    Args:
        folder: holds ``images/``, ``masks/`` and ``INFO.csv``.
        official: whether the patients belong to the official partition of BUS-UCLM (not those of the phantom).

    Raises:
        GuidedsegError: for a file that is missing or that ``check`` would object to.
    """
    survey = _survey(folder)
    if survey.problems:
        raise _broken(folder, survey.problems)
    canonical = in_order(partial(_canonical, folder, survey.rows, official), survey.pairs)
    yield from progress.bar("images", canonical, unit="image", total=len(survey.pairs))


def _folders(folder: Path) -> Iterator[Path]:
    """``folder`` and all folders below; links to folders are named but not entered, so a cycle ends."""
    yield folder
    for path, names, _ in os.walk(folder):
        names[:] = sorted(name for name in names if not is_junk(name))
        yield from (Path(path) / name for name in names)


def _broken(folder: Path, problems: list[str]) -> GuidedsegError:
    return listed(f"{folder} is not a whole dataset in the layout of BUS-UCLM", problems, _REMEDY)


def _survey(folder: Path) -> _Survey:
    survey = _Survey()
    images, masks = (_names(folder, kind, survey.problems) for kind in ("images", "masks"))
    listed_names = _read_info(folder, survey)
    survey.image_count = len(images)
    survey.pairs = sorted(images & masks)
    if not images:
        survey.problems.append("images/: holds no PNG, the dataset is empty")
    survey.problems += [f"images/{name}.png: has no mask" for name in sorted(images - masks)]
    survey.problems += [f"masks/{name}.png: has no image" for name in sorted(masks - images)]
    if listed_names is not None:
        survey.problems += [f"images/{name}.png: is not in INFO.csv" for name in sorted(images - listed_names)]
        survey.problems += [f"INFO.csv: {name} has no image" for name in sorted(listed_names - images)]
    return survey


def _names(folder: Path, kind: str, problems: list[str]) -> set[str]:
    """The image ids in ``images/`` or ``masks/``."""
    if not (folder / kind).is_dir():
        problems.append(f"{kind}/: is missing")
        return set()
    names = {path.name for path in (folder / kind).iterdir() if not is_junk(path.name)}
    wrong = {name for name in names if not re.fullmatch(r"[A-Z]{4}_\d{3}\.png", name, re.ASCII)}
    problems.extend(f"{kind}/{name}: its name is not of the form XXXX_NNN.png" for name in sorted(wrong))
    return {name.removesuffix(".png") for name in names - wrong}


def _read_info(folder: Path, survey: _Survey) -> set[str] | None:
    """Fill ``survey.rows`` from INFO.csv; the names it lists, valid or not, or None when it cannot be read."""
    try:
        text = (folder / "INFO.csv").read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        survey.problems.append(f"INFO.csv: cannot be read as UTF-8 text ({error})")
        return None
    reader = csv.DictReader(text.splitlines(), delimiter=";", restval="")
    absent = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if absent:
        survey.problems.append(
            f"INFO.csv: has no column {', '.join(absent)} (columns found, separated by ';': {reader.fieldnames})"
        )
        return None
    counts: Counter[str] = Counter()
    for row in reader:
        name = row["Image"].strip().removesuffix(".png")
        counts[name] += 1
        parsed = _parse_row(name, {column: row[column].strip() for column in _COLUMNS}, survey.problems)
        if parsed is not None:
            survey.rows[name] = parsed
    survey.problems += [f"INFO.csv: {name} is listed {count} times" for name, count in counts.items() if count > 1]
    return set(counts)


def _parse_row(name: str, row: dict[str, str], problems: list[str]) -> _Row | None:
    found = []
    if not re.fullmatch(r"[A-Z]{4}_\d{3}", name, re.ASCII):
        found.append(f"the name {row['Image']!r} is not of the form XXXX_NNN.png")
    if row["Label"].lower() not in _PATHOLOGIES:
        found.append(f"the Label {row['Label']!r} is not Normal, Benign or Malignant")
    size = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", row["Resolution"], re.ASCII)
    if size is None:
        found.append(f"the Resolution {row['Resolution']!r} is not of the form 856x606")
    flags = {flag: _YES_OR_NO.get(row[flag.capitalize()].lower(), "") for flag in _FLAGS}
    found += [f"{flag.capitalize()} is {row[flag.capitalize()]!r}, not Yes or No" for flag in _FLAGS if not flags[flag]]
    problems.extend(f"INFO.csv: {name}: {problem}" for problem in found)
    if found or size is None:
        return None
    return _Row(row["Label"].lower(), int(size[1]), int(size[2]), flags)


def _decode(path: Path) -> NDArray[np.uint8] | None:
    """(H, W, 3) uint8 BGR, or None for a PNG that does not decode to its last byte."""
    data = np.frombuffer(path.read_bytes(), np.uint8)
    if not data.size:
        return None
    decoded: NDArray[np.uint8] | None = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return decoded


def _problems(folder: Path, rows: dict[str, _Row], name: str) -> list[str]:
    return _examine(folder, rows.get(name), name)[2]


def _examine(
    folder: Path, row: _Row | None, name: str
) -> tuple[NDArray[np.uint8] | None, NDArray[np.uint8] | None, list[str]]:
    """The decoded image and mask (None when corrupt), and what is wrong with them; ``row`` is None if itself wrong."""
    image, mask = _decode(folder / "images" / f"{name}.png"), _decode(folder / "masks" / f"{name}.png")
    problems = [
        f"{kind}/{name}.png: is corrupt (not a PNG, or cut short)"
        for kind, picture in (("images", image), ("masks", mask))
        if picture is None
    ]
    if mask is not None:
        problems += [f"masks/{name}.png: {problem}" for problem in _colour_problems(mask, row)]
    if image is not None and mask is not None and row is not None:
        own, size, stated = image.shape[1::-1], mask.shape[1::-1], (row.width, row.height)
        if size not in (own, stated):
            found = f"is {_times(size)}, but its image is {_times(own)} and INFO.csv says {_times(stated)}"
            problems.append(f"masks/{name}.png: {found}")
    return image, mask, problems


def _times(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size))


def _colour_problems(mask: NDArray[np.uint8], row: _Row | None) -> list[str]:
    black, green, red = (cv2.countNonZero(cv2.inRange(mask, colour, colour)) for colour in (_BLACK, _GREEN, _RED))
    others = mask.shape[0] * mask.shape[1] - black - green - red
    if others:
        colours = np.unique(mask.reshape(-1, 3), axis=0)[:, ::-1].tolist()
        example = next(tuple(c) for c in colours if tuple(c) not in {(0, 0, 0), (0, 255, 0), (255, 0, 0)})
        return [f"{others} pixels are not black, green (benign) or red (malignant), for example RGB {example}"]
    if green and red:
        return ["holds both green (benign) and red (malignant)"]
    shown = "benign" if green else "malignant" if red else "normal"
    if row is not None and shown != row.pathology:
        return [f"shows {_SHOWN[shown]}, but its Label in INFO.csv is {row.pathology.capitalize()}"]
    return []


def _canonical(folder: Path, rows: dict[str, _Row], official: bool, name: str) -> RawImage:
    row = rows[name]
    image, mask, problems = _examine(folder, row, name)
    if image is None or mask is None or problems:
        raise _broken(folder, problems)
    shown = grey(image)
    patient = name[:4]
    return RawImage(
        image_id=name,
        patient_id=patient,
        pathology=row.pathology,
        image=resize(shown, *mask.shape[1::-1]),
        mask=cv2.inRange(mask, _BLACK, _BLACK) == 0,
        stretched=shown.shape != mask.shape[:2],
        flags=row.flags,
        source=f"images/{name}.png",
        official_split=_official_split(patient) if official else "",
    )


def _official_split(patient: str) -> str:
    return "test" if patient in OFFICIAL_TEST else "val" if patient in OFFICIAL_VAL else "train"
