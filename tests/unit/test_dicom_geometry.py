"""Ultrasound regions: which is used, what its pixels measure, and when none can be trusted."""

import numpy as np
import pytest
from own_files import dicom, frames, region, write_dicom

from guidedseg.sources.opening import open_source

PICTURE = np.zeros((240, 320), np.uint8)
WHOLE = (0, 0, 320, 240)
ECG = {
    "RegionSpatialFormat": 4,
    "RegionDataType": 10,
    "PhysicalUnitsXDirection": 4,
    "PhysicalUnitsYDirection": 0,
    "PhysicalDeltaY": 0.0,
}


def geometry(path, *regions, **elements):
    """Region, millimetres and notes of a file with these regions."""
    path = write_dicom(path / "a", PICTURE, SequenceOfUltrasoundRegions=list(regions), **elements)
    (frame,) = frames(path)
    return frame.region, frame.mm_per_pixel, open_source(path).notes


def test_the_area_of_a_drawn_disc_comes_out_within_1_percent(tmp_path):
    y, x = np.mgrid[:240, :320] + 0.5
    disc = (((x - 150) / 80) ** 2 + ((y - 120) / 50) ** 2 < 1).astype(np.uint8) * 255  # of 16 mm: 80 x 0.2, 50 x 0.32
    path = write_dicom(tmp_path / "a", disc, SequenceOfUltrasoundRegions=[region((20, 10, 300, 230), (0.02, 0.032))])
    (frame,) = frames(path)
    x0, y0, x1, y1 = frame.region
    across, down = frame.mm_per_pixel
    area = np.count_nonzero(frame.grey[y0:y1, x0:x1]) * across * down
    assert area == pytest.approx(np.pi * 16**2, rel=0.01)


def test_the_last_column_and_row_that_a_file_names_belong_to_the_region(tmp_path):
    item = region(WHOLE)
    assert (item.RegionLocationMaxX1, item.RegionLocationMaxY1) == (319, 239)
    assert geometry(tmp_path, item) == (WHOLE, (0.1, 0.1), [])


def test_a_region_that_ends_one_pixel_outside_is_one_whose_end_is_not_counted_in(tmp_path):
    assert geometry(tmp_path, region((10, 10, 321, 241))) == ((10, 10, 320, 240), (0.1, 0.1), [])


@pytest.mark.parametrize("box", [(10, 10, 322, 240), (10, 10, 320, 242), (84, 31, 596, 415), (320, 0, 321, 240)])
def test_a_region_outside_the_picture_gives_no_crop_and_no_millimetres(tmp_path, box):
    box_found, spacing, notes = geometry(tmp_path, region(box), PixelSpacing=[0.5, 0.5])
    assert (box_found, spacing) == (None, None)
    assert "outside the picture" in notes[0]


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (0, 0, 320, 1), (50, 0, 51, 240)])
def test_a_region_without_a_size_is_no_image(tmp_path, box):
    box_found, spacing, notes = geometry(tmp_path, region(box))
    assert (box_found, spacing) == (None, None)
    assert "no ultrasound region is a 2D image" in notes[0]
    assert geometry(tmp_path, region(box), region(WHOLE))[:2] == (WHOLE, (0.1, 0.1))


def test_where_one_region_is_outside_the_others_describe_another_picture_too(tmp_path):
    inside, outside = region((0, 0, 100, 100)), region((0, 500, 100, 520), **ECG)
    assert geometry(tmp_path, inside, outside)[:2] == (None, None)


def test_an_ecg_or_a_doppler_spectrum_is_no_image(tmp_path):
    ecg, spectrum = region(WHOLE, **ECG), region(WHOLE, RegionSpatialFormat=3, RegionDataType=3)
    assert geometry(tmp_path, ecg, region((5, 5, 50, 40)), spectrum)[:2] == ((5, 5, 50, 40), (0.1, 0.1))
    box, spacing, notes = geometry(tmp_path, ecg, PixelSpacing=[0.5, 0.5])
    assert (box, spacing) == (None, None)
    assert "no ultrasound region is a 2D image" in notes[0]


def test_of_two_images_side_by_side_the_larger_is_read_and_that_is_said(tmp_path):
    box, spacing, notes = geometry(tmp_path, region((0, 0, 150, 200), 0.01), region((160, 0, 320, 200), 0.03))
    assert (box, spacing) == ((160, 0, 320, 200), pytest.approx((0.3, 0.3)))
    assert "2 ultrasound images side by side" in notes[0]


def test_a_colour_doppler_region_is_noted_and_the_image_around_it_read(tmp_path):
    box, _, notes = geometry(tmp_path, region((50, 50, 90, 90), RegionDataType=2), region((0, 0, 200, 200)))
    assert box == (0, 0, 200, 200)
    assert notes == ["a region shows colour Doppler"]


@pytest.mark.parametrize(
    "elements",
    [
        {"PhysicalDeltaY": 0.0},
        {"PhysicalDeltaX": -0.01},
        {"PhysicalDeltaX": float("nan")},
        {"PhysicalUnitsXDirection": 0},
        {"PhysicalUnitsYDirection": 4},
    ],
)
def test_a_region_without_centimetres_above_zero_gives_a_crop_and_no_millimetres(tmp_path, elements):
    box, spacing, notes = geometry(tmp_path, region((5, 5, 50, 40), **elements))
    assert (box, spacing) == ((5, 5, 50, 40), None)
    assert "no millimetres" in notes[0]


def test_a_region_without_a_place_is_not_trusted(tmp_path):
    item = region(WHOLE)
    del item.RegionLocationMaxX1
    assert geometry(tmp_path, item)[:2] == (None, None)


def test_pixel_spacing_counts_without_regions_and_for_ultrasound_only(tmp_path):
    def spacing(**elements):
        (frame,) = frames(write_dicom(tmp_path / "a", PICTURE, **elements))
        return frame.region, frame.mm_per_pixel

    assert spacing(PixelSpacing=[0.2, 0.1]) == (None, (0.1, 0.2))  # the file has that of the rows first
    assert spacing(PixelSpacing=[0.2, 0.1], Modality="OT") == (None, None)
    assert spacing(PixelSpacing=[0, 0.1]) == (None, None)
    assert spacing(ImagerPixelSpacing=[0.2, 0.1]) == (None, None)
    assert spacing() == (None, None)


def test_numbers_that_are_none_cost_what_they_tell_and_not_the_picture(tmp_path):
    regions = {"SequenceOfUltrasoundRegions": [region((10, 10, 300, 200))]}
    path = write_dicom(tmp_path / "a", [PICTURE, PICTURE], **regions, FrameTime=25.5)
    path.write_bytes(path.read_bytes().replace(b"25.5", b"25,5"))
    told = [(frame.region, frame.mm_per_pixel, frame.time) for frame in frames(path)]
    assert told == [((10, 10, 300, 200), (0.1, 0.1), None)] * 2  # or the name around the region would be shown
    assert open_source(path).notes == ["its times are damaged: it has none"]
    dataset = dicom([PICTURE, PICTURE], FrameTime=40)
    dataset.add_new("SequenceOfUltrasoundRegions", "LO", "none")
    dataset.save_as(path, enforce_file_format=True)
    assert [(frame.region, frame.time) for frame in frames(path)] == [(None, 0), (None, 0.04)]
    assert open_source(path).notes == ["its ultrasound regions or spacing are damaged: none is used"]
    path = write_dicom(path, PICTURE, PixelSpacing=[0.25, 0.25])
    path.write_bytes(path.read_bytes().replace(b"0.25\\0.25", b"0,25\\0,25"))
    assert frames(path)[0].mm_per_pixel is None
