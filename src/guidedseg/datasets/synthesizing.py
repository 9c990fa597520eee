"""Synthetic images for training: drawn here, or taken from a folder of somebody's generator.

The image with a number is the same, however many there are: a larger share holds all of a smaller one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from guidedseg import progress
from guidedseg.datasets import duplicates, folder, locating, phantom_wide, prepared, preparing, reading
from guidedseg.datasets.dataset import Survey
from guidedseg.datasets.records import RawImage
from guidedseg.datasets.synthetic import PREFIX
from guidedseg.errors import GuidedsegError, listed
from guidedseg.lookahead import in_order

DATASET = "synthetic"
"""Of which they are, in their index."""

LARGEST = 640
"""Pixels of the longer side of what is drawn: half a second each, and as many as any detector here sees."""

OPTIONS = folder.Own(source=None, sha256=None, images=None, mask_value=None)
"""Of a folder of synthetic images: as many as there are, and any pixel of a mask but black is lesion."""


def drawn(number: int, seed: int, sizes: Sequence[tuple[int, int]]) -> Iterator[RawImage]:
    """Frames of the wide phantom.

    Args:
        number: how many.
        seed: of every draw.
        sizes: (height, width) of real training images, one of which each frame has, in turn in an order that is drawn;
            larger ones shrunk to ``LARGEST``.
    """
    order = np.random.default_rng(seed).permutation(len(sizes))

    def frame(own: int) -> RawImage:
        height, width = sizes[order[own % len(order)]]
        scale = min(1.0, LARGEST / max(height, width))
        # the 1 makes them others than those that `profiles.*.pretrain` draws of the same seed
        rng = np.random.default_rng([seed, own, 1])
        made = phantom_wide.draw(rng, (round(height * scale), round(width * scale)))
        mask = np.logical_or.reduce([np.zeros(made.picture.shape, np.bool_), *made.masks])
        return RawImage(
            image_id=f"{PREFIX}{own:06d}",
            patient_id="",
            pathology=reading.UNKNOWN if mask.any() else "normal",
            image=made.picture,
            mask=mask,
            stretched=False,
            flags=(),
            source="",
            official_split="",
            dataset=DATASET,
        )

    yield from progress.bar("frames", in_order(frame, range(number)), unit="frame", total=number)


def check(source: Path) -> tuple[Path, Survey]:
    """Where the images lie in a folder of images and masks, and which there are.

    Raises:
        GuidedsegError: there is no such folder, or one that lists all that is wrong with it.
    """
    if not source.is_dir():
        raise GuidedsegError(f"synthetic.source: {str(source)!r} is neither phantom nor a folder with images and masks")
    own = locating.locate(folder.DATASET, source)
    return own, reading.check(folder.DATASET, own, OPTIONS)


def sampled(source: Path, number: int, seed: int) -> Iterator[RawImage]:
    """Some images of a folder, none twice.

    Args:
        source: the folder.
        number: how many.
        seed: of the draw.

    Raises:
        GuidedsegError: as ``check`` tells, or it has too few.
    """
    own, survey = check(source)
    enough(source, len(survey.entries), number)
    order = np.random.default_rng(seed).permutation(len(survey.entries))[:number]
    for image in reading.canonical(folder.DATASET, own, [survey.entries[place] for place in order]):
        yield replace(image, image_id=PREFIX + image.image_id, patient_id="", official_split="", dataset=DATASET)


def enough(source: Path, there: int, number: int) -> None:
    """See that a folder has as many images as are wanted.

    Raises:
        GuidedsegError: it has fewer.
    """
    if there < number:
        raise GuidedsegError(
            f"synthetic.share: {number} synthetic images are wanted, {source} has {there}. Lower the share, or put "
            "more there: none is taken twice."
        )


def write(records: Iterable[RawImage], target: Path, *, duplicate_threshold: float) -> pd.DataFrame:
    """Write them as ``preparing.write`` does; of none, tables without a row.

    Returns:
        The index.
    """
    waiting = iter(records)
    first = next(waiting, None)
    if first is not None:
        return preparing.write(_after(first, waiting), target, duplicate_threshold=duplicate_threshold)
    target.mkdir(parents=True, exist_ok=True)
    for name, columns in (
        ("index", prepared.INDEX_TYPES),
        ("lesions", prepared.LESION_TYPES),
        ("duplicates", prepared.DUPLICATE_TYPES),
    ):
        pd.DataFrame(columns=[*columns]).to_csv(target / f"{name}.csv", index=False, lineterminator="\n")
    return prepared.read_index(target)


def refuse_copies(target: Path, real: Path, split: pd.DataFrame, threshold: float) -> None:
    """See that no synthetic image is a validation or test image: a generator may give back what it saw.

    Args:
        target: what ``write`` wrote.
        real: the prepared images.
        split: image_id, split, of these.
        threshold: the similarity from which two are the same picture.

    Raises:
        GuidedsegError: some are; each is named with what it is like.
    """
    parts = split[split["split"] != "train"].set_index("image_id")["split"]
    own = prepared.read_index(target)["image_id"].tolist()
    places = [*((real, image_id) for image_id in parts.index), *((target, image_id) for image_id in own)]

    def thumbnail(place: tuple[Path, str]) -> NDArray[np.float32]:
        return duplicates.thumbnail(prepared.load_image(*place))

    thumbnails = np.stack(list(in_order(thumbnail, places)))
    sides = ["real"] * len(parts) + ["synthetic"] * len(own)  # pairs of two "patients" alone are looked at
    names = [image_id for _, image_id in places]
    found = duplicates.pairs(thumbnails, names, sides, threshold)
    problems = []
    for a, b, side, similarity in found[["image_a", "image_b", "patient_a", "similarity"]].itertuples(index=False):
        copy, of = (b, a) if side == "real" else (a, b)
        problems.append(f"{copy.removeprefix(PREFIX)}: is {of} ({parts[of]}), by a similarity of {similarity:.2f}")
    if problems:
        raise listed(
            "synthetic.source: images to be trained on are copies of validation or test images",
            problems,
            "Remove them, and ask whether their generator has seen these images.",
            most=10,
        )


def _after(first: RawImage, others: Iterable[RawImage]) -> Iterator[RawImage]:
    yield first
    yield from others
