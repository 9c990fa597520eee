"""What a job takes: memory that does not grow with the number of frames and files, and no heavy package."""

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from own_files import write_dicom, write_video
from segmenting import DONE, colours, grey_frames
from small_bundle import picture

from guidedseg.bundles.loading import Bundle
from guidedseg.inference.detector import Detector
from guidedseg.inference.segmenter import Cascaded, Filler, Segmenter
from guidedseg.jobs import run
from guidedseg.jobs.settings import Settings
from guidedseg.sources.frame import Frame
from guidedseg.sources.listing import Listed
from guidedseg.sources.source import Source

SIDE = 32


class Quick:
    """An engine that finds one box and fills it, without a network."""

    name = "quick"

    def run(self, images: np.ndarray, outputs: list[str]) -> list[np.ndarray]:
        answers = {"boxes": np.float32([[[16], [16], [12], [12], [0.9]]]), "probabilities": np.full_like(images, 0.8)}
        return [answers[name] for name in outputs]

    def gates(self) -> list[str]:
        return []


@pytest.fixture
def quick(bundle: Bundle) -> Bundle:
    engine = Quick()
    filler = Filler(engine, SIDE, 0.5)
    segmenter = Segmenter(
        Detector(engine, SIDE, 0.1, 0.5, 5),
        filler,
        filler,
        margin=0.1,
        flips=False,
        confidence=0.5,
        cascade=Cascaded(0.5, 5, 0.5, 0.5),
    )
    return Bundle(bundle.description, bundle.sha256, segmenter)


def frames(count: int) -> Iterator[Frame]:
    for index in range(count):
        yield Frame(index, np.full((SIDE, SIDE), index % 256, np.uint8), time=index / 25)


def peak(bundle: Bundle, files: list[Listed], folder: Path, settings: Settings) -> int:
    """Bytes of the most that was held at a time by a job."""
    folder.mkdir()
    tracemalloc.start()
    try:
        run.run(files, bundle, folder, settings, 2)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("tracking", [True, False])
def test_memory_does_not_grow_with_the_frames_of_a_cine(tracking, quick, tmp_path, monkeypatch):
    settings = Settings(outputs=("contours", "coco", "table"), tracking=tracking)
    peaks = []
    for count in (100, 400):
        source = Source("video", count, lambda _, count=count: frames(count))
        monkeypatch.setattr(run, "open_source", lambda _, source=source: source)
        peaks.append(peak(quick, [Listed("a", "a")], tmp_path / str(count), settings))
        assert len((tmp_path / str(count) / "lesions.csv").read_text().splitlines()) == count + 1
    assert (peaks[1] - peaks[0]) / 300 < 400  # bytes a frame, whose pixels are 1,024 and whose record 3,000


def test_memory_grows_with_the_names_of_files_alone(quick, tmp_path, monkeypatch):
    settings = Settings(outputs=("contours", "coco", "table"))
    monkeypatch.setattr(run, "open_source", lambda _: Source("picture", 1, lambda _: frames(1)))
    peaks = []
    for count in (100, 400):
        files = [Listed(f"{number:04d}.png", f"{number:04d}") for number in range(count)]
        peaks.append(peak(quick, files, tmp_path / str(count), settings))
    assert (peaks[1] - peaks[0]) / 300 < 1000  # bytes a file


HEAVY = ("torch", "torchvision", "ultralytics", "pandas", "lightning", "onnx", "matplotlib", "albumentations")
PROGRAM = f"""
import sys
from guidedseg.cli import main
try:
    main()
finally:
    loaded = set(sys.modules)
    print("HEAVY", *sorted({set(HEAVY)} & loaded))
    print("EXTRA", *sorted({{"pydicom", "highdicom", "av", "openvino"}} & loaded))
"""


def imported(arguments: list[object]) -> tuple[list[str], list[str]]:
    """Heavy packages, and those of extras, that a command has loaded."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == DONE, done.stderr
    heavy, extra = done.stdout.splitlines()[-2:]
    return heavy.split()[1:], extra.split()[1:]


def test_onnx_runtime_needs_neither_torch_nor_any_other_heavy_package(bundle_folder, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), picture(40, 50))
    write_dicom(tmp_path / "b.dcm", picture(40, 50))
    write_video(tmp_path / "c.mp4", [colours(frame) for frame in grey_frames(4)])
    options = ["--bundle", bundle_folder, "--out"]
    assert imported(["segment", tmp_path / "a.png", *options, tmp_path / "out"]) == ([], [])
    everything = [*options, tmp_path / "all", "--outputs", "mask,overlay,contours,coco,table,seg,sr"]
    heavy, _ = imported(["segment", *(tmp_path / name for name in ("a.png", "b.dcm", "c.mp4")), *everything])
    assert heavy == []
    assert imported(["bundle", "check", bundle_folder]) == ([], [])


def test_importing_guidedseg_imports_next_to_nothing():
    code = "import sys, guidedseg; print(*({'numpy', 'cv2', 'torch', 'pydantic', 'onnxruntime'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
