"""A bundle, read back: checked, then ready to segment."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from guidedseg.bundles import zipped
from guidedseg.bundles.schema import FILES, SCHEMA, Cascade, Description
from guidedseg.errors import GuidedsegError, listed
from guidedseg.grey import grey
from guidedseg.harmonising.picture import OFF
from guidedseg.inference.engines.opening import Kind, open_engine
from guidedseg.inference.proposing import proposer
from guidedseg.inference.result import Result
from guidedseg.inference.segmenter import Branch, Cascaded, Filler, Segmenter
from guidedseg.lookahead import cores
from guidedseg.temporary import Temporary

if TYPE_CHECKING:
    from torch import nn

REMEDY = "Fetch the bundle again."

_CHANNELS, _ORDERS = {(1,), (3,), (4,)}, ("RGB", "BGR")


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

    def __repr__(self) -> str:
        """One line: the description is as long as params.yaml."""
        return f"<Bundle {self.description.name} {self.description.version}, sha256 {self.sha256}, {self.engine}>"

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
            branch: guided, direct, guided_fallback or cascade.
            order: of the colours: RGB, or BGR as OpenCV reads them.
            mm_per_pixel: across and down; None: lesions are measured in pixels alone.

        Raises:
            GuidedsegError: that is no picture, there is no such branch or order, or millimetres are not two.
        """
        _one_of(branch, get_args(Branch))
        _one_of(order, _ORDERS)
        spacing = None if mm_per_pixel is None else _spacing(mm_per_pixel)
        picture = _picture(image)
        colours = picture[:, :, :3] if picture.ndim == 3 and picture.shape[2] > 1 else None
        if colours is not None and order == "BGR":
            colours = colours[:, :, ::-1]
        seen = self.segmenter.seen(grey(picture, order=order), colours=colours, mm_per_pixel=spacing)
        return self.segmenter.segment(seen, branch, spacing)


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
        threads: that one picture uses; None: every core. More threads change no bit. torch has its own setting.
        confidence: a box counts from this confidence on, in place of the bundle's.
        threshold: a pixel is lesion from this probability on, in place of the bundle's two.

    Raises:
        GuidedsegError: it is no bundle, is damaged, or holds anything but what a bundle holds; or a value is out of
            its range.
    """
    _one_of(engine, get_args(Kind))
    if threads is not None and threads < 1:
        raise GuidedsegError(f"threads {threads}: 1 or more are needed; None takes every core.")
    folder, description, digest = opened(Path(path))
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
    engines = {name: open_engine(engine, folder / name, threads, module) for name, module in MODULES.items()}
    fillers = {
        name: Filler(engines[name], own.image_size, own.threshold if threshold is None else threshold, own.gate)
        for name, own in (("direct", description.direct), ("guided", description.guided))
    }
    return Segmenter(
        proposer(engines["detector"], **description.detector.model_dump()),
        fillers["direct"],
        fillers["guided"],
        description.margin,
        description.flips,
        description.confidence if confidence is None else confidence,
        cascaded(description, confidence, threshold),
        description.harmonising or OFF,
    )


UNCHOSEN = Cascade(level=0.5, confidence=0.5, threshold=0.5)
"""Of a bundle that says nothing of its cascade."""


def cascaded(description: Description, confidence: float | None = None, threshold: float | None = None) -> Cascaded:
    """How the branch cascade of a bundle makes its boxes and masks; with other values in place of the bundle's."""
    own = description.cascade or UNCHOSEN
    return Cascaded(
        own.level,
        description.detector.max_boxes,
        own.confidence if confidence is None else confidence,
        own.threshold if threshold is None else threshold,
    )


def opened(path: Path) -> tuple[Path, Description, str]:
    """A bundle whose files are all there and unchanged.

    Args:
        path: a folder or a zip.

    Returns:
        Its folder (that of a zip is a temporary one, which goes when the program ends), what it says of itself, and the
        sha256 of ``bundle.json``.

    Raises:
        GuidedsegError: says all that is wrong.
    """
    try:
        if path.is_dir():
            return path, *_read(path, path)
        if not path.is_file():
            raise GuidedsegError(f"{path}: there is no such bundle. Give its folder or its zip.")
        # not every system lets go of a file that an engine still has open when the program ends
        place = Temporary()
        _UNPACKED.append(place)
        folder = Path(place.name)
        zipped.unpack(path, folder)
        return folder, *_read(folder, path)
    except OSError as error:
        raise GuidedsegError(f"{path} cannot be read ({error}). Look at its permissions, and at the disk.") from error


def _read(folder: Path, given: Path) -> tuple[Description, str]:
    path = folder / "bundle.json"
    if not path.is_file():
        raise GuidedsegError(f"{given} is no bundle: it has no bundle.json.")
    content = path.read_bytes()
    try:
        description = Description.model_validate_json(content)
    except ValidationError as error:
        for detail in error.errors():
            if detail["type"] == "literal_error":
                raise GuidedsegError(
                    f"{given}: its schema {detail['input']!r} is not known here, {SCHEMA} is. "
                    "Upgrade: pip install -U guidedseg"
                ) from None
        wrong = [f"{'.'.join(map(str, detail['loc'])) or 'all of it'}: {detail['msg']}" for detail in error.errors()]
        raise listed(f"bundle.json of {given} is not what a bundle says of itself", wrong, REMEDY) from None
    problems = [f"{name}: not a file of a bundle" for name in sorted(set(description.files) - set(FILES))]
    problems += [f"{name}: missing in bundle.json" for name in FILES if name not in description.files]
    files = description.files
    problems += [problem for name in zipped.NAMES if (problem := _problem(folder, name, files.get(name)))]
    if problems:
        raise listed(f"{given} is not a whole bundle", problems, REMEDY)
    return description, hashlib.sha256(content).hexdigest()


def sha256(path: Path) -> str:
    """Of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _picture(image: Any) -> npt.NDArray[np.uint8]:  # noqa: ANN401 - what it is, is what is checked
    wanted = "A picture is an array of uint8, (H, W) grey or (H, W, 3) colours"
    if image is None:
        raise GuidedsegError(f"{wanted}; this one is None, which cv2.imread gives for a file that it cannot read.")
    picture = np.asarray(image)
    if picture.dtype != np.uint8 or not picture.size or not (picture.ndim == 2 or picture.shape[2:] in _CHANNELS):
        raise GuidedsegError(f"{wanted}; this one is {picture.shape} {picture.dtype}.")
    return picture


def _spacing(mm_per_pixel: Any) -> tuple[float, float]:  # noqa: ANN401 - likewise
    try:
        across, down = map(float, mm_per_pixel)
    except (TypeError, ValueError):
        across = down = np.nan
    if not (0 < across < np.inf and 0 < down < np.inf):
        raise GuidedsegError(f"mm_per_pixel {mm_per_pixel!r}: two numbers above 0 are needed, across and down.")
    return across, down


def _one_of(value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise GuidedsegError(f"{value!r} is none of {', '.join(known)}.")


def _problem(folder: Path, name: str, expected: str | None) -> str | None:
    path = folder / name
    if not path.is_file():
        return f"{name}: missing"
    if not path.resolve().is_relative_to(folder.resolve()):
        return f"{name}: a link that leads out of the bundle"
    if path.stat().st_size > zipped.LARGEST:
        return f"{name}: too large for a bundle"
    if expected is not None and sha256(path) != expected:
        return f"{name}: not what bundle.json says (another sha256)"
    return None


def _detector(folder: Path) -> tuple["nn.Module", tuple[str, ...]]:
    # torch and more, for the engine torch alone; told apart here, as a detector depends on no segmenter
    from guidedseg import artifacts  # noqa: PLC0415
    from guidedseg.detection import trained  # noqa: PLC0415

    if artifacts.values(folder / "config.json").get("kind") == "cascade":
        return _segmenter(folder)
    return trained.answers(folder)


def _segmenter(folder: Path) -> tuple["nn.Module", tuple[str, ...]]:
    from guidedseg.segmentation import trained  # noqa: PLC0415 - likewise

    return trained.answers(folder)


MODULES: dict[str, Callable[[Path], Any]] = {"detector": _detector, "direct": _segmenter, "guided": _segmenter}
"""Of each network the torch module, for the engine torch alone."""

_UNPACKED: list[Temporary] = []
