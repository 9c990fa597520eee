"""A frame with what was found in it drawn over it, for people to look at."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.inference.result import Lesion, Result
from guidedseg.sources.frame import Frame
from guidedseg.writing import whole_file

LESION = (31, 75, 255)  # BGR; the colours of the report's figures
BOX = (66, 228, 240)
_SMALLEST = 640  # pixels of the longer side: in less, letters hide what they name
_PARTS = 4  # binary digits after the point in OpenCV's coordinates


def draw(frame: Frame, result: Result) -> NDArray[np.uint8]:
    """The ultrasound image of a frame, with outlines of lesions, and boxes.

    At a box stands its confidence. At a lesion stands its number, or its track in a cine, and its confidence where
    there are no boxes. What lies outside the ultrasound image, the patient's name for example, is left out; a small
    image is enlarged.

    Args:
        frame: any; without a region all of it is shown.
        result: of this frame.

    Returns:
        (h, w, 3) uint8, blue, green, red.
    """
    height, width = frame.grey.shape
    x0, y0, x1, y1 = frame.region or (0, 0, width, height)
    times = -(-_SMALLEST // max(x1 - x0, y1 - y0))
    shown = cv2.resize(frame.grey[y0:y1, x0:x1], None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    picture = cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR)
    line = max(2, round(max(picture.shape) / 500))

    def at(points: NDArray[np.number]) -> NDArray[np.float64]:
        """Corners of pixels of the frame (P, 2) -> pixels of the picture, whose centres are whole numbers."""
        return (np.asarray(points, dtype=np.float64) - (x0, y0)) * times - 0.5

    for lesion in result.lesions:
        outlines = [np.round(at(ring) * 2**_PARTS).astype(np.int32) for ring in lesion.contours]
        cv2.polylines(picture, outlines, True, LESION, line, cv2.LINE_AA, _PARTS)
    for low, high in (at(box.reshape(2, 2)).round().astype(int) for box in result.boxes):
        cv2.rectangle(picture, low.tolist(), high.tolist(), BOX, line)
    for lesion in result.lesions:  # letters last, or a line could run through them
        left, _, _, bottom = lesion.box
        _say(picture, _name(lesion, boxes=len(result.boxes) > 0), at(np.array([left, bottom])), LESION, below=True)
    for box, confidence in zip(result.boxes, result.confidences, strict=True):
        _say(picture, f"{confidence:.2f}", at(box[:2]), BOX, below=False)
    return picture


def write(frame: Frame, result: Result, target: Path) -> None:
    """Write what ``draw`` gives as PNG or JPEG, whichever the file's name ends in; whole or not at all.

    Raises:
        ValueError: it has a side too long for a JPEG, which ends at 65,535 pixels.
    """
    options = [] if target.suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 90]
    picture = draw(frame, result)
    done, encoded = cv2.imencode(target.suffix, picture, options)
    if not done:
        raise ValueError(f"an overlay of {picture.shape[1]} x {picture.shape[0]} pixels cannot be a {target.suffix}")
    with whole_file(target) as path:
        path.write_bytes(encoded.tobytes())


def _name(lesion: Lesion, *, boxes: bool) -> str:
    name = str(lesion.number) if lesion.track is None else f"track {lesion.track}"
    return name if boxes else f"{name}: {lesion.confidence:.2f}"


def _say(
    picture: NDArray[np.uint8], text: str, corner: NDArray[np.float64], colour: tuple[int, int, int], *, below: bool
) -> None:
    """Letters on dark above or below a corner, moved into the picture where they would leave it."""
    height, width, _ = picture.shape
    font, size = cv2.FONT_HERSHEY_SIMPLEX, max(picture.shape) / 1200
    line = max(1, round(2 * size))
    (wide, tall), _ = cv2.getTextSize(text, font, size, line)
    gap = tall // 3
    wide, tall = wide + 2 * gap, tall + 2 * gap
    left = int(np.clip(round(corner[0]), 0, max(0, width - wide)))
    top = int(np.clip(round(corner[1]) + (gap if below else -gap - tall), 0, max(0, height - tall)))
    picture[top : top + tall, left : left + wide] //= 3
    cv2.putText(picture, text, (left + gap, top + tall - gap), font, size, colour, line, cv2.LINE_AA)
