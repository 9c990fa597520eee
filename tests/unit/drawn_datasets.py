"""Six pictures or so in the true layout of each dataset, with the oddities that it has."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import openpyxl

SIZE = (48, 64)
"""Height and width of most pictures."""

LESION = (slice(20, 32), slice(10, 30))
"""Of every mask, 240 pixels; a second one of an image lies at SECOND."""

SECOND = (slice(4, 9), slice(40, 50))


def grey(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A picture like no other."""
    return np.random.default_rng(number).integers(0, 256, size, dtype=np.uint8)


def mask(*places: tuple[slice, slice], value: int = 255, size: tuple[int, int] = SIZE) -> np.ndarray:
    drawn = np.zeros(size, np.uint8)
    for place in places:
        drawn[place] = value
    return drawn


def save(path: Path, picture: np.ndarray, *options: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture, list(options))


def bits(path: Path, drawn: np.ndarray) -> None:
    """A mask of one bit a pixel."""
    save(path, drawn, cv2.IMWRITE_PNG_BILEVEL, 1)


def with_alpha(drawn: np.ndarray) -> np.ndarray:
    return np.dstack([drawn, drawn, drawn, np.full_like(drawn, 255)])


def table(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)


def busi(folder: Path) -> None:
    """Two masks, one mask in RGBA, one of 1 bit, the same picture under two labels, one size of its own."""
    root = folder / "Dataset_BUSI_with_GT"
    save(root / "benign/benign (1).png", grey(1))
    bits(root / "benign/benign (1)_mask.png", mask(LESION))
    save(root / "benign/benign (100).png", np.dstack([grey(2)] * 3))
    save(root / "benign/benign (100)_mask.png", mask(LESION))
    save(root / "benign/benign (100)_mask_1.png", mask(SECOND))
    save(root / "malignant/malignant (2).png", grey(3, (60, 80)))
    save(root / "malignant/malignant (2)_mask.png", with_alpha(mask(LESION, size=(60, 80))))
    save(root / "malignant/malignant (145).png", grey(1))
    save(root / "malignant/malignant (145)_mask.png", mask(LESION))
    for number in (1, 2):
        save(root / f"normal/normal ({number}).png", grey(10 + number))
        save(root / f"normal/normal ({number})_mask.png", mask())


def bus_bra(folder: Path) -> None:
    """Two sides of one patient; the authors' folds."""
    root = folder / "BUSBRA"
    names = [
        f"bus_{number:04d}-{side}" for number, side in ((1, "l"), (1, "r"), (2, "l"), (3, "s"), (4, "l"), (5, "r"))
    ]
    rows = ["ID,Case,Histology,Pathology,BIRADS,Device,Width,Height,Side,BBOX"]
    folds = ["ID,Pathology,kFold,valid_1,valid_2,valid_3,valid_4,valid_5"]
    for number, name in enumerate(names):
        save(root / f"Images/{name}.png", grey(number))
        bits(root / f"Masks/{name.replace('bus', 'mask')}.png", mask(LESION))
        pathology = "malignant" if number == 3 else "benign"
        rows.append(f'{name},{int(name[4:8])},Cyst,{pathology},2,"GE Logiq 5",64,48,left,"[10,20,20,12]"')
        folds.append(f"{name},{pathology},{int(name[4:8])},0,0,0,0,0")
    (root / "bus_data.csv").write_text("\n".join(rows) + "\n")
    (root / "5-fold-cv.csv").write_text("\n".join(folds) + "\n")


def breast(folder: Path) -> None:
    """RGBA pictures, two tumours in one, another finding that is left out, a normal, sizes in centimetres."""
    root = folder / "BrEaST-Lesions_USG-images_and_masks"
    head = ("CaseID", "Image_filename", "Mask_tumor_filename", "Mask_other_filename", "Pixel_size", "Classification")
    rows = [
        (1, "case001.png", "case001_tumor.png", None, 0.0078, "benign"),
        (2, "case002.png", "case002_tumor.png&case002_tumor2.png", None, 0.0071, "malignant"),
        (3, "case003.png", "case003_tumor.png", "case003_other1.png", 0.08, "benign"),
        (4, "case004.png", None, None, "not applicable", "normal"),
    ]
    for number, image, tumours, other, *_ in rows:
        save(root / image, with_alpha(grey(number)))
        for name, place in zip((tumours or "").split("&"), (LESION, SECOND), strict=False):
            if name:
                save(root / name, mask(place))
        if other:
            save(root / other, mask(SECOND))
    table(folder / "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx", [head, *rows])


def udiat(folder: Path) -> None:
    """Numbers for names, which the table has without their zeros."""
    for number in (1, 2, 3):
        save(folder / f"original/{number:06d}.png", grey(number))
        save(folder / f"GT/{number:06d}.png", mask(LESION))
    table(folder / "DatasetB.xlsx", [("Image", "Type"), (1, "Benign"), (2, "Malignant"), ("000003", "benign")])


def busis(folder: Path) -> None:
    """Cases with zeros in the table and without in the names, bitmaps for masks."""
    for number in (1, 2, 10):
        save(folder / f"Original/case{number}.png", grey(number))
        save(folder / f"GT/case{number}_GT.bmp", mask(LESION))
    rows = [
        "img name,Ground Truth Name,tumor type",
        "case001,case001_GT,B",
        "case002,case002_GT,M",
        "case010,case010_GT,B",
    ]
    (folder / "BUSIS562.csv").write_text("\n".join(rows) + "\n")


DRAWN: dict[str, Callable[[Path], None]] = {
    "busi": busi,
    "bus_bra": bus_bra,
    "breast": breast,
    "udiat": udiat,
    "busis": busis,
}
