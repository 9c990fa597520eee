"""Decodes, checks and hands on the images of any dataset, a few ahead in threads, never all at once."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guidedseg import progress
from guidedseg.datasets import locating, masks
from guidedseg.datasets.dataset import Dataset, Entry, Survey
from guidedseg.datasets.records import RawImage
from guidedseg.errors import GuidedsegError, listed
from guidedseg.group import Group
from guidedseg.lookahead import in_order
from guidedseg.resizing import resize
from guidedseg.sources.frame import Frame
from guidedseg.sources.opening import open_source

DARK = 48
"""A picture without a value as high is too dark to be meant so; ultrasound images have white in their text or skin."""

UNKNOWN = "unknown"
"""Pathology of a lesion of which nothing is told."""

_IDS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)  # safe as a file's name anywhere
_LONGEST = 100  # letters of a name
_DEVICES = frozenset(("CON", "PRN", "AUX", "NUL", *(f"{port}{k}" for port in ("COM", "LPT") for k in range(1, 10))))


class _Examined:
    """An image and its mask as they were found, and what is wrong with them."""

    def __init__(self) -> None:
        self.image: NDArray[np.uint8] | None = None
        self.frame: Frame | None = None
        self.mask: NDArray[np.bool_] | None = None
        self.problems: list[str] = []
        self.oddities: list[tuple[str, str]] = []  # of masks
        self.remarks: list[str] = []  # on the image


def check(dataset: Dataset, folder: Path, options: Group | None = None) -> Survey:
    """Check a dataset's integrity: names, pairs, tables, and every picture's pixels, size and values.

    Args:
        dataset: what it should be.
        folder: its own, as ``locating.locate`` finds it.
        options: its group in params.yaml; None: any number of images, and no particulars.

    Returns:
        What there is, without a problem.

    Raises:
        GuidedsegError: one that lists every offending file.
    """
    survey = surveyed(dataset, folder, options)
    problems = list(survey.problems)
    wanted = getattr(options, "images", None)
    if wanted is not None and len(survey.entries) != wanted:
        problems.append(
            f"{len(survey.entries)} images, where there should be {wanted} (datasets.{dataset.name}.images in "
            "params.yaml; null for an excerpt)"
        )
    examined = in_order(partial(_examined, dataset, folder), survey.entries)
    oddities, remarks = list[tuple[str, str]](), list[tuple[str, str]]()
    images = progress.bar("check", examined, unit="image", total=len(survey.entries))
    for entry, found in zip(survey.entries, images, strict=True):
        problems.extend(found.problems)
        oddities.extend(found.oddities)
        remarks.extend((remark, entry.image) for remark in found.remarks)
        survey.with_lesion += found.mask is not None and bool(found.mask.any())
    if not problems and not survey.with_lesion and any(entry.pathology != "normal" for entry in survey.entries):
        problems.append("no image shows a lesion: the masks are black, or have none of datasets.folder.mask_value")
    corners = [found for found in oddities if found[0] == masks.CORNERS]
    if 2 * len(corners) > survey.with_lesion:
        problems += masks.noted(corners)
    survey.notes += [*masks.noted(oddities), *masks.noted(remarks, "image(s):")]
    if problems:
        raise _broken(dataset, folder, problems)
    return survey


def read(dataset: Dataset, folder: Path, options: Group | None = None) -> Iterator[RawImage]:
    """Yield every image in canonical form, ordered by image_id.

    Grey is that of people's own images (``sources``); an image whose size is not its mask's is stretched to the mask's
    grid, where the dataset's table says that the mask's is right.

    Args:
        dataset: what it is.
        folder: as for ``check``.
        options: as for ``check``.

    Raises:
        GuidedsegError: for a file that is missing or that ``check`` would object to.
    """
    yield from canonical(dataset, folder, entries(dataset, folder, options))


def entries(dataset: Dataset, folder: Path, options: Group | None) -> list[Entry]:
    """What ``canonical`` can read, by image_id.

    Raises:
        GuidedsegError: names or tables are not as they should be.
    """
    survey = surveyed(dataset, folder, options)
    if survey.problems:
        raise _broken(dataset, folder, survey.problems)
    return survey.entries


def canonical(dataset: Dataset, folder: Path, some: Sequence[Entry]) -> Iterator[RawImage]:
    """Yield these of its images as ``read`` does, in their order."""
    images = in_order(partial(_canonical, dataset, folder), some)
    yield from progress.bar("images", images, unit="image", total=len(some))


def surveyed(dataset: Dataset, folder: Path, options: Group | None) -> Survey:
    """The dataset's own survey, by image_id, with what is wrong in any dataset: no image, names that cannot be."""
    unreadable = locating.unreadable(dataset, folder)
    closed = any((folder / path).is_dir() and not (folder / path).is_symlink() for path in unreadable)
    survey = Survey() if closed else dataset.survey(folder, options)
    survey.problems += [f"{path}: {what}" for path, what in unreadable.items()]
    survey.entries = [entry for entry in survey.entries if not unreadable.keys() & {entry.image, *entry.masks}]
    survey.entries.sort(key=lambda entry: entry.image_id)
    if not survey.entries and not survey.problems:
        survey.problems.append("there is no image: the dataset is empty")
    survey.problems += [
        f"{entry.image}: the name {entry.image_id!r} has other signs than letters, digits, _, - and ., more than "
        f"{_LONGEST} of them, or means a device on Windows; rename it"
        for entry in survey.entries
        if not _IDS.fullmatch(entry.image_id)
        or len(entry.image_id) > _LONGEST
        or entry.image_id.partition(".")[0].upper() in _DEVICES
    ]
    alike: dict[str, list[Entry]] = {}
    for entry in survey.entries:
        alike.setdefault(entry.image_id.casefold(), []).append(entry)
    survey.problems += [
        f"{' and '.join(entry.image for entry in same)}: their names are the same, but for the case of letters, the "
        f"ending or signs that are replaced (both would be {same[0].image_id}); rename one"
        for same in alike.values()
        if len(same) > 1
    ]
    return survey


def _broken(dataset: Dataset, folder: Path, problems: list[str]) -> GuidedsegError:
    return listed(
        f"{folder} is not a whole dataset in the layout of {dataset.title}",
        problems,
        "Nothing was written. Take the files named above from the original dataset again, or mend them.",
    )


def _examined(dataset: Dataset, folder: Path, entry: Entry) -> _Examined:
    """Everything that is wrong with one entry's files."""
    found = _Examined()
    try:
        source = open_source(folder / entry.image)
        (frame,) = source.frames()
        found.image, found.frame = frame.grey, frame
        found.remarks = [*source.notes, *_remarks(entry, frame.grey)]
        if source.turned:
            found.problems.append(
                f"{entry.image}: is turned by its EXIF, and whether its lesions are too is not told; save it upright"
            )
    except GuidedsegError as error:
        found.problems.append(str(error).replace(f"{folder}/", ""))
    except ValueError:
        found.problems.append(f"{entry.image}: holds several pictures, where an image is one")
    read_masks = [masks.read(dataset, folder, entry, name) for name in entry.masks]
    for name, mask in zip(entry.masks, read_masks, strict=True):
        found.problems += mask.problems
        found.oddities += [(oddity, name) for oddity in mask.oddities]
    present = [mask.lesion for mask in read_masks if mask.lesion is not None]
    sizes = Counter(mask.shape for mask in present)
    if len(sizes) > 1:
        found.problems.append(f"{', '.join(entry.masks)}: their sizes differ ({', '.join(map(_size, sizes))})")
    elif present and len(present) == len(entry.masks):
        found.mask = np.logical_or.reduce(present)
    elif not entry.masks and found.image is not None and entry.draw is not None:
        found.mask, wrong = entry.draw(*found.image.shape)
        found.problems += [f"{entry.image}: {each}" for each in wrong]
    elif not entry.masks and found.image is not None:
        found.mask = np.zeros(found.image.shape, np.bool_)
    if found.image is not None and found.mask is not None:
        found.problems += _disagreements(entry, found.image, found.mask, whole=not found.problems)
    return found


def _remarks(entry: Entry, image: NDArray[np.uint8]) -> Iterator[str]:
    """What is odd about an image, and yet read."""
    if entry.size is not None and image.shape != entry.size[::-1]:
        yield "of another size than the table says"
    if image.max() < DARK:
        yield f"nearly black, no value above {DARK - 1} of 255; prepare.intensity would stretch them"


def _disagreements(entry: Entry, image: NDArray[np.uint8], mask: NDArray[np.bool_], *, whole: bool) -> Iterator[str]:
    of_mask = entry.masks[0] if entry.masks else entry.image
    stated = "" if entry.size is None else f", and the table says {entry.size[0]}x{entry.size[1]}"
    if mask.shape != image.shape and mask.shape[::-1] != entry.size:
        yield f"{of_mask}: is {_size(mask.shape)}, but its image is {_size(image.shape)}{stated}"
    elif whole and entry.pathology in {"benign", "malignant"} and not mask.any():
        yield f"{of_mask}: shows no lesion, but the image is called {entry.pathology}"
    elif whole and entry.pathology == "normal" and mask.any():
        yield f"{of_mask}: shows a lesion, but the image is called normal"


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"


def _canonical(dataset: Dataset, folder: Path, entry: Entry) -> RawImage:
    found = _examined(dataset, folder, entry)
    if found.image is None or found.frame is None or found.mask is None or found.problems:
        raise _broken(dataset, folder, found.problems)
    stretched, (height, width) = found.image.shape != found.mask.shape, found.mask.shape
    colours = found.frame.colours
    return RawImage(
        image_id=entry.image_id,
        patient_id=entry.patient_id,
        pathology=entry.pathology or (UNKNOWN if found.mask.any() else "normal"),
        image=resize(found.image, width, height),
        mask=found.mask,
        stretched=stretched,
        flags=entry.flags,
        source=entry.image,
        official_split=entry.official_split,
        mm_per_pixel=None if stretched else entry.mm_per_pixel,
        spacing=None if stretched else _spacing(entry, found.frame),
        region=None if stretched else found.frame.region,
        colours=resize(np.ascontiguousarray(colours), width, height) if stretched and colours is not None else colours,
    )


def _spacing(entry: Entry, frame: Frame) -> tuple[float, float] | None:
    """A table knows better than a file."""
    return frame.mm_per_pixel if entry.mm_per_pixel is None else (entry.mm_per_pixel, entry.mm_per_pixel)
