"""Outlines that annotation programs write instead of masks: COCO, labelme, YOLO-seg."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.datasets.dataset import Lesion
from guidedseg.datasets.pairs import composed

Draw = Callable[[int, int], Lesion]
"""Makes a mask of a picture's height and width."""

Polygon = NDArray[np.float64]
"""(K, 2) x and y; 0 is the left (upper) border of the first pixel."""


class Runs(NamedTuple):
    """COCO's run lengths, column by column: how many pixels are outside, inside, outside, ..."""

    lengths: list[int]


_CORNERS = 3  # of a polygon, at least
_OUTSIDE = 0.5  # of the longer side: so far outside a corner is no slip of the hand
_FINER = 8  # than the pixels is the grid on which an outline is filled


def coco(path: Path, images: Mapping[str, str], problems: list[str]) -> dict[str, Draw]:
    """Masks by image of a COCO file: ``images`` with file names, ``annotations`` with polygons or plain run lengths.

    Args:
        path: of the file.
        images: name without ending -> path, of the pictures that there are.
        problems: gets a line for what cannot be read.
    """
    content = _json(path, path.name, problems)
    if content is None:
        return {}
    numbers: dict[str, str] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for image in _records(content, "images", path.name, problems):
        name = composed(Path(str(image.get("file_name", ""))).with_suffix("").as_posix())
        name = name if name in images else name.rpartition("/")[2]
        if name not in images:
            problems.append(f"{path.name}: {image.get('file_name')!r} is not among the images")
        elif name in sizes:
            problems.append(f"{path.name}: {images[name]} is listed twice; keep one")
        elif repr(image.get("id")) in numbers:
            problems.append(f"{path.name}: {images[name]} has the id {image.get('id')!r} of another image")
        else:
            numbers[repr(image.get("id"))] = name
            sizes[name] = _size(image, "height", "width")
    shapes: dict[str, list[Polygon | Runs]] = {name: [] for name in sizes}
    for annotation in _records(content, "annotations", path.name, problems):
        name = numbers.get(repr(annotation.get("image_id")), "")
        which = f"{path.name}: annotation {annotation.get('id')!r}"
        if not name:
            problems.append(f"{which} is of the image {annotation.get('image_id')!r}, which is not listed")
            continue
        found = _segmentation(annotation.get("segmentation"), sizes[name])
        if found is None:
            problems.append(
                f"{which} of {images[name]} has no polygons that can be read (a box alone, compressed run lengths?): "
                "export it with polygons, or as masks"
            )
        else:
            shapes[name] += found
    return {name: drawn(shapes[name], sizes[name]) for name in shapes}


def labelme(path: Path, shown: str, problems: list[str]) -> Draw | None:
    """The mask of one labelme file, which problems call ``shown``; None for one that cannot be read."""
    content = _json(path, shown, problems)
    if content is None:
        return None
    polygons: list[Polygon | Runs] = []
    for shape in _records(content, "shapes", shown, problems):
        points, kind = _points(shape.get("points")), shape.get("shape_type") or "polygon"
        if points is None:
            problems.append(f"{shown}: a {kind} whose points are no pairs of numbers")
        elif kind == "polygon" and len(points) >= _CORNERS:
            polygons.append(points)
        elif kind == "rectangle" and len(points) == 2:
            (x0, y0), (x1, y1) = points
            polygons.append(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))
        elif kind == "circle" and len(points) == 2:
            turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
            polygons.append(
                points[0] + np.hypot(*(points[1] - points[0])) * np.column_stack([np.cos(turn), np.sin(turn)])
            )
        else:
            problems.append(f"{shown}: a {kind} of {len(points)} points is no area that is read")
    return drawn(polygons, _size(content, "imageHeight", "imageWidth"))


def yolo(path: Path, shown: str, problems: list[str]) -> Draw:
    """The mask of one YOLO-seg file: a class and a polygon a line, in shares of width and height.

    Args:
        path: of the file.
        shown: what problems call it.
        problems: gets a line for what cannot be read.
    """
    polygons = []
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        problems.append(f"{shown}: cannot be read ({error.strerror})")
        lines = []
    for number, line in enumerate(lines, start=1):
        try:
            values = [float(value) for value in line.split()]
        except ValueError:
            values = [np.nan]
        if not values:
            continue
        if len(values) < 1 + 2 * _CORNERS or len(values) % 2 == 0 or not all(0 <= value <= 1 for value in values[1:]):
            problems.append(f"{shown}: line {number} is no class and polygon in shares of the picture")
            continue
        polygons.append(np.array(values[1:]).reshape(-1, 2))
    return lambda height, width: _filled([each * (width, height) for each in polygons], height, width)


def drawn(shapes: Sequence[Polygon | Runs], size: tuple[int, int]) -> Draw:
    """A mask of polygons and run lengths, for a picture that should have this height and width (0: not told)."""

    def draw(height: int, width: int) -> Lesion:
        if all(size) and size != (height, width):
            return np.zeros((height, width), np.bool_), [
                f"is {width}x{height}, but its outlines are of a picture of {size[1]}x{size[0]}"
            ]
        mask, wrong = _filled([shape for shape in shapes if not isinstance(shape, Runs)], height, width)
        for runs in (shape.lengths for shape in shapes if isinstance(shape, Runs)):
            mask |= np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape((height, width), order="F")
        return mask, wrong

    return draw


def _filled(polygons: Sequence[Polygon], height: int, width: int) -> Lesion:
    """Pixels of which at least half lies inside; OpenCV fills the border too, so it does so on a finer grid."""
    mask, wrong = np.zeros((height, width), np.bool_), []
    for number, polygon in enumerate(polygons, start=1):  # one by one: together, where two overlap would be outside
        low = np.clip(np.floor(polygon.min(axis=0)), 0, (width, height)).astype(int)
        high = np.clip(np.ceil(polygon.max(axis=0)), low, (width, height)).astype(int)
        columns, rows = high - low
        outside = np.maximum(-polygon, polygon - (width, height)).max() / max(width, height)
        if not columns or not rows or outside > _OUTSIDE:
            wrong.append(f"its outline {number} lies outside it, or has no area")
            continue
        fine = np.zeros((rows * _FINER, columns * _FINER), np.uint8)
        cv2.fillPoly(fine, [np.round((polygon - low) * _FINER - 0.5).astype(np.int32)], 255)
        shares = cv2.resize(fine, (int(columns), int(rows)), interpolation=cv2.INTER_AREA)
        mask[low[1] : high[1], low[0] : high[0]] |= shares >= 128
    return mask, wrong


def _segmentation(found: Any, size: tuple[int, int]) -> list[Polygon | Runs] | None:  # noqa: ANN401 - JSON
    """Polygons or run lengths of one COCO annotation; None for neither."""
    if isinstance(found, list) and found:
        polygons = [
            _points(list(zip(each[::2], each[1::2], strict=True)))
            if isinstance(each, list) and len(each) >= 2 * _CORNERS and len(each) % 2 == 0
            else None
            for each in found
        ]
        known = [each for each in polygons if each is not None]
        return [*known] if len(known) == len(polygons) else None
    if isinstance(found, dict) and isinstance(found.get("counts"), list):
        counts = found["counts"]
        if all(type(count) is int and count >= 0 for count in counts) and 0 < sum(counts) == size[0] * size[1]:
            return [Runs(counts)]
    return None


def _points(found: Any) -> Polygon | None:  # noqa: ANN401 - JSON
    """(K, 2); None for what is none."""
    try:
        points = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return points if points.ndim == 2 and points.shape[1] == 2 and np.isfinite(points).all() else None


def _size(record: Mapping[str, Any], height: str, width: str) -> tuple[int, int]:
    """Height and width as told; 0 where it is not."""
    values = [record.get(key) for key in (height, width)]
    first, second = (value if type(value) is int and value > 0 else 0 for value in values)
    return first, second


def _records(content: Mapping[str, Any], key: str, shown: str, problems: list[str]) -> list[dict[str, Any]]:
    """The objects of a list; what is none is a problem."""
    found = content.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        problems.append(
            f"{shown}: has no list {key!r} of the form that COCO (images, annotations) or labelme (shapes) has"
        )
        return []
    return found


def _json(path: Path, shown: str, problems: list[str]) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        problems.append(f"{shown}: cannot be read as JSON ({' '.join(str(error).split())[:150]})")
        return None
    if not isinstance(content, dict):
        problems.append(f"{shown}: is no annotation file")
        return None
    return content
