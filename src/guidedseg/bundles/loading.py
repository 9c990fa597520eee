"""A bundle, read back: checked, then ready to segment."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from guidedseg.bundles import zipped
from guidedseg.bundles.schema import FILES, SCHEMA, Description
from guidedseg.errors import GuidedsegError, listed
from guidedseg.grey import grey
from guidedseg.inference.detector import Detector
from guidedseg.inference.engines.opening import Kind, open_engine
from guidedseg.inference.result import Result
from guidedseg.inference.segmenter import Branch, Filler, Segmenter
from guidedseg.lookahead import cores

if TYPE_CHECKING:
    from torch import nn

LARGEST = 2**31
"""Bytes of one file."""

REMEDY = "Fetch the bundle again; `guidedseg bundle check` tells whether it is whole."


@dataclass(frozen=True)
class Bundle:
    """A trained pair that segments pictures.

    Attributes:
        description: what ``bundle.json`` says.
        sha256: of ``bundle.json``, which holds the hashes of all other files: it stands for the whole bundle.
        segmenter: the networks in an engine.
    """

    description: Description
    sha256: str
    segmenter: Segmenter

    @property
    def engine(self) -> str:
        """What computes, with its version."""
        return self.segmenter.detector.engine.name

    def segment(
        self,
        image: npt.NDArray[np.uint8],
        branch: Branch = "guided",
        *,
        order: str = "RGB",
        mm_per_pixel: tuple[float, float] | None = None,
    ) -> Result:
        """Segment a picture.

        Args:
            image: (H, W) grey or (H, W, 3 or 4) colours, uint8.
            branch: guided, direct or guided_fallback.
            order: of the colours: RGB, or BGR as OpenCV reads them.
            mm_per_pixel: across and down; None: lesions are measured in pixels alone.

        Raises:
            GuidedsegError: that is no picture.
        """
        picture = np.asarray(image)
        if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or not picture.size:
            raise GuidedsegError(
                f"A picture is an array of uint8, (H, W) grey or (H, W, 3) {order}; this one is {picture.shape} "
                f"{picture.dtype}."
            )
        return self.segmenter.segment(grey(picture, order=order), branch, mm_per_pixel)


def load(
    path: str | Path,
    *,
    engine: Kind = "onnxruntime",
    threads: int | None = None,
    confidence: float | None = None,
    threshold: float | None = None,
) -> Bundle:
    """Load a bundle after a look at every hash.

    Args:
        path: a folder or a zip.
        engine: onnxruntime, openvino or torch.
        threads: that one picture uses; None: every core. More threads change no bit.
        confidence: a box counts from this confidence on, in place of the bundle's.
        threshold: a pixel is lesion from this probability on, in place of the bundle's two.

    Raises:
        GuidedsegError: it is no bundle, is damaged, or holds anything but what a bundle holds; or a value is out of
            its range.
    """
    folder = unpacked(Path(path))
    description, digest = read(folder)
    floor = description.detector.floor
    if confidence is not None and not floor <= confidence <= 1:
        raise GuidedsegError(f"confidence {confidence:g}: the detector of {path} keeps boxes from {floor:g} to 1.")
    if threshold is not None and not 0 < threshold <= 1:
        raise GuidedsegError(f"threshold {threshold:g}: a probability above 0 and up to 1 is needed.")
    trained = segmenter(
        folder, description, engine=engine, threads=threads or cores(), confidence=confidence, threshold=threshold
    )
    return Bundle(description, digest, trained)


def segmenter(
    folder: Path,
    description: Description,
    *,
    engine: Kind = "onnxruntime",
    threads: int = 1,
    confidence: float | None = None,
    threshold: float | None = None,
) -> Segmenter:
    """The networks in a bundle's folder, opened; without a look at hashes. Arguments are those of ``load``."""
    opened = {name: open_engine(engine, folder / name, threads, module) for name, module in _MODULES.items()}
    fillers = {
        name: Filler(opened[name], own.image_size, own.threshold if threshold is None else threshold, own.gate)
        for name, own in (("direct", description.direct), ("guided", description.guided))
    }
    return Segmenter(
        Detector(opened["detector"], **description.detector.model_dump()),
        fillers["direct"],
        fillers["guided"],
        description.margin,
        description.flips,
        description.confidence if confidence is None else confidence,
    )


def unpacked(path: Path) -> Path:
    """A bundle's folder; that of a zip is a temporary one, which goes when the program ends."""
    if path.is_dir():
        return path
    if not path.is_file():
        raise GuidedsegError(f"{path}: there is no such bundle. Give its folder or its zip.")
    place = tempfile.TemporaryDirectory(prefix="guidedseg-")
    _UNPACKED.append(place)
    zipped.unpack(path, Path(place.name))
    return Path(place.name)


def read(folder: Path) -> tuple[Description, str]:
    """The description of a bundle whose files are all there and unchanged, and the sha256 of ``bundle.json``.

    Raises:
        GuidedsegError: says all that is wrong.
    """
    path = folder / "bundle.json"
    if not path.is_file():
        raise GuidedsegError(f"{folder} is no bundle: it has no bundle.json.")
    content = path.read_bytes()
    try:
        description = Description.model_validate_json(content)
    except ValidationError as error:
        version = next((detail["input"] for detail in error.errors() if detail["loc"] == ("schema_version",)), SCHEMA)
        if version != SCHEMA:
            raise GuidedsegError(
                f"{path}: schema {version!r} is not known here, {SCHEMA} is. Upgrade: pip install -U guidedseg"
            ) from None
        wrong = [f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors()]
        raise listed(f"{path} is not what a bundle says of itself", wrong, REMEDY) from None
    problems = [f"{name}: not a file of a bundle" for name in sorted(set(description.files) - set(FILES))]
    problems += [f"{name}: missing in bundle.json" for name in FILES if name not in description.files]
    problems += [problem for name in FILES if (problem := _problem(folder, name, description.files.get(name)))]
    if problems:
        raise listed(f"{folder} is not a whole bundle", problems, REMEDY)
    return description, hashlib.sha256(content).hexdigest()


def sha256(path: Path) -> str:
    """Of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problem(folder: Path, name: str, expected: str | None) -> str | None:
    path = folder / name
    if not path.is_file():
        return f"{name}: missing"
    if not path.resolve().is_relative_to(folder.resolve()):
        return f"{name}: a link that leads out of the bundle"
    if path.stat().st_size > LARGEST:
        return f"{name}: too large for a bundle"
    if expected is not None and sha256(path) != expected:
        return f"{name}: not what bundle.json says (another sha256)"
    return None


def _raw_head(folder: Path) -> tuple["nn.Module", tuple[str, ...]]:
    from guidedseg.detection.yolo import trained  # noqa: PLC0415 - torch and Ultralytics, for the engine torch alone

    return trained.raw_head(folder)


def _answers(folder: Path) -> tuple["nn.Module", tuple[str, ...]]:
    from guidedseg.segmentation import trained  # noqa: PLC0415 - likewise

    return trained.answers(folder)


_MODULES: dict[str, Callable[[Path], Any]] = {"detector": _raw_head, "direct": _answers, "guided": _answers}

_UNPACKED: list[tempfile.TemporaryDirectory[str]] = []
