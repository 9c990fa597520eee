"""From cropped regions to probabilities: what the segmenting networks do, the same for every approach."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from guidedseg.inference.engines.engine import Engine, Floats

Levels = npt.NDArray[np.uint8]


def fill(engine: Engine, images: Levels, *, flips: bool, also: Sequence[str] = ()) -> tuple[Levels, list[Floats]]:
    """Run a segmenter over regions.

    Args:
        engine: gives what ``segmentation.answers.Answers`` does.
        images: (N, S, S) uint8.
        flips: the logits are the mean over a region and its mirror image (left to right).
        also: other outputs that are wanted: ``logits`` (with ``flips`` that mean), ``gates_1`` ... (of the region as it
            is).

    Returns:
        (N, S, S) uint8, probability x 255, rounded; and the others, (N, 1, ...) float32 each.
    """
    inputs = images[:, None].astype(np.float32) / np.float32(255)
    if not flips:
        probabilities, *others = engine.run(inputs, ["probabilities", *also])
        return levels(probabilities), others
    logits, *others = engine.run(inputs, ["logits", *also])
    (mirrored,) = engine.run(np.ascontiguousarray(inputs[..., ::-1]), ["logits"])
    logits = np.asarray((logits + mirrored[..., ::-1]) / 2, dtype=np.float32)
    others = [logits if name == "logits" else other for name, other in zip(also, others, strict=True)]
    with np.errstate(over="ignore"):  # to infinity, and 1 / infinity is the right 0
        return levels(np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)), others


def levels(shares: Floats) -> Levels:
    """(N, 1, H, W) in [0, 1] -> (N, H, W) uint8, x 255 and rounded."""
    return (shares[:, 0] * 255).round().astype(np.uint8)
