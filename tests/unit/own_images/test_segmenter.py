"""A picture in, a mask out: of any size, in every branch, and with a clear word where that cannot be."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bundle import CONFIDENCE, SIZE, THRESHOLDS, picture

import guidedseg
from guidedseg.errors import GuidedsegError
from guidedseg.inference.pasting import assembled, masked

BRANCHES = ("direct", "guided", "guided_fallback")
SIDES = st.integers(1, 300)


@given(height=SIDES, width=SIDES, seed=st.integers(0, 5), branch=st.sampled_from(BRANCHES))
@settings(max_examples=60, deadline=None)
def test_a_picture_of_any_size_is_segmented_in_every_branch(bundle, height, width, seed, branch):
    image = picture(height, width, seed)
    result = bundle.segment(image, branch, mm_per_pixel=(0.1, 0.2))
    assert result.mask.shape == result.probabilities.shape == (height, width)
    assert (result.mask.dtype, result.probabilities.dtype) == (bool, np.uint8)
    assert sum(lesion.area_px for lesion in result.lesions) == result.mask.sum()
    assert (result.boxes >= 0).all()
    assert (result.boxes <= [width, height, width, height]).all()
    assert (result.confidences >= CONFIDENCE).all()
    assert result.confidences.tolist() == sorted(result.confidences, reverse=True)
    assert result.mask.tobytes() == bundle.segment(image, branch).mask.tobytes()


@given(height=SIDES, width=SIDES)
@settings(max_examples=10, deadline=None)
def test_an_even_picture_is_segmented_too(bundle, height, width):
    for level in (0, 255):
        for branch in BRANCHES:
            assert bundle.segment(np.full((height, width), level, np.uint8), branch).mask.shape == (height, width)


def test_guided_fills_regions_and_fallback_takes_the_whole_where_there_is_none(bundle):
    image = picture(60, 90)
    none, some = replace(bundle.segmenter, confidence=1.0), bundle.segmenter
    boxes, confidences = some.boxes(image)
    assert 0 < np.count_nonzero(confidences >= CONFIDENCE) < len(boxes)
    whole, direct = none.segment(image, "guided_fallback"), none.segment(image, "direct")
    np.testing.assert_array_equal(whole.probabilities, direct.probabilities)
    assert len(whole.boxes) == len(direct.boxes) == 0
    empty = none.segment(image, "guided")
    assert not empty.mask.any()
    assert not empty.probabilities.any()
    assert empty.lesions == ()
    np.testing.assert_array_equal(
        some.segment(image, "guided_fallback").probabilities, some.segment(image, "guided").probabilities
    )


def test_a_box_counts_from_the_confidence_on(bundle):
    image = picture(60, 90)
    _, confidences = bundle.segmenter.boxes(image)
    at, above = (replace(bundle.segmenter, confidence=float(confidences[1]) + more) for more in (0, 1e-6))
    assert len(at.segment(image).boxes) == 2
    assert len(above.segment(image).boxes) == 1


def test_outside_the_regions_the_probability_is_zero(bundle):
    image = picture(120, 160)
    box = np.array([[40.0, 30.0, 80.0, 60.0]])  # and 15 % on each side: 34 to 86, 25 to 65
    found = bundle.segmenter.fill(image, box, np.ones(1)).probabilities
    assert found[26:64, 35:85].any()
    found[25:65, 34:86] = 0
    assert not found.any()


def test_a_region_and_its_mirror_image_are_averaged(bundle):
    image = picture(SIZE, SIZE)  # which is not resized
    turned = np.ascontiguousarray(image[:, ::-1])
    both, plain = bundle.segmenter, replace(bundle.segmenter, flips=False)
    one, other = plain.frame(image).probabilities.astype(int), plain.frame(turned).probabilities[:, ::-1].astype(int)
    found = both.frame(image).probabilities
    assert (np.minimum(one, other) - 1 <= found).all()
    assert (found <= np.maximum(one, other) + 1).all()
    assert np.abs(one - other).max() > 20
    np.testing.assert_array_equal(found, both.frame(turned).probabilities[:, ::-1])


def test_threshold_and_gate_count_from_their_value_on():
    levels = np.array([[0, 50, 51, 204]], np.uint8)
    assert masked(levels, 0.2).tolist() == [[False, False, True, True]]  # 0.2 x 255 is 51
    assert masked(levels, 0.2, 0.8).tolist() == [[False, False, True, True]]
    assert not masked(levels, 0.2, 0.81).any()
    assert masked(np.zeros((2, 0), np.uint8), 0.5).shape == (2, 0)


def test_the_larger_probability_counts_where_tiles_overlap():
    tiles = np.array([[[100]], [[200]]], np.uint8)
    found = assembled(tiles, np.array([[0, 0, 3, 2], [2, 1, 4, 2]]), 2, 5)
    assert found.tolist() == [[100, 100, 100, 0, 0], [100, 100, 200, 200, 0]]


def test_colours_are_read_as_luminance_in_the_order_that_is_told(bundle):
    colours = np.dstack([picture(60, 90, seed) for seed in (1, 2, 3)])
    bgr = bundle.segment(colours, order="BGR").probabilities
    np.testing.assert_array_equal(
        bgr, bundle.segment(cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY)).probabilities, "as cv2.imread of a grey picture"
    )
    np.testing.assert_array_equal(bgr, bundle.segment(colours[:, :, ::-1]).probabilities)
    np.testing.assert_array_equal(bgr, bundle.segment(np.dstack([colours, bgr]), order="BGR").probabilities)
    assert (bgr != bundle.segment(colours).probabilities).any()


def test_a_view_of_an_array_is_segmented_as_its_copy(bundle):
    image = picture(90, 120)
    for view in (image[::-1], image.T, image[5:70:2, 3:90:3], np.asfortranarray(image)):
        np.testing.assert_array_equal(bundle.segment(view).mask, bundle.segment(np.ascontiguousarray(view)).mask)


@pytest.mark.parametrize(
    "image",
    [np.zeros((5, 5)), np.zeros((5, 5), bool), np.zeros(5, np.uint8), np.zeros((5, 5, 2), np.uint8),
     np.zeros((0, 5), np.uint8), np.zeros((1, 5, 5, 3), np.uint8), "image.png"],
)  # fmt: skip
def test_what_is_no_picture_is_told(image, bundle):
    with pytest.raises(GuidedsegError, match=r"A picture is an array of uint8, \(H, W\) grey"):
        bundle.segment(image)


def test_a_file_that_opencv_could_not_read_is_told(bundle):
    with pytest.raises(GuidedsegError, match=r"this one is None, which cv2\.imread gives"):
        bundle.segment(None)


@pytest.mark.parametrize("wrong", [0.1, (0.1,), (0.1, 0.1, 0.1), (0, 0.1), (0.1, -1), (0.1, float("nan")), "ab"])
def test_millimetres_that_are_none_are_told_where_there_is_no_lesion_too(wrong, bundle):
    with pytest.raises(GuidedsegError, match=r"mm_per_pixel .*: two numbers above 0 are needed"):
        bundle.segment(np.zeros((20, 20), np.uint8), mm_per_pixel=wrong)


@pytest.mark.parametrize("wrong", [{"branch": "Direct"}, {"order": "rgb"}])
def test_an_unknown_branch_or_order_is_told(wrong, bundle):
    with pytest.raises(GuidedsegError, match="is none of"):
        bundle.segment(picture(20, 20), **wrong)


def test_an_unknown_engine_is_told(bundle_folder):
    with pytest.raises(GuidedsegError, match="'onnx' is none of onnxruntime, openvino, torch"):
        guidedseg.load(bundle_folder, engine="onnx")


def test_a_bundle_is_shown_in_a_line(bundle):
    assert repr(bundle).startswith("<Bundle guidedseg-phantom-unet 0.1.0, sha256 ")
    assert len(repr(bundle)) < 160


def test_values_in_place_of_the_bundles_are_checked(bundle_folder):
    bundle = guidedseg.load(bundle_folder, threads=1, confidence=0.9, threshold=0.6)
    used = bundle.segmenter
    assert (used.confidence, used.direct.threshold, used.guided.threshold) == (0.9, 0.6, 0.6)
    assert used.direct.gate == 0.3
    used = guidedseg.load(str(bundle_folder), threads=1).segmenter
    assert (used.confidence, used.direct.threshold) == (CONFIDENCE, THRESHOLDS["direct"])
    values = [
        ("confidence", 0.05),
        ("confidence", 1.1),
        ("threshold", 0.0),
        ("threshold", float("nan")),
        ("threads", 0),
    ]
    for name, wrong in values:
        with pytest.raises(GuidedsegError, match=name):
            guidedseg.load(bundle_folder, **{name: wrong})
