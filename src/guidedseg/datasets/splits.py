"""Who is trained on and who is tested on, read back (``splitting`` decides it)."""

from pathlib import Path

import pandas as pd

from guidedseg import artifacts
from guidedseg.errors import listed
from guidedseg.names import SPLITS
from guidedseg.restoring import restoring

TYPES = dict.fromkeys(("image_id", "group_id", "split"), "text")


def read(path: Path, index: pd.DataFrame) -> pd.DataFrame:
    """``split.csv``: image_id, group_id, split; it may have been edited.

    Args:
        path: the table.
        index: of the prepared images.

    Raises:
        GuidedsegError: it is not of just these images, or a split is none of ``SPLITS``: the rows are told; or a split
            has no lesion.
    """
    rules = {f"a split is one of {', '.join(SPLITS)}": lambda table: table["split"].isin(SPLITS)}
    split = artifacts.table(path, TYPES, key=["image_id"], rules=rules, edited=True)
    artifacts.same_ids(path, split["image_id"], index["image_id"], Path("data/prepared/index.csv"))
    if problems := useless(index, split):
        raise listed(f"{path}: the split is of no use", problems, restoring(path))
    return split


def useless(index: pd.DataFrame, split: pd.DataFrame) -> list[str]:
    """What keeps a split from being trained, validated or tested with; nothing where all is well."""
    lesions = split["image_id"].map(index.set_index("image_id")["lesion_count"])
    problems = []
    for name in SPLITS:
        inside = split["split"] == name
        if not inside.any():
            problems.append(f"{name} has no image")
        elif not (lesions[inside] > 0).any():
            problems.append(f"{name} has no image with a lesion: nothing can be learned from it or measured on it")
    return problems
