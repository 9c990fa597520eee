"""What `prepare`'s steps do to a dataset's pictures, without a training: what they cut, paint over, and make alike.

    python benchmarks/harmonising.py bus_uclm FOLDER [--intensity 1 99] [--show NEW_FOLDER]

Region: how many pictures are cropped, and how many pixels of true lesions lie outside of the boxes. Marks: how many
pixels are painted over, and how many of true lesions. Intensity: how far mean and standard deviation of the levels
differ between patients (the standard deviation of the patients' means), before and after. With --show, before and after
beside each other, and between them what is painted over, in white.
"""

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from guidedseg.datasets import reading
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.harmonised import records
from guidedseg.datasets.records import RawImage
from guidedseg.harmonising.marks import burned_in
from guidedseg.harmonising.picture import OFF, Harmonising

Steps = dict[str, Harmonising]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=list(DATASETS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--intensity", type=float, nargs=2, default=[1.0, 99.0])
    parser.add_argument("--show", type=Path)
    asked = parser.parse_args()
    steps = settings(asked.intensity)
    lost, cut = Counter[str](), Counter[str]()
    levels: dict[str, dict[str, list[tuple[float, float]]]] = {name: defaultdict(list) for name in steps}
    for raw in reading.read(DATASETS[asked.dataset], asked.folder):
        made = {name: next(records([raw], how)) for name, how in steps.items()}
        for name, image in made.items():
            levels[name][raw.patient_id].append((float(image.image.mean()), float(image.image.std())))
        marks = burned_in(raw.image, raw.colours)
        count(raw, made["all"], marks, lost, cut)
        if asked.show is not None:
            show(raw, made["all"], marks, asked.show)
    print(
        f"{cut['pictures']} pictures; cropped: {cut['cropped']}, by {cut['outside'] / cut['pixels']:.2%} of all pixels"
    )
    print(f"lesion: {lost['lesion']} pixels; outside of the boxes {lost['region']} in {lost['cropped into']} pictures")
    print(f"painted over in {cut['marked']} pictures: {cut['marks'] / cut['pixels']:.3%} of all pixels, and", end=" ")
    print(f"{lost['marks']} of lesions ({lost['marks'] / max(lost['lesion'], 1):.3%}) in {lost['touched']} pictures")
    print(f"{'between patients, standard deviation of':40} {'mean':>8} {'spread':>8}")
    for name, of in levels.items():
        mean, spread = np.std([np.mean(patient, axis=0) for patient in of.values()], axis=0)
        print(f"{name:40} {mean:8.2f} {spread:8.2f}")


def settings(intensity: list[float]) -> Steps:
    """Nothing, intensity alone, and all steps."""
    return {
        "off": OFF,
        "intensity": OFF.model_copy(update={"intensity": intensity}),
        "all": Harmonising(region=True, marks=True, intensity=intensity, mm_per_pixel=None),
    }


def count(raw: RawImage, made: RawImage, marks: npt.NDArray[np.bool_], lost: Counter[str], cut: Counter[str]) -> None:
    """Add up one picture's pixels."""
    size, lesion = raw.mask.size, int(raw.mask.sum())
    outside = size - made.mask.size
    of_lesion = lesion - int(made.mask.sum())
    on_lesion = int((marks & raw.mask).sum())
    cut.update(
        pictures=1,
        pixels=size,
        cropped=int(outside > 0),
        outside=outside,
        marked=int(marks.any()),
        marks=int(marks.sum()),
    )
    lost.update(lesion=lesion, region=of_lesion, marks=on_lesion, touched=int(on_lesion > 0))
    lost["cropped into"] += int(of_lesion > 0)


def show(raw: RawImage, made: RawImage, marks: npt.NDArray[np.bool_], folder: Path) -> None:
    """Before, what is painted over, after."""
    folder.mkdir(parents=True, exist_ok=True)
    height = raw.image.shape[0]
    after: npt.NDArray[np.uint8] = cv2.copyMakeBorder(
        made.image, 0, height - made.image.shape[0], 0, 0, cv2.BORDER_CONSTANT
    )
    painted = marks.astype(np.uint8) * np.uint8(255)
    cv2.imwrite(str(folder / f"{raw.image_id}.png"), np.hstack([raw.image, painted, after]))


if __name__ == "__main__":
    main()
