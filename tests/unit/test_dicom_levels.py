"""What grey stored values stand for: windows, lookup tables, rescaling, MONOCHROME1, palettes."""

import numpy as np
import pytest
from own_files import read, write_dicom
from pydicom import Dataset

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
TWELVE = {"BitsStored": 12, "HighBit": 11}


def greys(path, values=RAMP, **elements):
    """(N,) of the grey that values get."""
    return read(write_dicom(path / "a", values, **{**TWELVE, **elements})).ravel().astype(int)


def lut(values, first, bits):
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [len(values), first, bits], list(values)
    item["LUTDescriptor"].VR = item["LUTData"].VR = "US"
    return item


def test_without_a_window_the_stored_range_goes_from_black_to_white(tmp_path):
    np.testing.assert_array_equal(greys(tmp_path), np.rint(np.arange(4096) * 255 / 4095))


def test_a_window_spreads_its_values_and_cuts_off_the_others(tmp_path):
    # PS3.3 C.11.2.1.2.1: from center - 0.5 - (width - 1) / 2 = 500 to ... + ... = 1499
    result = greys(tmp_path, WindowCenter=1000, WindowWidth=1000)
    np.testing.assert_array_equal(result, np.rint(np.clip((np.arange(4096) - 500) / 999, 0, 1) * 255))


def test_of_several_windows_the_first_counts(tmp_path):
    several = greys(tmp_path, WindowCenter=[1000, 50], WindowWidth=[1000, 10])
    np.testing.assert_array_equal(several, greys(tmp_path, WindowCenter=1000, WindowWidth=1000))


def test_a_window_is_in_values_after_rescaling(tmp_path):
    rescaled = greys(tmp_path, WindowCenter=2000, WindowWidth=2000, RescaleSlope=2, RescaleIntercept=-100)
    np.testing.assert_array_equal(rescaled, np.rint(np.clip((2 * np.arange(4096) - 100 - 1000) / 1999, 0, 1) * 255))


@pytest.mark.parametrize("window", [{}, {"WindowCenter": -2047, "WindowWidth": 4096}])
def test_a_falling_rescale_turns_the_picture_round(tmp_path, window):
    result = greys(tmp_path, RescaleSlope=-1, RescaleIntercept=0, **window)
    np.testing.assert_allclose(result, 255 - np.arange(4096) * 255 / 4095, atol=0.51)


@pytest.mark.parametrize("width", [0, -5])
def test_a_window_that_is_none_counts_as_if_it_was_not_there(tmp_path, width):
    np.testing.assert_array_equal(greys(tmp_path, WindowCenter=0, WindowWidth=width), greys(tmp_path))


@pytest.mark.parametrize("window", [{}, {"WindowCenter": 1000, "WindowWidth": 1000}])
def test_a_rescale_that_is_empty_counts_as_if_it_was_not_there(tmp_path, window):
    result = greys(tmp_path, RescaleSlope=None, RescaleIntercept=0, **window)
    np.testing.assert_array_equal(result, greys(tmp_path, **window))


def test_a_sigmoid_window_is_a_half_at_its_centre(tmp_path):
    result = greys(tmp_path, WindowCenter=2048, WindowWidth=1000, VOILUTFunction="SIGMOID")
    np.testing.assert_array_equal(result, np.rint(255 / (1 + np.exp(-4 * (np.arange(4096) - 2048) / 1000))))


def test_a_voi_lut_goes_before_a_window(tmp_path):
    table = lut([0, 1000, 4095], first=100, bits=12)
    result = greys(tmp_path, VOILUTSequence=[table], WindowCenter=1000, WindowWidth=1000)
    assert result[[0, 100, 101, 102, 4095]].tolist() == [0, 0, round(1000 * 255 / 4095), 255, 255]


def test_a_modality_lut_comes_first(tmp_path):
    table = lut([0, 30, 255], first=1, bits=8)
    assert greys(tmp_path, ModalityLUTSequence=[table])[[0, 1, 2, 3, 9]].tolist() == [0, 0, 30, 255, 255]


def test_monochrome1_is_white_where_its_values_are_small(tmp_path):
    plain = greys(tmp_path)
    np.testing.assert_array_equal(greys(tmp_path, PhotometricInterpretation="MONOCHROME1"), 255 - plain)
    eight = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = write_dicom(tmp_path / "a", eight, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(read(path), 255 - eight)


def test_values_below_zero_go_from_black_too(tmp_path):
    values = (np.arange(4096) - 2048).astype(np.int16).reshape(64, 64)
    np.testing.assert_array_equal(greys(tmp_path, values), greys(tmp_path))
    small = np.array([[-128, 0, 127]], np.int8)
    assert read(write_dicom(tmp_path / "a", small)).tolist() == [[0, 128, 255]]


def test_colour_of_16_bits_keeps_the_upper_8(tmp_path):
    values = np.array([[[0xFF12, 0xFF99, 0xFF00], [0x8001, 0x80FF, 0x8070]]], np.uint16)
    assert read(write_dicom(tmp_path / "a", values)).tolist() == [[255, 128]]


@pytest.mark.parametrize("scale", [1, 256, 257])  # bytes as they are, in the upper byte alone, in both
def test_a_palette_of_16_bits_is_its_8_bits_however_it_was_widened(tmp_path, scale):
    colours = np.arange(256)[::-1]
    table = (colours * scale).astype("<u2").tobytes()
    palette = {
        f"{name}PaletteColorLookupTable{part}": value
        for name in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, 0, 16]), ("Data", table))
    }
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = write_dicom(tmp_path / "a", indices, PhotometricInterpretation="PALETTE COLOR", **palette)
    np.testing.assert_array_equal(read(path).ravel(), colours)
