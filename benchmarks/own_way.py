"""The product as it is called: files to files, arrays to masks, its networks alone, its reading and writing alone."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from guidedseg import regions
from guidedseg.bundles.loading import Bundle, load
from guidedseg.detection.letterbox import boxed, letterbox
from guidedseg.grey import grey
from guidedseg.inference.engines.opening import Kind
from guidedseg.inference.segmenter import Branch
from guidedseg.jobs import folder
from guidedseg.jobs.run import run as run_job
from guidedseg.jobs.settings import Settings
from guidedseg.lookahead import in_order
from guidedseg.outputs import masks
from guidedseg.sources.listing import Listed
from guidedseg.sources.opening import open_source

Run = Callable[[], None]


def on_files(
    bundle: Path,
    confidence: float | None,
    cores: int,
    paths: Sequence[Path],
    out: Path,
    engine: Kind,
    outputs: Sequence[str],
    branch: Branch = "guided",
) -> Run:
    """From files to files, as ``guidedseg segment`` does it once it has started."""
    loaded, settings = _load(bundle, confidence, engine), Settings(branch, tuple(outputs))
    files = [Listed(str(path), path.stem) for path in paths]

    def run() -> None:
        shutil.rmtree(out, ignore_errors=True)
        folder.prepare(out, loaded, settings, resume=False)
        run_job(files, loaded, out, settings, cores)

    return run


def in_memory(bundle: Path, confidence: float, cores: int, paths: Sequence[Path], engine: Kind) -> Run:
    """The same without reading and writing."""
    loaded = _load(bundle, confidence, engine)
    pictures = [np.asarray(cv2.imread(str(path))) for path in paths]

    def run() -> None:
        for _ in in_order(lambda picture: loaded.segmenter.segment(grey(picture)), pictures, cores):
            pass

    return run


def one_picture(bundle: Path, confidence: float, threads: int, path: Path, engine: Kind) -> Run:
    """One picture in memory, with this many threads in the networks."""
    loaded = load(bundle, engine=engine, threads=threads, confidence=confidence)
    picture = np.asarray(cv2.imread(str(path)))

    def run() -> None:
        loaded.segment(picture, order="BGR")

    return run


def network(bundle: Path, engine: Kind, name: str, size: Sequence[int], count: int) -> Run:
    """A network alone, ``count`` pictures of one size (width, height), one after another."""
    segmenter = _load(bundle, None, engine).segmenter
    used, output = (
        (segmenter.detector.engine, "boxes") if name == "detector" else (segmenter.guided.engine, "probabilities")
    )
    image = np.random.default_rng(0).random((1, 1, size[1], size[0]), dtype=np.float32)

    def run() -> None:
        for _ in range(count):
            used.run(image, [output])

    return run


def files_alone(bundle: Path, paths: Sequence[Path], out: Path) -> Run:
    """Reading, what the detector and one region are made of, and writing a mask: one picture after another."""
    described = load(bundle).description

    def run() -> None:
        for path in paths:
            (frame,) = open_source(path).frames()
            height, width = frame.grey.shape
            boxed(frame.grey, letterbox(width, height, described.detector.image_size))
            region = np.array([width // 3, height // 3, 2 * width // 3, 2 * height // 3])
            regions.crop(frame.grey, region, described.guided.image_size)
            masks.write(disc(height, width), out / f"{path.stem}.png")

    return run


def raw_files(paths: Sequence[Path], out: Path) -> Run:
    """What OpenCV takes to decode the same files and to encode the same masks."""
    out.mkdir(parents=True)
    options = [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 3]

    def run() -> None:
        for path in paths:
            height, width, _ = np.asarray(cv2.imread(str(path))).shape
            mask = disc(height, width).astype(np.uint8) * np.uint8(255)
            cv2.imwrite(str(out / f"{path.stem}.png"), mask, options)

    return run


def disc(height: int, width: int) -> np.ndarray:
    """A mask, (H, W) bool."""
    canvas = np.zeros((height, width), np.uint8)
    cv2.circle(canvas, (width // 2, height // 2), height // 6, 1, -1)
    return canvas.astype(bool)


def confidence_for(bundle: Path, paths: Sequence[Path], boxes: float) -> tuple[float, float]:
    """From which confidence on there is this number of boxes in a picture on average, and the number there really is.

    Half of it lies between two boxes' confidences, so that the last bit of an engine decides nothing.
    """
    found = np.sort(np.concatenate([*_confidences(bundle, paths)]))[::-1]
    wanted = min(len(found), round(boxes * len(paths)))
    least = load(bundle).description.detector.floor
    between = least if wanted == len(found) else max(least, float(found[wanted - 1 : wanted + 1].mean()))
    return between, float((found >= between).mean() * len(found) / len(paths))


def _confidences(bundle: Path, paths: Sequence[Path]) -> Iterator[np.ndarray]:
    loaded = load(bundle)
    for path in paths:
        (frame,) = open_source(path).frames()
        yield loaded.segmenter.boxes(frame.grey)[1]


def _load(bundle: Path, confidence: float | None, engine: Kind) -> Bundle:
    return load(bundle, engine=engine, threads=1, confidence=confidence)
