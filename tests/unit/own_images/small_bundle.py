"""A real bundle, but tiny and untrained: a YOLO of five layers and a head, and two U-Nets.

What they find are specks and boxes all over a picture, which no two pictures share.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from small_networks import ENCODER, network, pictures

from guidedseg import exporting
from guidedseg.bundles import making, zipped
from guidedseg.bundles.schema import SCHEMA
from guidedseg.detection.yolo import trained as detector
from guidedseg.detection.yolo.checkpoint import Checkpoint
from guidedseg.segmentation import trained

from ultralytics.nn.tasks import DetectionModel  # isort: skip - guidedseg sets the environment of its import

DETECTOR_SIZE, SIZE = 64, 32
DETECTOR = {
    "nc": 1,
    "scales": {"n": [1.0, 0.125, 256]},
    "scale": "n",
    "channels": 3,
    "backbone": [[-1, 1, "Conv", [width, 3, 2]] for width in (64, 128, 256, 256, 256)],
    "head": [[[2, 3, 4], 1, "Detect", ["nc"]]],  # which is YOLO11's, at strides 8, 16 and 32
}
THRESHOLDS = {"direct": 0.45, "guided": 0.7}
CONFIDENCE = 0.7
"""Of an untrained detector: some boxes of most pictures reach it."""
PARTS = ("train", "val", "test")
COUNTED = ("images", "patients", "normal", "benign", "malignant", "unknown")
SPLIT: dict[str, Any] = {
    part: dict(zip(COUNTED, range(start, start + len(COUNTED)), strict=True))
    for part, start in zip(PARTS, (100, 200, 300), strict=True)
}
"""As metrics/split.json has it: numbers that no two cells share."""
SPLIT["leakage"] = {
    "patients_in_several_splits": 0,
    "duplicate_pictures_in_several_splits": 7,
    "images_of_unknown_patients": 0,
}


def description(**changes: Any) -> dict[str, Any]:
    """``bundle.json`` but for engine and files."""
    return {
        "schema_version": SCHEMA,
        "name": "guidedseg-phantom-unet",
        "version": "0.1.0",
        "model": "unet",
        "intended_use": "Research on segmenting lesions; not a medical device.",
        "licence": "AGPL-3.0-only",
        "input_format": "(N, 1, H, W) float32 in [0, 1], grey",
        "detector": {"image_size": DETECTOR_SIZE, "floor": 0.1, "nms_iou": 0.3, "max_boxes": 5},
        "direct": {"image_size": SIZE, "threshold": THRESHOLDS["direct"], "gate": 0.3},
        "guided": {"image_size": SIZE, "threshold": THRESHOLDS["guided"], "gate": 0.0},
        "margin": 0.15,
        "flips": True,
        "confidence": CONFIDENCE,
        "data": {
            "dataset": "phantom",
            "images": {"train": 95, "val": 24, "test": 48},
            "patients": {"train": 14, "val": 4, "test": 6},
            "index_sha256": "1" * 64,
            "split_sha256": "2" * 64,
        },
        "made": {
            "commit": "3" * 40,
            "versions": {"python": "3.11", "torch": "2.15.0"},
            "params": {
                "profile": "quick",
                "seed": 0,
                "scoring": {"choose": "strict", "confidence": None, "gate": None, "mask_threshold": None},
                "profiles": {"quick": {"engine": "onnxruntime"}},
            },
        },
        **changes,
    }


def networks(work: Path) -> dict[str, Path]:
    """The three folders that a bundle is made of, each exported."""
    folders = {name: work / name for name in ("detector", "direct", "guided")}
    for folder in folders.values():
        folder.mkdir()
    _write_detector(folders["detector"])
    _write_network(folders["direct"], seed=0)
    trained.export(folders["direct"])
    _write_network(folders["guided"], seed=1)
    shutil.copy(folders["direct"] / exporting.GRAPH, folders["guided"])  # a graph holds no weights
    return folders


def _write_detector(folder: Path) -> None:
    torch.manual_seed(0)
    net = DetectionModel(DETECTOR, ch=3, nc=1, verbose=False)
    for branch in net.model[-1].cv3:
        torch.nn.init.normal_(branch[-1].weight)
        torch.nn.init.zeros_(branch[-1].bias)
    _take_statistics(net, pictures(8, size=DETECTOR_SIZE).expand(-1, 3, -1, -1))
    tensors = {name: tensor.detach() for name, tensor in net.eval().state_dict().items()}
    found = Checkpoint(net.yaml, net.names, tensors)
    detector.write(found, folder, image_size=DETECTOR_SIZE, recipe={})
    detector.export(folder)


def _write_network(folder: Path, seed: int) -> None:
    net = network("unet", seed=seed, size=SIZE, width=0.125)
    _take_statistics(net, pictures(8, size=SIZE))
    with torch.no_grad():
        answers = net.eval()(pictures(8, size=SIZE))
        net.head.weight *= 3 / answers.std()
        net.head.bias[:] = (net.head.bias - answers.mean()) * 3 / answers.std()
    config = {
        "name": "unet",
        "options": {},
        "encoder": ENCODER,
        "encoder_weights": None,
        "decoder_width": 0.125,
        "image_size": SIZE,
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "epoch": 3,
        "epochs": 12,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    save_file(exporting.compact(net.state_dict()), folder / exporting.WEIGHTS)


def _take_statistics(net: torch.nn.Module, images: torch.Tensor) -> None:
    """Of a batch: normalisations without them would make the same of every picture."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        net.train()(images)


def write(folder: Path, of: dict[str, Path], card: str = "# A bundle\n", **changes: Any) -> Path:
    """A bundle of these networks in a new folder, and beside it as a zip."""
    folder.mkdir(parents=True)
    making.write(folder, of, description(**changes), card)
    zipped.pack(folder, folder.with_suffix(".zip"))
    return folder


def picture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """(H, W) uint8: dark and bright blobs, all levels."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    side = max(1, min(height, width) // 6) * 2 + 1
    return cv2.normalize(cv2.GaussianBlur(noise, (side, side), 0), None, 0, 255, cv2.NORM_MINMAX)
