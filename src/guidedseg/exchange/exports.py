"""``guidedseg export``: the split, images and masks in the formats of other tools."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from guidedseg.errors import GuidedsegError
from guidedseg.exchange import coco, monai, nnunet, yolo
from guidedseg.exchange.data import Data
from guidedseg.writing import whole_directory

Format = Literal["yolo", "coco", "monai", "nnunet"]


def run(data: Data, format_: Format, target: Path, number: int = 501) -> str:
    """Write a dataset, whole or not at all.

    Args:
        data: what to write.
        format_: how.
        target: a new or empty folder.
        number: of nnU-Net's dataset.

    Returns:
        What was written, in a line.

    Raises:
        GuidedsegError: the folder is a file or not empty, or a picture cannot be read.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise GuidedsegError(f"{target} exists and is no empty folder: name a new one, or remove it")
    writers: Mapping[Format, Callable[[Data, Path], object]] = {
        "yolo": yolo.write,
        "coco": coco.write,
        "monai": monai.write,
        "nnunet": partial(nnunet.write, number=number),
    }
    with whole_directory(target) as folder:
        writers[format_](data, folder)
    counts = ", ".join(f"{split} {len(data.of(split))}" for split in ("train", "val", "test"))
    return f"{target}: {len(data.images)} images ({counts}) for {format_}"
