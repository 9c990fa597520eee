"""What a machine draws into a picture: calipers, arrows, text, lines, the marks of probe and body.

In colour a mark is yellow, green or violet, whatever the tint of the picture. Red, orange, blue and cyan are flow: a
patch with them is Doppler, all of it, and stays. Without colour a mark is a thin stroke, level or upright, of one and
the same grey, brighter than what lies on both of its sides: tissue varies along a line, a line that is drawn does not.
What was stored as JPEG varies too: there, grey marks stay.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_CHROMA = 40  # least difference of a mark's colours, without the tint
_FLOW = 60  # least one of flow
_FLOW_SHARE = 0.4  # of a patch: with so much red or blue it is Doppler
_YELLOW, _GREEN = 35, 165  # degrees of hue
_VIOLET, _RED = 240, 330  # likewise, of the tile with the body mark
_VIOLET_CHROMA = 15
_TILE, _SOLID = 300, 0.4  # pixels: a violet patch of this size that covers so much of its box is that tile
_RIM = 6  # pixels of its bevel
_DARK = 20  # a level below tells no tint, and is no mark's
_APART = 2  # pixels from a stroke's middle to what is beside it
_STROKES = ((40, 20), (4, 90))  # pixels of its length, levels that it is brighter than what is beside it


def burned_in(grey: NDArray[np.uint8], colours: NDArray[np.uint8] | None = None) -> NDArray[np.bool_]:
    """Pixels of marks, with their soft edges.

    Args:
        grey: (H, W) uint8.
        colours: (H, W, 3) uint8 RGB of the same picture, where it has any.

    Returns:
        (H, W) bool.
    """
    found = _strokes(grey)
    if colours is not None:
        found |= _coloured(colours)
    return found


def filled(grey: NDArray[np.uint8], marks: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture with marks painted over from around them (Telea, 2004)."""
    if not marks.any():
        return grey
    return np.asarray(cv2.inpaint(grey, marks.astype(np.uint8), 3, cv2.INPAINT_TELEA), dtype=np.uint8)


def _strokes(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Level and upright strokes of one grey: long ones, and short ones that stand out far from both sides."""
    found = np.zeros(grey.shape, np.uint8)
    for turned, picture in ((False, grey), (True, grey.T)):
        levels = picture.astype(np.int16)
        same = np.zeros(levels.shape, np.bool_)  # as the pixel before
        same[:, 1:] = levels[:, 1:] == levels[:, :-1]
        beside = np.pad(levels, ((_APART, _APART), (0, 0)), mode="edge")
        above = levels - np.maximum(beside[: -2 * _APART], beside[2 * _APART :])
        for length, contrast in _STROKES:
            along = (same & (above >= contrast)).astype(np.uint8)
            stroke = cv2.morphologyEx(along, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
            found |= stroke.T if turned else stroke
    return cv2.dilate(found, np.ones((5, 5), np.uint8)) > 0


def _coloured(colours: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Patches of a mark's colours, and tiles whole."""
    hue, chroma = _without_tint(colours)
    tile = (chroma >= _VIOLET_CHROMA) & (chroma < _FLOW) & (hue >= _VIOLET) & (hue < _RED)
    drawn = (chroma >= _CHROMA) & (hue >= _YELLOW) & (hue < _GREEN)
    flow = (chroma >= _FLOW) & ~drawn & ~tile
    _, labels = cv2.connectedComponents((drawn | flow).astype(np.uint8), connectivity=8)
    sizes, of_flow = (np.bincount(labels[which], minlength=labels.max() + 1) for which in (drawn | flow, flow))
    kept = sizes > 0
    kept[0] = False
    kept &= of_flow < _FLOW_SHARE * sizes
    found = cv2.dilate(kept[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    count, _, boxes, _ = cv2.connectedComponentsWithStats(tile.astype(np.uint8), connectivity=8)
    for x, y, width, height, area in boxes[1:count].tolist():
        if area >= _TILE and area >= _SOLID * width * height:
            found[max(y - _RIM, 0) : y + height + _RIM, max(x - _RIM, 0) : x + width + _RIM] = True
    return found


def _without_tint(colours: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Hue (degrees) and chroma (levels between the strongest and the weakest colour) but for the picture's own tint.

    Both are 0 where the chroma is no mark's.
    """
    rgb = np.ascontiguousarray(colours, dtype=np.float32)
    level = rgb.mean(axis=2)
    lit = level > _DARK
    tint = np.median(rgb[lit] / level[lit][:, None], axis=0) if lit.any() else np.ones(3)
    rgb -= level[:, :, None] * (tint - 1).astype(np.float32)
    top = np.maximum(np.maximum(rgb[:, :, 0], rgb[:, :, 1]), rgb[:, :, 2])
    chroma = top - np.minimum(np.minimum(rgb[:, :, 0], rgb[:, :, 1]), rgb[:, :, 2])
    coloured = chroma >= _VIOLET_CHROMA
    chroma[~coloured] = 0
    hue = np.zeros_like(chroma)
    (r, g, b), of = rgb[coloured].T, chroma[coloured]
    strongest = np.stack([r, g, b]).argmax(axis=0)
    hue[coloured] = 60 * np.choose(strongest, [(g - b) / of % 6, (b - r) / of + 2, (r - g) / of + 4])
    return hue, chroma
