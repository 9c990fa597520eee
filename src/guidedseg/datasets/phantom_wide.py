"""Made-up frames far more varied than the phantom dataset, for a detector to learn from before it sees real ones.

The phantom dataset is to be learned in minutes; here lesions are as small, as large, as shallow, as faint and as often
cut by the frame as real ones, and frames as different as those of several scanners: gain, dynamic range, speckle,
tilted layers, dark columns behind a nipple or poor contact, two panes side by side, margins, calipers. No two frames
share a patient. Anatomy and imaging are those of the phantom dataset.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.datasets.phantom_anatomy import Field, Lesion, Tissue, coordinates, draw_lesion, draw_tissue
from guidedseg.datasets.phantom_imaging import View, draw_calipers, draw_chance, on_screen, render

CANVAS = 1.3  # width of a frame's tissue, in frames
NORMAL_SHARE, TWO_SHARE = 0.4, 0.12  # of the frames: no lesion; two
SHARES = (0.005, 0.35)  # of the frame that a lesion covers


@dataclass(frozen=True)
class WideFrame:
    """(H, W) uint8 picture and a (H, W) bool mask per lesion, none of them empty."""

    picture: NDArray[np.uint8]
    masks: list[NDArray[np.bool_]]


def draw(rng: np.random.Generator, size: tuple[int, int]) -> WideFrame:
    """Draw one frame.

    Args:
        rng: source of every draw.
        size: (height, width) in pixels.
    """
    if rng.random() < 0.06:
        return _two_panes(rng, size)
    height, width = size
    tissue = _shaded(rng, draw_tissue(rng, (height, round(CANVAS * width))))
    number = int(rng.choice(3, p=[NORMAL_SHARE, 1 - NORMAL_SHARE - TWO_SHARE, TWO_SHARE]))
    view = View(
        shift=0.0,
        growth=1.0,
        pressure=float(rng.uniform(-0.4, 0.25)),
        gain_db=float(rng.uniform(-6, 5)),
        range_db=float(rng.uniform(50, 72)),
    )
    lesions = _lesions(rng, number, width / height)
    grey, masks = render(tissue, lesions, view, draw_chance(rng, lesions, size))
    grey, masks = _tilted(rng, grey, masks)
    least = 0.0005 * grey.size
    masks = [mask for mask in _apart(masks) if mask.sum() > least]
    screen = on_screen(grey)
    if masks and rng.random() < 0.3:
        draw_calipers(screen, masks[0])
    picture = np.asarray(cv2.cvtColor(screen, cv2.COLOR_RGB2GRAY), np.uint8)
    if rng.random() < 0.12:
        _margins(rng, picture, masks)
    return WideFrame(picture, [mask for mask in masks if mask.any()])


def _lesions(rng: np.random.Generator, number: int, aspect: float) -> list[Lesion]:
    """Masses anywhere in the frame, the edges included; the largest are alone."""
    lesions = []
    for place in range(number):
        low, high = place / number, (place + 1) / number
        x = float(rng.uniform(low, high) if number > 1 else np.clip(rng.normal(0.5, 0.22), 0, 1)) * aspect
        malignant = bool(rng.random() < 1 / 3)
        drawn = draw_lesion(rng, malignant=malignant, x=x, frame_area=aspect, largest=0.05)
        share = np.exp(rng.uniform(*np.log([SHARES[0], SHARES[1] if number == 1 else 0.06])))
        wide = rng.uniform(0.7, 1.6) if malignant else rng.uniform(1.0, 2.6)
        radius = np.sqrt(share * aspect / np.pi)
        tall = float(radius / np.sqrt(wide))
        lesions.append(
            replace(
                drawn,
                depth=float(rng.uniform(0.08 + 0.6 * tall, max(0.1 + 0.6 * tall, 0.72 - 0.4 * tall))),
                radius_x=float(radius * np.sqrt(wide)),
                radius_y=tall,
                level_db=float(rng.uniform(-62, -47)),
                edge=float(np.exp(rng.uniform(*np.log([0.004, 0.03])))),
            )
        )
    return lesions


def _shaded(rng: np.random.Generator, tissue: Tissue) -> Tissue:
    """Up to two dark columns more, from the skin or from some depth, as wide as a lesion and no lesion."""
    depth, x = coordinates((tissue.echo_db.shape[0], tissue.echo_db.shape[1]))
    shadow: Field = np.zeros_like(tissue.transmission_db)
    for _ in range(int(rng.choice(3, p=[0.55, 0.3, 0.15]))):
        across = (x - rng.uniform(0, float(x[0, -1]))) / rng.uniform(0.04, 0.22)
        start = rng.uniform(-0.05, 0.45)
        below = 1 / (1 + np.exp(np.clip((start - depth) / 0.03, -30, 30)))
        fading = np.exp(-np.maximum(depth - start, 0) / rng.uniform(0.3, 2))
        shadow = shadow - rng.uniform(4, 22) * np.exp(-(across**2)) * below * fading
    return replace(tissue, transmission_db=np.asarray(tissue.transmission_db + shadow, np.float32))


def _tilted(
    rng: np.random.Generator, grey: NDArray[np.uint8], masks: list[NDArray[np.bool_]]
) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    """Layers run obliquely: the frame is sheared, what comes in from outside is mirrored."""
    slope = float(rng.uniform(-0.35, 0.35)) if rng.random() < 0.5 else 0.0
    height, width = grey.shape
    matrix = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]])
    if rng.random() < 0.5:  # and of either hand
        matrix = matrix @ np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]])

    def moved(image: NDArray[np.uint8], border: int) -> NDArray[np.uint8]:
        return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=border), np.uint8)

    sheared = [moved(mask.astype(np.uint8) * 255, cv2.BORDER_CONSTANT) >= 128 for mask in masks]
    return moved(grey, cv2.BORDER_REFLECT_101), sheared


def _apart(masks: list[NDArray[np.bool_]]) -> list[NDArray[np.bool_]]:
    """Masses that touch are one."""
    if len(masks) < 2 or not (masks[0] & masks[1]).any():
        return masks
    return [np.logical_or.reduce(masks)]


def _margins(rng: np.random.Generator, picture: NDArray[np.uint8], masks: list[NDArray[np.bool_]]) -> None:
    """Black beside the frame, in place."""
    width = picture.shape[1]
    left, right = (round(width * rng.uniform(0, 0.12)) for _ in range(2))
    for part in (slice(0, left), slice(width - right, width)):
        picture[:, part] = 0
        for mask in masks:
            mask[:, part] = False


def _two_panes(rng: np.random.Generator, size: tuple[int, int]) -> WideFrame:
    """Two frames side by side, each squeezed to half of the width."""
    height, width = size
    panes = [draw(rng, size) for _ in range(2)]
    half = width // 2

    def squeezed(image: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
        return np.asarray(cv2.resize(image, (columns, height), interpolation=cv2.INTER_AREA), np.uint8)

    picture = np.hstack([squeezed(panes[0].picture, half), squeezed(panes[1].picture, width - half)])
    masks = []
    for number, pane in enumerate(panes):
        for mask in pane.masks:
            whole = np.zeros(size, np.bool_)
            columns = slice(0, half) if number == 0 else slice(half, width)
            whole[:, columns] = squeezed(mask.astype(np.uint8) * 255, columns.stop - columns.start) >= 128
            masks.append(whole)
    return WideFrame(picture, [mask for mask in masks if mask.any()])
