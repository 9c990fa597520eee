"""The lesions of a mask: where each lies, how large it is, how sure of it we are.

A pixel is a square, the one at (x, y) from x to x + 1 and from y to y + 1: outlines, areas and axes are of squares.
"""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.inference.result import Lesion

_SIDES = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])


def measure(
    mask: NDArray[np.bool_],
    probabilities: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    confidences: NDArray[np.float64],
    *,
    mm_per_pixel: tuple[float, float] | None,
) -> tuple[Lesion, ...]:
    """The connected components (8 neighbours) of a mask, the largest first, equal ones from top to bottom.

    Args:
        mask: (H, W) bool.
        probabilities: (H, W) uint8, probability x 255.
        boxes: (K, 4) float64 x0, y0, x1, y1 of the detector's boxes, pixels; none in the branch direct.
        confidences: (K,) of these. A region is larger than its box: a lesion that no box touches has the confidence of
            the nearest.
        mm_per_pixel: across and down; None: no millimetres.

    Returns:
        Lesions, without a track. Axes of a drawn disc of 80 pixels or more are right within 1 %.
    """
    if not mask.any():
        return ()
    found = [
        (-int(np.count_nonzero(component)), y, x + int(component[0].argmax()), x, component)
        for x, y, component in _components(mask)
    ]
    lesions = []
    for number, (area, y, _, x, component) in enumerate(sorted(found, key=lambda one: one[:3]), start=1):  # all differ
        height, width = component.shape
        rings, rim = _outlines(component)
        hull = _hull(rim)
        long_axis, short_axis = _axes(hull)
        lesion = Lesion(
            number=number,
            box=(x, y, x + width, y + height),
            confidence=(
                _of_boxes(component, boxes - (x, y, x, y), confidences)
                if len(boxes)
                else int(probabilities[y : y + height, x : x + width][component].max()) / 255
            ),
            area_px=-area,
            long_axis_px=long_axis,
            short_axis_px=short_axis,
            area_mm2=None,
            long_axis_mm=None,
            short_axis_mm=None,
            contours=tuple(np.add(ring, (x, y), dtype=np.int32) for ring in rings),
        )
        if mm_per_pixel is not None:
            across, down = mm_per_pixel
            long_axis, short_axis = _axes(hull * mm_per_pixel)
            area_mm2 = lesion.area_px * across * down
            lesion = replace(lesion, area_mm2=area_mm2, long_axis_mm=long_axis, short_axis_mm=short_axis)
        lesions.append(lesion)
    return tuple(lesions)


def _components(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """Left, top and shape (h, w) of every component; OpenCV's statistics of components take longer than all else."""
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    window = mask[top : top + height, left : left + width].astype(np.uint8)
    paths, tree = cv2.findContours(window, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    labels = cv2.connectedComponents(window, connectivity=8)[1]
    for position, path in enumerate(paths):
        if tree[0, position, 3] < 0:  # not the outline of a hole
            x, y, width, height = cv2.boundingRect(path)
            column, row = path.reshape(-1, 2)[0]
            yield left + x, top + y, labels[y : y + height, x : x + width] == labels[row, column]


def _of_boxes(component: NDArray[np.bool_], boxes: NDArray[np.float64], confidences: NDArray[np.float64]) -> float:
    """Confidence of the most confident box that touches a component (h, w), else of the nearest to its own box."""
    low = np.floor(boxes[:, :2]).clip(min=0).astype(int)
    high = np.ceil(boxes[:, 2:]).clip(min=0).astype(int)
    touching = [component[y0:y1, x0:x1].any() for (x0, y0), (x1, y1) in zip(low, high, strict=True)]
    if any(touching):
        return float(confidences[touching].max())
    gaps = np.maximum(boxes[:, :2] - component.shape[::-1], -boxes[:, 2:]).clip(min=0)
    return float(confidences[np.hypot(*gaps.T).argmin()])


def _outlines(component: NDArray[np.bool_]) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Outlines along the edges of pixels, and the pixels along them.

    OpenCV walks along the centres of pixels, where a single one has no area; at twice the size its way tells on which
    side of a pixel the edge lies. It also walks across where two pixels share a corner only. Parts that hang together
    by corners have outlines of their own here: one that touches itself is an error to geometry libraries.

    Args:
        component: (h, w) bool.

    Returns:
        Rings (P, 2) of corners, x and y: of each part the outer one, of positive area (x before y), then those of its
        holes, of negative area; and the pixels (N, 2).
    """
    rings, pixels = [], []
    for x, y, part in _parts(component):
        twice = cv2.resize(part.astype(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
        paths, (tree,) = cv2.findContours(twice, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        for position in sorted(range(len(paths)), key=lambda position: tree[position, 3] >= 0):
            path = paths[position].reshape(-1, 2)[::-1] + np.array([2 * x, 2 * y])
            rings.append(_corners((path + 1) // 2))
            pixels.append(path // 2)
    return rings, np.concatenate(pixels)


def _parts(component: NDArray[np.bool_]) -> list[tuple[int, int, NDArray[np.bool_]]]:
    """Left, top and shape (h, w) of what hangs together by sides of pixels, the largest first."""
    count, labels = cv2.connectedComponents(component.astype(np.uint8), connectivity=4)
    if count == 2:
        return [(0, 0, component)]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(component.astype(np.uint8), connectivity=4)
    largest_first = sorted(range(1, count), key=lambda label: -int(stats[label, cv2.CC_STAT_AREA]))
    windows = [(label, *stats[label].tolist()[:4]) for label in largest_first]
    return [(x, y, labels[y : y + height, x : x + width] == label) for label, x, y, width, height in windows]


def _corners(path: NDArray[np.int64]) -> NDArray[np.int64]:
    """The points where a closed path (P, 2) of level and upright steps turns."""
    path = path[(path != np.roll(path, 1, axis=0)).any(axis=1)]
    level = path[:, 1] == np.roll(path[:, 1], 1)
    return path[level != np.roll(level, -1)]


def _hull(pixels: NDArray[np.int64]) -> NDArray[np.float64]:
    """The convex outline (V, 2) of a shape, pixels, from the pixels (N, 2) whose centres it covers.

    The shape ends somewhere between its outermost line of pixels and the next that runs the same way. So every edge of
    the hull of the centres moves outwards by half of that: half a pixel where it is level or upright, which makes a
    rectangle exact, and hardly at all where it is oblique. The hull of the squares would make a disc 1.4 pixels too
    wide, of which this leaves 0.4.
    """
    points = cv2.convexHull(pixels.astype(np.int32)).reshape(-1, 2).astype(np.int64)
    edges = np.roll(points, -1, axis=0) - points
    edges = edges[edges.any(axis=1)]  # a single pixel has none
    outward = edges[:, ::-1] * (1, -1) // np.gcd(*edges.T)[:, None]
    normals = np.vstack([outward, _SIDES])  # what is a line has two sides; the others close it at its ends
    inside = points.mean(axis=0)
    reach = (normals @ points.T).max(axis=1) + 0.5 - normals @ inside  # lines of pixels: normal @ pixel = 0, 1, 2, ...
    # of the half-planes normal @ (point - inside) <= reach, those on the hull of normal / reach bound what all share
    bounding = cv2.convexHull((normals / reach[:, None]).astype(np.float32), returnPoints=False).ravel()
    (a, b), r = normals[bounding].T, reach[bounding]
    next_a, next_b, next_r = (np.roll(values, -1) for values in (a, b, r))
    crossings = np.column_stack([r * next_b - next_r * b, a * next_r - next_a * r]) / (a * next_b - next_a * b)[:, None]
    return inside + crossings


def _axes(hull: NDArray[np.float64]) -> tuple[float, float]:
    """Longest line within a convex outline (V, 2), and the longest across it, as a radiologist measures (BI-RADS).

    Of several that are longest, the one with the longest across it counts.
    """
    points = hull @ (1, 1j)
    lengths = np.abs(points[:, None] - points)
    longest = lengths.max()
    across = 0.0
    for start, end in np.argwhere(lengths > longest * (1 - 1e-9)):
        if start > end:
            continue
        turned = points * (points[end] - points[start]).conjugate() / longest  # along the axis, across it
        sides = turned[start : end + 1], np.concatenate([turned[end:], turned[: start + 1]])[::-1]
        here, there = (np.interp(turned.real, side.real, side.imag) for side in sides)
        across = max(across, np.abs(here - there).max())
    return float(longest), float(min(across, longest))  # in a square they are one, but for rounding
