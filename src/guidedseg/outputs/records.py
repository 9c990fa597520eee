"""A segmented frame as plain data: what contours, tables and reports are made of, and what fits on a line of JSON."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from guidedseg.inference.result import Lesion, Result
from guidedseg.sources.frame import Frame

Record = dict[str, Any]
"""What ``record`` gives, or JSON of it read back."""

Ring = list[list[int]]
"""x and y of the corners of an outline."""


def record(name: str, frame: Frame, result: Result) -> Record:
    """What is known of a frame after it was segmented, its pixels aside.

    Args:
        name: of the source, as it shall stand in all outputs.
        frame: of the source.
        result: of the frame.

    Returns:
        source, frame (from 0), time_s, width, height, boxes, confidences (of these) and lesions, each with lesion (its
        number), track, box, confidence, area_px, long_axis_px, short_axis_px, area_mm2, long_axis_mm, short_axis_mm and
        contours; as in ``Frame``, ``Result`` and ``Lesion``, rounded.
    """
    height, width = frame.grey.shape
    return {
        "source": name,
        "frame": frame.index,
        "time_s": _rounded(frame.time, 4),
        "width": width,
        "height": height,
        "boxes": np.round(result.boxes.reshape(-1, 4), 2).tolist(),
        "confidences": np.round(result.confidences, 4).tolist(),
        "lesions": [_lesion(lesion) for lesion in result.lesions],
    }


def polygons(lesion: Record) -> Iterator[list[Ring]]:
    """The parts of a lesion of a record, each an outer ring and its holes; rings are not closed."""
    part: list[Ring] = []
    for ring in lesion["contours"]:
        if part and area(ring) > 0:
            yield part
            part = []
        part.append(ring)
    yield part


def area(ring: Ring) -> float:
    """Of an outline, pixels; negative for a hole."""
    x, y = np.array(ring).T
    return float(x @ np.roll(y, -1) - np.roll(x, -1) @ y) / 2


def _lesion(lesion: Lesion) -> Record:
    return {
        "lesion": lesion.number,
        "track": lesion.track,
        "box": list(lesion.box),
        "confidence": round(lesion.confidence, 4),
        "area_px": lesion.area_px,
        "long_axis_px": _rounded(lesion.long_axis_px, 2),
        "short_axis_px": _rounded(lesion.short_axis_px, 2),
        "area_mm2": _rounded(lesion.area_mm2, 3),
        "long_axis_mm": _rounded(lesion.long_axis_mm, 3),
        "short_axis_mm": _rounded(lesion.short_axis_mm, 3),
        "contours": [contour.tolist() for contour in lesion.contours],
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
