"""GeoJSON and COCO of drawn masks, filled again."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from segmented import contents, filled, recorded, two_lesions

from guidedseg.outputs import contours
from guidedseg.outputs.records import Record

SHAPE = (12, 17)
WRITERS = [contours.write_geojson, contours.write_coco]


def written(writer, records: list[Record], path: Path) -> Record:
    writer(iter(records), path)
    return json.loads(path.read_text(encoding="utf-8"))


def parts(feature: Record) -> list[list[np.ndarray]]:
    geometry = feature["geometry"]
    several = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}[geometry["type"]]
    return [[np.array(ring) for ring in part] for part in several]


@settings(max_examples=40, deadline=None)
@given(st.lists(arrays(bool, SHAPE), min_size=1, max_size=3))
def test_geojson_filled_again_is_the_mask(tmp_path_factory, masks):
    read = written(contours.write_geojson, recorded(masks), tmp_path_factory.mktemp("a") / "lesions.geojson")
    for index, mask in enumerate(masks):
        of_frame = [feature for feature in read["features"] if feature["properties"]["frame"] == index]
        assert np.array_equal(filled([part for each in of_frame for part in parts(each)], SHAPE), mask)
        assert sum(feature["properties"]["area_px"] for feature in of_frame) == mask.sum()


@settings(max_examples=40, deadline=None)
@given(st.lists(arrays(bool, SHAPE), min_size=1, max_size=3))
def test_coco_filled_again_is_the_mask_holes_and_all(tmp_path_factory, masks):
    read = written(contours.write_coco, recorded(masks), tmp_path_factory.mktemp("a") / "annotations.json")
    assert [image["frame"] for image in read["images"]] == list(range(len(masks)))
    for image, mask in zip(read["images"], masks, strict=True):
        of_image = [each for each in read["annotations"] if each["image_id"] == image["id"]]
        polygons = [[np.array(polygon)] for each in of_image for polygon in each["segmentation"]]
        assert np.array_equal(filled(polygons, SHAPE), mask)
        assert sum(each["area"] for each in of_image) == mask.sum()


def test_geojson_has_the_structure_of_rfc_7946(tmp_path):
    read = written(contours.write_geojson, recorded([two_lesions()]), tmp_path / "lesions.geojson")
    assert read["type"] == "FeatureCollection"
    assert not {"coordinates", "geometries", "geometry", "properties"} & set(read), "section 7.1 forbids these here"
    assert "pixels" in read["description"]
    for feature in read["features"]:
        assert feature["type"] == "Feature"
        for outer, *holes in parts(feature):
            for ring in (outer, *holes):
                assert len(ring) >= 4
                assert ring[0].tolist() == ring[-1].tolist()
            assert signed(outer) > 0, "counterclockwise (section 3.1.6)"
            assert all(signed(hole) < 0 for hole in holes)


def signed(ring: np.ndarray) -> float:
    return float((ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]).sum()) / 2


def test_geojson_of_a_drawing(tmp_path):
    read = written(contours.write_geojson, recorded([two_lesions()], tracks=True), tmp_path / "lesions.geojson")
    first, second = read["features"]
    # 20 x 30 pixels with a hole of 5 x 10, of 0.1 x 0.2 mm each
    assert first["properties"] == {
        "source": "a.png",
        "frame": 0,
        "lesion": 1,
        "track": 11,
        "confidence": 0.8,
        "area_px": 550,
        "area_mm2": 11.0,
    }
    assert [[signed(ring) for ring in part] for part in parts(first)] == [[600, -50]]
    assert second["geometry"]["type"] == "MultiPolygon", "two pixels that share a corner"


def test_coco_of_a_drawing(tmp_path):
    records = recorded([np.zeros((60, 80), bool), two_lesions()], tracks=True)
    read = written(contours.write_coco, records, tmp_path / "annotations.json")
    assert read["categories"] == [{"id": 1, "name": "lesion", "supercategory": ""}]
    assert read["images"] == [
        {"id": 1, "file_name": "a.png", "frame": 0, "width": 80, "height": 60},
        {"id": 2, "file_name": "a.png", "frame": 1, "width": 80, "height": 60},
    ]
    first, second = read["annotations"]
    del first["segmentation"]
    assert first == {
        "id": 1,
        "image_id": 2,
        "category_id": 1,
        "bbox": [20, 10, 30, 20],
        "area": 550,
        "iscrowd": 0,
        "score": 0.8,
        "track_id": 11,
    }
    assert (second["id"], second["bbox"], len(second["segmentation"])) == (2, [60, 40, 2, 2], 2)


def test_coco_without_tracks_has_none(tmp_path):
    read = written(contours.write_coco, recorded([two_lesions()]), tmp_path / "annotations.json")
    assert all("track_id" not in annotation for annotation in read["annotations"])


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("records", [[], recorded([np.zeros(SHAPE, bool)])], ids=["no frame", "no lesion"])
def test_nothing_to_write_is_still_json(tmp_path, writer, records):
    read = written(writer, records, tmp_path / "file.json")
    assert read.get("features", []) == read.get("annotations", []) == []
    assert len(read.get("images", records)) == len(records)


@pytest.mark.parametrize("writer", WRITERS)
def test_written_again_it_is_the_same_bytes(tmp_path, writer):
    for folder in ("once", "again"):
        writer(iter(recorded([two_lesions()] * 2)), tmp_path / folder / "file.json")
    assert contents(tmp_path / "once") == contents(tmp_path / "again")


@pytest.mark.parametrize("writer", WRITERS)
def test_after_an_error_the_earlier_file_stands_alone(tmp_path, writer):
    def broken():
        yield from recorded([two_lesions()])
        raise KeyboardInterrupt

    (tmp_path / "file.json").write_text("earlier")
    with pytest.raises(KeyboardInterrupt):
        writer(broken(), tmp_path / "file.json")
    assert contents(tmp_path) == {"file.json": b"earlier"}


@pytest.mark.parametrize("writer", WRITERS)
def test_records_are_not_kept(tmp_path, writer):
    line = json.dumps(recorded([two_lesions()])[0])
    tracemalloc.start()
    writer((json.loads(line) for _ in range(900)), tmp_path / "file.json")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000, "bytes; the records take four million"


@pytest.mark.parametrize("writer", WRITERS)
def test_name_of_a_source_is_read_back_whatever_it_is(tmp_path, writer):
    name = 'ordner/"größe"\n\t 乳腺 \udcff.dcm'  # the last is a byte that is no UTF-8, as Python gives it
    read = written(writer, recorded([two_lesions()], name), tmp_path / "file.json")
    names = [image["file_name"] for image in read.get("images", [])]
    assert names + [feature["properties"]["source"] for feature in read.get("features", [])] in ([name], [name] * 2)
