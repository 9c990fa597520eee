"""Pictures under plots/: training curves, and test images with contours of truth and prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

TRUTH = "#00c853"
PREDICTION = "#ff1744"
BOX = "#ffd600"

mpl.rcParams["svg.hashsalt"] = "guidedseg"


@dataclass(frozen=True)
class Picture:
    """One test image of the grid.

    Attributes:
        title: above the row.
        image: (H, W) uint8.
        truth: (H, W) bool.
        predictions: branch -> (H, W) bool.
        captions: branch -> line under its picture.
        boxes: (K, 4) the detector's boxes, drawn in the guided panel.
    """

    title: str
    image: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.bool_]
    predictions: Mapping[str, npt.NDArray[np.bool_]]
    captions: Mapping[str, str]
    boxes: npt.NDArray[np.float64]


def curves(segmenters: Mapping[str, pd.DataFrame], detector: pd.DataFrame, path: Path) -> None:
    """Validation Dice and losses of both segmenters, and the detector's validation mAP.

    Args:
        segmenters: mode -> epoch, train_loss, val_loss, val_dice.
        detector: epoch, val_map50, val_map50_95.
        path: of the PNG.
    """
    figure, (dice, loss, boxes) = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    for colour, (mode, curve) in zip(("#0072b2", "#d55e00"), segmenters.items(), strict=False):
        dice.plot(curve["epoch"], curve["val_dice"], color=colour, label=mode)
        loss.plot(curve["epoch"], curve["train_loss"], color=colour, label=f"{mode}, training")
        loss.plot(curve["epoch"], curve["val_loss"], color=colour, linestyle="--", label=f"{mode}, validation")
    boxes.plot(detector["epoch"], detector["val_map50"], color="#009e73", label="mAP50")
    boxes.plot(detector["epoch"], detector["val_map50_95"], color="#009e73", linestyle="--", label="mAP50-95")
    for axes, title in (
        (dice, "Segmenters: pooled validation Dice"),
        (loss, "Segmenters: loss"),
        (boxes, "Detector: validation"),
    ):
        axes.set(title=title, xlabel="epoch")
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=8)
    for axes in (dice, boxes):
        axes.set_ylim(0, 1)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def picture_grid(pictures: Sequence[Picture], heading: str, path: Path) -> None:
    """A row per test image: the image with the truth, then each branch's prediction over it.

    Args:
        pictures: all with the same branches.
        heading: says how the images were chosen.
        path: of the PNG.
    """
    branches = list(pictures[0].predictions)
    shape = pictures[0].image.shape
    width = 3.0
    size = (width * (1 + len(branches)), (width * shape[0] / shape[1] + 0.3) * len(pictures) + 0.5)
    figure, grid = plt.subplots(len(pictures), 1 + len(branches), figsize=size, squeeze=False, layout="constrained")
    for row, picture in zip(grid, pictures, strict=True):
        for axes in row:
            axes.imshow(picture.image, cmap="gray", vmin=0, vmax=255)
            axes.set(xticks=[], yticks=[])
            _contour(axes, picture.truth, TRUTH)
        row[0].set_title(picture.title, fontsize=8, loc="left")
        for axes, branch in zip(row[1:], branches, strict=True):
            _contour(axes, picture.predictions[branch], PREDICTION)
            axes.set_title(picture.captions[branch], fontsize=8, loc="left")
            if branch == "guided":
                for x0, y0, x1, y1 in picture.boxes:
                    axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=BOX, linewidth=0.8))
    figure.suptitle(heading, fontsize=9)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def _contour(axes: Axes, mask: npt.NDArray[np.bool_], colour: str) -> None:
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        closed = np.vstack([outline[:, 0], outline[:1, 0]])
        axes.plot(closed[:, 0], closed[:, 1], color=colour, linewidth=1.1)
