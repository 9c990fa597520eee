"""OpenVINO on a CPU: faster than ONNX Runtime for some networks, and slower for others."""

import sys
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from guidedseg.inference.engines.engine import Floats

# Its import alone would report itself to Google Analytics and write an identifier into the home folder. Where that
# package is not to be had (None: its import fails), OpenVINO does without.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino  # noqa: E402 - not before that

SIZES = 8
"""Sizes of pictures that a network stays compiled for; each takes tens of megabytes."""


class OpenVino:
    """A network in OpenVINO."""

    def __init__(self, path: Path, threads: int) -> None:
        """Open a network.

        Args:
            path: of ``network.onnx``.
            threads: that one call uses.

        Raises:
            Exception: OpenVINO's own, where the file is no network.
        """
        self.name = f"openvino {openvino.__version__.partition('-')[0]}"
        core = openvino.Core()
        core.set_property(
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": "f32",  # or it takes bf16 by itself where the CPU has it
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": 1,
                "ENABLE_CPU_PINNING": False,  # threads of several callers would be bound to the same cores
            },
        )
        self._model = core.read_model(path)
        self._core = core
        self._compiling = threading.Lock()
        self._compiled = lru_cache(maxsize=SIZES)(self._compile)
        self._requests = threading.local()

    def run(self, images: Floats, outputs: Sequence[str]) -> list[Floats]:
        """As ``Engine.run``; a picture of a new size costs a compilation, a part of a second."""
        request = self._request(*images.shape[2:])
        singles = []
        for image in images:
            request.infer({0: image[None]}, share_inputs=True)
            singles.append([request.get_tensor(name).data.copy() for name in outputs])
        return [np.concatenate(parts) for parts in zip(*singles, strict=True)]

    def gates(self) -> list[str]:
        """As ``Engine.gates``."""
        names = [name for output in self._model.outputs for name in output.names]
        return sorted(name for name in names if name.startswith("gates_"))

    def _request(self, height: int, width: int) -> openvino.InferRequest:
        """A request belongs to one thread; a network to all."""
        with self._compiling:
            compiled = self._compiled(height, width)
        known = self._requests.__dict__.setdefault("of_size", {})
        kept, request = known.pop((height, width), (None, None))
        if kept is not compiled:  # a new size, or one that was forgotten in the meantime
            request = compiled.create_infer_request()
        known[height, width] = compiled, request
        if len(known) > SIZES:  # a request keeps its network: the one that was asked for longest ago goes
            del known[next(iter(known))]
        return request

    def _compile(self, height: int, width: int) -> openvino.CompiledModel:
        model = self._model.clone()
        model.reshape([1, 1, height, width])
        return self._core.compile_model(model, "CPU")
