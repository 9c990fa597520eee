"""What fewer bits save and cost: int8 by static quantization, bfloat16 in OpenVINO, against float32.

    python -m benchmarks.quantized --bundle bundles/unetpp [--images 100] [--turns 7] [--nncf FOLDER]

Run where the bundle was made: calibrated on images of data/ that it was trained on, scored by strict Dice on its
validation images, at the operating point of the bundle. The guided network is quantized, and the detector with it.
``--nncf`` takes OpenVINO graphs that NNCF made elsewhere (it is no dependency): FOLDER/detector.xml, FOLDER/guided.xml;
calibration inputs for it are written there as ``detector.npy`` and ``guided.npy`` where the graphs are missing.

Offered would be what is 1.3 times faster and loses at most 0.005 of Dice.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from benchmarks.turns import alternating
from guidedseg.bundles.loading import opened as opened_bundle
from guidedseg.bundles.loading import segmenter
from guidedseg.datasets import prepared
from guidedseg.detection.letterbox import boxed, letterbox
from guidedseg.evaluation.counts import count
from guidedseg.inference.engines.engine import Engine, Floats
from guidedseg.inference.engines.onnx_runtime import OnnxRuntime
from guidedseg.inference.engines.open_vino import OpenVino
from guidedseg.inference.segmenter import Segmenter
from guidedseg.segmentation import inputs
from guidedseg.segmentation.data import TrainingItems

DATA = Path("data")
NETWORKS = {"detector": "boxes", "guided": "probabilities"}
"""And what they are asked for."""

Kinds = dict[str, dict[str, tuple[str, Path]]]
"""Network -> what it is called -> how it is opened, and its graph."""

IN_INT8 = {"detector": ["Conv"], "guided": ["Conv", "Clip", "Relu", "Add", "Concat", "Resize"]}
"""What is computed in int8; the head of the detector stays float, or boxes would be rounded to multiples of pixels."""


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--images", type=int, default=100, help="to calibrate on")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--nncf", type=Path)
    asked = parser.parse_args()
    bundle, described, _ = opened_bundle(asked.bundle)
    split = pd.read_csv(DATA / "split.csv", dtype=str)
    seen = calibration(described.detector.image_size, split, asked.images)
    with tempfile.TemporaryDirectory() as folder:
        graphs = {name: quantized(bundle, name, values, Path(folder)) for name, values in seen.items()}
        kinds: Kinds = {
            name: {
                "float32, onnxruntime": ("onnxruntime", bundle / name / "network.onnx"),
                "float32, openvino": ("openvino", bundle / name / "network.onnx"),
                "bfloat16, openvino": ("bfloat16", bundle / name / "network.onnx"),
                "int8, onnxruntime": ("onnxruntime", graphs[name]),
            }
            for name in NETWORKS
        }
        if asked.nncf is not None and (asked.nncf / "guided.xml").is_file():
            for name in NETWORKS:
                kinds[name]["int8 by NNCF, openvino"] = ("openvino", asked.nncf / f"{name}.xml")
        elif asked.nncf is not None:
            for name, values in seen.items():
                np.save(asked.nncf / f"{name}.npy", np.stack(values))
        pictures = {name: Path(folder) / f"{name}.npy" for name in NETWORKS}
        for name, path in pictures.items():
            np.save(path, seen[name][0])
        speeds(kinds, pictures, asked.turns)
        opened = {name: {kind: open_as(*how) for kind, how in own.items()} for name, own in kinds.items()}
        losses(segmenter(bundle, described), opened, sorted(split["image_id"][split["split"] == "val"]))


def calibration(image_size: int, split: pd.DataFrame, most: int) -> dict[str, list[Floats]]:
    """Inputs of both networks, (1, 1, H, W) each, of images that they were trained on."""
    train = sorted(split["image_id"][split["split"] == "train"])
    chosen = train[:: max(1, len(train) // most)]
    pictures = [prepared.load_image(DATA / "prepared", image_id) for image_id in chosen]
    regions = inputs.load(DATA / "inputs" / "guided")
    size = regions.images.shape[-1]
    seen = TrainingItems(regions, size, rotation=0.0, flip=0.0, brightness=0.0, seed=0)
    places = range(0, len(seen), max(1, len(seen) // most))
    return {
        "detector": [_as_input(boxed(each, letterbox(each.shape[1], each.shape[0], image_size))) for each in pictures],
        "guided": [_as_input(seen[0, place, 0][0]) for place in places],
    }


def quantized(bundle: Path, name: str, values: Sequence[Floats], folder: Path) -> Path:
    """The graph of a network in int8, 8 bits for weights (a scale per channel) and for activations."""
    whole, folded, target = (folder / f"{name}.{kind}.onnx" for kind in ("whole", "folded", "int8"))
    onnx.save(onnx.load(bundle / name / "network.onnx"), whole)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)  # half-precision weights made float, normalisations folded
    onnxruntime.InferenceSession(str(whole), options, providers=["CPUExecutionProvider"])
    quantize_static(
        folded,
        target,
        _Reader(values),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=IN_INT8[name],
    )
    return target


def open_as(make: str, path: Path) -> Engine:
    """An engine of one thread: ``onnxruntime``, ``openvino``, or ``bfloat16``, which OpenVINO uses if it can here."""
    if make == "onnxruntime":
        return OnnxRuntime(path, 1)
    engine = OpenVino(path, 1)
    if make == "bfloat16":
        engine._core.set_property("CPU", {"INFERENCE_PRECISION_HINT": "bf16"})  # noqa: SLF001 - it is not offered
    return engine


def speeds(kinds: Kinds, pictures: Mapping[str, Path], turns: int) -> None:
    """Print milliseconds of one picture of each network, on one core."""
    print("| network | | ms of a core | times as fast as float32, onnxruntime |\n| --- | --- | ---: | ---: |")
    for name, own in kinds.items():
        contestants = {kind: ("benchmarks.quantized:ten", *how, pictures[name], name) for kind, how in own.items()}
        found = alternating(contestants, cores=1, turns=turns)
        reference = found["float32, onnxruntime"].cpu
        for kind, of_kind in found.items():
            print(f"| {name} | {kind} | {100 * of_kind.cpu:.2f} | {reference / of_kind.cpu:.2f} |", flush=True)


def ten(make: str, path: Path, picture: Path, name: str) -> Callable[[], None]:
    """Ten times one picture."""
    engine = open_as(make, path)
    image: Floats = np.load(picture)

    def run() -> None:
        for _ in range(10):
            engine.run(image, [NETWORKS[name]])

    return run


def losses(trained: Segmenter, opened: Mapping[str, Mapping[str, Engine]], image_ids: Sequence[str]) -> None:
    """Print strict Dice of validation images, and how many pixels are as in float32."""
    pairs = [("float32, onnxruntime",) * 2]
    for kind in list(opened["guided"])[1:]:
        pairs += [("float32, onnxruntime", kind), (kind, kind)]
    print(
        f"\n| detector | guided | strict Dice, {len(image_ids)} images | change | pixels as in float32 | of lesions |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    first: list[np.ndarray] = []
    base = np.nan
    for detector, guided in pairs:
        changed = replace(
            trained,
            detector=replace(trained.detector, engine=opened["detector"][detector]),
            guided=replace(trained.guided, engine=opened["guided"][guided]),
        )
        masks = [changed.segment(picture).mask for picture in _pictures(image_ids)]
        truths = (prepared.load_mask(DATA / "prepared", image_id) for image_id in image_ids)
        score = float(np.mean([strict_dice(truth, mask) for truth, mask in zip(truths, masks, strict=True)]))
        first = first or masks
        base = score if np.isnan(base) else base
        equal = np.mean([np.mean(one == other) for one, other in zip(first, masks, strict=True)])
        shared = [strict_dice(one, other) for one, other in zip(first, masks, strict=True)]
        print(
            f"| {detector} | {guided} | {score:.4f} | {score - base:+.4f} | {equal:.3%} | {np.mean(shared):.4f} |",
            flush=True,
        )


def strict_dice(truth: np.ndarray, mask: np.ndarray) -> float:
    """Of two masks: 1 where both are empty, 0 where one is."""
    tp, fp, fn, _ = count(truth, mask)
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0


def _pictures(image_ids: Sequence[str]) -> Iterator[np.ndarray]:
    return (prepared.load_image(DATA / "prepared", image_id) for image_id in image_ids)


def _as_input(picture: np.ndarray) -> Floats:
    return (picture.astype(np.float32) / np.float32(255))[None, None]


class _Reader(CalibrationDataReader):
    """Hands the quantizer one input after another."""

    def __init__(self, values: Sequence[Floats]) -> None:
        self._left = iter(values)

    def get_next(self) -> dict[str, Floats] | None:
        """As the base class has it."""
        value = next(self._left, None)
        return None if value is None else {"images": value}


if __name__ == "__main__":
    main()
