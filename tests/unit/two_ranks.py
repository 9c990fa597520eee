"""Two processes that train together, and what they are given to train. On a CPU they talk through gloo."""

import multiprocessing
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import small_inputs
import small_training
import torch
from torch import nn

from guidedseg.segmentation import training
from guidedseg.segmentation.inputs import Inputs

SIZE, TRAIN, VAL = 32, 13, 9
"""With batches of 8 there are steps of 8 and 5 items, of which two ranks have 4 + 4 and 3 + 2. With batches of 4 there
are three of validation, of which the second rank has one and repeats another."""


def make_inputs() -> Inputs:
    """Bright squares on noise; every third picture has none."""
    rng = np.random.default_rng(0)
    masks = np.zeros((TRAIN + VAL, SIZE, SIZE), dtype=np.uint8)
    for number, mask in enumerate(masks):
        x, y = rng.integers(0, 20, 2)
        mask[y : y + 10, x : x + 10] = number % 3 > 0
    images = (60 + 120 * masks + rng.integers(0, 40, masks.shape)).astype(np.uint8)
    return small_inputs.whole(images, masks, train=TRAIN)


def run(function: Callable[..., None], *arguments: Any) -> None:
    """Call a module's function in two processes that are told to be ranks; what it returns is not looked at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    ranks = [context.Process(target=_as_rank, args=(rank, port, function, arguments)) for rank in range(2)]
    for each in ranks:
        each.start()
    for each in ranks:
        each.join()
    assert [each.exitcode for each in ranks] == [0, 0]


def _as_rank(rank: int, port: int, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    function(*arguments)


def without_batch_statistics(net: nn.Module) -> nn.Module:
    """Batch normalisations become group normalisations: the former's statistics are of what a rank sees."""
    for name, child in net.named_children():
        if isinstance(child, nn.BatchNorm2d):
            replaced = nn.GroupNorm(1, child.num_features)
            activation = getattr(child, "act", None)  # timm has both in one
            setattr(net, name, replaced if activation is None else nn.Sequential(replaced, activation))
        else:
            without_batch_statistics(child)
    return net


def train(folder: Path, *, dropout: float = 0.5, seed: int = 3, **recipe: Any) -> dict[str, bytes]:
    """Train one network into ``folder``/of_rank_N, one scratch for all; name -> content of what this rank wrote."""
    target = folder / f"of_rank_{os.environ.get('RANK', '0')}"
    target.mkdir(parents=True, exist_ok=True)
    training.train(
        make_inputs(),
        name=small_training.NAME,
        options=small_training.OPTIONS | {"dropout": dropout},
        network=small_training.NETWORK,
        recipe=small_training.RECIPE | recipe,
        seed=seed,
        workers=0,
        scratch=folder / "scratch",
        target=target,
        live=folder / "live" / target.name,
    )
    return {path.name: path.read_bytes() for path in target.iterdir()}
