"""What the networks cost: size, arithmetic, time per image in inference and training, memory.

    python benchmarks/networks.py [--profile paper] [--batch 4] [--networks unet,skunet]

Options, encoder, width and size are those of params.yaml: what is measured is what is run. The floor is the time that
arithmetic alone takes: 2 x GMAC over the rate of a 4096 x 4096 matrix product, measured beside each network in the same
process and precision (float32). Each runs in a process of its own, so that peak memory is its own; on a GPU it is what
torch allocated. Random weights, the best of several turns.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from guidedseg import params
from guidedseg.segmentation import losses, models

PARAMS = params.load(Path(__file__).parents[1] / "params.yaml")
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(name for name in models.MODELS if not models.given(name)))
    parser.add_argument("--profile", choices=PARAMS.profiles, default="paper")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    profile = PARAMS.profiles[asked.profile]
    size = profile.inputs.image_size
    where = torch.cuda.get_device_name() if DEVICE.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"{where}; torch {torch.__version__}; encoder {profile.network.encoder}, ", end="")
    print(f"decoder width {profile.network.decoder_width:g}, {size} x {size}, batches of {asked.batch}\n")
    titles = ["network", "M parameters", "GMAC", "inference, ms", "times the floor", "training, ms"]
    titles += ["inference, GB", "training, GB"]
    print(f"| {' | '.join(titles)} |\n| --- |{' ---: |' * (len(titles) - 1)}")
    for name in asked.networks.split(","):
        row = alone(cost, name, asked, training=False) | alone(cost, name, asked, training=True)
        print(
            f"| {name} | {row['parameters'] / 1e6:.2f} | {row['macs'] / 1e9:.2f} | {1000 * row['inference']:.1f} | "
            f"{row['inference'] / row['floor']:.2f} | {1000 * row['training']:.1f} | {row['inference_memory']:.2f} | "
            f"{row['training_memory']:.2f} |",
            flush=True,
        )


def alone(function: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:  # noqa: ANN401 - passes it on
    """Call in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments, settings)


def cost(name: str, asked: argparse.Namespace, *, training: bool) -> dict[str, float]:
    """Seconds per image, GB, and for inference also parameters, multiplications and the floor in seconds per image."""
    torch.manual_seed(0)
    profile = PARAMS.profiles[asked.profile]
    size, own = profile.inputs.image_size, profile.network.model_dump() | {"encoder_weights": None}
    network = models.build(name, getattr(PARAMS.models, name).model_dump(), **own, image_size=size).to(DEVICE)
    images = torch.rand(asked.batch, 1, size, size, device=DEVICE)
    if training:
        optimizer, loss, masks = torch.optim.AdamW(network.parameters()), losses.build("bce_dice"), images.round()

        def step() -> None:
            optimizer.zero_grad()
            losses.total(loss, network(images), masks).backward()  # type: ignore[no-untyped-call]
            optimizer.step()

        return {"training": best(step, asked.repeats) / asked.batch, "training_memory": peak_gb()}
    network.eval()
    with torch.inference_mode():
        seconds = best(lambda: network(images), asked.repeats) / asked.batch
        memory = peak_gb()
        with FlopCounterMode(display=False) as counter:
            network(images[:1])
        macs = counter.get_total_flops() / 2
        matrix = torch.rand(4096, 4096, device=DEVICE)
        rate = 2 * 4096**3 / best(lambda: matrix @ matrix, asked.repeats)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {
        "parameters": parameters,
        "macs": macs,
        "inference": seconds,
        "inference_memory": memory,
        "floor": 2 * macs / rate,
    }


def best(function: Callable[[], Any], repeats: int) -> float:
    """Seconds of the quickest of several calls, after one that warms up."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        function()
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def peak_gb() -> float:
    """The most memory that this process (on a GPU: its tensors) has held, in GB."""
    if DEVICE.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    main()
