"""The frames of one file, segmented beside each other, in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from guidedseg.cine import tracking
from guidedseg.harmonising.picture import Harmonised
from guidedseg.inference.result import Lesion, Result
from guidedseg.inference.segmenter import Branch, Segmenter
from guidedseg.lookahead import in_order
from guidedseg.outputs.records import Record
from guidedseg.sources.frame import Frame

Then = Callable[[Frame, Result], Record]
"""What a worker does with a segmented frame; what it gives is small."""


def segment(segmenter: Segmenter, frame: Frame, branch: Branch) -> Result:
    """Segment a frame by itself, within its ultrasound region."""
    return placed(segmenter.segment(_seen(segmenter, frame), branch, frame.mm_per_pixel), frame)


def alone(
    segmenter: Segmenter, frames: Iterable[Frame], then: Then, *, branch: Branch, workers: int
) -> Iterator[Record]:
    """Every frame by itself."""
    yield from in_order(lambda frame: then(frame, segment(segmenter, frame, branch)), frames, workers)


def followed(
    segmenter: Segmenter, frames: Iterable[Frame], then: Then, *, every: int, workers: int
) -> Iterator[Record]:
    """Frames of a cine, guided by boxes that are followed through them; a bounded number is held at a time.

    Args:
        segmenter: the networks.
        frames: of the cine.
        then: of each, in a worker's thread.
        every: how many-th ones of the cine they are.
        workers: frames that are looked at beside each other.
    """

    def looked(frame: Frame) -> tuple[Frame, Harmonised, tracking.FrameBoxes]:
        seen = _seen(segmenter, frame)
        return frame, seen, tracking.FrameBoxes(*segmenter.boxes(seen))

    def filled(item: tuple[tuple[Frame, Harmonised, tracking.FrameBoxes], list[tracking.TrackedBox]]) -> Record:
        (frame, seen, _), shown = item
        result = segmenter.fill(seen, *tracking.boxes_of(shown), frame.mm_per_pixel)
        lesions = tuple(replace(lesion, track=_track(lesion, shown)) for lesion in result.lesions)
        return then(frame, placed(replace(result, lesions=lesions), frame))

    known = tracking.followed(
        in_order(looked, frames, workers),
        lambda item: item[2],
        confidence=segmenter.confidence,
        settings=tracking.Tracking().every(every),
    )
    yield from in_order(filled, known, workers)


def _seen(segmenter: Segmenter, frame: Frame) -> Harmonised:
    """The ultrasound image of a frame, as the networks see it."""
    grey, colours = frame.within
    return segmenter.seen(grey, colours=colours, is_region=frame.region is not None, mm_per_pixel=frame.mm_per_pixel)


def placed(result: Result, frame: Frame) -> Result:
    """What was found in the ultrasound image, in the pixels of the whole frame."""
    if frame.region is None:
        return result
    x0, y0, x1, y1 = frame.region
    mask, probabilities = np.zeros(frame.grey.shape, dtype=bool), np.zeros(frame.grey.shape, dtype=np.uint8)
    mask[y0:y1, x0:x1], probabilities[y0:y1, x0:x1] = result.mask, result.probabilities
    lesions = tuple(
        replace(
            lesion,
            box=(lesion.box[0] + x0, lesion.box[1] + y0, lesion.box[2] + x0, lesion.box[3] + y0),
            contours=tuple((contour + np.array([x0, y0])).astype(np.int32) for contour in lesion.contours),
        )
        for lesion in result.lesions
    )
    return Result(mask, probabilities, result.boxes + np.array([x0, y0] * 2), result.confidences, lesions)


def _track(lesion: Lesion, shown: list[tracking.TrackedBox]) -> int | None:
    """The number of the most confident of the boxes that touch a lesion."""
    x0, y0, x1, y1 = lesion.box
    touching = [box for box in shown if box.x0 < x1 and x0 < box.x1 and box.y0 < y1 and y0 < box.y1]
    return max(touching, key=lambda box: box.confidence).track if touching else None
