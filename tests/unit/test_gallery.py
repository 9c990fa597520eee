"""What the page shows of one test image."""

import base64
import dataclasses
import re

import cv2
import numpy as np
import pytest
from drawings import Drawing, disk, everywhere, nothing, square
from runs import cases_of, run_of

from guidedseg.reporting.page import gallery

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
    assert entry.dice == {"direct": 0.0, "guided": 100.0, "guided_fallback": 100.0, "oracle": 100.0}
    assert entry.boxes == [gallery.Box(4, 4, 12, 10, "0.90")]


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
