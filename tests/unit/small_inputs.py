"""Inputs of a segmenter from arrays, each picture whole."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from guidedseg.names import BOX
from guidedseg.segmentation.inputs import COLUMNS, PLACE, TRAINING, Inputs


def whole(
    images: npt.NDArray[np.uint8], masks: npt.NDArray[np.uint8], *, train: int, image_ids: list[str] | None = None
) -> Inputs:
    """The first ``train`` of pictures and masks (in {0, 1}), (N, S, S), are trained on, the others validate."""
    size = images.shape[-1]
    box = dict(zip(BOX, (0, 0, size, size), strict=True))
    items = pd.DataFrame({"image_id": image_ids or [f"i{number:02d}" for number in range(len(images))]})
    items = items.assign(source="frame", times=1, confidence=np.nan, split="val", **box)
    items = items.assign(margin=0.0, jitter=0.0, width=size, height=size, **dict(zip(PLACE, box.values(), strict=True)))
    inputs = Inputs(
        images=images[train:],
        masks=masks[train:],
        items=items.loc[train:, COLUMNS].reset_index(drop=True),
        wide_images=images[:train],
        wide_masks=masks[:train] * np.uint8(255),
        training=items.loc[: train - 1, TRAINING],
    )
    for array in (inputs.images, inputs.masks, inputs.wide_images, inputs.wide_masks):
        array.flags.writeable = False  # like a memory map
    return inputs
