"""DICOM of every encoding gives the grey of the same picture as PNG; cines are read frame by frame."""

import tracemalloc

import numpy as np
import pydicom
import pytest
from own_files import LOSSLESS, PERSON, SAMPLES, bytes_of, drawn, frames, read, until_broken, write_dicom
from pydicom.encaps import encapsulate
from pydicom.pixels import pixel_array
from pydicom.uid import JPEGBaseline8Bit

from guidedseg.errors import GuidedsegError
from guidedseg.grey import grey
from guidedseg.sources.opening import open_source

PICTURE = drawn()
GREY = grey(PICTURE, order="RGB")
CINE = [np.full((24, 32), level, np.uint8) for level in range(12)]


@pytest.mark.parametrize("encoding", LOSSLESS)
def test_the_same_picture_has_the_same_grey_as_png_and_in_every_lossless_encoding(tmp_path, encoding):
    (tmp_path / "picture.png").write_bytes(bytes_of(PICTURE, "PNG"))
    expected = read(tmp_path / "picture.png")
    np.testing.assert_array_equal(read(write_dicom(tmp_path / "colour", PICTURE, encoding)), expected)
    np.testing.assert_array_equal(read(write_dicom(tmp_path / "grey", GREY, encoding)), expected)
    cine = frames(write_dicom(tmp_path / "cine", [PICTURE, PICTURE[::-1]], encoding))
    np.testing.assert_array_equal([frame.grey for frame in cine], [expected, expected[::-1]])


@pytest.mark.parametrize(
    ("encoding", "bits"),
    [*[(encoding, bits) for encoding in LOSSLESS for bits in (12, 16)][:-2], ("jpeg-2000", 16)],  # Pillow writes no 12
)
def test_more_than_8_bits_have_the_same_grey_as_png_and_in_every_lossless_encoding(tmp_path, encoding, bits):
    values = GREY.astype(np.uint16) * 2 ** (bits - 8) + 15
    (tmp_path / "picture.png").write_bytes(bytes_of(values, "PNG"))
    path = write_dicom(tmp_path / "a", values, encoding, BitsStored=bits, HighBit=bits - 1)
    np.testing.assert_array_equal(read(path), read(tmp_path / "picture.png"))


def test_colour_planes_in_a_row_are_colour(tmp_path):
    planes = np.ascontiguousarray(PICTURE.transpose(2, 0, 1)).tobytes()
    path = write_dicom(tmp_path / "a", PICTURE, PlanarConfiguration=1, PixelData=planes)
    np.testing.assert_array_equal(read(path), GREY)


def test_ybr_becomes_rgb_first(tmp_path):
    red = np.zeros((8, 8, 3), np.uint8)
    red[:] = 76, 85, 255  # Y, Cb, Cr of pure red
    path = write_dicom(tmp_path / "a", red, PhotometricInterpretation="YBR_FULL")
    np.testing.assert_array_equal(read(path), 76)


def test_jpeg_baseline_has_the_grey_of_the_same_jpeg_as_a_picture(tmp_path):
    coded = bytes_of(PICTURE, "JPEG", quality=95, subsampling=0)
    (tmp_path / "a.jpg").write_bytes(coded)
    dataset = pydicom.dcmread(write_dicom(tmp_path / "a", PICTURE, PhotometricInterpretation="YBR_FULL"))
    dataset.PixelData = encapsulate([coded])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.save_as(tmp_path / "a")
    # the rounding of two ways from YCbCr to RGB
    np.testing.assert_allclose(read(tmp_path / "a").astype(int), read(tmp_path / "a.jpg"), atol=2)


def test_jpeg_lossless_is_read():
    bars = read(SAMPLES / "SC_rgb_jpeg_gdcm.dcm")
    colours = np.array([[[255, 0, 0], [255, 128, 128], [0, 255, 0], [128, 255, 128], [0, 0, 255]]], np.uint8)
    assert bars[5::10, 50].tolist()[:5] == grey(colours, order="RGB")[0].tolist()


@pytest.mark.parametrize("name", ["examples_rgb_color", "examples_jpeg2k"])
def test_real_colour_stills_have_the_luminance_of_their_rgb(name):
    path = SAMPLES / f"{name}.dcm"
    (frame,) = frames(path)
    np.testing.assert_array_equal(frame.grey, grey(pixel_array(path), order="RGB"))
    assert (frame.region, frame.mm_per_pixel, frame.time) == (None, None, None)
    assert open_source(path).notes == []


def test_a_real_palette_is_seen_through_its_colours_and_not_as_numbers():
    path = SAMPLES / "examples_palette.dcm"
    dataset = pydicom.dcmread(path)
    tables = [dataset[f"{name}PaletteColorLookupTableData"].value for name in ("Red", "Green", "Blue")]
    colours = np.stack([np.frombuffer(table, "<u2") >> 8 for table in tables], axis=-1).astype(np.uint8)
    indices = np.frombuffer(dataset.PixelData, np.uint8).reshape(350, 800)
    np.testing.assert_array_equal(read(path), grey(colours[indices], order="RGB"))


def test_the_real_cines_frames_come_with_their_times_and_without_its_wrong_region():
    source = open_source(SAMPLES / "examples_ybr_color.dcm")
    assert (source.kind, source.count) == ("dicom", 30)
    cine = list(source.frames())
    assert [frame.index for frame in cine] == list(range(30))
    np.testing.assert_allclose([frame.time for frame in cine], np.arange(30) * 0.033333)
    assert {(frame.region, frame.mm_per_pixel, frame.grey.shape) for frame in cine} == {(None, None, (240, 320))}
    assert any("outside the picture" in note for note in source.notes)
    for frame, colours in zip(cine, pixel_array(SAMPLES / "examples_ybr_color.dcm"), strict=True):
        np.testing.assert_allclose(
            frame.grey.astype(int), grey(colours, order="RGB"), atol=3
        )  # of another JPEG decoder


@pytest.mark.parametrize("encoding", ["uncompressed", "rle", "deflated"])
def test_every_nth_frame_keeps_its_number_and_time(tmp_path, encoding):
    path = write_dicom(tmp_path / "a", CINE, encoding, FrameTime=40)
    assert [(frame.index, int(frame.grey[0, 0]), frame.time) for frame in frames(path, 5)] == [
        (0, 0, 0.0),
        (5, 5, 0.2),
        (10, 10, 0.4),
    ]


def test_time_comes_from_a_list_of_steps_or_a_rate_or_is_unknown(tmp_path):
    def times(**elements):
        return [frame.time for frame in frames(write_dicom(tmp_path / "a", CINE[:3], **elements))]

    assert times(FrameTimeVector=[0, 100, 50], FrameTime=7) == [0, 0.1, pytest.approx(0.15)]
    assert times(FrameTimeVector=[0, 100], FrameTime=10) == [0, 0.01, 0.02]
    assert times(FrameTime=0, CineRate=20) == [0, 0.05, 0.1]
    assert times() == [None, None, None]


@pytest.mark.parametrize("encoding", ["uncompressed", "rle"])
def test_the_good_frames_of_a_cine_cut_short_are_given(tmp_path, encoding):
    path = write_dicom(tmp_path / "a", [drawn(seed=seed) for seed in range(6)], encoding)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    got, message = until_broken(path)
    assert "3 of 6 frame(s) could be read" in message
    assert [frame.index for frame in got] == [0, 1, 2]
    np.testing.assert_array_equal(got[2].grey, grey(drawn(seed=2), order="RGB"))


def test_a_cine_with_fewer_frames_than_it_says_is_told(tmp_path):
    path = write_dicom(tmp_path / "a", CINE, "rle", NumberOfFrames=12)
    dataset = pydicom.dcmread(path)
    dataset.NumberOfFrames = 14
    dataset.save_as(path)
    with pytest.raises(GuidedsegError, match="of 14 frame"):
        frames(path)


def test_a_file_without_preamble_and_without_file_meta_is_read(tmp_path):
    path = write_dicom(tmp_path / "a", GREY, "implicit")
    data = path.read_bytes()
    start = data.index(b"\x08\x00\x16\x00")  # SOPClassUID: what comes before is preamble and file meta
    path.write_bytes(data[start:])
    np.testing.assert_array_equal(read(path), GREY)


def test_what_a_user_should_know_is_noted_and_no_name_with_it(tmp_path):
    path = write_dicom(tmp_path / "a", GREY, BurnedInAnnotation="YES", Modality="OT")
    notes = " ".join(open_source(path).notes)
    assert "BurnedInAnnotation is YES" in notes
    assert "Modality is not US" in notes
    assert PERSON not in notes


def test_memory_is_flat_over_a_cine_of_300_frames(tmp_path):
    path = write_dicom(tmp_path / "a", [np.full((256, 256), level % 256, np.uint8) for level in range(300)])
    source = open_source(path)
    tracemalloc.start()
    levels = [int(frame.grey[0, 0]) for frame in source.frames()]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert levels == [level % 256 for level in range(300)]
    assert peak < 20 * 256 * 256  # all of them: 300
