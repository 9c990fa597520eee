"""The seven networks in eager torch, ONNX Runtime and OpenVINO, one after another on all cores.

    python -m benchmarks.engines [--cores 2] [--turns 7]

Random weights, one picture at a time, as the profiles ``paper`` and ``cpu`` of params.yaml have them. The floor is the
time that the multiplications alone take, at the rate of a product of matrices on the same cores.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from benchmarks import arithmetic
from benchmarks.turns import Turns, alternating
from guidedseg import exporting, params
from guidedseg.inference.engines.opening import Kind, open_engine
from guidedseg.segmentation import models, trained

PARAMS = params.load(Path(__file__).parents[1] / "params.yaml")
SETTINGS: dict[str, dict[str, Any]] = {}
for profile in (PARAMS.profiles["paper"], PARAMS.profiles["cpu"]):
    network, size = profile.network, profile.inputs.image_size
    built = {"encoder": network.encoder, "decoder_width": network.decoder_width, "image_size": size}
    SETTINGS[f"{network.encoder}, {size}"] = built


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--turns", type=int, default=7)
    asked = parser.parse_args()
    print_tables(asked.cores, asked.turns)


def print_tables(cores: int, turns: int) -> None:
    """A table for each of ``SETTINGS``."""
    for title, setting in SETTINGS.items():
        print(f"\n### Engines: {title}; {cores} threads, one picture at a time\n")
        print("| network | floor, ms | eager torch, ms | onnxruntime, ms | / torch | openvino, ms | / torch | faster |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
        for name in (each for each in models.MODELS if not models.given(each)):
            with tempfile.TemporaryDirectory() as folder:
                gmac, found = raced(name, setting, Path(folder), cores, turns)
            floor = 1e12 * gmac * found["matrix"].wall / arithmetic.SIDE**3
            torchs, ort, vino = (1000 * found[kind].wall for kind in ("torch", "onnxruntime", "openvino"))
            faster = "onnxruntime" if ort < vino else "openvino"
            cells = f"{ort:.1f} | {ort / torchs:.2f} | {vino:.1f} | {vino / torchs:.2f}"
            print(f"| {name} | {floor:.1f} | {torchs:.1f} | {cells} | {faster} |", flush=True)


def raced(name: str, setting: dict[str, Any], folder: Path, cores: int, turns: int) -> tuple[float, dict[str, Turns]]:
    """Thousand millions of multiplications; turns of one picture in every engine, and of ``arithmetic.matrix``."""
    torch.manual_seed(0)
    config = {"name": name, "options": getattr(PARAMS.models, name).model_dump(), **setting}
    network = models.build(
        name,
        {},
        encoder=setting["encoder"],
        encoder_weights=None,
        decoder_width=setting["decoder_width"],
        image_size=setting["image_size"],
    )
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(exporting.compact(network.state_dict()), folder / exporting.WEIGHTS)
    trained.export(folder)
    kinds: tuple[Kind, ...] = ("torch", "onnxruntime", "openvino")
    size = setting["image_size"]
    contestants: dict[str, tuple[Any, ...]] = {
        kind: ("benchmarks.engines:one", kind, folder, size, cores) for kind in kinds
    }
    contestants["matrix"] = ("benchmarks.arithmetic:matrix", cores)
    found = alternating(contestants, cores=cores, turns=turns)
    return arithmetic.gmac_of(trained.answers(folder)[0], (size, size)), found


def one(kind: Kind, folder: Path, size: int, cores: int) -> Callable[[], Any]:
    """A picture of noise in an engine."""
    torch.set_num_threads(cores)
    engine = open_engine(kind, folder, cores, trained.answers)
    image = np.random.default_rng(0).random((1, 1, size, size), dtype=np.float32)
    return lambda: engine.run(image, ["probabilities"])


if __name__ == "__main__":
    main()
