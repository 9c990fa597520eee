"""Small made-up images in the layout of BUS-UCLM, as many as wanted: thousands a second, one at a time in memory."""

import csv
import string
from pathlib import Path

import cv2
import numpy as np

SIZE = (64, 48)
"""Width, height, pixels."""

OF_A_PATIENT = 18
"""Images, as in BUS-UCLM."""

KINDS = {"Normal": (0, 0, 0), "Benign": (0, 255, 0), "Malignant": (0, 0, 255)}
"""Label -> colour of the mask, BGR."""

HEADER = ("Image", "Resolution", "Label", "Doppler", "Marks", "Combined")


def draw(folder: Path, images: int) -> None:
    """Write ``images/``, ``masks/`` and INFO.csv into ``folder``: speckle, and a dark ellipse in two images of three.

    Every 500th image is filed under the next patient too, as BUS-UCLM has some.
    """
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    repeated = None
    with (folder / "INFO.csv").open("w", encoding="utf-8", newline="") as info:
        rows = csv.writer(info, delimiter=";")
        rows.writerow(HEADER)
        for number in range(images):
            patient, image = divmod(number, OF_A_PATIENT)
            name = f"{patient_name(patient)}_{image:03d}.png"
            if repeated is not None and image == 0:
                (picture, mask, label), repeated = repeated, None
            else:
                picture, mask, label = made_up(rng)
                if number % 500 == 0:
                    repeated = picture, mask, label
            cv2.imwrite(str(folder / "images" / name), picture)
            cv2.imwrite(str(folder / "masks" / name), mask)
            rows.writerow([name, "{}x{}".format(*SIZE), label, "No", "No", "No"])


def patient_name(number: int) -> str:
    """Four letters; 456,976 of them."""
    letters = string.ascii_uppercase
    return "".join(letters[number // 26**place % 26] for place in (3, 2, 1, 0))


def made_up(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, str]:
    """A (48, 64, 3) uint8 image, its mask in colour and its Label."""
    width, height = SIZE
    speckle = cv2.GaussianBlur(rng.normal(0, 60, (height, width)).astype(np.float32), (0, 0), 1)
    grey = 110 + 2 * speckle
    mask = np.zeros((height, width, 3), np.uint8)
    label = list(KINDS)[int(rng.integers(3))]
    if label != "Normal":
        centre = rng.integers(16, width - 16), rng.integers(14, height - 14)
        axes = rng.integers(4, 12), rng.integers(4, 10)
        cv2.ellipse(mask, [int(c) for c in centre], [int(a) for a in axes], 0, 0, 360, KINDS[label], -1)
        grey[mask.any(axis=-1)] -= 70
    return cv2.cvtColor(grey.clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR), mask, label
