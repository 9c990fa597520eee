"""Outlines of lesions as GeoJSON and as COCO, written frame by frame."""

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import numpy as np

from guidedseg.outputs.records import Record, Ring, polygons
from guidedseg.writing import whole_file

COORDINATES = (
    "Coordinates are pixels of the source, not longitude and latitude: x to the right and y down from the upper left "
    "corner of the picture; the first pixel is the square from (0, 0) to (1, 1)."
)
_PROPERTIES = ("source", "frame", "lesion", "track", "confidence", "area_px", "area_mm2")


def write_geojson(records: Iterable[Record], target: Path) -> None:
    """Write lesions as a FeatureCollection (RFC 7946); whole or not at all.

    Coordinates are pixels, along the edges of a lesion's pixels; the file says so. A lesion whose parts share a corner
    only is a MultiPolygon. Properties: source, frame (from 0), lesion, track, confidence, area_px, area_mm2.

    Args:
        records: taken one by one.
        target: the file.
    """
    with whole_file(target) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"type":"FeatureCollection","description":{_json(COORDINATES)},"features":[')
        features = _Items(file)
        for record in records:
            for lesion in record["lesions"]:
                features.add(_feature(record, lesion))
        file.write("\n]}\n")


def write_coco(records: Iterable[Record], target: Path) -> None:
    """Write frames and lesions as COCO's object detection format; whole or not at all.

    A frame is an image, with its source as file name; ``frame`` counts from 0. Segmentations are polygons along the
    edges of pixels; as COCO's have no holes, a line of no width leads to each and back. ``score`` is the confidence,
    ``track_id`` the track, where there is one.

    Args:
        records: taken one by one.
        target: the file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        whole_file(target) as path,
        path.open("w", encoding="utf-8", newline="\n") as file,
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=target.parent) as later,
    ):
        file.write(f'{{"info":{_json({"description": COORDINATES})},"licenses":[],')
        file.write(f'"categories":[{_json({"id": 1, "name": "lesion", "supercategory": ""})}],"images":[')
        images, annotations = _Items(file), _Items(later)
        for record in records:
            image = {"file_name": record["source"], "frame": record["frame"]}
            images.add({"id": images.count + 1, **image, "width": record["width"], "height": record["height"]})
            for lesion in record["lesions"]:
                annotations.add(_annotation(lesion, annotations.count + 1, images.count))
        file.write('\n],"annotations":[')
        later.seek(0)
        shutil.copyfileobj(later, file)
        file.write("\n]}\n")


class _Items:
    """The items of a JSON array, a line each."""

    def __init__(self, file: TextIO) -> None:
        self.count = 0
        self._file = file

    def add(self, item: Record) -> None:
        """Write the next one."""
        self._file.write(f"{',' if self.count else ''}\n{_json(item)}")
        self.count += 1


def _json(value: str | Record) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _feature(record: Record, lesion: Record) -> Record:
    parts = [[[*ring, ring[0]] for ring in part] for part in polygons(lesion)]
    several = len(parts) > 1
    return {
        "type": "Feature",
        "geometry": {"type": "MultiPolygon" if several else "Polygon", "coordinates": parts if several else parts[0]},
        "properties": {key: {**record, **lesion}[key] for key in _PROPERTIES},
    }


def _annotation(lesion: Record, number: int, image: int) -> Record:
    x0, y0, x1, y1 = lesion["box"]
    track = {} if lesion["track"] is None else {"track_id": lesion["track"]}
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "segmentation": [np.ravel(_without_holes(part)).tolist() for part in polygons(lesion)],
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": lesion["area_px"],
        "iscrowd": 0,
        "score": lesion["confidence"],
        **track,
    }


def _without_holes(part: list[Ring]) -> Ring:
    """One ring around an area with holes: a level and an upright step, there and back, to each."""
    whole, *holes = part
    for hole in holes:
        nearest = int(np.abs(np.array(whole) - hole[0]).sum(axis=1).argmin())
        x, y = whole[nearest]
        bend = [hole[0][0], y]
        whole = [*whole[: nearest + 1], bend, *hole, hole[0], bend, [x, y], *whole[nearest + 1 :]]
    return whole
