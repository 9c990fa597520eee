"""Segmented frames of drawn masks, and the records of them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from guidedseg.inference.lesions import measure
from guidedseg.inference.result import Result
from guidedseg.outputs.records import Record, record
from guidedseg.sources.frame import Frame

SPACING = (0.1, 0.2)


def segmented(mask: np.ndarray, *, boxes: Iterable[tuple[float, ...]] = (), tracks: bool = False) -> Result:
    """What a network might have said: a probability of 0.8 in the mask; the boxes ever less certain from 0.9 down."""
    probabilities = mask.astype(np.uint8) * np.uint8(204)
    found = np.array(list(boxes), float).reshape(-1, 4)
    confidences = 0.9 - 0.1 * np.arange(len(found))
    lesions = measure(mask, probabilities, found, confidences, mm_per_pixel=SPACING)
    if tracks:
        lesions = tuple(replace(lesion, track=lesion.number + 10) for lesion in lesions)
    return Result(mask, probabilities, found, confidences, lesions)


def recorded(masks: Iterable[np.ndarray], name: str = "a.png", *, tracks: bool = False) -> list[Record]:
    """Records of frames at 10 a second, once through JSON."""
    frames = [
        record(name, Frame(index, mask.astype(np.uint8), time=index / 10), segmented(mask, tracks=tracks))
        for index, mask in enumerate(masks)
    ]
    return json.loads(json.dumps(frames))


def two_lesions(height: int = 60, width: int = 80) -> np.ndarray:
    """A rectangle with a hole, and two pixels that share a corner."""
    mask = np.zeros((height, width), bool)
    mask[10:30, 20:50] = True
    mask[15:20, 30:40] = False
    mask[40, 60] = mask[41, 61] = True
    return mask


def filled(polygons: Iterable[Iterable[np.ndarray]], shape: tuple[int, int]) -> np.ndarray:
    """Polygons (rings, the outer one first) along the edges of pixels as a mask.

    Drawn at twice the size, where edges lie between pixels: OpenCV fills what an edge runs over, too.
    """
    mask = np.zeros((2 * shape[0] + 1, 2 * shape[1] + 1), np.uint8)
    for rings in polygons:
        own = np.zeros_like(mask)
        cv2.fillPoly(own, [2 * np.asarray(ring, np.int32).reshape(-1, 2) for ring in rings], 1)
        mask |= own
    return mask[1::2, 1::2].astype(bool)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
