"""One's own images: ``images/`` with ``masks/`` or outlines, and perhaps a table.

images/a.png            any picture that `guidedseg segment` reads, in subfolders too
masks/a.png             or a_mask.png, a_mask_1.png, mask_a.png, ...; the lesions of all of them count
annotations.json        or instead: COCO
labels/a.json           or labelme, a file a picture
labels/a.txt            or YOLO-seg, a file a picture; a picture without one has no lesion
table.csv               image, and any of patient, pathology, split, mm_per_pixel
"""

import re
from collections.abc import Iterator
from pathlib import Path

from guidedseg.datasets import outlines, tables
from guidedseg.datasets.dataset import Dataset, Entry, Raw, Survey
from guidedseg.datasets.pairs import ENDINGS, composed
from guidedseg.group import Group
from guidedseg.junk import is_junk
from guidedseg.names import SPLITS

_AFTER = re.compile(
    r"[ _.-]?(mask|seg|segmentation|gt|groundtruth|label|annotation|lesion|tumou?r)([ _.-]?\(?\d+\)?)?\Z", re.IGNORECASE
)
_BEFORE = re.compile(r"\A(mask|seg|gt|label)[ _.-]", re.IGNORECASE)
_PATHOLOGIES = {"normal", "benign", "malignant", "unknown", ""}
_COLUMNS = ("patient", "pathology", "split", "mm_per_pixel")
_TABLES, _NO_TABLES = {".csv", ".tsv", ".xlsx"}, {".xls", ".xlsm", ".xlsb", ".ods", ".numbers"}
_NOBODY = {"nan", "na", "n/a", "none", "null", "unknown", "-", "?"}  # patients that one person each would be made of
_PLAUSIBLE = (0.001, 2.0)  # mm per pixel


class Own(Raw):
    """As any dataset's, and which value a lesion has in the masks; None: any but 0."""

    mask_value: int | None


def survey(folder: Path, options: Group | None) -> Survey:
    """Pictures, their masks or outlines by name, and the table."""
    found = Survey()
    images = _pictures(folder, "images", found)
    rows = _table(folder, images, found)
    masks = _masks(folder, images, found)
    draws = {} if masks is not None else _outlines(folder, images, found)
    if masks is not None and ((folder / "labels").is_dir() or _right_in(folder, {".json"})):
        found.notes.append("masks/ is read, the outlines beside it (labels/ or a JSON file) are not")
    value = options.mask_value if isinstance(options, Own) else None
    for name, path in images.items():
        row = rows.get(name, dict.fromkeys(_COLUMNS, ""))
        own, draw = (masks or {}).get(name, []), draws.get(name)
        if not own and draw is None and row["pathology"] != "normal":
            what = "mask" if masks is not None else "outline"
            found.problems.append(f"{path}: has no {what}; where it shows no lesion, say pathology normal in a table")
            row = row | {"pathology": ""}  # or the lack of a lesion would be told too
        found.entries.append(
            Entry(
                image_id=_as_id(name),
                image=path,
                masks=tuple(own),
                draw=draw,
                value=value,
                patient_id=row["patient"],
                pathology=row["pathology"].replace("unknown", ""),
                mm_per_pixel=float(row["mm_per_pixel"]) if row["mm_per_pixel"] else None,
                official_split=row["split"],
            )
        )
    return found


def _as_id(name: str) -> str:
    """A name that a file may have anywhere."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name.replace("/", "-")).lstrip(".-") or "_"


def _pictures(folder: Path, below: str, found: Survey) -> dict[str, str]:
    """Paths within ``below`` without their ending (NFC) -> paths within ``folder``, at any depth."""
    pictures: dict[str, str] = {}
    for path in sorted((folder / below).rglob("*")):
        relative = path.relative_to(folder / below)
        if path.is_dir() or any(map(is_junk, relative.parts)) or path.suffix.lower() in {".json", ".txt"}:
            continue
        name, key = path.relative_to(folder).as_posix(), composed(relative.with_suffix("").as_posix())
        if path.suffix.lower() not in ENDINGS | {".dcm"}:
            found.problems.append(f"{name}: is no picture by its ending")
        elif key in pictures:
            found.problems.append(f"{pictures[key]} and {name}: have the same name; keep one")
        else:
            pictures[key] = name
    return pictures


def _masks(folder: Path, images: dict[str, str], found: Survey) -> dict[str, list[str]] | None:
    """Masks by image; None where there is no folder of them."""
    if not (folder / "masks").is_dir():
        return None
    masks: dict[str, list[str]] = {}
    for name, path in _pictures(folder, "masks", found).items():
        place, _, bare = name.rpartition("/")
        candidates = [bare, _AFTER.sub("", bare), _BEFORE.sub("", bare)]
        own = next((key for each in candidates if (key := f"{place}/{each}".lstrip("/")) in images), None)
        if own is None:
            found.problems.append(f"{path}: has no image")
        else:
            masks.setdefault(own, []).append(path)
    return masks


def _outlines(folder: Path, images: dict[str, str], found: Survey) -> dict[str, outlines.Draw]:
    files = _right_in(folder, {".json"})
    if len(files) > 1:
        found.problems.append(f"{', '.join(path.name for path in files)}: several files of outlines; keep one")
    if files:
        return outlines.coco(files[0], images, found.problems)
    draws: dict[str, outlines.Draw] = {}
    labels = [
        (path, composed(path.relative_to(folder / below).with_suffix("").as_posix()))
        for below in ("images", "labels")
        for ending in ("txt", "json")
        for path in sorted((folder / below).rglob(f"*.{ending}"))
        if not any(map(is_junk, path.relative_to(folder).parts)) and path.is_file() and path.name != "classes.txt"
    ]
    for path, name in labels:
        shown = path.relative_to(folder).as_posix()
        if name not in images:
            if shown.startswith("labels/"):  # beside pictures lie texts of any kind
                found.problems.append(f"{shown}: has no image")
        elif name in draws:
            found.problems.append(f"{shown}: {images[name]} has outlines in another file too; keep one")
        elif path.suffix == ".txt":
            draws[name] = outlines.yolo(path, shown, found.problems)
        elif draw := outlines.labelme(path, shown, found.problems):
            draws[name] = draw
    without = images.keys() - draws.keys()
    if without and any(path.suffix == ".txt" and (folder / "labels") in path.parents for path, _ in labels):
        found.notes.append(f"{len(without)} images have no file in labels/, and by YOLO's custom no lesion")
        draws |= {name: outlines.drawn([], (0, 0)) for name in without}
    return draws


def _right_in(folder: Path, endings: set[str]) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in endings and not is_junk(path.name))


def _table(folder: Path, images: dict[str, str], found: Survey) -> dict[str, dict[str, str]]:
    """Rows of the one CSV or XLSX by image."""
    found.problems += [
        f"{path.name}: is a table of a kind that is not read; save it as CSV (UTF-8) or XLSX"
        for path in _right_in(folder, _NO_TABLES)
    ]
    files = _right_in(folder, _TABLES)
    if len(files) > 1:
        found.problems.append(f"{', '.join(path.name for path in files)}: several tables; keep one")
    if not files:
        found.notes.append("there is no table: every image is taken for a patient of its own")
        return {}
    name, unread = files[0].name, list[str]()
    rows = tables.read(files[0], ["image"], found.problems, _COLUMNS, unread)
    if unread:
        found.notes.append(f"{name}: not read are the columns {', '.join(unread)} (read: image, {', '.join(_COLUMNS)})")
    known: dict[str, dict[str, str]] = {}
    for image, row in tables.once(rows, "image", name, found.problems).items():
        key = next((each for each in _as_listed(image) if each in images), None)
        if key is None:
            found.problems.append(f"{name}: {image} is not among the images")
        elif key in known:
            found.problems.append(f"{name}: {images[key]} is listed twice, once as {image}; keep one row")
        else:
            found.problems += [f"{name}: {image}: {each}" for each in _wrong(row)]
            known[key] = row
    found.problems += [f"{images[key]}: is not in {name}" for key in sorted(images.keys() - known.keys()) if known]
    if known and not any(row["patient"] for row in known.values()):
        found.notes.append(f"{name} tells no patients: every image is taken for a patient of its own")
    return known


def _as_listed(image: str) -> list[str]:
    """What a table may call an image: with or without its ending, its folder ``images`` or backslashes."""
    path = image.replace("\\", "/").removeprefix("./").removeprefix("images/")
    return [path, Path(path).with_suffix("").as_posix()]


def _wrong(row: dict[str, str]) -> Iterator[str]:
    """What is wrong with a row, whose words are brought into their one form."""
    row["pathology"], row["split"] = row["pathology"].lower(), row["split"].lower()
    row["split"] = {"validation": "val", "training": "train", "testing": "test"}.get(row["split"], row["split"])
    row["mm_per_pixel"] = row["mm_per_pixel"].replace(",", ".")
    if row["patient"].lower() in _NOBODY:
        yield f"patient is {row['patient']!r}; leave the cell empty where nobody knows"
    if row["pathology"] not in _PATHOLOGIES:
        yield f"pathology is {row['pathology']!r}, not normal, benign or malignant"
    if row["split"] not in {*SPLITS, ""} and not re.fullmatch(r"fold[0-9]+", row["split"]):
        yield f"split is {row['split']!r}, not train, val or test (or fold1, ...)"
    if not row["mm_per_pixel"]:
        return
    if not re.fullmatch(r"[0-9]*\.?[0-9]+(e-?[0-9]+)?", row["mm_per_pixel"], re.IGNORECASE):
        yield f"mm_per_pixel is {row['mm_per_pixel']!r}, no number"
        row["mm_per_pixel"] = ""
    elif not _PLAUSIBLE[0] <= float(row["mm_per_pixel"]) <= _PLAUSIBLE[1]:
        yield f"mm_per_pixel is {row['mm_per_pixel']}, not between {_PLAUSIBLE[0]} and {_PLAUSIBLE[1]}; is its unit mm?"


DATASET = Dataset(
    name="folder",
    title="a folder of one's own",
    members=("images",),
    extras=("masks", "labels", "*.[cC][sS][vV]", "*.[tT][sS][vV]", "*.[xX][lL][sS]*", "*.[jJ][sS][oO][nN]"),
    survey=survey,
    options=Own,
    official=True,
    people="Images of your own.",
    limits="What they are tells their owner.",
    licence="What their owner says.",
    citation="None.",
    link="",
    get="your own images: docs/datasets.md says how they may lie",
)
