"""Every layout that is read, drawn small: the public datasets', and a folder of one's own with each kind of outline."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from acquired import options
from drawn_datasets import DRAWN, LESION, SIZE, grey, mask, save

from guidedseg.datasets import locating
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.dataset import Entry

HEIGHT, WIDTH = SIZE
BOX = [[10, 20], [30, 20], [30, 32], [10, 32]]
"""Corners of LESION, x and y."""

NAMES = ("a", "b", "c")


def bus_uclm(folder: Path) -> None:
    """A normal, two lesions in their colours."""
    rows = ["Image;Resolution;Label;Doppler;Marks;Combined"]
    for number, label in enumerate(("Normal", "Benign", "Malignant")):
        name = f"AAAA_{number:03d}"
        save(folder / f"BUS-UCLM/images/{name}.png", grey(number))
        drawn = np.zeros((*SIZE, 3), np.uint8)
        drawn[LESION] = {"Normal": (0, 0, 0), "Benign": (0, 255, 0), "Malignant": (0, 0, 255)}[label]
        save(folder / f"BUS-UCLM/masks/{name}.png", drawn)
        rows.append(f"{name}.png;{WIDTH}x{HEIGHT};{label};No;No;No")
    (folder / "BUS-UCLM/INFO.csv").write_text("\n".join(rows) + "\n", encoding="utf-8-sig")


def _own(folder: Path) -> None:
    rows = ["image,patient,pathology", *(f"{name},P{name},benign" for name in NAMES)]
    for number, name in enumerate(NAMES):
        save(folder / f"images/{name}.png", grey(number))
    (folder / "table.csv").write_text("\n".join(rows) + "\n")


def masks(folder: Path) -> None:
    _own(folder)
    for name in NAMES:
        save(folder / f"masks/{name}.png", mask(LESION))


def coco(folder: Path) -> None:
    _own(folder)
    images = [{"id": k, "file_name": f"{name}.png", "width": WIDTH, "height": HEIGHT} for k, name in enumerate(NAMES)]
    annotations = [{"id": k, "image_id": k, "segmentation": [np.ravel(BOX).tolist()]} for k in range(len(NAMES))]
    (folder / "annotations.json").write_text(json.dumps({"images": images, "annotations": annotations}))


def labelme(folder: Path) -> None:
    _own(folder)
    (folder / "labels").mkdir()
    for name in NAMES:
        content = {"shapes": [{"points": BOX}], "imageHeight": HEIGHT, "imageWidth": WIDTH}
        (folder / f"labels/{name}.json").write_text(json.dumps(content))


def yolo(folder: Path) -> None:
    _own(folder)
    (folder / "labels").mkdir()
    shares = " ".join(f"{share:.6f}" for share in np.ravel(np.array(BOX) / (WIDTH, HEIGHT)))
    for name in NAMES:
        (folder / f"labels/{name}.txt").write_text(f"0 {shares}\n")


LAYOUTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "bus_uclm": ("bus_uclm", bus_uclm),
    **{name: (name, draw) for name, draw in DRAWN.items()},
    "masks": ("folder", masks),
    "coco": ("folder", coco),
    "labelme": ("folder", labelme),
    "yolo": ("folder", yolo),
}
"""Layout -> the dataset's name, and what draws it into a folder."""


class Drawn:
    """A layout, drawn."""

    def __init__(self, layout: str, folder: Path) -> None:
        self.name, draw = LAYOUTS[layout]
        self.folder = folder
        draw(folder)
        self.place = locating.locate(DATASETS[self.name], folder)

    def lesions(self) -> list[Entry]:
        """Two entries that show one."""
        found = DATASETS[self.name].survey(self.place, options(self.name)).entries
        return [entry for entry in sorted(found, key=lambda each: each.image_id) if entry.pathology != "normal"][:2]
