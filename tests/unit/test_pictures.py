"""PNG, JPEG, BMP and WebP of every kind give the grey that the pipeline gives its own images."""

import zlib

import cv2
import numpy as np
import pytest
from own_files import bytes_of, drawn, frames, read
from PIL import Image

from guidedseg.grey import grey
from guidedseg.sources.opening import open_source

COLOURS = Image.fromarray(drawn())
KINDS = [
    *[("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")],
    *[("JPEG", mode) for mode in ("L", "RGB", "CMYK")],
    *[("BMP", mode) for mode in ("1", "L", "P", "RGB", "RGBA")],
    *[("WEBP", mode) for mode in ("L", "RGB", "RGBA")],
]


@pytest.mark.parametrize(("kind", "mode"), KINDS)
def test_a_picture_of_8_bits_has_the_grey_of_opencv_bit_for_bit(tmp_path, kind, mode):
    path = tmp_path / "picture"
    path.write_bytes(bytes_of(COLOURS.convert(mode), kind))
    expected = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2GRAY)
    np.testing.assert_array_equal(read(path), expected)
    source = open_source(path)
    assert (source.kind, source.count, source.notes) == ("picture", 1, [])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_turned_as_exif_says(tmp_path, kind):
    turned = Image.Exif()
    turned[0x0112] = 6  # to be shown a quarter clockwise
    path = tmp_path / "picture"
    path.write_bytes(bytes_of(COLOURS, kind, exif=turned))
    straight = tmp_path / "straight"
    straight.write_bytes(bytes_of(COLOURS, kind))
    np.testing.assert_array_equal(read(path), np.rot90(read(straight), -1))
    assert "EXIF" in open_source(path).notes[0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_an_orientation_that_turns_nothing_is_not_said_to(tmp_path, kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "picture"
    path.write_bytes(bytes_of(COLOURS, kind, exif=exif))
    assert read(path).shape == (60, 80)
    assert open_source(path).notes == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"no EXIF", b"II*\0\x08\0\0\0\xff\xff"])
def test_a_damaged_exif_is_no_damage_to_the_picture(tmp_path, kind, exif):
    path, plain = tmp_path / "picture", tmp_path / "plain"
    path.write_bytes(bytes_of(COLOURS, kind, exif=b"Exif\0\0" + exif))
    plain.write_bytes(bytes_of(COLOURS, kind))
    np.testing.assert_array_equal(read(path), read(plain))
    assert open_source(path).notes == []


def test_exif_behind_the_pixels_of_a_png_counts_too(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    path = tmp_path / "picture"
    path.write_bytes(bytes_of(COLOURS, "PNG"))
    straight = read(path)
    path.write_bytes(_with_chunk(path.read_bytes(), b"eXIf", turned.tobytes().removeprefix(b"Exif\0\0")))
    np.testing.assert_array_equal(read(path), np.rot90(straight, -1))
    assert "EXIF" in open_source(path).notes[0]


def test_a_picture_that_only_xmp_says_to_turn_is_not_turned_and_not_said_to_be(tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(bytes_of(COLOURS, "PNG"))
    straight = read(path)
    xmp = b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>'
    path.write_bytes(_with_chunk(path.read_bytes(), b"iTXt", xmp))
    np.testing.assert_array_equal(read(path), straight)
    assert open_source(path).notes == []


def _with_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """One more chunk, behind the pixels."""
    chunk = kind + content
    size, check = len(content).to_bytes(4, "big"), zlib.crc32(chunk).to_bytes(4, "big")
    return png[:-12] + size + chunk + check + png[-12:]


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_a_picture_of_16_bits_is_scaled_by_the_bits_that_it_uses(tmp_path, bits):
    values = np.linspace(0, 2**bits - 1, 60 * 80).reshape(60, 80)
    path = tmp_path / "picture.png"
    path.write_bytes(bytes_of(np.rint(values).astype(np.uint16), "PNG"))
    source = open_source(path)
    (frame,) = source.frames()
    np.testing.assert_allclose(frame.grey, values * 255 / (2**bits - 1), atol=0.51 + 255 / 2**bits)
    assert (frame.grey.min(), frame.grey.max()) == (0, 255)
    assert f"{bits} are used" in source.notes[0]


def test_colour_of_16_bits_keeps_its_luminance(tmp_path):
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), drawn().astype(np.uint16) * 257)
    np.testing.assert_array_equal(read(path), grey(drawn()))


def test_the_transparent_parts_of_a_picture_keep_their_colour(tmp_path):
    path = tmp_path / "picture.png"
    clear = np.dstack([drawn(), np.zeros((60, 80), np.uint8)])
    path.write_bytes(bytes_of(clear, "PNG"))
    np.testing.assert_array_equal(read(path), grey(drawn(), order="RGB"))


def test_of_a_moving_webp_the_first_picture_is_read_and_that_is_said(tmp_path):
    path = tmp_path / "picture.webp"
    more = [Image.fromarray(drawn(seed=seed)) for seed in (1, 2)]
    path.write_bytes(bytes_of(COLOURS, "WEBP", save_all=True, append_images=more, lossless=True))
    source = open_source(path)
    (frame,) = source.frames()
    np.testing.assert_array_equal(frame.grey, grey(drawn(), order="RGB"))
    assert "first of its 3 pictures" in source.notes[0]


def test_a_picture_has_no_region_spacing_or_time(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(bytes_of(COLOURS, "PNG", dpi=(300, 300)))
    (frame,) = frames(path)
    assert (frame.index, frame.region, frame.mm_per_pixel, frame.time) == (0, None, None, None)
    assert frame.grey.dtype == np.uint8


def test_one_pixel_is_a_picture(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(bytes_of(np.full((1, 1), 77, np.uint8), "PNG"))
    assert read(path).tolist() == [[77]]
