"""What the page shows of one test image."""

import base64
import dataclasses
import re

import cv2
import numpy as np
import pytest
from drawings import FRAME, Drawing, disk, everywhere, nothing, square
from runs import NO_LEAKAGE, cases_of, run_of

from guidedseg.reporting import cases
from guidedseg.reporting.page import gallery, index

BOX = (4, 4, 16, 14)


def filled(path: str, height: int, width: int) -> np.ndarray:
    """The mask that an SVG path outlines; the path runs through the centres of the outermost pixels."""
    canvas = np.zeros((height, width), np.uint8)
    lines = [
        np.array([point.split() for point in part.split("L")], float) - 0.5 for part in re.findall(r"M([^Z]*)Z", path)
    ]
    cv2.fillPoly(canvas, [np.round(line).astype(np.int32) for line in lines], 1)
    return canvas > 0


@pytest.mark.parametrize("mask", [square(4, 6, 10), disk(16, 16, 9), square(0, 0, 1)], ids=["square", "disk", "pixel"])
def test_an_outline_encloses_its_mask_to_within_a_pixel(mask):
    drawn = filled(gallery.outline(mask), *mask.shape)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    core = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert not (drawn & ~near).any()
    assert not (core & ~drawn).any()


def test_each_area_and_each_hole_has_a_line():
    ring = square(2, 2, 12) & ~square(6, 6, 4)
    assert gallery.outline(ring | square(20, 20, 5)).count("M") == 3


def test_an_empty_mask_has_no_outline():
    assert gallery.outline(nothing()) == ""


@pytest.fixture
def drawings():
    box = ((0.9, BOX, everywhere()), (0.3, (20, 20, 30, 30), everywhere()))  # the second is below the confidence 0.5
    true = ((BOX, everywhere()),)
    return [
        Drawing(square(4, 4, 10, 12), nothing(), box, true, image_id="missed by direct"),
        Drawing(nothing(), square(0, 0, 4), image_id="made up by direct", pathology="normal"),
        Drawing(square(4, 4, 10, 12), square(4, 4, 10, 12), (), true, image_id="missed by guided"),
    ]


def test_outcomes_tell_misses_from_false_positives_by_branch(drawings):
    became = gallery.outcomes(run_of(*drawings))
    assert became.loc["missed by direct", ["direct", "guided"]].tolist() == ["miss", "outlined"]
    assert became.loc["made up by direct", ["direct", "guided"]].tolist() == ["false positive", "rightly empty"]
    # guided has no box: a miss; with the frame to fall back on the direct mask counts
    assert became.loc["missed by guided", ["guided", "guided_fallback"]].tolist() == ["miss", "outlined"]


def test_an_entry_holds_layers_scores_and_the_boxes_that_count(drawings, tmp_path):
    results = run_of(*drawings)
    case = cases_of(results, drawings, tmp_path)["missed by direct"]
    entry = gallery.entry(case, gallery.outcomes(results).to_dict("index")[case.image_id])
    assert (entry.width, entry.height, entry.pathology) == (32, 32, "benign")
    assert entry.outlines["direct"] == ""
    assert entry.outlines["guided"] == entry.outlines["truth"] != ""
    boxed = dict.fromkeys(("guided", "guided_fallback", "oracle", "guided_ungated"), 100.0)
    assert entry.dice == {"direct": 0.0, "direct_ungated": 0.0, "cascade": 0.0, **boxed}
    assert entry.boxes == [gallery.Box(4, 4, 12, 10, "0.90")]


def test_of_few_images_all_are_on_the_page(drawings):
    assert gallery.chosen(run_of(*drawings)) == ["made up by direct", "missed by direct", "missed by guided"]


def test_of_many_images_each_outcome_of_guided_is_on_the_page(monkeypatch):
    # 8 places for 3 outcomes: the one miss; 3 of 5 rightly empty; 4 of 6 outlined, Dice rising with the side: the
    # steps 0, 5/3, 10/3, 5 are the places 0, 2, 3, 5
    monkeypatch.setattr(gallery, "MOST", 8)
    lesion, true = square(4, 4, 10, 12), ((BOX, everywhere()),)
    normals = [Drawing(nothing(), nothing(), image_id=f"n{number}", pathology="normal") for number in range(5)]
    outlined = [
        Drawing(square(0, 0, 10), nothing(), ((0.9, FRAME, square(0, 0, side, 10)),), true, image_id=f"o{side}")
        for side in range(1, 7)
    ]
    run = run_of(*normals, *outlined, Drawing(lesion, nothing(), (), true, image_id="m"))
    assert gallery.chosen(run) == ["m", "n0", "n2", "n4", "o1", "o3", "o4", "o6"]


def test_only_the_images_asked_for_are_read(drawings, tmp_path):
    results = run_of(*drawings)
    cases_of(results, drawings, tmp_path)
    (tmp_path / "images" / "missed by guided.png").unlink()
    asked = ["missed by direct", "made up by direct"]
    assert [case.image_id for case in cases.read(results, tmp_path, asked)] == asked


def page(drawings, folder) -> str:
    """The page of a made-up run."""
    results = run_of(*drawings)
    every, became = cases_of(results, drawings, folder), gallery.outcomes(results).to_dict("index")
    entries = [gallery.entry(every[name], became[name]) for name in gallery.chosen(results)]
    split = {"train": {}, "val": {}, "test": {}, "leakage": NO_LEAKAGE}
    params = {
        "dataset": "phantom",
        "profile": "quick",
        "seed": 0,
        "split": {"protocol": "holdout", "group_by": "image"},
    }
    return index.index(results, index.Facts(params, split, {}), [], [], entries)


def test_the_page_says_of_how_many_images_it_shows_some_and_by_what_rule(drawings, monkeypatch, tmp_path):
    assert "test images, chosen by" not in page(drawings, tmp_path)
    monkeypatch.setattr(gallery, "MOST", 2)
    alike = [drawings[0]._replace(image_id=name) for name in "cab"]
    html = page(alike, tmp_path)
    assert "2 of 3 test images, chosen by guided&#39;s outcome" in html
    assert re.findall('data-name="(.)"', html) == ["a", "c"]


def decoded(entry: gallery.Entry) -> np.ndarray:
    data = base64.b64decode(entry.picture.removeprefix("data:image/webp;base64,"))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def test_the_picture_is_the_image_made_small_enough(drawings, tmp_path):
    results = run_of(*drawings)
    case = cases_of(results, drawings, tmp_path)["missed by direct"]
    became = dict.fromkeys(case.dice, "outlined")
    assert np.abs(decoded(gallery.entry(case, became)).astype(int) - case.image).max() < 12  # WebP loses a little
    large = dataclasses.replace(case, image=np.tile(case.image, (30, 60)))  # 960 x 1920
    assert decoded(gallery.entry(large, became)).shape == (450, 900)
