"""What ``evaluate`` wrote, read back and checked: counts of every image and branch, and the operating values."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import IO

import pandas as pd

from guidedseg import artifacts
from guidedseg.evaluation.counts import BRANCHES, Evaluation
from guidedseg.evaluation.operating import Operating
from guidedseg.restoring import damaged

IMAGES = {
    **dict.fromkeys(("image_id", "patient_id", "group_id", "pathology"), "text"),
    **dict.fromkeys(("width", "height", "lesion_px", "lesions"), "int"),
    "branch": "text",
    **dict.fromkeys(("boxes", "tp", "fp", "fn", "tn"), "int"),
    **dict.fromkeys(("hd95", "msd", "nsd"), "float?"),
    **dict.fromkeys(("lesions_found", "areas", "false_areas", "regions"), "int"),
    "loss": "float?",
}
LESIONS = {
    **dict.fromkeys(("image_id", "patient_id", "branch"), "text"),
    **dict.fromkeys(("lesion", "area_px"), "int"),
    **dict.fromkeys(("iou", "covered"), "float"),
}
LEVELS = {
    **dict.fromkeys(("group_id", "branch"), "text"),
    **dict.fromkeys(("level", "pixels", "lesion_pixels"), "int"),
}
_BRANCH: Mapping[str, artifacts.Good] = {
    f"a branch is one of {', '.join(BRANCHES)}": lambda table: table["branch"].isin(BRANCHES)
}
_WHOLE: Mapping[str, artifacts.Good] = {
    "not all branches of the image": lambda table: (
        table.groupby("image_id")["branch"].transform("size") == len(BRANCHES)
    )
}


def read(folder: Path) -> Evaluation:
    """Read back what ``counts.write`` wrote.

    Raises:
        GuidedsegError: a table is missing or damaged, or they do not fit each other.
    """
    images = read_images(folder / "images.csv")
    lesions = artifacts.table(folder / "lesions.csv", LESIONS, key=["image_id", "branch", "lesion"], rules=_BRANCH)
    levels = artifacts.table(folder / "levels.csv", LEVELS, key=["group_id", "branch", "level"], rules=_BRANCH)
    if len(lesions) != images["lesions"].sum():
        raise damaged(folder / "lesions.csv", f"{len(lesions)} rows, and images.csv tells of {images['lesions'].sum()}")
    return Evaluation(images, lesions, levels)


def read_images(source: Path | IO[str]) -> pd.DataFrame:
    """``images.csv``: every image in every branch once.

    Raises:
        GuidedsegError: it is not.
    """
    return artifacts.table(source, IMAGES, key=["image_id", "branch"], rules={**_BRANCH, **_WHOLE})


def operating(path: Path) -> Operating:
    """``operating.json``, or another file of such values.

    Raises:
        GuidedsegError: it is missing or damaged.
    """
    names = [each.name for each in fields(Operating)]
    found = artifacts.values(path, names)
    return Operating(**{name: found[name] for name in names})
