"""What our training loop adds to the training step itself, and how many images per second a data worker prepares.

    python benchmarks/training.py [--profile quick] [--model unetpp] [--items 160] [--epochs 4] [--threads 1]

Ours is ``training.train`` with a profile's recipe: data, augmentation, Lightning, logging, checkpoints; validation and
what comes after an epoch are left out. The reference is a bare loop of torch on batches that lie in memory: the same
network, loss, optimiser, schedule and clipping, without the deterministic algorithms that ours asks for. Both take
turns, and the median epoch counts. On a CPU processor time is measured, so that a neighbour there does not count.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch

from guidedseg import params
from guidedseg.fitting import loop, optimisation
from guidedseg.segmentation import crops, data, losses, models, training
from guidedseg.segmentation.inputs import Inputs

GPU = torch.cuda.is_available()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--model", default="unetpp")
    parser.add_argument("--items", type=int, default=160)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    settings = params.load()
    profile = settings.profiles[asked.profile]
    options = getattr(settings.models, asked.model).model_dump()
    network = profile.network.model_dump() | {"encoder_weights": None}
    recipe = profile.train.model_dump() | {"epochs": asked.epochs, "patience": asked.epochs}
    # of workers on a CPU the processor time would count with that of the step
    workers = profile.workers if GPU else 0
    inputs = made_up(asked.items, profile.inputs.image_size)
    ours, bare = [], []
    for _ in range(asked.turns):
        ours += our_steps(inputs, asked.model, options, network, recipe, workers)
        bare += bare_steps(inputs, asked.model, options, network, recipe)
    where = torch.cuda.get_device_name() if GPU else f"CPU, {asked.threads} thread(s)"
    size, batch = profile.inputs.image_size, recipe["batch"]
    print(f"{asked.model}, profile {asked.profile}, {size} pixels, batches of {batch}; {where}")
    for name, seconds in (("ours", ours), ("bare loop", bare)):
        least, middle, most = 1000 * np.quantile(seconds, [0, 0.5, 1])
        print(f"{name:10} {middle:8.1f} ms per step ({least:.1f} to {most:.1f})")
    print(f"ours / bare loop: {np.median(ours) / np.median(bare):.3f}")
    print(f"data path: {images_per_second(inputs, recipe):.0f} images per second and worker")


def clock() -> float:
    """Seconds; on a CPU those of this process."""
    if GPU:
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


class Clock(pl.Callback):
    """Seconds per training step of every epoch but the first."""

    def __init__(self) -> None:
        self.start = 0.0
        self.seconds: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Before the first batch is fetched."""
        self.start = clock()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:  # noqa: ANN401
        """After the last batch, before validation."""
        if trainer.is_last_batch and trainer.current_epoch:
            self.seconds.append((clock() - self.start) / trainer.num_training_batches)


def our_steps(inputs: Inputs, model: str, options: Any, network: Any, recipe: Any, workers: int) -> list[float]:  # noqa: ANN401
    """Seconds per step, one number per epoch."""
    watch, plain = Clock(), loop._trainer  # noqa: SLF001 - the only place where a callback can be added

    def with_clock(recipe: Any, callbacks: list[pl.Callback], folder: Path, rank: None) -> pl.Trainer:  # noqa: ANN401
        return plain(recipe, [*callbacks, watch], folder, rank)

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(loop, "_trainer", with_clock):
        training.train(
            inputs,
            name=model,
            options=options,
            network=network,
            recipe=recipe,
            seed=0,
            workers=workers,
            scratch=Path(folder) / "scratch",
            target=Path(folder),
        )
    return watch.seconds


def bare_steps(inputs: Inputs, model: str, options: Any, network: Any, recipe: Any) -> list[float]:  # noqa: ANN401
    """Seconds per step, one number per epoch."""
    torch.use_deterministic_algorithms(False)
    torch.manual_seed(0)
    device = torch.device("cuda" if GPU else "cpu")
    size, batch = inputs.images.shape[-1], recipe["batch"]
    net = models.build(model, options, **network, image_size=size).to(device)
    images = data.as_input(inputs.wide_images)[:, None].to(device).split(batch)  # type: ignore[no-untyped-call]
    masks = (torch.from_numpy(inputs.wide_masks) / 255)[:, None].to(device).split(batch)  # type: ignore[no-untyped-call]
    names = ("optimizer", "lr", "weight_decay", "schedule", "warmup")
    optimizer, schedule = optimisation.build(
        net, **{name: recipe[name] for name in names}, steps=len(images) * recipe["epochs"]
    )
    loss = losses.build(recipe["loss"], gamma=recipe["focal_gamma"])
    half = GPU and recipe["precision"] != "fp32"
    scaler = torch.amp.GradScaler(enabled=half and recipe["precision"] == "fp16")
    dtype = torch.float16 if recipe["precision"] == "fp16" else torch.bfloat16
    seconds = []
    for _ in range(recipe["epochs"]):
        start = clock()
        for image, mask in zip(images, masks, strict=True):
            optimizer.zero_grad()
            with torch.autocast(device.type, dtype=dtype, enabled=half):
                value = losses.total(loss, net(image), mask)
            scaler.scale(value).backward()  # type: ignore[no-untyped-call]
            scaler.unscale_(optimizer)
            if recipe["clip"] is not None:
                torch.nn.utils.clip_grad_norm_(net.parameters(), recipe["clip"])
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
        seconds.append((clock() - start) / len(images))
    return seconds[1:]


def images_per_second(inputs: Inputs, recipe: Any) -> float:  # noqa: ANN401
    """Loading, augmenting and batching alone, in this process."""
    drawn = {key: recipe[key] for key in ("rotation", "flip", "brightness")}
    items = data.TrainingItems(inputs, inputs.images.shape[-1], **drawn, seed=0)
    loader = data.training_loader(items, batch=recipe["batch"], workers=0)
    start = time.process_time()
    count = sum(len(images) for images, _ in loader)
    return count / (time.process_time() - start)


def made_up(count: int, size: int) -> Inputs:
    """Noise with a brighter square, ``count`` to train on and 16 to validate on."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 200, (count + 16, size, size), dtype=np.uint8)
    masks = np.zeros_like(images)
    masks[:, size // 4 : size // 2, size // 4 : size // 2] = 1
    images += 55 * masks
    index = pd.DataFrame({"image_id": [f"image{number}" for number in range(count + 16)]})
    split = index.assign(split=["train"] * count + ["val"] * 16)
    regions = crops.frames(index.assign(width=size, height=size), split, jitter=0.2)
    return Inputs(
        images=images[count:],
        masks=masks[count:],
        items=regions.items,
        wide_images=images[:count],
        wide_masks=masks[:count] * np.uint8(255),
        training=regions.training,
    )


if __name__ == "__main__":
    main()
