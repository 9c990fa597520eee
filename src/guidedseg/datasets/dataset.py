"""What a dataset is to everything else: where it comes from, how it lies in a folder, what is said of it.

A dataset is one file of this package that ends in a ``Dataset``, and a line in ``catalogue``. It tells from names and
tables what there is (``survey``); ``reading`` decodes, checks and hands on the images of all datasets alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from guidedseg.group import Count, Group

Lesion = tuple[NDArray[np.bool_], list[str]]
"""(H, W), True in lesions; and what is wrong with the picture that it was read from."""


@dataclass(frozen=True)
class Entry:
    """One image as names and tables tell of it, before anything is decoded. Paths are below the dataset's folder.

    Attributes:
        image_id: its name in the prepared dataset; letters, digits, ``_`` and ``-``.
        image: path of the picture.
        masks: paths of its masks; the lesions of all of them count. None: it has no lesion, or ``draw`` has them.
        draw: makes the mask from the picture's height and width, where outlines are given and no masks.
        value: of a lesion's pixels in a mask; None: any but 0.
        patient_id: empty: unknown, and the image is taken for a patient of its own.
        pathology: normal, benign or malignant; empty: not told.
        mm_per_pixel: of the picture, where it is known.
        flags: what else is told of it: doppler, marks.
        official_split: train, val or test as the dataset's authors have it; empty: none.
        size: width and height that the masks should have by the dataset's own table, where it is not the picture's: the
            picture is stretched to it.
    """

    image_id: str
    image: str
    masks: tuple[str, ...] = ()
    draw: Callable[[int, int], Lesion] | None = None
    value: int | None = None
    patient_id: str = ""
    pathology: str = ""
    mm_per_pixel: float | None = None
    flags: tuple[str, ...] = ()
    official_split: str = ""
    size: tuple[int, int] | None = None


@dataclass
class Survey:
    """What a folder's names and tables tell.

    Attributes:
        entries: of the images, in any order.
        problems: a line each, with the file (and row) that it is about; nothing is read from a folder with any.
        notes: likewise, of what is odd and yet read.
        with_lesion: entries whose masks show a lesion, once ``reading.check`` has looked at them.
    """

    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    with_lesion: int = 0


class Published(NamedTuple):
    """A result that others report.

    Attributes:
        source: who reports it, or whose it is and who cites it.
        method: by which network, trained on what.
        dice: percent, with the digits given.
        on: on which images, by which rule where it is told.
        iou: percent, with the digits given; a dash where none is.
    """

    source: str
    method: str
    dice: str
    on: str
    iou: str = "-"


class Raw(Group):
    """What params.yaml says of a dataset that lies somewhere.

    Attributes:
        source: a URL of a zip, or the path of a zip or a folder; None: there is none, and it must be dropped in.
        sha256: of the zip; None: not checked.
        images: how many there must be; None: any number.
    """

    source: Annotated[str, Field(min_length=1)] | None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
    images: Count | None


def any_but_black(picture: NDArray[Any], entry: Entry) -> Lesion:
    """A mask's lesion: pixels of ``entry.value``; without one, all that are not 0 in any colour.

    An alpha channel counts only where the colours say nothing, all of them black.

    Args:
        picture: (H, W) or (H, W, C), of any unsigned type; colours as OpenCV orders them.
        entry: whose.
    """
    if picture.ndim == 3:
        colours = picture[:, :, :3]
        only_alpha = picture.shape[2] == 4 and not colours.any() and np.ptp(picture[:, :, 3]) > 0
        picture = picture[:, :, 3] if only_alpha else colours.max(axis=2)
    return (picture != 0 if entry.value is None else picture == entry.value), []


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset.

    Attributes:
        name: in params.yaml.
        title: as people call it.
        members: patterns of what its own folder holds; a folder with all of them is one.
        extras: likewise, of what may be there too. Nothing but members and extras is copied.
        survey: tells from names and tables what a folder holds.
        lesion: takes the lesion from a decoded mask.
        options: its keys in params.yaml.
        generate: draws it into an existing folder, called with ``options``; None: it is fetched.
        official: whether its authors have split it.
        people: whose images, from where.
        limits: what a network trained on it does not cover.
        licence: of the images.
        citation: how to cite it.
        link: where it is described, and to be had.
        get: how one gets it, where it cannot simply be downloaded.
        gigabytes: of disk for all that a run makes of it.
        published: what others report on it.
    """

    name: str
    title: str
    members: tuple[str, ...]
    extras: tuple[str, ...] = ()
    survey: Callable[[Path, Group | None], Survey]
    lesion: Callable[[NDArray[Any], Entry], Lesion] = any_but_black
    options: type[Group] = Raw
    generate: Callable[..., None] | None = None
    official: bool = False
    people: str
    limits: str
    licence: str
    citation: str
    link: str
    get: str = ""
    gigabytes: int = 4
    published: tuple[Published, ...] = ()
