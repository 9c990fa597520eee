"""Makes the segmenters' inputs: which regions of the prepared images, cropped and resized (``inputs`` reads them).

The direct and the guided inputs are written by the same function; they differ only in their regions.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg import regions
from guidedseg.array_files import appended
from guidedseg.datasets import prepared
from guidedseg.lookahead import in_order
from guidedseg.names import BOX
from guidedseg.progress import bar
from guidedseg.segmentation.inputs import COLUMNS


def frames(index: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    """Direct: the whole of every image, as rows of ``COLUMNS``."""
    rows = split[["image_id", "split"]].merge(index[["image_id", "width", "height"]], on="image_id", validate="1:1")
    rows = rows.rename(columns={"width": "x1", "height": "y1"}).assign(source="frame", confidence=np.nan, x0=0, y0=0)
    return rows[COLUMNS]


def rois(
    index: pd.DataFrame,
    split: pd.DataFrame,
    lesions: pd.DataFrame,
    detections: pd.DataFrame,
    *,
    margin: float,
    jitter: float,
    copies: int,
    backgrounds: int,
    seed: int,
) -> pd.DataFrame:
    """Guided: regions around boxes.

    Training images give ``copies`` jittered regions per true lesion and, on normals, the detector's most confident
    false boxes (``background``). Validation and test images give every box of the detector and, as ``truth``, every
    true one without jitter; validation normals also give backgrounds, so that a checkpoint is chosen on what training
    looks like.

    Args:
        index: image_id, pathology, width, height.
        split: image_id, split.
        lesions: image_id, x0, y0, x1, y1.
        detections: image_id, x0, y0, x1, y1, confidence; by falling confidence within an image.
        margin: of a region around its box, a share of the box's size.
        jitter: largest move and scaling of a training box, a share of its size.
        copies: training regions per lesion.
        backgrounds: false boxes kept per normal image.
        seed: of the jitter; every image has its own stream, so that one image's boxes never change another's.

    Returns:
        Rows of ``COLUMNS``.
    """
    truth = _by_image(lesions)
    found = _by_image(detections)
    confidences = {str(key): group.to_numpy() for key, group in detections.groupby("image_id")["confidence"]}
    rows = []
    images = split[["image_id", "split"]].merge(
        index[["image_id", "pathology", "width", "height"]], on="image_id", validate="1:1"
    )
    for number, image in enumerate(images.sort_values("image_id").itertuples()):
        size = (int(image.width), int(image.height))
        true_boxes = truth.get(image.image_id, np.empty((0, 4)))
        boxes = found.get(image.image_id, np.empty((0, 4)))
        scores = confidences.get(image.image_id, np.empty(0))
        training = image.split == "train"
        chosen: list[tuple[str, npt.NDArray[np.float64], Sequence[float]]] = []
        if training:
            rng = np.random.default_rng([seed, number])
            jittered = np.vstack([regions.jitter(true_boxes, jitter, rng) for _ in range(copies)])
            chosen.append(("truth", jittered, [np.nan] * len(jittered)))
        else:
            chosen.append(("truth", true_boxes, [np.nan] * len(true_boxes)))
            chosen.append(("detector", boxes, scores))
        if image.pathology == "normal" and image.split != "test":
            chosen.append(("background", boxes[:backgrounds], scores[:backgrounds]))
        for source, source_boxes, source_scores in chosen:
            region = regions.enlarge(source_boxes, margin, *size)
            rows += [
                (image.image_id, image.split, source, score, *box)
                for score, box in zip(source_scores, region.tolist(), strict=True)
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def write(items: pd.DataFrame, folder: Path, size: int, target: Path) -> None:
    """Crop and resize every region; write ``images.npy``, ``masks.npy`` and ``items.csv`` into ``target``.

    Only a few images' regions are held at a time. An image whose regions follow one another is decoded once.

    Args:
        items: rows of ``COLUMNS``.
        folder: the prepared images and masks.
        size: S of the (N, S, S) arrays.
        target: an existing folder.
    """
    shape = (len(items), size, size)
    image_ids, boxes = items["image_id"].to_numpy(dtype=str), items[BOX].to_numpy()
    starts = np.flatnonzero(image_ids[1:] != image_ids[:-1]) + 1

    def cropped(own: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        image_id = str(image_ids[own[0]])
        image, mask = prepared.load_image(folder, image_id), prepared.load_mask(folder, image_id)
        return (
            np.stack([regions.crop(image, box, size) for box in boxes[own]]),
            np.stack([regions.crop_mask(mask, box, size) for box in boxes[own]]),
        )

    runs = [run for run in np.split(np.arange(len(items)), starts) if len(run)]
    with (
        appended(target / "images.npy", shape) as append_images,
        appended(target / "masks.npy", shape) as append_masks,
    ):
        for images, masks in bar("images", in_order(cropped, runs), unit="image", total=len(runs)):
            append_images(images)
            append_masks(masks)
    items.to_csv(target / "items.csv", index=False, lineterminator="\n")


def _by_image(boxes: pd.DataFrame) -> dict[str, npt.NDArray[np.float64]]:
    return {str(key): group.to_numpy(dtype=np.float64) for key, group in boxes.groupby("image_id")[BOX]}
