"""TIFF: every kind of page, stacks, and a flat memory over them."""

import tracemalloc
from itertools import product

import numpy as np
import pytest
from own_files import bytes_of, drawn, frames, read, until_broken
from PIL import Image

from guidedseg.errors import GuidedsegError
from guidedseg.grey import grey
from guidedseg.sources import stack
from guidedseg.sources.opening import open_source

COLOURS = Image.fromarray(drawn())
GREY = grey(drawn(), order="RGB")


def write(path, pages, **options):
    first, *more = [page if isinstance(page, Image.Image) else Image.fromarray(page) for page in pages]
    path.write_bytes(bytes_of(first, "TIFF", save_all=True, append_images=more, **options))
    return path


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "packbits", "tiff_adobe_deflate"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_page_of_8_bits_has_its_luminance_however_it_is_compressed(tmp_path, mode, compression):
    path = write(tmp_path / "a.png", [COLOURS.convert(mode)], compression=compression)
    expected = np.asarray(COLOURS.convert("L")) if mode == "L" else GREY
    np.testing.assert_array_equal(read(path), expected)
    assert open_source(path).kind == "tiff"


@pytest.mark.parametrize(
    ("compression", "mode"),
    [
        *product(["tiff_lzw", "packbits", "tiff_adobe_deflate"], ["L", "P", "RGB", "I;16", "I;16B"]),
        *product(["jpeg"], ["L", "RGB"]),
    ],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_page_of_a_stack_is_what_it_is_by_itself(tmp_path, mode, compression, orientation):
    pages = [Image.fromarray(drawn(seed=seed)) for seed in range(3)]
    if mode.startswith("I"):
        dtype = np.dtype("<u2" if mode == "I;16" else ">u2")
        pages = [Image.fromarray((np.asarray(page.convert("L")) * np.uint16(257)).astype(dtype)) for page in pages]
    else:
        pages = [page.convert(mode) for page in pages]
    options = {"compression": compression, "tiffinfo": {0x0112: orientation}, "strip_size": 1000}
    stacked = frames(write(tmp_path / "stack.tif", pages, **options))
    for page, frame in zip(pages, stacked, strict=True):
        np.testing.assert_array_equal(frame.grey, read(write(tmp_path / "page.tif", [page], **options)))


def test_who_decodes_a_compressed_page_of_a_stack_sees_no_other(tmp_path, monkeypatch):
    """Or it walks through all of them for each."""
    seen = []
    values = stack._values
    monkeypatch.setattr(stack, "_values", lambda path, page: seen.append(page.n_frames) or values(path, page))
    frames(write(tmp_path / "a.tif", [GREY] * 5, compression="tiff_lzw"))
    assert seen == [1] * 5


def test_a_page_compressed_as_jpeg_is_read(tmp_path):
    path = write(tmp_path / "a.tif", [COLOURS], compression="jpeg", quality=95)
    assert np.abs(read(path).astype(int) - GREY).mean() < 3


def test_a_page_with_a_palette_has_the_luminance_of_its_colours(tmp_path):
    few = COLOURS.quantize(16)
    path = write(tmp_path / "a.tif", [few])
    np.testing.assert_array_equal(read(path), grey(np.asarray(few.convert("RGB")), order="RGB"))


def test_a_page_of_1_bit_is_black_and_white(tmp_path):
    path = write(tmp_path / "a.tif", [COLOURS.convert("1")], compression="group4")
    np.testing.assert_array_equal(read(path), np.asarray(COLOURS.convert("1")) * np.uint8(255))


def test_all_pages_of_16_bits_are_scaled_alike(tmp_path):
    values = GREY.astype(np.uint16)
    path = write(tmp_path / "a.tif", [values, values * 16])  # of 12 bits: the first page alone would seem of 8
    source = open_source(path)
    dark, bright = (frame.grey for frame in source.frames())
    np.testing.assert_allclose(dark, values * 255.0 / 4095, atol=0.51)
    np.testing.assert_allclose(bright, values * 255.0 * 16 / 4095, atol=0.51)
    assert [note for note in source.notes if "12 are used" in note] == source.notes


@pytest.mark.parametrize("wide", [False, True])
def test_grey_where_zero_is_white_is_turned_round(tmp_path, wide):
    path = write(tmp_path / "a.tif", [GREY.astype(np.uint16) * 257 if wide else GREY])
    data = bytearray(path.read_bytes())
    data[data.index(bytes.fromhex("0601030001000000")) + 8] = 0  # the entry PhotometricInterpretation
    path.write_bytes(data)
    np.testing.assert_array_equal(read(path), 255 - GREY)


def test_a_stack_is_read_in_order_and_keeps_its_numbers(tmp_path):
    pages = [np.full((8, 8), level, np.uint8) for level in range(10)]
    path = write(tmp_path / "a.tif", pages)
    assert open_source(path).count == 10
    assert [(frame.index, int(frame.grey[0, 0])) for frame in frames(path)] == [(k, k) for k in range(10)]
    assert [(frame.index, int(frame.grey[0, 0])) for frame in frames(path, 4)] == [(0, 0), (4, 4), (8, 8)]


def test_the_resolution_of_a_print_gives_no_millimetres(tmp_path):
    path = write(tmp_path / "a.tif", [COLOURS], resolution=254.0, resolution_unit=3)
    assert frames(path)[0].mm_per_pixel is None


def test_pages_of_numbers_that_are_no_grey_are_refused(tmp_path):
    for values in (np.ones((8, 8), np.float32), np.full((8, 8), -1, np.int32), np.full((8, 8), 2**20, np.int32)):
        path = write(tmp_path / "a.tif", [values])
        with pytest.raises(GuidedsegError, match="8 or 16 bits"):
            frames(path)


@pytest.mark.parametrize("compression", ["packbits", "tiff_lzw"])
def test_a_compressed_page_whose_end_is_missing_is_told(tmp_path, compression):
    path = write(tmp_path / "a.tif", [GREY] * 2, compression=compression)
    data = bytearray(path.read_bytes())
    entry = data.rindex(bytes.fromhex("1101040001000000")) + 8  # where the strip of the second page begins
    data[entry : entry + 4] = (len(data) - 100).to_bytes(4, "little")
    path.write_bytes(data)
    got, message = until_broken(path)
    assert "1 of 2 frame(s) could be read" in message
    assert len(got) == 1


@pytest.mark.parametrize(
    ("entry", "value", "words"),
    [("BitsPerSample", 3, "pixels of a kind that is not read"), ("Compression", 50002, r"compressed .* \(.* 50002\)")],
)
def test_what_pillow_does_not_know_is_not_called_damaged(tmp_path, entry, value, words):
    path = write(tmp_path / "a.tif", [GREY])
    data = bytearray(path.read_bytes())
    tag = {"BitsPerSample": "020103000100", "Compression": "030103000100"}[entry]
    place = data.index(bytes.fromhex(tag)) + 8
    data[place : place + 2] = value.to_bytes(2, "little")
    path.write_bytes(data)
    with pytest.raises(GuidedsegError, match=rf"{words}.*\. Save it"):
        open_source(path)


def test_a_page_is_turned_as_it_says_and_that_is_said(tmp_path):
    path = write(tmp_path / "a.tif", [COLOURS], tiffinfo={0x0112: 6})
    np.testing.assert_array_equal(read(path), np.rot90(GREY, -1))
    assert "Orientation" in open_source(path).notes[0]


def test_the_good_pages_of_a_stack_cut_short_are_given(tmp_path):
    pages = [np.full((64, 64), level, np.uint8) for level in range(10)]
    path = write(tmp_path / "a.tif", pages)
    data = bytearray(path.read_bytes())
    place = data.index(bytes([7]) * 64)  # the strip of page 7 is looked for far beyond the end
    pointer = data.index(place.to_bytes(4, "little"))
    data[pointer : pointer + 4] = (2**30).to_bytes(4, "little")
    path.write_bytes(data)
    got, message = until_broken(path)
    assert "7 of 10 frame(s) could be read" in message
    assert [frame.index for frame in got] == list(range(7))


def test_memory_is_flat_over_a_stack_of_300_pages(tmp_path):
    path = write(tmp_path / "a.tif", (np.full((256, 256), page % 256, np.uint8) for page in range(300)))
    source = open_source(path)
    tracemalloc.start()
    read_levels = [int(frame.grey[0, 0]) for frame in source.frames()]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read_levels == [page % 256 for page in range(300)]
    assert peak < 20 * 256 * 256  # all of them: 300
