"""What detector and segmenters are given: the prepared images by their split, and synthetic ones to train on."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from guidedseg.datasets import balance, prepared, splits
from guidedseg.datasets.balance import Balance


class Images(NamedTuple):
    """Tables of the images; the synthetic ones are rows as any, and all of them training images.

    Attributes:
        index: of ``prepared.read_index``.
        lesions: of ``prepared.read_lesions``.
        split: image_id, split.
        times: of ``balance.times``; of a synthetic image 1.
        synthetic: the folder of the synthetic ones; None: there are none.
    """

    index: pd.DataFrame
    lesions: pd.DataFrame
    split: pd.DataFrame
    times: pd.Series
    synthetic: Path | None


def read(folder: Path, split: Path, how: Balance, *, synthetic: Path | None) -> Images:
    """Read the tables, which must fit each other.

    Args:
        folder: the prepared images.
        split: who is trained on and who is tested on.
        how: datasets are balanced.
        synthetic: the folder that ``synthesizing.write`` wrote; None: nothing of it is trained on.

    Raises:
        GuidedsegError: a table is missing or damaged, or two do not fit each other.
    """
    index, lesions = prepared.read(folder)
    parts = splits.read(split, index)
    times = balance.times(index, parts, how)
    made, boxes = (None, None) if synthetic is None else prepared.read(synthetic)
    if made is None or made.empty:
        return Images(index, lesions, parts, times, None)
    return Images(
        pd.concat([index, made], ignore_index=True),
        pd.concat([lesions, boxes], ignore_index=True),
        pd.concat([parts, made[["image_id", "group_id"]].assign(split="train")], ignore_index=True),
        pd.concat([times, pd.Series(1, index=pd.Index(made["image_id"]))]),
        synthetic,
    )
