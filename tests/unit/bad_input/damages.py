"""What happens to pictures and masks, and which words tell it. Each takes a file and does it to that file."""

import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from drawn_datasets import grey, save
from PIL import Image

Damage = Callable[[Path], None]
TURNED = 0x0112  # EXIF's tag of the orientation


def gone(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def half_copied(path: Path) -> None:
    """Of its full size, as a download leaves it that set the space aside first; PNG, for a bitmap has no checksum."""
    content = bytearray(cv2.imencode(".png", cv2.imread(str(path), cv2.IMREAD_UNCHANGED))[1].tobytes())
    half = len(content) // 2
    path.write_bytes(bytes(content[:half]) + bytes(len(content) - half))


def other_content(path: Path) -> None:
    path.write_text("<html>please log in</html>")


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/picture.png")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def claims_to_be_huge(path: Path) -> None:
    content = bytearray(cv2.imencode(".png", grey(1))[1].tobytes())
    content[16:24] = (20_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)


def turned(path: Path) -> None:
    """By its EXIF, by 180 degrees: its size does not tell."""
    picture, exif = Image.open(path), Image.Exif()
    picture.load()
    exif[TURNED] = 3
    picture.save(path, "PNG", exif=exif)


def smaller(path: Path) -> None:
    save(path, cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[2:, 2:])


def transposed(path: Path) -> None:
    save(path, np.ascontiguousarray(np.swapaxes(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), 0, 1)))


def black(path: Path) -> None:
    save(path, np.zeros_like(cv2.imread(str(path), cv2.IMREAD_COLOR)))


def moving(path: Path) -> None:
    """Two pages of a TIFF."""
    pages = [Image.fromarray(grey(number)) for number in range(2)]
    pages[0].save(path, "TIFF", save_all=True, append_images=pages[1:])


OF_ANY: dict[Damage, str] = {
    empty: "is empty",
    cut: "is damaged or cut short",
    half_copied: "is damaged or cut short",
    other_content: "is, by its content, no PNG, JPEG",
    link_to_nowhere: "is a link to /nowhere/picture.png, which is not there",
    pipe: "is no file but a pipe",
    claims_to_be_huge: "says that it is 20000 x 20000 pixels",
    turned: "is turned by its EXIF",
    moving: r"holds several pictures|is a tiff of 2 frame\(s\)",
}
"""To pictures and masks alike, and the words that tell it."""

OF_MASKS: dict[Damage, str] = {
    smaller: r"is \d+x\d+, but its image is|their sizes differ",
    transposed: r"is \d+x\d+, but its image is|their sizes differ",
    black: "shows no lesion, but",
}


def beside_images(place: Path, image: str) -> Path:
    return (place / image).parent


def with_other_case(path: Path) -> Path:
    """A copy whose name differs in the case of letters alone."""
    return Path(shutil.copy(path, path.with_name(path.name.swapcase())))
