"""Regions and marks on a 40-image excerpt of real files, every oddity among them."""

import cv2
import numpy as np
import pytest

from guidedseg.datasets import bus_uclm, locating, reading
from guidedseg.harmonising.marks import burned_in
from guidedseg.harmonising.region import ultrasound

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def images(bus_uclm_mini):
    folder = locating.locate(bus_uclm.DATASET, bus_uclm_mini)
    return {image.image_id: image for image in reading.read(bus_uclm.DATASET, folder)}


@pytest.fixture(scope="module")
def marks(images):
    return {name: burned_in(image.image, image.colours) for name, image in images.items()}


def test_no_pixel_of_a_lesion_lies_outside_of_the_region(images, marks):
    cropped = 0
    for name, image in images.items():
        x0, y0, x1, y1 = ultrasound(image.image, marks[name])
        assert image.mask[y0:y1, x0:x1].sum() == image.mask.sum(), name
        cropped += (x1 - x0, y1 - y0) != image.image.shape[::-1]
    assert 0 < cropped < len(images)


def test_the_marks_of_probe_and_body_are_found_in_every_picture_that_has_them(images, marks):
    for name, image in images.items():
        if not image.stretched:  # HESN's have a mark of the body without a tile
            assert marks[name][-40:, -20:].all(), name
            assert marks[name][:20].any(), name


def test_hardly_a_pixel_of_lesions_is_painted_over(images, marks):
    touched = sum(int((marks[name] & image.mask).sum()) for name, image in images.items())
    assert touched < 0.01 * sum(int(image.mask.sum()) for image in images.values())


def test_colour_flow_is_no_mark(images, marks):
    """Pixels that are clearly red or blue, of the pictures on their own grid that are flagged."""
    shown = painted = 0
    for name, image in images.items():
        if "doppler" in image.flags and not image.stretched:
            hue, saturation, value = np.moveaxis(cv2.cvtColor(image.colours, cv2.COLOR_RGB2HSV), 2, 0)
            flow = (saturation > 180) & (value > 100) & ((hue < 8) | (np.abs(hue.astype(int) - 115) < 15))
            shown += int(flow.sum())
            painted += int((flow & marks[name]).sum())
    assert shown > 100
    assert painted < 0.02 * shown
