"""The example in a bundle: a drawn picture, and what the bundle makes of it; so every machine can test itself.

Drawn, and not one of the images that were trained on: a bundle must not carry a patient's picture out of a hospital.
"""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from guidedseg.datasets.phantom import Patient, draw_frames
from guidedseg.grey import grey
from guidedseg.inference.segmenter import Segmenter

SIZE = 240, 320
"""Height and width, pixels."""

LEVELS = 2
"""Of 255: the most that a probability may differ."""

EQUAL = 0.999
"""The least share of a mask's pixels that must be equal."""

PIXELS, CONFIDENCE = 1.0, 0.01
"""The most that a box and its confidence may differ; boxes of less than ``COUNTED`` confidence are not compared."""

COUNTED = 0.1


def draw() -> npt.NDArray[np.uint8]:
    """The picture: (240, 320) uint8, a phantom with a lesion, the same wherever it is drawn."""
    patient = Patient(name="JABA", kind="Benign", labels=("Benign",), two_lesions=False)
    (frame,) = draw_frames(patient, SIZE, np.random.SeedSequence(20261125))
    return grey(frame.picture, order="RGB")


def write(folder: Path, image: npt.NDArray[np.uint8], segmenter: Segmenter) -> None:
    """Write the example into an existing folder."""
    found = _answers(segmenter, image)
    boxes = found.pop("boxes")
    for name, picture in {"image": image, **found}.items():
        (folder / f"{name}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (folder / "boxes.json").write_text(json.dumps(boxes, indent=2) + "\n", encoding="utf-8")


def differences(folder: Path, segmenter: Segmenter) -> list[str]:
    """What this machine makes of the example's picture otherwise than the one that wrote it, beyond rounding."""
    image = _read(folder / "image.png")
    found = _answers(segmenter, image)
    problems = []
    for name, title in (("direct", "the direct network"), ("guided", "the guided network")):
        expected = _read(folder / f"{name}.png")
        most = int(np.abs(found[name].astype(int) - expected.astype(int)).max())
        if most > LEVELS:
            problems.append(f"{title}: a probability differs by {most}/255 ({LEVELS}/255 are allowed)")
    equal = float((found["mask"] == _read(folder / "mask.png")).mean())
    if equal < EQUAL:
        problems.append(f"the mask: {equal:.2%} of the pixels are equal ({EQUAL:.1%} are needed)")
    expected_boxes = json.loads((folder / "boxes.json").read_text(encoding="utf-8"))
    for one, others in ((expected_boxes, found["boxes"]), (found["boxes"], expected_boxes)):
        lost = [box for box in one if box[4] >= COUNTED and not any(_alike(box, other) for other in others)]
        problems += [f"the detector: the box {lost[0]} is not the same"] if lost else []
    return problems


def _answers(segmenter: Segmenter, image: npt.NDArray[np.uint8]) -> dict[str, Any]:
    boxes, confidences = segmenter.boxes(image)
    whole = np.array([[0.0, 0.0, image.shape[1], image.shape[0]]])  # whatever the detector finds, the network is tested
    return {
        "mask": segmenter.segment(image).mask.astype(np.uint8) * 255,
        "direct": segmenter.frame(image).probabilities,
        "guided": segmenter.fill(image, whole, np.ones(1)).probabilities,
        "boxes": [[*map(float, box), float(confidence)] for box, confidence in zip(boxes, confidences, strict=True)],
    }


def _alike(box: list[float], other: list[float]) -> bool:
    pixels = max(abs(a - b) for a, b in zip(box[:4], other[:4], strict=True))
    return pixels <= PIXELS and abs(box[4] - other[4]) <= CONFIDENCE


def _read(path: Path) -> npt.NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(picture, dtype=np.uint8)
