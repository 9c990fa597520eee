"""An Ultralytics dataset from the prepared images: one box per lesion, normals as background; masks beside it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

from guidedseg.datasets import synthetic as made_up
from guidedseg.detection import training_list
from guidedseg.names import SPLITS

PICTURES = ("images", "masks")


def write(
    prepared: Path,
    index: pd.DataFrame,
    lesions: pd.DataFrame,
    split: pd.DataFrame,
    target: Path,
    *,
    times: pd.Series | None = None,
    synthetic: Path | None = None,
) -> int:
    """Write ``images``, ``labels`` and ``masks``, all ``SPLIT/ID``, and ``data.yaml`` into the existing ``target``.

    A label line is ``0 x_centre y_centre width height``, in shares of the image. An image without a lesion has an empty
    label file, which Ultralytics reads as background. Masks, 0 and 255, are what Mask R-CNN learns. ``data.yaml`` holds
    no absolute path: the dataset can be moved. Where a training image stands in an epoch several times, it names a
    list, ``train.txt``, that has it so often.

    Args:
        prepared: the folder of canonical images.
        index: image_id, width, height of every image.
        lesions: image_id, x0, y0, x1, y1 of every lesion.
        split: image_id, split.
        target: the folder to fill.
        times: of every training image, ``datasets.balance.times``; None: once.
        synthetic: the folder of synthetic images, where there are rows of any.

    Returns:
        The number of boxes.
    """
    repeated = times is not None and bool((times > 1).any())
    lay_out(target, train=training_list.NAME if repeated else None)
    if times is not None and repeated:
        lines = [f"./images/train/{image_id}.png\n" for image_id in times.index.repeat(times)]
        (target / training_list.NAME).write_text("".join(lines), encoding="utf-8")
    boxes = dict(tuple(lesions.groupby("image_id")[["x0", "y0", "x1", "y1"]]))
    rows = split[["image_id", "split"]].merge(index[["image_id", "width", "height"]], on="image_id", validate="1:1")
    for row in rows.itertuples():
        image = f"{row.image_id}.png"
        # not linked: what is written into a link changes data/prepared and, as DVC links both, its cache
        source = made_up.place(row.image_id, prepared, synthetic)
        for kind in PICTURES:
            shutil.copyfile(source / kind / image, target / kind / row.split / image)
        own = boxes[row.image_id].to_numpy().tolist() if row.image_id in boxes else []
        label = "".join(line(box, row.width, row.height) for box in own)
        (target / "labels" / row.split / f"{row.image_id}.txt").write_text(label, encoding="utf-8")
    return len(lesions)


def lay_out(target: Path, *, train: str | None = None) -> None:
    """Make the folders of a dataset without a picture, and its ``data.yaml``; ``train`` names a list of pictures."""
    for kind in (*PICTURES, "labels"):
        for name in SPLITS:
            (target / kind / name).mkdir(parents=True)
    data = {**{name: f"images/{name}" for name in SPLITS}, "names": {0: "lesion"}}
    if train is not None:
        data["train"] = train
    (target / "data.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def line(box: Sequence[float], width: int, height: int) -> str:
    """A box x0, y0, x1, y1 (pixels) of a picture as a line of its label file."""
    x0, y0, x1, y1 = box
    return (
        f"0 {(x0 + x1) / 2 / width:.6f} {(y0 + y1) / 2 / height:.6f} {(x1 - x0) / width:.6f} {(y1 - y0) / height:.6f}\n"
    )


def boxes(dataset: Path, part: str, stem: str, width: int, height: int) -> npt.NDArray[np.float32]:
    """The boxes of a picture, read back from its label file: (K, 4) float32 x0, y0, x1, y1, pixels of its size."""
    words = (dataset / "labels" / part / f"{stem}.txt").read_text(encoding="utf-8").split()
    centre_x, centre_y, across, down = np.array(words, dtype=np.float32).reshape(-1, 5)[:, 1:].T
    sides = [centre_x - across / 2, centre_y - down / 2, centre_x + across / 2, centre_y + down / 2]
    return np.asarray(np.stack(sides, axis=1) * np.array([width, height] * 2), dtype=np.float32)
