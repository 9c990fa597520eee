"""Outlines that annotation programs write instead of masks: COCO, labelme, YOLO-seg."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.datasets.dataset import Lesion

Draw = Callable[[int, int], Lesion]
"""Makes a mask of a picture's height and width."""

Polygon = NDArray[np.float64]
"""(K, 2) x and y; 0 is the left (upper) border of the first pixel."""

_CORNERS = 3  # of a polygon, at least
_FINER = 8  # than the pixels is the grid on which an outline is filled


def coco(path: Path, images: Mapping[str, str], problems: list[str]) -> dict[str, Draw]:
    """Masks by image of a COCO file: ``images`` with file names, ``annotations`` with polygons or plain run lengths.

    Args:
        path: of the file.
        images: name without ending -> path, of the pictures that there are.
        problems: gets a line for what cannot be read.
    """
    content = _json(path, problems)
    if content is None:
        return {}
    numbers: dict[Any, str] = {}
    sizes: dict[str, tuple[int, int]] = {}
    shapes: dict[str, list[Polygon | NDArray[np.bool_]]] = {}
    for image in content.get("images", []):
        name = Path(str(image.get("file_name", ""))).with_suffix("").as_posix()
        name = name if name in images else name.rpartition("/")[2]
        if name not in images:
            problems.append(f"{path.name}: {image.get('file_name')!r} is not among the images")
            continue
        numbers[image.get("id")] = name
        sizes[name] = (int(image.get("height", 0)), int(image.get("width", 0)))
        shapes[name] = []
    for annotation in content.get("annotations", []):
        name = numbers.get(annotation.get("image_id"), "")
        if not name:
            continue
        found = _segmentation(annotation.get("segmentation"), sizes[name])
        if found is None:
            problems.append(
                f"{path.name}: annotation {annotation.get('id')} of {images[name]} has no polygons (a box alone, or "
                "compressed run lengths): export it with polygons, or as masks"
            )
        else:
            shapes[name] += found
    return {name: drawn(shapes[name], sizes[name]) for name in shapes}


def labelme(path: Path, problems: list[str]) -> Draw | None:
    """The mask of one labelme file; None for one that cannot be read."""
    content = _json(path, problems)
    if content is None:
        return None
    polygons: list[Polygon | NDArray[np.bool_]] = []
    for shape in content.get("shapes", []):
        points = np.asarray(shape.get("points", []), dtype=np.float64).reshape(-1, 2)
        kind = shape.get("shape_type") or "polygon"
        if kind == "polygon" and len(points) >= _CORNERS:
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
            problems.append(f"{path.name}: a {kind} of {len(points)} points is no area that is read")
    return drawn(polygons, (int(content.get("imageHeight") or 0), int(content.get("imageWidth") or 0)))


def yolo(path: Path, problems: list[str]) -> Draw:
    """The mask of one YOLO-seg file: a class and a polygon a line, in shares of width and height."""
    polygons = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        try:
            values = [float(value) for value in line.split()]
        except ValueError:
            values = [np.nan]
        if not values:
            continue
        if len(values) < 1 + 2 * _CORNERS or len(values) % 2 == 0 or not all(0 <= value <= 1 for value in values[1:]):
            problems.append(f"{path.name}: line {number} is no class and polygon in shares of the picture")
            continue
        polygons.append(np.array(values[1:]).reshape(-1, 2))
    return lambda height, width: (_filled([each * (width, height) for each in polygons], height, width), [])


def drawn(shapes: Sequence[Polygon | NDArray[np.bool_]], size: tuple[int, int]) -> Draw:
    """A mask of polygons and whole masks, for a picture that should have this height and width (0: not told)."""

    def draw(height: int, width: int) -> Lesion:
        if all(size) and size != (height, width):
            return np.zeros((height, width), np.bool_), [
                f"is {width}x{height}, but its outlines are of a picture of {size[1]}x{size[0]}"
            ]
        mask = _filled([shape for shape in shapes if shape.dtype != np.bool_], height, width)
        return np.logical_or.reduce([mask, *(shape for shape in shapes if shape.dtype == np.bool_)]), []

    return draw


def _filled(polygons: Sequence[NDArray[Any]], height: int, width: int) -> NDArray[np.bool_]:
    """Pixels of which at least half lies inside; OpenCV fills the border too, so it does so on a finer grid."""
    mask = np.zeros((height, width), np.bool_)
    for polygon in polygons:  # one by one: together, where two overlap would count as outside
        low = np.clip(np.floor(polygon.min(axis=0)), 0, (width, height)).astype(int)
        high = np.clip(np.ceil(polygon.max(axis=0)), low, (width, height)).astype(int)
        columns, rows = high - low
        if not columns or not rows:
            continue
        fine = np.zeros((rows * _FINER, columns * _FINER), np.uint8)
        cv2.fillPoly(fine, [np.round((polygon - low) * _FINER - 0.5).astype(np.int32)], 255)
        shares = cv2.resize(fine, (int(columns), int(rows)), interpolation=cv2.INTER_AREA)
        mask[low[1] : high[1], low[0] : high[0]] |= shares >= 128
    return mask


def _segmentation(found: Any, size: tuple[int, int]) -> list[Polygon | NDArray[np.bool_]] | None:  # noqa: ANN401 - JSON
    """Polygons or a mask of one COCO annotation; None for neither."""
    if isinstance(found, list) and found and all(isinstance(each, list) for each in found):
        polygons = [np.asarray(each, dtype=np.float64) for each in found]
        return [each.reshape(-1, 2) for each in polygons if each.size >= 2 * _CORNERS and each.size % 2 == 0]
    if isinstance(found, dict) and isinstance(found.get("counts"), list):
        counts = np.asarray(found["counts"], dtype=np.int64)
        if counts.sum() == size[0] * size[1]:
            values = np.arange(len(counts)) % 2 == 1
            return [np.repeat(values, counts).reshape(size, order="F")]
    return None


def _json(path: Path, problems: list[str]) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        problems.append(f"{path.name}: cannot be read as JSON ({' '.join(str(error).split())[:150]})")
        return None
    if not isinstance(content, dict):
        problems.append(f"{path.name}: is no annotation file")
        return None
    return content
