"""Masks of another tool: found, matched with our images, and looked at as a whole before anything is made of them."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg import artifacts, progress
from guidedseg.errors import GuidedsegError, listed
from guidedseg.exchange import nnunet
from guidedseg.exchange.data import Data

Levels = NDArray[np.uint8]
"""(H, W), probability x 255."""

_PROBABILITIES = "probabilities"  # the one array in nnU-Net's .npz: (classes, 1, H, W)
_SLACK = 1e-3  # by which a probability may leave [0, 1]


@dataclass(frozen=True)
class Predictions:
    """Masks of all test images, and of all validation images or none.

    Attributes:
        files: image_id -> what is read of it.
        factor: 255 where the files hold the labels 0 and 1, else 1.
        probabilities: whether they hold more than labels.
    """

    files: Mapping[str, Path]
    factor: int
    probabilities: bool

    def levels(self, image_id: str) -> Levels:
        """Of one image."""
        return _read(self.files[image_id]) * np.uint8(self.factor)


def of_masks(folders: Sequence[Path], data: Data) -> Predictions:
    """Grey PNG files named by image_id: probability x 255, or labels as 0 and 255 or as 0 and 1.

    Args:
        folders: they may lie in several.
        data: what they are of. Masks of images to train on are not looked at.

    Raises:
        GuidedsegError: files are missing, of no image of ours, of another size, or cannot be read; all are told.
    """
    problems = _absent(folders)
    files = _complete(_found(folders, ".png", data, problems), data, ".png", problems)
    values = _values(files, data, problems)
    if {1, 255} <= values <= {0, 1, 255}:
        problems.append("some files have lesions as 1 and others as 255: write all alike")
    _demand(folders, problems)
    return Predictions(files, 255 if values <= {0, 1} else 1, probabilities=not values <= {0, 1, 255})


def of_nnunet(folders: Sequence[Path], data: Data) -> Predictions:
    """nnU-Net's predictions: the probabilities (.npz) where there are any of validation images, else the labels (.png).

    Args:
        folders: with test images, and maybe with validation images (``fold_0/validation`` of a model).
        data: as for ``of_masks``. Where nnU-Net kept a dataset.json that ``guidedseg export`` wrote, it must be of it.

    Raises:
        GuidedsegError: as for ``of_masks``, or they are predictions of other data.
    """
    problems = [*_absent(folders), *_foreign_data(folders, data)]
    labels = _found(folders, ".png", data, problems)
    probabilities = _found(folders, ".npz", data, problems)
    chosen_by = probabilities.keys() & {*data.of("val")["image_id"]}
    suffix, found = (".npz", probabilities) if chosen_by else (".png", labels)
    files = _complete(found, data, suffix, problems)
    values = _values(files, data, problems)
    if not chosen_by and not values <= {0, 1}:
        problems.append(f"the labels are {', '.join(map(str, sorted(values)))}, where 0 is background and 1 lesion")
    _demand(folders, problems)
    return Predictions(files, 1 if chosen_by else 255, probabilities=bool(chosen_by))


def _absent(folders: Iterable[Path]) -> list[str]:
    return [f"{folder} is no folder" for folder in folders if not folder.is_dir()]


def _foreign_data(folders: Iterable[Path], data: Data) -> Iterable[str]:
    """What nnU-Net's dataset.json, beside predictions or above a validation folder, tells of other data."""
    ours = data.hashes()
    places = [place for folder in folders for place in (folder, folder.absolute().parent.parent)]
    for path in dict.fromkeys(place / "dataset.json" for place in places):
        theirs = artifacts.values(path).get(nnunet.KEY) if path.is_file() else None
        if isinstance(theirs, dict) and (other := [key for key in ours if ours[key] != theirs.get(key)]):
            yield f"{path}: was exported from data with another {' and '.join(other)}"


def _found(folders: Iterable[Path], suffix: str, data: Data, problems: list[str]) -> dict[str, Path]:
    """Files of validation and test images, by image_id; those that are of no image, or of one again, are told."""
    known, wanted = {*data.images["image_id"]}, {*data.of("val", "test")["image_id"]}
    found: dict[str, Path] = {}
    paths = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    for path in (path for path in paths if path.suffix.lower() == suffix):
        if path.stem not in known:
            problems.append(f"{path}: there is no image {path.stem}")
        elif path.stem in found:
            problems.append(f"{path}: {found[path.stem]} is of the same image")
        elif path.stem in wanted:
            found[path.stem] = path
    return found


def _complete(found: Mapping[str, Path], data: Data, suffix: str, problems: list[str]) -> dict[str, Path]:
    """The files of the test images, and of the validation images unless there is none of them."""
    validated, tested = (data.of(split)["image_id"].tolist() for split in ("val", "test"))
    wanted = [*tested, *(validated if any(name in found for name in validated) else ())]
    split = data.images.set_index("image_id")["split"]
    problems += [f"{name}{suffix} is missing ({split[name]})" for name in wanted if name not in found]
    return {name: found[name] for name in wanted if name in found}


def _values(files: Mapping[str, Path], data: Data, problems: list[str]) -> set[int]:
    """All that the files hold, every one of which is read; those of another size than their image are told."""
    sizes = data.images.set_index("image_id")[["height", "width"]]
    seen = np.zeros(256, np.bool_)
    for image_id, path in progress.bar("masks", files.items(), unit="image", total=len(files)):
        try:
            levels = _read(path)
        except GuidedsegError as error:
            problems.append(str(error))
            continue
        height, width = sizes.loc[image_id]
        if levels.shape != (height, width):
            problems.append(f"{path}: is {levels.shape[1]}x{levels.shape[0]}, but its image is {width}x{height}")
        seen[np.unique(levels)] = True
    return {*np.flatnonzero(seen).tolist()}


def _demand(folders: Iterable[Path], problems: Sequence[str]) -> None:
    if problems:
        shown = ", ".join(map(str, folders))
        raise listed(f"{shown}: no masks of our images", problems, "Nothing was written. Mend that, and repeat.")


def _read(path: Path) -> Levels:
    return _read_npz(path) if path.suffix.lower() == ".npz" else _read_png(path)


def _read_png(path: Path) -> Levels:
    try:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error):  # the latter of an empty file
        picture = None
    if picture is None:
        raise GuidedsegError(f"{path}: is damaged or cut short")
    if picture.ndim != 2 or picture.dtype != np.uint8:
        raise GuidedsegError(f"{path}: is no grey picture of 8 bits")
    return np.asarray(picture, np.uint8)


def _read_npz(path: Path) -> Levels:
    try:
        with np.load(path) as arrays:
            found = arrays[_PROBABILITIES]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise GuidedsegError(f"{path}: holds no {_PROBABILITIES} that can be read ({error})") from error
    if found.ndim != 4 or found.shape[:2] != (2, 1):
        raise GuidedsegError(f"{path}: holds an array of {found.shape}, not of background and lesion of a picture")
    lesion = found[1, 0].astype(np.float64)
    if not ((lesion >= -_SLACK) & (lesion <= 1 + _SLACK)).all():  # nor is a NaN
        raise GuidedsegError(f"{path}: holds what is no probability")
    return np.rint(lesion.clip(0, 1) * 255).astype(np.uint8)
