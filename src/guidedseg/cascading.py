"""The branch cascade: the network for regions fills boxes around what the network for whole images outlined."""

from pathlib import Path

import pandas as pd

from guidedseg import regions
from guidedseg.inference.cascade import outlined
from guidedseg.inference.engines.engine import Engine
from guidedseg.inference.predict import Losses, predict, write
from guidedseg.inference.tiles import Tiles
from guidedseg.segmentation import crops, inputs


def rois(direct: Tiles, index: pd.DataFrame, *, level: float, max_boxes: int, margin: float) -> crops.Regions:
    """Regions around the components of the probabilities of whole images.

    Args:
        direct: tiles of frames.
        index: image_id, split, width, height of the images that they are of.
        level: probability from which a pixel belongs to what a box is put around.
        max_boxes: the most confident ones of an image that are kept.
        margin: of a region around its box, a share of the box's size.
    """
    items: list[tuple[object, ...]] = []
    for image in index.itertuples():
        width, height = int(image.width), int(image.height)
        boxes, confidences = outlined(direct.assembled(direct.of(image.image_id, "frame"), height, width), level)
        places = regions.enlarge(boxes[:max_boxes], margin, width, height)
        row = (image.image_id, image.split, "cascade")
        items += [(*row, score, *place) for score, place in zip(confidences, places.tolist(), strict=False)]
    return crops.Regions(pd.DataFrame(items, columns=inputs.COLUMNS), pd.DataFrame(columns=inputs.TRAINING), context=1)


def fill(
    engine: Engine,
    image_size: int,
    made: crops.Regions,
    folder: Path,
    target: Path,
    *,
    flips: bool,
    losses: Losses | None = None,
    place: Path,
) -> None:
    """The probabilities of regions, as ``tiles.load`` reads them.

    Args:
        engine: a segmenter's.
        image_size: S of its S x S inputs.
        made: which regions.
        folder: the prepared images.
        target: an existing folder.
        flips: as ``predict`` takes it.
        losses: likewise; None: without.
        place: an existing, empty folder for the regions' pixels.
    """
    crops.write(made, folder, image_size, place)
    read = inputs.load(place)
    masks = None if losses is None else read.masks
    write(predict(engine, read.images, masks, losses, flips=flips), read.items, image_size, target)
