"""The detectors of this package, by kind."""

from collections.abc import Mapping, Sequence
from typing import Any

from guidedseg.detection.pyramid import fcos, maskrcnn
from guidedseg.errors import GuidedsegError

Detector = fcos.Detector | maskrcnn.Detector

SIZES: Mapping[str, Sequence[str]] = {"fcos": ("channels",), "maskrcnn": ("channels", "hidden", "image_size")}
"""Of each kind the keys of its recipe, and of config.json, that make the network, beside the encoder."""


def build(kind: str, encoder: str, sizes: Mapping[str, Any]) -> Detector:
    """A detector with random weights.

    Args:
        kind: a key of ``SIZES``.
        encoder: as ``encoders.grey`` takes it.
        sizes: has the kind's ``SIZES``.

    Raises:
        GuidedsegError: there is no such kind.
    """
    if kind not in SIZES:
        raise GuidedsegError(f"there is no detector {kind!r} here: {', '.join(SIZES)}")
    network = fcos.Detector if kind == "fcos" else maskrcnn.Detector
    return network(encoder, *(int(sizes[name]) for name in SIZES[kind]))
