"""A made-up dataset in BUS-UCLM's official layout: B-mode-like frames with lesions, for runs without real data.

The pictures come from ``phantom_anatomy`` (tissue and lesions) and ``phantom_imaging`` (speckle and screen); here
patients, frames and files are laid out with the same habits as the real dataset: several frames a patient, patients
without lesions, patients with normal and lesion frames, calipers, and one picture filed under two patients.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from guidedseg import progress
from guidedseg.datasets import bus_uclm
from guidedseg.datasets.dataset import Dataset
from guidedseg.datasets.phantom_anatomy import Lesion, draw_lesion, draw_tissue
from guidedseg.datasets.phantom_imaging import View, draw_calipers, on_screen, take_picture
from guidedseg.errors import GuidedsegError
from guidedseg.group import Group, Seed

COLUMNS = ("Image", "Resolution", "Label", "Doppler", "Marks", "Combined")
COLOURS = {"Normal": (0, 0, 0), "Benign": (0, 255, 0), "Malignant": (255, 0, 0)}
NORMAL_SHARE, BENIGN_SHARE = 0.45, 2 / 3  # of the images; of the images with a lesion
CANVAS = 1.5  # width of a patient's tissue, in frames
# No patient of BUS-UCLM starts with one of these letters, so a made-up frame is never taken for a real one.
INITIALS, VOWELS, CONSONANTS = "JQXYZ", "AEIOU", "BCDFGHLMNPRSTV"


class Phantom(Group):
    """How much is drawn; sizes in pixels."""

    patients: Annotated[int, Field(ge=6, le=10**6)]
    images: Annotated[int, Field(ge=12, le=10**7)]
    width: Annotated[int, Field(ge=64, le=8192)]
    height: Annotated[int, Field(ge=64, le=8192)]
    seed: Seed


class Machine(NamedTuple):
    """How a scanner's pictures look.

    Attributes:
        gain_db: least and most.
        range_db: dynamic range, likewise.
        margin: black on either side, a share of the width.
    """

    gain_db: tuple[float, float]
    range_db: tuple[float, float]
    margin: float


HERE = Machine((-1.5, 2.5), (58, 63), 0.0)


@dataclass(frozen=True)
class Patient:
    """A made-up patient: four-letter name, Label of the frames with a lesion, Label of every frame, lesions."""

    name: str
    kind: str
    labels: tuple[str, ...]
    two_lesions: bool


@dataclass(frozen=True)
class Frame:
    """One finished frame: (H, W, 3) uint8 RGB picture, (H, W) bool mask, Label, calipers drawn."""

    picture: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    label: str
    marked: bool


def _shared_out(total: int, weights: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Split ``total`` frames over patients, at least one each, the rest at random by weight."""
    return 1 + rng.multinomial(total - weights.size, weights / weights.sum())


def plan_patients(patients: int, images: int, rng: np.random.Generator) -> list[Patient]:
    """Decide who has what: names, kinds and the Label of each frame.

    Raises:
        GuidedsegError: too few patients for every kind, or too few images for the patients.
    """
    without = max(1, round(patients / 12))
    malignant = max(1, round((patients - without) / 3))
    benign = patients - without - malignant
    normal_images = round(NORMAL_SHARE * images)
    benign_images = round(BENIGN_SHARE * (images - normal_images))
    malignant_images = images - normal_images - benign_images
    if benign < 1 or normal_images < without or benign_images < benign or malignant_images < malignant:
        raise GuidedsegError(
            f"A phantom of {patients} patients and {images} images cannot hold normal, benign and malignant patients. "
            "Set datasets.phantom.patients to 3 or more and datasets.phantom.images to at least three times as many."
        )
    kinds = ["Normal"] * without + ["Benign"] * benign + ["Malignant"] * malignant
    lesion_frames = np.concatenate(
        [
            np.zeros(without, np.int64),
            _shared_out(benign_images, rng.uniform(1, 3, benign), rng),
            _shared_out(malignant_images, rng.uniform(1, 3, malignant), rng),
        ]
    )
    # Lesion-free patients carry more normals; every fourth of the others has none.
    appetite = np.where(np.arange(patients) < without, 3.0, np.where(np.arange(patients) % 4 == 3, 0.0, 1.0))
    normal_frames = rng.multinomial(normal_images - without, appetite / appetite.sum())
    normal_frames[:without] += 1
    pairs = rng.permutation([a + b + c + d for a in INITIALS for b in VOWELS for c in CONSONANTS for d in VOWELS])
    if patients > pairs.size:
        raise GuidedsegError(f"There are names for {pairs.size} patients only: lower datasets.phantom.patients.")
    # Every sixth patient with benign lesions, the first one among them, shows two in a frame.
    return [
        Patient(
            name=str(pairs[i]),
            kind=kind,
            labels=tuple(rng.permutation([kind] * lesion_frames[i] + ["Normal"] * normal_frames[i]).tolist()),
            two_lesions=kind == "Benign" and (i - without) % 6 == 0,
        )
        for i, kind in enumerate(kinds)
    ]


def _draw_lesions(patient: Patient, aspect: float, rng: np.random.Generator) -> list[Lesion]:
    """The patient's masses; two lie apart in the left and the right half."""
    malignant = patient.kind == "Malignant"
    if patient.two_lesions:
        places, largest = [0.28 * aspect, 0.72 * aspect], 0.032
    else:
        places, largest = [float(rng.uniform(0.36, 0.64)) * aspect], 0.055 if malignant else 0.085
    return [draw_lesion(rng, malignant=malignant, x=x, frame_area=aspect, largest=largest) for x in places]


def draw_frames(
    patient: Patient, size: tuple[int, int], source: np.random.SeedSequence, machine: Machine = HERE
) -> list[Frame]:
    """Image one patient: the same tissue and lesions from a probe that moves a little between frames.

    Args:
        patient: the plan.
        size: (height, width) in pixels.
        source: seeds of this patient alone, so that patients do not depend on each other.
        machine: that takes the pictures.
    """
    height, width = size
    aspect = width / height
    rng = np.random.default_rng(source)
    tissue = draw_tissue(rng, (height, round(CANVAS * width)))
    lesions = _draw_lesions(patient, aspect, rng)
    gain, dynamic = (float(rng.uniform(*values)) for values in (machine.gain_db, machine.range_db))
    settings = View(0, 1, 0, gain_db=gain, range_db=dynamic)
    margin = round(machine.margin * width)
    frames = []
    for label in patient.labels:
        reach = 0.2 if label == "Normal" else (0.05 if patient.two_lesions else 0.09)
        view = replace(
            settings,
            shift=float(rng.uniform(-reach, reach)) * aspect,
            growth=float(rng.uniform(0.85, 1.1)),
            pressure=float(rng.uniform(-0.03, 0.03)),
        )
        grey, mask = take_picture(tissue, [] if label == "Normal" else lesions, view, size, rng)
        picture, marked = on_screen(grey), label != "Normal" and bool(rng.random() < 0.25)
        if marked:
            draw_calipers(picture, mask)
        if margin:
            for sides in (slice(0, margin), slice(width - margin, width)):
                picture[:, sides], mask[:, sides] = 0, False
        frames.append(Frame(picture, mask, label, marked))
    return frames


def _file_twice(plan: list[Patient], frames: list[list[Frame]]) -> None:
    """Put a benign picture of one patient among another's too, outlined a little wider, as CHCO and CHVI have it."""
    first, second = [i for i, patient in enumerate(plan) if patient.kind == "Benign"][-2:]
    origin = next(frame for frame in frames[first] if frame.label == "Benign")
    wider = cv2.dilate(origin.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    place = plan[second].labels.index("Benign")
    frames[second][place] = replace(origin, mask=wider)


def _write_png(path: Path, rgb: NDArray[np.uint8]) -> None:
    if not cv2.imwrite(str(path), np.ascontiguousarray(rgb[..., ::-1])):
        raise GuidedsegError(f"{path} could not be written: is the disk full?")


def generate(
    target: Path, *, patients: int, images: int, width: int, height: int, seed: int, machine: Machine = HERE
) -> None:
    """Write a made-up dataset in BUS-UCLM's official layout.

    Files: ``images/XXXX_NNN.png`` (RGB), ``masks/XXXX_NNN.png`` (RGB: black, green benign, red malignant) and
    ``INFO.csv`` (UTF-8 with BOM, semicolons). Identical arguments give identical bytes. From four patients on, one
    picture is filed under two patients.

    Args:
        target: an existing empty folder.
        patients: how many, 3 or more.
        images: how many in all; about 45 % normal, the rest benign to malignant 2:1.
        width: pixels.
        height: pixels.
        seed: of every draw.
        machine: that takes the pictures.

    Raises:
        GuidedsegError: the numbers leave a kind of patient empty, or a file cannot be written.
    """
    planning, *sources = np.random.SeedSequence(seed).spawn(patients + 1)
    plan = plan_patients(patients, images, np.random.default_rng(planning))
    drawn = progress.bar("patients", list(zip(plan, sources, strict=True)), unit="patient")
    frames = [draw_frames(patient, (height, width), source, machine) for patient, source in drawn]
    if patients >= 4:
        _file_twice(plan, frames)
    (target / "images").mkdir()
    (target / "masks").mkdir()
    rows = []
    for patient, pictures in sorted(zip(plan, frames, strict=True), key=lambda item: item[0].name):
        for number, frame in enumerate(pictures):
            name = f"{patient.name}_{number:03d}.png"
            _write_png(target / "images" / name, frame.picture)
            colour = np.array(COLOURS[frame.label], np.uint8)
            _write_png(target / "masks" / name, frame.mask[..., None] * colour)
            rows.append((name, f"{width}x{height}", frame.label, "No", "Yes" if frame.marked else "No", "No"))
    with (target / "INFO.csv").open("w", encoding="utf-8-sig", newline="") as table:
        csv.writer(table, delimiter=";", lineterminator="\n").writerows([COLUMNS, *rows])


DATASET = Dataset(
    name="phantom",
    title="the drawn phantom",
    members=bus_uclm.MEMBERS,
    survey=bus_uclm.in_layout,
    lesion=bus_uclm.lesion,
    options=Phantom,
    generate=generate,
    people="Pictures that guidedseg draws by itself: no ultrasound image of a person was used.",
    limits="It knows drawn pictures only. On an ultrasound image of a person its masks mean nothing: such a bundle "
    "is there to try the program.",
    licence="Drawn by guidedseg; free of rights of others.",
    citation="None.",
    link="",
    gigabytes=1,
)
