"""Outlines of annotation programs: the same lesion from every one of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from drawn_datasets import LESION, SIZE, mask
from own_folder import by_id, objections, two_pictures

HEIGHT, WIDTH = SIZE
BOX = [[10, 20], [30, 20], [30, 32], [10, 32]]
"""Corners of LESION, x and y."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return two_pictures(tmp_path)


def same(folder: Path, of_b: str) -> None:
    images = by_id(folder)
    assert np.array_equal(images["a"].mask, mask(LESION) > 0)
    assert images["b"].pathology == of_b


def test_coco(folder: Path) -> None:
    content = {
        "images": [
            {"id": 7, "file_name": "images/a.png", "width": WIDTH, "height": HEIGHT},
            {"id": 9, "file_name": "b.png", "width": WIDTH, "height": HEIGHT},
        ],
        "annotations": [{"id": 1, "image_id": 7, "segmentation": [np.ravel(BOX).tolist()], "bbox": [10, 20, 20, 12]}],
    }
    (folder / "annotations.json").write_text(json.dumps(content))
    same(folder, "normal")


def test_coco_run_lengths(folder: Path) -> None:
    flat = (mask(LESION) > 0).ravel(order="F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *changes, flat.size]).tolist()
    images = [
        {"id": number, "file_name": f"{name}.png", "width": WIDTH, "height": HEIGHT} for number, name in enumerate("ab")
    ]
    annotation = {"id": 1, "image_id": 0, "segmentation": {"counts": counts, "size": [HEIGHT, WIDTH]}}
    (folder / "coco.json").write_text(json.dumps({"images": images, "annotations": [annotation]}))
    same(folder, "normal")
    annotation["segmentation"] = {"counts": "abc", "size": [HEIGHT, WIDTH]}
    (folder / "coco.json").write_text(json.dumps({"images": images, "annotations": [annotation]}))
    assert "coco.json: annotation 1 of images/a.png has no polygons" in objections(folder)


@pytest.mark.parametrize("place", ["labels", "images"])
def test_labelme(folder: Path, place: str) -> None:
    (folder / place).mkdir(exist_ok=True)
    shapes = {"a": [{"label": "lesion", "points": BOX, "shape_type": "polygon"}], "b": []}
    for name, own_shapes in shapes.items():
        content = {"shapes": own_shapes, "imageHeight": HEIGHT, "imageWidth": WIDTH, "imagePath": f"{name}.png"}
        (folder / place / f"{name}.json").write_text(json.dumps(content))
    same(folder, "normal")


def test_labelme_rectangles_and_circles(folder: Path) -> None:
    shapes = {
        "a": [{"points": [BOX[0], BOX[2]], "shape_type": "rectangle"}],
        "b": [{"points": [[30, 20], [38, 20]], "shape_type": "circle"}],
    }
    (folder / "labels").mkdir()
    for name, own_shapes in shapes.items():
        (folder / "labels" / f"{name}.json").write_text(json.dumps({"shapes": own_shapes}))
    images = by_id(folder)
    assert np.array_equal(images["a"].mask, mask(LESION) > 0)
    assert images["b"].mask.sum() == pytest.approx(np.pi * 64, rel=0.05)


def test_yolo_seg(folder: Path) -> None:
    (folder / "labels").mkdir()
    shares = np.ravel(np.array(BOX) / (WIDTH, HEIGHT))
    (folder / "labels" / "a.txt").write_text("0 " + " ".join(f"{share:.6f}" for share in shares) + "\n")
    same(folder, "normal")
    (folder / "labels" / "b.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    assert "b.txt: line 1 is no class and polygon" in objections(folder)


def test_outlines_of_another_picture_are_told(folder: Path) -> None:
    (folder / "labels").mkdir()
    for name in "ab":
        content = {"shapes": [{"points": BOX}], "imageHeight": 10, "imageWidth": 10}
        (folder / "labels" / f"{name}.json").write_text(json.dumps(content))
    assert "images/a.png: is 64x48, but its outlines are of a picture of 10x10" in objections(folder)
