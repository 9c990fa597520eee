"""Jobs as the command line starts them, and what comes of them."""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from own_files import bytes_of, write_dicom, write_video
from PIL import Image
from small_bundle import picture

from guidedseg.jobs import command
from guidedseg.jobs.settings import DEFAULT

PROGRAM = "from guidedseg.cli import main; main()"

DONE, WITH_PROBLEMS, INTERRUPTED = 0, 3, 130


def segment(
    bundle: Path,
    paths: Sequence[object],
    out: object,
    *,
    outputs: str = ",".join(DEFAULT),
    branch: Any = "guided",
    every: int = 1,
    tracking: bool = True,
    **options: Any,
) -> int:
    """The exit code of ``guidedseg segment``."""
    asked = command.settings(branch, outputs, every=every, tracking=tracking)
    defaults: dict[str, Any] = {"resume": False, "engine": "onnxruntime", "confidence": None, "threshold": None}
    return command.segment(
        [str(path) for path in paths], bundle, str(out), asked, **{"threads": 1, **defaults, **options}
    )


def started(*arguments: object) -> "subprocess.Popen[bytes]":
    """``guidedseg segment`` in a process of its own, whose words nobody reads."""
    command = [sys.executable, "-c", PROGRAM, "segment", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mask(path: Path) -> NDArray[np.bool_]:
    found = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert set(np.unique(found)) <= {0, 255}
    return found > 0


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def problems(out: Path) -> dict[str, str]:
    """Source -> what is wrong with it."""
    return {row["source"]: row["what"] for row in table(out / "problems.csv") if row["kind"] == "error"}


def records(out: Path) -> list[dict[str, Any]]:
    """What is known of every frame."""
    lines = [json.loads(line) for line in (out / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if "finished" not in line]


def grey_frames(count: int, height: int = 48, width: int = 64) -> list[NDArray[np.uint8]]:
    """Frames of a cine: a picture that moves to the left."""
    whole = picture(height, width + 2 * count, seed=9)
    return [np.ascontiguousarray(whole[:, 2 * number : 2 * number + width]) for number in range(count)]


def colours(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.dstack([grey] * 3)


def pictures(folder: Path, count: int) -> Path:
    """A new folder of pictures, each another one."""
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:03d}.png"), picture(80, 90, number))
    return folder


def mixed(folder: Path) -> Path:
    """Files of all kinds: three pictures, a stack, two cines, and seven that cannot be read, or not to their ends."""
    (folder / "deep").mkdir(parents=True)
    cv2.imwrite(str(folder / "a.png"), picture(60, 90, 1))
    cv2.imwrite(str(folder / "b.jpg"), colours(picture(90, 60, 2)))
    cv2.imwrite(str(folder / "deep/c.bmp"), picture(7, 5, 3))
    pages = [Image.fromarray(frame) for frame in grey_frames(3)]
    (folder / "stack.tif").write_bytes(bytes_of(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    write_dicom(folder / "cine.dcm", grey_frames(6), FrameTime=40.0)
    write_video(folder / "video.mp4", [colours(frame) for frame in grey_frames(6)])
    write_video(folder / "whole.avi", [colours(frame) for frame in grey_frames(8)], "mjpeg")
    content = (folder / "whole.avi").read_bytes()
    (folder / "broken.avi").write_bytes(content[: len(content) * 3 // 4])
    (folder / "whole.avi").unlink()
    (folder / "bad.png").write_bytes((folder / "a.png").read_bytes()[:200])
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("hello")
    (folder / "notes.txt").write_text("what lies beside pictures is no problem")
    dicom = (folder / "cine.dcm").read_bytes()
    (folder / "cut.dcm").write_bytes(dicom[: len(dicom) // 2])
    (folder / "link.png").symlink_to("nowhere.png")
    return folder
