"""ONNX Runtime on a CPU: the engine of the pipeline and of people's own images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from guidedseg.inference.engines.engine import Floats

onnxruntime.disable_telemetry_events()  # on Windows; elsewhere guidedseg/__init__.py has done it


class OnnxRuntime:
    """A network in ONNX Runtime."""

    def __init__(self, path: Path, threads: int) -> None:
        """Open a network.

        Args:
            path: of ``network.onnx``.
            threads: that one call uses; two runs give the same bytes with any number.

        Raises:
            Exception: ONNX Runtime's own, of many kinds, where the file is no network.
        """
        self.name = f"onnxruntime {onnxruntime.__version__}"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # threads that wait would keep a core from the other network, the decoder and the encoder
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def run(self, images: Floats, outputs: Sequence[str]) -> list[Floats]:
        """As ``Engine.run``."""
        singles = [self._session.run(list(outputs), {self._input: image[None]}) for image in images]
        return [np.concatenate(parts) for parts in zip(*singles, strict=True)]

    def gates(self) -> list[str]:
        """As ``Engine.gates``."""
        return [output.name for output in self._session.get_outputs() if output.name.startswith("gates_")]
