"""BUS-UCLM (Vallez et al., Scientific Data 12:242, 2025), in whose layout the phantom is written too."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.datasets import pairs, tables
from guidedseg.datasets.dataset import Dataset, Entry, Lesion, Published, Survey
from guidedseg.group import Group

# The dataset authors' partition script.
OFFICIAL_TEST = frozenset({"COPE", "ANFO", "ELCO", "CRCI", "FLKA"})
OFFICIAL_VAL = frozenset({"MENE", "COVA", "SIBA", "FLBA", "PAGY"})

MEMBERS = ("images", "masks", "INFO.csv")

_FLAGS = ("Doppler", "Marks", "Combined")
_PATHOLOGIES = ("normal", "benign", "malignant")
_YES_OR_NO = {"yes": True, "y": True, "no": False, "n": False}  # POFR_013 has `Y`
_COLOURS = {"black": (0, 0, 0), "benign": (0, 255, 0), "malignant": (0, 0, 255)}  # BGR
_SHOWN = {"normal": "no lesion", "benign": "a green (benign) lesion", "malignant": "a red (malignant) lesion"}
_NAME = re.compile(r"[A-Z]{4}_\d{3}", re.ASCII)


def survey(folder: Path, _: Group | None) -> Survey:
    """Names, pairs and INFO.csv; the patient is the first four letters of a name."""
    found = Survey()
    images, masks = (_named(pairs.pictures(folder, kind, found.problems), found) for kind in ("images", "masks"))
    columns = ("Image", "Resolution", "Label", *_FLAGS)
    before = len(found.problems)
    rows = tables.read(folder / "INFO.csv", columns, found.problems)
    by_name = tables.once(rows, "Image", "INFO.csv", found.problems)
    info = {name.removesuffix(".png"): row for name, row in by_name.items()}
    readable = rows or len(found.problems) == before
    for name in pairs.unmatched(images, masks, found.problems, info if readable else None, "INFO.csv"):
        if name in info:
            found.entries.append(_entry(name, images[name], masks[name], info[name], found.problems))
    return found


def in_layout(folder: Path, options: Group | None) -> Survey:
    """Another dataset in this layout: without BUS-UCLM's official split."""
    found = survey(folder, options)
    found.entries = [replace(entry, official_split="") for entry in found.entries]
    return found


def lesion(picture: NDArray[Any], entry: Entry) -> Lesion:
    """Green (benign) or red (malignant) on black, never both, and as the Label says."""
    colours = (
        cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, :3])
    )
    if not colours.any():  # at once, as most are
        return np.zeros(colours.shape[:2], np.bool_), _as_labelled("normal", entry)
    shown = {name: cv2.inRange(colours, colour, colour) > 0 for name, colour in _COLOURS.items()}
    others = ~(shown["black"] | shown["benign"] | shown["malignant"])
    mask = ~shown["black"]
    if others.any():
        example = tuple(np.unique(colours[others], axis=0)[0][::-1].tolist())
        return mask, [
            f"{int(others.sum())} pixels are not black, green (benign) or red (malignant), for example RGB {example}"
        ]
    if shown["benign"].any() and shown["malignant"].any():
        return mask, ["holds both green (benign) and red (malignant)"]
    return mask, _as_labelled("benign" if shown["benign"].any() else "malignant", entry)


def _as_labelled(pathology: str, entry: Entry) -> list[str]:
    """What is wrong with the Label of a mask that shows this."""
    if pathology == entry.pathology:
        return []
    return [f"shows {_SHOWN[pathology]}, but its Label in INFO.csv is {entry.pathology.capitalize()}"]


def _named(pictures: dict[str, str], found: Survey) -> dict[str, str]:
    wrong = [name for name, path in pictures.items() if not _NAME.fullmatch(name) or not path.endswith(".png")]
    found.problems += [f"{pictures[name]}: its name is not of the form XXXX_NNN.png" for name in wrong]
    return {name: path for name, path in pictures.items() if name not in wrong}


def _entry(name: str, image: str, mask: str, row: dict[str, str], problems: list[str]) -> Entry:
    wrong = []
    size = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", row["Resolution"], re.ASCII)
    if row["Label"].lower() not in _PATHOLOGIES:
        wrong.append(f"the Label {row['Label']!r} is not Normal, Benign or Malignant")
    if size is None:
        wrong.append(f"the Resolution {row['Resolution']!r} is not of the form 856x606")
    wrong += [f"{flag} is {row[flag]!r}, not Yes or No" for flag in _FLAGS if row[flag].lower() not in _YES_OR_NO]
    problems += [f"INFO.csv: {name}: {each}" for each in wrong]
    patient = name[:4]
    return Entry(
        image_id=name,
        image=image,
        masks=(mask,),
        patient_id=patient,
        pathology=row["Label"].lower(),
        flags=tuple(flag.lower() for flag in _FLAGS if _YES_OR_NO.get(row[flag].lower())),
        official_split="test" if patient in OFFICIAL_TEST else "val" if patient in OFFICIAL_VAL else "train",
        size=None if size is None else (int(size[1]), int(size[2])),
    )


_OWN = "a split of their own (cited by Arioua et al. 2025)"

DATASET = Dataset(
    name="bus_uclm",
    title="BUS-UCLM",
    members=MEMBERS,
    survey=survey,
    lesion=lesion,
    official=True,
    people="683 B-mode images of 38 patients, taken with one scanner (Siemens ACUSON S2000): 419 without a lesion, "
    "174 with a benign and 90 with a malignant one.",
    limits="One scanner and few patients: expect worse on images from elsewhere, and measure it.",
    licence="The dataset's page says CC BY 4.0, earlier versions CC BY-NC: check before use beyond research.",
    citation="Vallez et al., BUS-UCLM: Breast ultrasound lesion segmentation dataset, Sci Data 12:242 (2025).",
    link="https://doi.org/10.17632/7fvgj4jsp7",
    published=(  # Table 7 of Arioua et al. without its own lines
        Published("Vallez et al.", "DeepLabV3", "68.46", _OWN, "56.56"),
        Published("Vallez et al.", "U-Net", "68.87", _OWN, "56.94"),
        Published("Vallez et al.", "AttU-Net", "69.45", _OWN, "57.53"),
        Published("Vallez et al.", "SK-U-Net", "69.43", _OWN, "57.50"),
        Published("Vallez et al.", "Mask R-CNN", "77.09", _OWN, "65.46"),
        Published("Pan et al.", "diffusion", "83.50", _OWN),
        Published("Vallez et al. 2025", "SK-U-Net", "87.3", _OWN, "79.2"),
    ),
)
