"""How often an epoch has each training image of a union of datasets."""

from typing import Literal

import numpy as np
import pandas as pd

Balance = Literal["size", "even"]
"""size: every image once, so a dataset counts by its size; even: as many images of every dataset as the largest has."""


def times(index: pd.DataFrame, split: pd.DataFrame, balance: Balance) -> pd.Series:
    """How often each training image stands in the list of what is trained on.

    Where a dataset's images do not go evenly into the number that is wanted, those that stand there once more are
    spread over the dataset in the order of their names; no draw decides.

    Args:
        index: image_id, dataset.
        split: image_id, split.
        balance: see ``Balance``.

    Returns:
        int64, a value for each training image, by image_id, sorted.
    """
    train = split.loc[split["split"] == "train", ["image_id"]].merge(index[["image_id", "dataset"]], validate="1:1")
    train = train.sort_values("image_id", ignore_index=True)
    result = pd.Series(1, index=pd.Index(train["image_id"]), dtype=np.int64)
    if balance == "even":
        largest = int(train["dataset"].value_counts().max())
        for rows in train.groupby("dataset").indices.values():
            result.iloc[rows] = np.diff(np.arange(len(rows) + 1) * largest // len(rows))
    return result
