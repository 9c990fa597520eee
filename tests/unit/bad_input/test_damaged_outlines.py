"""Files of annotation programs, damaged: no lesion is lost in silence, and nothing ends in a traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from layouts import BOX, Drawn
from own_folder import objections

from guidedseg.datasets import reading
from guidedseg.datasets.catalogue import DATASETS

Change = Callable[[dict[str, Any]], object]
FLAT = [value for corner in BOX for value in corner]


def damaged(path: Path, change: Change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def annotated(**values: Any) -> Change:
    return lambda content: content["annotations"][0].update(values)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (annotated(image_id=99), "annotation 0 is of the image 99, which is not listed"),
        (annotated(image_id=[0]), "annotation 0 is of the image [0], which is not listed"),
        (annotated(segmentation=[]), "annotation 0 of images/a.png has no polygons that can be read"),
        (annotated(segmentation=None), "annotation 0 of images/a.png has no polygons"),
        (annotated(segmentation=[[1, 2, 3, 4]]), "annotation 0 of images/a.png has no polygons"),
        (annotated(segmentation=[FLAT, ["x"] * 8]), "annotation 0 of images/a.png has no polygons"),
        (annotated(segmentation=[[float("nan")] * 8]), "annotation 0 of images/a.png has no polygons"),
        (annotated(segmentation={"counts": [-1, 3073]}), "annotation 0 of images/a.png has no polygons"),
        (annotated(segmentation={"counts": [10**12]}), "annotation 0 of images/a.png has no polygons"),
        (annotated(segmentation=[[value + 1e9 for value in FLAT]]), "images/a.png: its outline 1 lies outside it"),
        (annotated(segmentation=[[5, 5, 5, 5, 5, 5]]), "images/a.png: its outline 1 lies outside it, or has no area"),
        (lambda content: content["images"][0].update(width=100), "its outlines are of a picture of 100x48"),
        (lambda content: content["images"][1].update(file_name="a.png"), "images/a.png is listed twice; keep one"),
        (lambda content: content["images"][1].update(id=0), "images/b.png has the id 0 of another image"),
        (lambda content: content["images"][1].update(file_name="x.png"), "'x.png' is not among the images"),
        (lambda content: content.update(images=None), "has no list 'images' of the form"),
        (lambda content: content.update(annotations=["a"]), "has no list 'annotations' of the form"),
        (lambda content: content.clear(), "has no list 'images' of the form"),
    ],
)
def test_coco(tmp_path: Path, change: Change, problem: str) -> None:
    drawn = Drawn("coco", tmp_path)
    damaged(drawn.place / "annotations.json", change)
    assert problem in objections(drawn.place)


@pytest.mark.parametrize("content", ["", "{", "[1]", "[" * 100_000, '"text"', "\0"])
@pytest.mark.parametrize(("layout", "name"), [("coco", "annotations.json"), ("labelme", "labels/a.json")])
def test_what_is_no_json_is_told(tmp_path: Path, layout: str, name: str, content: str) -> None:
    drawn = Drawn(layout, tmp_path)
    (drawn.place / name).write_text(content)
    assert f"- {name}: " in objections(drawn.place)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda content: content["shapes"][0].update(points=[["x", 1]]),
            "a polygon whose points are no pairs of numbers",
        ),
        (lambda content: content["shapes"][0].update(points=None), "a polygon whose points are no pairs of numbers"),
        (lambda content: content["shapes"][0].update(points=BOX[:2]), "a polygon of 2 points is no area that is read"),
        (lambda content: content["shapes"][0].update(shape_type="mask"), "a mask of 4 points is no area that is read"),
        (lambda content: content.update(shapes={}), "has no list 'shapes' of the form"),
    ],
)
def test_labelme(tmp_path: Path, change: Change, problem: str) -> None:
    drawn = Drawn("labelme", tmp_path)
    for name in "ab":
        damaged(drawn.place / f"labels/{name}.json", change)
    text = objections(drawn.place)
    for name in "ab":
        assert f"labels/{name}.json: {problem}" in text


@pytest.mark.parametrize(
    "line", ["0 0.1 0.2", "0 0.5 0.5 0.2 0.2", "0 nan nan 0 0 1 1", "0 5 5 9 5 9 9", "lesion 1 2", "\0"]
)
def test_yolo(tmp_path: Path, line: str) -> None:
    drawn = Drawn("yolo", tmp_path)
    for name in "ab":
        (drawn.place / f"labels/{name}.txt").write_text(f"{line}\n")
    text = objections(drawn.place)
    for name in "ab":
        assert f"labels/{name}.txt: line 1 is no class and polygon in shares of the picture" in text


@pytest.mark.parametrize(("layout", "ending"), [("labelme", "json"), ("yolo", "txt")])
def test_outlines_without_images_and_the_reverse_are_told(tmp_path: Path, layout: str, ending: str) -> None:
    drawn = Drawn(layout, tmp_path)
    (drawn.place / f"labels/a.{ending}").rename(drawn.place / f"labels/x.{ending}")
    text = objections(drawn.place)
    assert f"labels/x.{ending}: has no image" in text
    assert (
        "images/a.png: has no outline" in text
        or "images/a.png: shows no lesion, but the image is called benign" in text
    )


def test_pictures_that_have_no_lesion_by_custom_are_counted(tmp_path: Path) -> None:
    drawn = Drawn("yolo", tmp_path)
    (drawn.place / "table.csv").unlink()
    (drawn.place / "labels/a.txt").unlink()
    (drawn.place / "images/readme.txt").write_text("ours")
    notes = reading.check(DATASETS["folder"], drawn.place).notes
    assert "1 images have no file in labels/, and by YOLO's custom no lesion" in notes


def test_outlines_in_two_files_are_told(tmp_path: Path) -> None:
    drawn = Drawn("yolo", tmp_path)
    (drawn.place / "labels/a.json").write_text("{}")
    assert "labels/a.json: images/a.png has outlines in another file too; keep one" in objections(drawn.place)
