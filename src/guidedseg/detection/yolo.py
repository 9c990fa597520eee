"""Ultralytics in and out: train a YOLO detector, list its boxes.

Ultralytics keeps a cache beside the labels it reads and writes dates and absolute paths into its weights. Here it works
on a dataset of links in a scratch folder, and only what depends on data, parameters and seed is kept.
"""

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

# All before Ultralytics is imported: no telemetry, no package installed behind the user's back, no settings in the home
# folder.
os.environ["YOLO_OFFLINE"] = "1"
os.environ["YOLO_AUTOINSTALL"] = "False"
os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(".scratch").absolute()))
os.environ.setdefault("YOLO_VERBOSE", "False")

import pandas as pd
import torch
from ultralytics import YOLO
from ultralytics.utils import SETTINGS

from guidedseg import progress
from guidedseg.errors import GuidedsegError

# In memory only. Ultralytics hands every training to what it finds installed; to DVCLive, which then rewrites dvc.yaml.
dict.update(SETTINGS, dict.fromkeys(("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb"), False))

logger = logging.getLogger(__name__)

CURVE = {
    "epoch": "epoch",
    "train/box_loss": "train_box_loss",
    "train/cls_loss": "train_cls_loss",
    "train/dfl_loss": "train_dfl_loss",
    "val/box_loss": "val_box_loss",
    "val/cls_loss": "val_cls_loss",
    "val/dfl_loss": "val_dfl_loss",
    "metrics/precision(B)": "val_precision",
    "metrics/recall(B)": "val_recall",
    "metrics/mAP50(B)": "val_map50",
    "metrics/mAP50-95(B)": "val_map50_95",
}


def train(
    dataset: Path,
    arguments: Mapping[str, Any],
    *,
    weights: str,
    seed: int,
    scratch: Path,
    target: Path,
    live: Path | None = None,
) -> pd.DataFrame:
    """Train a one-class detector from scratch or from pretrained weights.

    Always from the start: Ultralytics' own resumption does not restore its random state, so a resumed run would differ.

    Args:
        dataset: an Ultralytics dataset, as ``labels.write`` makes it.
        arguments: Ultralytics' training arguments that the recipe declares (``imgsz``, ``epochs``, ``lr0``, ...).
        weights: a model ``.yaml`` (from scratch), a ``.pt`` path, or the name of a released ``.pt``, which is
            downloaded.
        seed: of every random draw.
        scratch: a folder of this run's own.
        target: the existing folder that receives ``weights.pt`` and ``curve.csv``.
        live: a folder for the curves while they grow, emptied first; None: without.

    Returns:
        What curve.csv holds, a row per epoch.

    Raises:
        GuidedsegError: the weights cannot be had.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    model = _load(weights, scratch.parent / "weights")
    shown = _Shown(live)
    for event in ("on_train_start", "on_train_batch_end", "on_fit_epoch_end", "on_train_end"):
        model.add_callback(event, getattr(shown, event))
    with redirect_stdout(StringIO()):  # Ultralytics draws bars even where it is told to be quiet
        model.train(
            **arguments,
            data=_linked(dataset, scratch / "dataset"),
            project=str(scratch.absolute()),
            name="run",
            exist_ok=True,
            seed=seed,
            deterministic=True,
            single_cls=True,
            device=_device(),
            amp=torch.cuda.is_available(),
            cache="ram",
            plots=False,
            hsv_h=0.0,
            hsv_s=0.0,
            augmentations=[],  # or Ultralytics adds blur and CLAHE of its own wherever albumentations is installed
            verbose=False,
        )
    _save_weights(scratch / "run" / "weights" / "best.pt", target / "weights.pt")
    curve = _read_curve(scratch / "run" / "results.csv")
    curve.to_csv(target / "curve.csv", index=False, lineterminator="\n")
    shutil.rmtree(scratch)
    return curve


def detect(
    weights: Path,
    images: Sequence[Path],
    *,
    image_size: int,
    floor: float,
    nms_iou: float,
    max_boxes: int,
    batch: int = 16,
) -> pd.DataFrame:
    """Boxes of every image down to a low confidence.

    Args:
        weights: ``weights.pt`` of ``train``.
        images: files named ``ID.png``.
        image_size: the detector's input size.
        floor: lowest confidence kept.
        nms_iou: of two boxes that overlap more the weaker is dropped.
        max_boxes: kept per image.
        batch: images per forward pass.

    Returns:
        One row per box: image_id, x0, y0, x1, y1 (float, original pixels, clipped to the image), confidence; in the
        order of ``images``, then by falling confidence.
    """
    model = YOLO(weights)
    rows = []
    shown = progress.bar("images", unit="image", total=len(images))
    for start in range(0, len(images), batch):
        paths = images[start : start + batch]
        results = model.predict(
            [str(path) for path in paths],
            imgsz=image_size,
            conf=floor,
            iou=nms_iou,
            max_det=max_boxes,
            device=_device(),
            batch=batch,
            verbose=False,
        )
        for path, result in zip(paths, results, strict=True):
            for box, confidence in zip(result.boxes.xyxy.tolist(), result.boxes.conf.tolist(), strict=True):
                rows.append((path.stem, *(round(value, 2) for value in box), round(confidence, 5)))
        shown.update(len(paths))
    shown.close()
    return pd.DataFrame(rows, columns=["image_id", "x0", "y0", "x1", "y1", "confidence"])


class _Shown:
    """What is seen while a detector trains, as Ultralytics' callbacks; their only argument is its trainer."""

    def __init__(self, live: Path | None) -> None:
        self.live = live
        self.epochs = 0

    def on_train_start(self, trainer: Any) -> None:  # noqa: ANN401
        self.bar = progress.bar("detector", unit="step", total=trainer.epochs * len(trainer.train_loader))
        self.curves = progress.LiveCurves(self.live)

    def on_train_batch_end(self, _: Any) -> None:  # noqa: ANN401
        self.bar.update()

    def on_fit_epoch_end(self, trainer: Any) -> None:  # noqa: ANN401
        """Also called after the last epoch, when the best weights were validated and the table has no row more."""
        row = _read_curve(trainer.csv).iloc[-1].to_dict()
        epoch = int(row.pop("epoch"))
        if epoch > self.epochs:
            self.epochs = epoch
            self.curves.add(epoch, row)
            self.bar.set_postfix(epoch=f"{epoch}/{trainer.epochs}", mAP50=f"{row['val_map50']:.3f}")

    def on_train_end(self, _: Any) -> None:  # noqa: ANN401
        self.bar.close()
        self.curves.close()


def _read_curve(results: Path) -> pd.DataFrame:
    """Ultralytics' table of epochs, with the columns of ``CURVE``."""
    return pd.read_csv(results).rename(columns=str.strip)[list(CURVE)].rename(columns=CURVE)


def _device() -> str:
    return "0" if torch.cuda.is_available() else "cpu"


def _load(weights: str, downloads: Path) -> YOLO:
    """A model from a ``.yaml`` or ``.pt``; a released name is downloaded into ``downloads``."""
    path = Path(weights)
    if weights.endswith(".yaml"):
        return YOLO(weights)
    if not path.is_file():
        if path.name != weights:
            raise GuidedsegError(f"profiles.*.detector.weights: no file {weights!r}")
        downloads.mkdir(parents=True, exist_ok=True)
        path = downloads / weights
        if not path.is_file():
            logger.info("downloading %s", weights)
    try:
        with redirect_stdout(StringIO()):  # a bar, also where nobody looks
            return YOLO(path)
    except (OSError, RuntimeError) as error:
        raise GuidedsegError(
            f"profiles.*.detector.weights: {weights!r} could not be loaded or downloaded ({error}). Put the file "
            f"beside params.yaml, set its path, or train from scratch with 'yolo11n.yaml'."
        ) from error


def _linked(dataset: Path, target: Path) -> str:
    """A dataset of links under ``target``: beside the labels that Ultralytics reads it writes caches.

    Links to files, because Ultralytics resolves a linked folder and would write into the original.

    Returns:
        The path of ``data.yaml`` there.
    """
    for source in sorted(path for path in dataset.rglob("*") if path.is_file()):
        link = target / source.relative_to(dataset)
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            link.hardlink_to(source)
        except OSError:  # another file system
            shutil.copyfile(source, link)
    return str((target / "data.yaml").absolute())


def _save_weights(best: Path, target: Path) -> None:
    """Ultralytics' checkpoint without dates, paths and curves: what ``YOLO(path)`` needs, the same for the same run."""
    checkpoint = torch.load(best, map_location="cpu", weights_only=False)  # written by this run a moment ago
    model = checkpoint["model"]
    kept = {"task": "detect", "imgsz": model.args["imgsz"], "single_cls": True}
    model.args = kept
    with target.open("wb") as file:  # a full disk then raises OSError
        torch.save({"model": model, "ema": None, "train_args": kept, "version": checkpoint["version"]}, file)
