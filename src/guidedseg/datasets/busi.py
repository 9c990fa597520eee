"""BUSI (Al-Dhabyani et al., Data in Brief 28:104863, 2020): `benign (1).png` beside `benign (1)_mask.png`.

Some copies sort pictures and masks into folders of their own below each class; both layouts are read.
"""

import re
from pathlib import Path

from guidedseg.datasets.dataset import Dataset, Entry, Published, Survey
from guidedseg.group import Group
from guidedseg.junk import is_junk

CLASSES = ("benign", "malignant", "normal")

_NAME = re.compile(
    r"(?P<kind>[a-z]+) ?\((?P<number>\d+)\)(?P<mask>_mask(_\d+)?)?\.(png|bmp|jpg|jpeg|tif|tiff)", re.IGNORECASE
)
_OF_MASKS = re.compile(r"(gt|masks?|labels?|ground.?truth)", re.IGNORECASE)


def survey(folder: Path, _: Group | None) -> Survey:
    """Pictures and masks by name, wherever they lie below their class; no patient is known."""
    found = Survey()
    pictures: dict[tuple[str, int], str] = {}
    masks: dict[tuple[str, int], list[str]] = {}
    for kind in CLASSES:
        for path in sorted((folder / kind).rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_dir() or any(map(is_junk, path.relative_to(folder).parts)):
                continue
            match = _NAME.fullmatch(path.name)
            if match is None or match["kind"].lower() != kind:
                found.problems.append(f"{name}: its name is not of the form '{kind} (1).png' or '{kind} (1)_mask.png'")
                continue
            key = (kind, int(match["number"]))
            if match["mask"] or _OF_MASKS.fullmatch(path.parent.name):
                masks.setdefault(key, []).append(name)
            elif key in pictures:
                found.problems.append(f"{pictures[key]} and {name}: have the same name; keep one")
            else:
                pictures[key] = name
    found.problems += [f"{pictures[key]}: has no mask" for key in sorted(pictures.keys() - masks.keys())]
    found.problems += [f"{name}: has no image" for key in sorted(masks.keys() - pictures.keys()) for name in masks[key]]
    found.entries = [
        Entry(
            image_id=f"{kind}_{number:03d}",
            image=pictures[kind, number],
            masks=tuple(masks[kind, number]),
            pathology=kind,
        )
        for kind, number in pictures.keys() & masks.keys()
    ]
    return found


DATASET = Dataset(
    name="busi",
    title="BUSI",
    members=CLASSES,
    survey=survey,
    people="780 B-mode images of about 600 women (437 benign, 210 malignant, 133 normal), Baheya Hospital, Cairo, two "
    "scanners (LOGIQ E9, LOGIQ E9 Agile). No image tells whose it is.",
    limits="No patients are known: groups come from the likeness of pictures alone. Many are copies of others, eight "
    "lesions are called both benign and malignant, some show an axilla, needles or calipers (Pawlowska et al., Data in "
    "Brief 48:109247, 2023).",
    licence="Not stated by its authors; many who use it say CC BY 4.0. Check before use.",
    citation="Al-Dhabyani et al., Dataset of breast ultrasound images, Data in Brief 28:104863 (2020).",
    link="https://doi.org/10.1016/j.dib.2019.104863",
    get="https://scholar.cu.edu.eg/Dataset_BUSI.zip, or any copy that has Dataset_BUSI_with_GT",
    published=(
        Published("Musah et al. 2025, arXiv 2508.17768", "nnU-Net ResEnc", "75.14", "all images"),
        Published("Musah et al. 2025, arXiv 2508.17768", "nnU-Net ResEnc", "71 to 72", "all images but copies"),
    ),
)
