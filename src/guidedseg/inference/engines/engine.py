"""What every engine is."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class Engine(Protocol):
    """One trained network, ready to run, from several threads at a time if the caller likes.

    Attributes:
        name: of the engine, with its version; it stands in every result.
    """

    name: str

    def run(self, images: Floats, outputs: Sequence[str]) -> list[Floats]:
        """Run the network.

        The engines of a CPU take image by image: what comes out of one never depends on its neighbours, and a larger
        batch would be no faster.

        Args:
            images: (N, 1, H, W) float32 in [0, 1].
            outputs: names of what is wanted: ``boxes`` of a detector; ``probabilities``, ``logits``, ``gates_1`` ... of
                a segmenter.

        Returns:
            (N, ...) float32 of each.
        """

    def gates(self) -> list[str]:
        """Names of the attention maps among the outputs, coarse to fine; none in most networks."""
