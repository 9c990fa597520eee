"""One's own images: ``images/`` with ``masks/`` or outlines, and perhaps a table.

images/a.png            any picture that `guidedseg segment` reads, in subfolders too
masks/a.png             or a_mask.png, a_mask_1.png, mask_a.png, ...; the lesions of all of them count
annotations.json        or instead: COCO
labels/a.json           or labelme, a file a picture
labels/a.txt            or YOLO-seg, a file a picture; a picture without one has no lesion
table.csv               image, and any of patient, pathology, split, mm_per_pixel
"""

import re
from pathlib import Path

from guidedseg.datasets import outlines, tables
from guidedseg.datasets.dataset import Dataset, Entry, Raw, Survey
from guidedseg.datasets.pairs import ENDINGS
from guidedseg.group import Group
from guidedseg.junk import is_junk
from guidedseg.names import SPLITS

_AFTER = re.compile(
    r"[ _.-]?(mask|seg|segmentation|gt|groundtruth|label|annotation|lesion|tumou?r)([ _.-]?\(?\d+\)?)?\Z", re.IGNORECASE
)
_BEFORE = re.compile(r"\A(mask|seg|gt|label)[ _.-]", re.IGNORECASE)
_PATHOLOGIES = {"normal", "benign", "malignant", "unknown", ""}
_COLUMNS = ("patient", "pathology", "split", "mm_per_pixel")


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
    value = options.mask_value if isinstance(options, Own) else None
    for name, path in images.items():
        row = rows.get(name, dict.fromkeys(_COLUMNS, ""))
        own, draw = (masks or {}).get(name, []), draws.get(name)
        if not own and draw is None and row["pathology"] != "normal":
            what = "mask" if masks is not None else "outline"
            found.problems.append(f"{path}: has no {what}; where it shows no lesion, say pathology normal in a table")
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
    """Paths within ``below`` without their ending -> paths within ``folder``, at any depth."""
    pictures: dict[str, str] = {}
    for path in sorted((folder / below).rglob("*")):
        relative = path.relative_to(folder / below)
        if path.is_dir() or any(map(is_junk, relative.parts)) or path.suffix.lower() in {".json", ".txt"}:
            continue
        name, key = path.relative_to(folder).as_posix(), relative.with_suffix("").as_posix()
        if path.suffix.lower() not in ENDINGS | {".dcm"}:
            found.problems.append(f"{name}: is no picture by its ending")
        elif key in pictures:
            found.problems.append(f"{pictures[key]} and {name}: have the same name")
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
    files = sorted(path for path in folder.glob("*.json") if not is_junk(path.name))
    if len(files) > 1:
        found.problems.append(f"{', '.join(path.name for path in files)}: several files of outlines; keep one")
    if files:
        return outlines.coco(files[0], images, found.problems)
    draws: dict[str, outlines.Draw] = {}
    for name in images:
        for place in (folder / "labels" / name, folder / "images" / name):
            json_file, text = place.with_name(f"{place.name}.json"), place.with_name(f"{place.name}.txt")
            if json_file.is_file() and (draw := outlines.labelme(json_file, found.problems)):
                draws[name] = draw
            elif text.is_file():
                draws[name] = outlines.yolo(text, found.problems)
    if any((folder / "labels").glob("**/*.txt")):  # by YOLO's custom a picture without a file has no lesion
        draws = {name: outlines.drawn([], (0, 0)) for name in images} | draws
    return draws


def _table(folder: Path, images: dict[str, str], found: Survey) -> dict[str, dict[str, str]]:
    """Rows of the one CSV or XLSX by image."""
    files = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in {".csv", ".xlsx"} and not is_junk(path.name)
    )
    if len(files) > 1:
        found.problems.append(f"{', '.join(path.name for path in files)}: several tables; keep one")
    if not files:
        found.notes.append("there is no table: every image is taken for a patient of its own")
        return {}
    name = files[0].name
    rows = tables.once(tables.read(files[0], ["image"], found.problems, _COLUMNS), "image", name, found.problems)
    known = {}
    for image, row in rows.items():
        key = next((each for each in (image, str(Path(image).with_suffix("").as_posix())) if each in images), None)
        if key is None:
            found.problems.append(f"{name}: {image} is not among the images")
            continue
        row["pathology"], row["split"] = row["pathology"].lower(), row["split"].lower()
        row["split"] = {"validation": "val", "training": "train", "testing": "test"}.get(row["split"], row["split"])
        if row["pathology"] not in _PATHOLOGIES:
            found.problems.append(
                f"{name}: {image}: pathology is {row['pathology']!r}, not normal, benign or malignant"
            )
        if row["split"] not in {*SPLITS, ""} and not re.fullmatch(r"fold\d+", row["split"]):
            found.problems.append(f"{name}: {image}: split is {row['split']!r}, not train, val or test (or fold1, ...)")
        row["mm_per_pixel"] = row["mm_per_pixel"].replace(",", ".")
        if row["mm_per_pixel"] and not re.fullmatch(r"\d*\.?\d+", row["mm_per_pixel"]):
            found.problems.append(f"{name}: {image}: mm_per_pixel is {row['mm_per_pixel']!r}, no number")
            row["mm_per_pixel"] = ""
        known[key] = row
    found.problems += [f"{images[key]}: is not in {name}" for key in sorted(images.keys() - known.keys()) if known]
    if known and not any(row["patient"] for row in known.values()):
        found.notes.append(f"{name} tells no patients: every image is taken for a patient of its own")
    return known


DATASET = Dataset(
    name="folder",
    title="a folder of one's own",
    members=("images",),
    extras=("masks", "labels", "*.csv", "*.xlsx", "*.json"),
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
