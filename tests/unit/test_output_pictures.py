"""Masks and overlays as picture files, read back by other libraries."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from segmented import contents, segmented, two_lesions

from guidedseg.outputs import masks, overlay
from guidedseg.sources.frame import Frame

GREY = np.linspace(10, 90, 60 * 80).reshape(60, 80).astype(np.uint8)


@settings(max_examples=40, deadline=None)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_mask_is_read_back_by_opencv_and_by_pillow(tmp_path_factory, mask):
    path = tmp_path_factory.mktemp("masks") / "mask.png"
    masks.write(mask, path)
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), mask * 255)
    with Image.open(path) as picture:
        assert np.array_equal(np.array(picture.convert("L")), mask * 255)


def test_mask_takes_one_bit_a_pixel_and_is_grey(tmp_path):
    masks.write(two_lesions(), tmp_path / "mask.png")
    header = (tmp_path / "mask.png").read_bytes()
    assert header[12:16] == b"IHDR"
    assert (header[24], header[25]) == (1, 0)  # bit depth, colour type (PNG, 11.2.2)


def test_written_again_pictures_are_the_same_bytes(tmp_path):
    for folder in (tmp_path / "once", tmp_path / "again"):
        result, frame = segmented(two_lesions(), boxes=[(19, 9, 51, 31)]), Frame(0, GREY)
        masks.write(result.mask, folder / "mask.png")
        overlay.write(frame, result, folder / "overlay.png")
        overlay.write(frame, result, folder / "overlay.jpg")
    once = contents(tmp_path / "once")
    assert list(once) == ["mask.png", "overlay.jpg", "overlay.png"]
    assert contents(tmp_path / "again") == once


def coloured(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where a picture is of about this colour, which grey never is."""
    return np.abs(picture.astype(int) - colour).max(axis=-1) < 40


def test_outline_runs_along_the_edge_of_the_lesion():
    mask = np.zeros((400, 800), bool)
    mask[100:200, 300:500] = True
    drawn = coloured(overlay.draw(Frame(0, np.zeros(mask.shape, np.uint8)), segmented(mask)), overlay.LESION)
    rows, columns = np.nonzero(drawn[:200])  # the name stands below
    assert 98 <= rows.min() <= 100
    assert 298 <= columns.min() <= 300
    assert 499 <= columns.max() <= 501
    assert not drawn[110:190, 310:490].any()


def test_box_and_its_confidence_are_drawn_in_another_colour():
    frame = Frame(0, np.zeros((400, 800), np.uint8))
    without = overlay.draw(frame, segmented(np.zeros((400, 800), bool)))
    assert not coloured(without, overlay.BOX).any()
    drawn = coloured(
        overlay.draw(frame, segmented(np.zeros((400, 800), bool), boxes=[(300, 100, 500, 200)])), overlay.BOX
    )
    assert drawn[100, 310:490].all()
    assert drawn[190:, :].sum() > 200
    assert drawn[60:98, 300:400].any(), "the confidence stands over the box"
    assert not drawn[110:190, 310:490].any()


@pytest.mark.parametrize("tracks", [False, True])
def test_number_or_track_stands_at_a_lesion(tracks):
    mask = np.zeros((400, 800), bool)
    mask[100:200, 300:500] = True
    drawn = overlay.draw(Frame(0, np.zeros(mask.shape, np.uint8)), segmented(mask, boxes=[(0, 0, 9, 9)], tracks=tracks))
    letters = coloured(drawn[205:], overlay.LESION).any(axis=0)
    assert letters.any()
    assert (letters.sum() > 20) == tracks, "'1' is narrow, 'track 11' is wide"


def test_nothing_from_outside_the_ultrasound_image_is_shown():
    grey = np.full((300, 900), 255, np.uint8)  # a bright rim where a name could stand
    grey[50:250, 100:800] = 20
    frame = Frame(0, grey, region=(100, 50, 800, 250))
    picture = overlay.draw(frame, segmented(np.zeros(grey.shape, bool)))
    assert picture.shape == (200, 700, 3)
    assert picture.max() == 20


def test_outlines_move_with_the_region():
    mask = np.zeros((300, 900), bool)
    mask[100:200, 300:500] = True
    whole = overlay.draw(Frame(0, np.zeros(mask.shape, np.uint8)), segmented(mask))
    region = overlay.draw(Frame(0, np.zeros(mask.shape, np.uint8), region=(20, 50, 880, 290)), segmented(mask))
    assert np.array_equal(region[:145], whole[50:195, 20:880])


def test_small_picture_is_enlarged_so_that_its_letters_can_be_read():
    assert overlay.draw(Frame(0, GREY), segmented(two_lesions())).shape == (480, 640, 3)


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3)])
def test_picture_of_any_shape_is_drawn(shape):
    mask = np.ones(shape, bool)
    picture = overlay.draw(Frame(0, np.zeros(shape, np.uint8)), segmented(mask, boxes=[(-3, -3, 9999, 9999)]))
    assert max(picture.shape) >= 640
