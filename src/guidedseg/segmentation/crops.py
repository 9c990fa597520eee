"""Makes the segmenters' inputs: which regions of the prepared images, cropped and resized (``inputs`` reads them).

The direct and the guided inputs are written by the same function; they differ only in their regions.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import regions
from guidedseg.array_files import appended
from guidedseg.datasets import prepared
from guidedseg.datasets import synthetic as made_up
from guidedseg.evaluation.matching import overlaps
from guidedseg.lookahead import in_order
from guidedseg.names import BOX
from guidedseg.progress import bar
from guidedseg.segmentation.inputs import COLUMNS, PLACE, TRAINING

CONTEXT = 2
"""Surroundings of a training region, as a multiple of its sides: what the widest jitter and turn may reach."""

Table = list[tuple[object, ...]]


class Regions(NamedTuple):
    """Which regions an approach has.

    Attributes:
        items: of validation and test images, rows of ``inputs.COLUMNS``.
        training: rows of ``inputs.TRAINING``.
        context: sides of the surroundings of training regions, a multiple of the regions'.
    """

    items: pd.DataFrame
    training: pd.DataFrame
    context: int


def frames(index: pd.DataFrame, split: pd.DataFrame, *, jitter: float, times: pd.Series | None = None) -> Regions:
    """Direct: the whole of every image; training images are drawn anew, moved and scaled, whenever they are trained on.

    Args:
        index: image_id, width, height.
        split: image_id, split.
        jitter: largest move and scaling of a training frame, a share of its size; what leaves the image is cut off.
        times: of every training image, ``datasets.balance.times``; None: once.
    """
    rows = split[["image_id", "split"]].merge(index[["image_id", "width", "height"]], on="image_id", validate="1:1")
    rows = rows.assign(source="frame", confidence=np.nan, margin=0.0, jitter=jitter, x0=0, y0=0)
    rows = rows.assign(x1=rows["width"], y1=rows["height"], **dict.fromkeys(PLACE[:2], 0))
    rows = rows.assign(place_x1=rows["width"], place_y1=rows["height"])
    rows["times"] = 1 if times is None else rows["image_id"].map(times)
    train = rows["split"] == "train"
    return Regions(rows.loc[~train, COLUMNS].reset_index(drop=True), rows.loc[train, TRAINING], context=1)


def rois(
    index: pd.DataFrame,
    split: pd.DataFrame,
    lesions: pd.DataFrame,
    detections: pd.DataFrame,
    *,
    margin: float,
    jitter: float | None,
    backgrounds: int,
    times: pd.Series | None = None,
) -> Regions:
    """Guided: regions around boxes.

    Training images give a region per true lesion and around the detector's most confident false boxes
    (``background``), which are drawn anew, moved and scaled, whenever they are trained on. Validation and test images
    give every box of the detector and, as ``truth``, every true one.

    Args:
        index: image_id, width, height.
        split: image_id, split.
        lesions: image_id, x0, y0, x1, y1.
        detections: image_id, x0, y0, x1, y1, confidence; by falling confidence within an image.
        margin: of a region around its box, a share of the box's size.
        jitter: largest move and scaling of a training box, a share of its size; None: as the detector errs on
            validation images (``detection_errors``).
        backgrounds: false boxes kept per training image.
        times: of every training image, ``datasets.balance.times``; None: once.
    """
    truth, found = _by_image(lesions), _by_image(detections)
    confidences = {str(key): group.to_numpy() for key, group in detections.groupby("image_id")["confidence"]}
    images = split[["image_id", "split"]].merge(index[["image_id", "width", "height"]], on="image_id", validate="1:1")
    images = images.sort_values("image_id")
    none = np.empty((0, 4))
    if jitter is None:
        validation = images.loc[images["split"] == "val", "image_id"]
        jitter = detection_errors([(truth.get(each, none), found.get(each, none)) for each in validation])
    items: Table = []
    training: Table = []
    for image in images.itertuples():
        size = (int(image.width), int(image.height))
        true, boxes = truth.get(image.image_id, none), found.get(image.image_id, none)
        if image.split == "train":
            false = boxes[overlaps(boxes, true).max(axis=1, initial=0.0) < FALSE][:backgrounds]
            for source, own in (("truth", true), ("background", false)):
                places = regions.enlarge(own, (CONTEXT * (1 + 2 * margin) - 1) / 2, *size)
                repeated = 1 if times is None else int(times[image.image_id])
                known = (image.image_id, source, repeated, margin, jitter, *size)
                training += [(*known, *box, *place) for box, place in zip(own.tolist(), places.tolist(), strict=True)]
            continue
        scores = confidences.get(image.image_id, np.empty(0))
        for source, own, own_scores in (("truth", true, [np.nan] * len(true)), ("detector", boxes, scores)):
            region = regions.enlarge(own, margin, *size)
            row = (image.image_id, image.split, source)
            items += [(*row, score, *box) for score, box in zip(own_scores, region.tolist(), strict=True)]
    return Regions(pd.DataFrame(items, columns=COLUMNS), pd.DataFrame(training, columns=TRAINING), CONTEXT)


FALSE = 0.1
"""A box that overlaps no lesion as much as this (IoU) is a false one."""

FOUND = 0.3
"""A box that overlaps a lesion as much as this (IoU) errs in its place and size; one that does not, is of something
else."""

FEWEST = 5
"""Boxes that find a lesion, for their errors to be known."""

USUAL, WIDEST = 0.1, 0.4
"""Jitter where the detector's errors are not known, and at most."""


def detection_errors(images: Iterable[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]) -> float:
    """How far a detector's boxes lie from the lesions that they find, as ``regions.jitter`` takes it.

    Uniform draws from [-j, +j] have the standard deviation j / sqrt(3): j is sqrt(3) times the root mean square of the
    errors of centre and size, all as shares of the lesion's box.

    Args:
        images: of each the true boxes and the detector's, (K, 4).

    Returns:
        j, to three digits; ``USUAL`` where fewer than ``FEWEST`` lesions are found, and at most ``WIDEST``.
    """
    errors = []
    for truth, found in images:
        overlap = overlaps(truth, found)
        for box, own in zip(truth, overlap, strict=True):
            if own.max(initial=0.0) < FOUND:
                continue
            other = found[own.argmax()]
            size = box[2:] - box[:2]
            moved = (other[:2] + other[2:] - box[:2] - box[2:]) / 2 / size
            errors.append([*moved, *((other[2:] - other[:2]) / size - 1)])
    if len(errors) < FEWEST:
        return USUAL
    return round(min(WIDEST, float(np.sqrt(3 * np.mean(np.square(errors))))), 3)


def write(made: Regions, folder: Path, size: int, target: Path, *, synthetic: Path | None = None) -> None:
    """Crop and resize every region, and the surroundings of training regions; write what ``inputs.load`` reads.

    Only a few images' regions are held at a time. An image whose regions follow one another is decoded once.

    Args:
        made: which regions.
        folder: the prepared images and masks.
        size: S of the regions.
        target: an existing folder.
        synthetic: the folder of synthetic images and masks, where there are regions of any.
    """
    files, wide = ([target / f"{kind}{name}.npy" for name in ("images", "masks")] for kind in ("", "wide_"))
    _crop(made.items, BOX, (folder, None), size, files, regions.crop_mask)
    _crop(made.training, PLACE, (folder, synthetic), size * made.context, wide, regions.crop_shares)
    made.items.to_csv(target / "items.csv", index=False, lineterminator="\n")
    made.training.to_csv(target / "training.csv", index=False, lineterminator="\n")


def _crop(
    items: pd.DataFrame,
    columns: Sequence[str],
    folders: tuple[Path, Path | None],
    size: int,
    files: Sequence[Path],
    crop_mask: Callable[[npt.NDArray[np.bool_], npt.NDArray[np.int64], int], npt.NDArray[np.uint8]],
) -> None:
    shape = (len(items), size, size)
    image_ids, boxes = items["image_id"].to_numpy(dtype=str), items[list(columns)].to_numpy()
    starts = np.flatnonzero(image_ids[1:] != image_ids[:-1]) + 1

    def cropped(own: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        image_id = str(image_ids[own[0]])
        folder = made_up.place(image_id, *folders)
        image, mask = prepared.load_image(folder, image_id), prepared.load_mask(folder, image_id)
        return (
            np.stack([regions.crop(image, box, size) for box in boxes[own]]),
            np.stack([crop_mask(mask, box, size) for box in boxes[own]]),
        )

    runs = [run for run in np.split(np.arange(len(items)), starts) if len(run)]
    with appended(files[0], shape) as append_images, appended(files[1], shape) as append_masks:
        for images, masks in bar("images", in_order(cropped, runs), unit="image", total=len(runs)):
            append_images(images)
            append_masks(masks)


def _by_image(boxes: pd.DataFrame) -> dict[str, npt.NDArray[np.float64]]:
    return {str(key): group.to_numpy(dtype=np.float64) for key, group in boxes.groupby("image_id")[BOX]}
