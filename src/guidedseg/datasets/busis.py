"""BUSIS (Zhang et al., Healthcare 10:729, 2022)."""

import re
from pathlib import Path

from guidedseg.datasets import pairs, tables
from guidedseg.datasets.dataset import Dataset, Entry, Survey
from guidedseg.group import Group

_TYPES = {"b": "benign", "m": "malignant"}


def survey(folder: Path, _: Group | None) -> Survey:
    """Pairs by number (`case1.png`, `case1_GT.bmp`), tumor type of BUSIS562.csv; no patient is known."""
    found = Survey()
    images, masks = (_by_case(pairs.pictures(folder, kind, found.problems), found) for kind in ("Original", "GT"))
    rows = tables.read(folder / "BUSIS562.csv", ("img name", "tumor type"), found.problems)
    by_name = tables.once(rows, "img name", "BUSIS562.csv", found.problems, _case)
    types = {name: row["tumor type"].lower() for name, row in by_name.items()}
    for name in pairs.unmatched(images, masks, found.problems, types or None, "BUSIS562.csv"):
        if types and types[name] not in _TYPES:
            found.problems.append(f"BUSIS562.csv: {name}: tumor type is {types[name]!r}, not B or M")
        pathology = _TYPES.get(types.get(name, ""), "")
        found.entries.append(Entry(image_id=name, image=images[name], masks=(masks[name],), pathology=pathology))
    return found


def _case(text: str) -> str:
    """``case007`` and ``case7_GT.bmp`` are both case 7."""
    match = re.match(r"case0*(\d+)(?:_GT)?(?:\.\w+)?\Z", text.strip(), re.IGNORECASE)
    return f"case{int(match[1]):03d}" if match else ""


def _by_case(pictures: dict[str, str], found: Survey) -> dict[str, str]:
    cases: dict[str, str] = {}
    for name, path in pictures.items():
        case = _case(name)
        if not case:
            found.problems.append(f"{path}: its name is not of the form case1 or case1_GT")
        elif case in cases:
            found.problems.append(f"{cases[case]} and {path}: are of the same case; keep one")
        else:
            cases[case] = path
    return cases


DATASET = Dataset(
    name="busis",
    title="BUSIS",
    members=("Original", "GT", "BUSIS562.csv"),
    survey=survey,
    people="562 images of women of 26 to 78 years, three hospitals in China, five scanners.",
    limits="Every image has a lesion, and no image tells whose it is.",
    licence="By agreement with its authors.",
    citation="Zhang et al., BUSIS: A benchmark for breast ultrasound image segmentation, Healthcare 10:729 (2022).",
    link="https://doi.org/10.3390/healthcare10040729",
    get="on request from its authors",
)
