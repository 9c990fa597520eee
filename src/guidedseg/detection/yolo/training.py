"""A YOLO detector learns to find lesions.

Ultralytics keeps a cache beside the labels it reads and writes dates and absolute paths into its weights. Here it works
on a dataset of links in a scratch folder, and only what depends on data, parameters and seed is kept.
"""

import shutil
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import yaml
from torch.utils.data import RandomSampler
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.utils.torch_utils import ModelEMA

from guidedseg import progress
from guidedseg.detection import training_list
from guidedseg.detection.yolo import checkpoint, network, trained
from guidedseg.detection.yolo import weights as initial
from guidedseg.errors import GuidedsegError

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

FIXED: dict[str, Any] = {
    # steps
    "warmup_bias_lr": 0.0,  # the library's 0.1 is for SGD: AdamW would take 50 times lr0 in its first steps
    "warmup_momentum": 0.8,  # of SGD and RMSProp alone
    "time": None,  # would override epochs
    "deterministic": True,
    "compile": False,  # minutes at the start, for a network that a GPU is not busy with
    "channels_last": None,  # on a GPU
    "quantize": None,  # would train for 8 bits
    # network
    "cls_remap": True,  # a pretrained head keeps its row of a class of the same name
    "freeze": None,
    "distill_model": None,
    # loss
    "single_cls": True,  # lesions
    "cls_pw": 0.0,  # weighs classes, and there is one
    # images: all of them, as they are; grey, with the probe above
    "fraction": 1.0,
    "classes": None,
    "cache": "ram",
    "rect": False,
    "hsv_h": 0.0,
    "hsv_s": 0.0,
    "bgr": 0.0,
    "flipud": 0.0,
    "perspective": 0.0,
    "cutmix": 0.0,  # would cut lesions
    "copy_paste": 0.0,  # of outlines, and there are boxes alone
    "augmentations": [],  # or it adds blur and CLAHE of its own wherever albumentations is installed
    # validation, which chooses the epoch that is kept: boxes as its mean precision is usually taken of
    "val": True,
    "split": "val",
    "conf": 0.001,
    "iou": 0.7,
    "max_det": 300,
    "nms": None,
    "agnostic_nms": False,
    "augment": False,
    # files
    "save": True,
    "plots": False,
    "verbose": False,
    "exist_ok": True,
    "resume": False,
}
"""Ultralytics' arguments that nobody tunes here; a recipe has the others. What changes no training is as it sets it."""


def train(
    dataset: Path,
    arguments: Mapping[str, Any],
    *,
    weights: str,
    seed: int,
    start: Path | None = None,
    length: int | None = None,
    scratch: Path,
    target: Path,
    live: Path | None = None,
) -> pd.DataFrame:
    """Train a one-class detector from scratch or from pretrained weights.

    Always from the start: Ultralytics' own resumption does not restore its random state, so a resumed run would differ.

    Args:
        dataset: an Ultralytics dataset, as ``labels.write`` makes it.
        arguments: the recipe: Ultralytics' training arguments (``imgsz``, ``epochs``, ``lr0``, ...), and
            ``precision``, ``ema_decay`` and ``ema_tau``.
        weights: as ``weights.load`` takes it.
        seed: of every random draw.
        start: a folder that this function wrote, whose weights are taken over; None: as ``weights`` says.
        length: pictures of an epoch, drawn anew from all, none twice; None: every picture once.
        scratch: a folder of this run's own.
        target: the existing folder that receives ``weights.safetensors``, ``config.json`` and ``curve.csv``.
        live: a folder for the curves while they grow, emptied first; None: without.

    Returns:
        What curve.csv holds, a row per epoch.

    Raises:
        GuidedsegError: the weights cannot be had, or are refused; the GPU lacks the precision; a loss is no number.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    first = initial.load(weights, scratch.parent / "weights")
    pretrained = first.pretrained if start is None else trained.load(start)[0]
    shown = _Shown(live)
    own = ("precision", "ema_decay", "ema_tau")
    given = {name: value for name, value in arguments.items() if name not in own}
    asked, decay, tau = (arguments[name] for name in own)
    precision = _precision(asked)

    def average(trainer: Any) -> None:  # noqa: ANN401
        trainer.ema = ModelEMA(trainer.model, decay=decay, tau=tau)

    def shortened(trainer: Any) -> None:  # noqa: ANN401
        loader = trainer.train_loader  # it has taken no picture by then; its batches are of the sampler in the sampler
        sampler = RandomSampler(loader.dataset, num_samples=length, generator=loader.generator)
        loader.batch_sampler.sampler.sampler = sampler

    with redirect_stdout(StringIO()):  # Ultralytics draws bars even where it is told to be quiet
        # Its trainer and not YOLO(...).train, which would read the weights from their file by itself.
        trainer = DetectionTrainer(
            overrides={
                **FIXED,
                **given,
                "task": "detect",
                "mode": "train",
                "model": weights,
                "data": _linked(dataset, scratch / "dataset"),
                "project": str(scratch.absolute()),
                "name": "run",
                "seed": seed,
                "device": network.device(),
                "amp": precision,
                "nbs": given["batch"],  # a step per batch; the library's 64 makes one of 64 / batch batches
            }
        )
        trainer.model = trainer.get_model(cfg=first.architecture, weights=pretrained, verbose=False)
        for event in ("on_train_start", "on_train_batch_end", "on_fit_epoch_end", "on_train_end"):
            trainer.add_callback(event, getattr(shown, event))
        trainer.add_callback("on_train_epoch_end", _see_loss)
        trainer.add_callback("on_pretrain_routine_end", average)  # it has made one by then, and no step
        if length is not None:
            trainer.add_callback("on_pretrain_routine_end", shortened)
        trainer.train()
    recipe = {**arguments, "weights": Path(weights).name, "seed": seed}  # of a folder nobody else needs to know
    trained.write(checkpoint.read(trainer.best), target, image_size=arguments["imgsz"], recipe=recipe)
    curve = _read_curve(trainer.csv)
    curve.to_csv(target / "curve.csv", index=False, lineterminator="\n")
    shutil.rmtree(scratch)
    return curve


def _precision(asked: str) -> str:
    """What is computed in, as Ultralytics takes it; ``True`` would have it download a model to test itself with."""
    if not torch.cuda.is_available():
        return "fp32"
    if asked == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise GuidedsegError(f"profiles.*.yolo.precision: {torch.cuda.get_device_name()} has no bf16. Set it to fp32.")
    return asked


def _see_loss(trainer: Any) -> None:  # noqa: ANN401
    """Raise where the loss is no number; the library would go back an epoch three times, and then fail."""
    if trainer.loss is not None and not trainer.loss.isfinite():
        raise GuidedsegError(
            f"the detector's loss became {trainer.loss.item()} in epoch {trainer.epoch + 1}. Lower "
            "profiles.*.yolo.lr0, or raise its warmup_epochs."
        )


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


def _linked(dataset: Path, target: Path) -> str:
    """A dataset of links under ``target``: beside the labels that Ultralytics reads it writes caches.

    Links to files, because Ultralytics resolves a linked folder and would write into the original. And only to pictures
    and labels: a cache that lies beside them would be unpickled, and a ``download`` in ``data.yaml`` run.

    Returns:
        The path of ``data.yaml`` there.
    """
    for source in sorted(
        [*dataset.glob("images/*/*.png"), *dataset.glob("labels/*/*.txt"), *dataset.glob(training_list.NAME)]
    ):
        link = target / source.relative_to(dataset)
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            link.hardlink_to(source)
        except OSError:  # another file system
            shutil.copyfile(source, link)
    data = yaml.safe_load((dataset / "data.yaml").read_text(encoding="utf-8"))
    path = target / "data.yaml"
    path.write_text(yaml.safe_dump({key: data[key] for key in ("train", "val", "test", "names")}), encoding="utf-8")
    return str(path.absolute())
