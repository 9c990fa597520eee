"""Videos are read frame by frame, as players show them; a broken one gives its good frames."""

import tracemalloc

import av
import numpy as np
import pytest
from own_files import drawn, frames, until_broken, write_video

from guidedseg.errors import GuidedsegError
from guidedseg.grey import grey
from guidedseg.sources.opening import open_source

PICTURES = [np.roll(drawn(96, 128), 3 * shift, axis=1) for shift in range(20)]
GREYS = [grey(picture, order="RGB").astype(int) for picture in PICTURES]
KINDS = [
    ("a.mp4", "libx264"),
    ("a.mov", "mpeg4"),
    ("a.avi", "mjpeg"),
    ("a.mkv", "ffv1"),
    ("a.webm", "libvpx-vp9"),
    ("a.wmv", "wmv2"),
    ("a.mpg", "mpeg2video"),
]


@pytest.mark.parametrize(("name", "codec"), KINDS)
def test_every_frame_comes_with_its_number_and_time_whatever_the_file_is_called(tmp_path, name, codec):
    path = write_video(tmp_path / name, PICTURES, codec).rename(tmp_path / "video.png")
    source = open_source(path)
    got = list(source.frames())
    assert source.kind == "video"
    assert source.count in {20, None}
    assert [frame.index for frame in got] == list(range(20))
    np.testing.assert_allclose([frame.time for frame in got], np.arange(20) / 25, atol=1e-3)
    for frame, expected in zip(got, GREYS, strict=True):
        assert np.abs(frame.grey - expected).mean() < 12  # lossy; two different frames differ by more than 30
        assert (frame.region, frame.mm_per_pixel) == (None, None)


def test_a_lossless_video_has_the_grey_of_its_pictures_bit_for_bit(tmp_path):
    got = frames(write_video(tmp_path / "a.avi", PICTURES, "ffv1"))
    np.testing.assert_array_equal([frame.grey for frame in got], GREYS)


@pytest.mark.parametrize(("stated", "levels"), [("tv", (16, 126, 235)), ("pc", (0, 128, 255))])
def test_black_and_white_of_either_range_come_out_as_black_and_white(tmp_path, stated, levels):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.color_range = {"tv": 1, "pc": 2}[stated]
        luma = np.repeat(np.array(levels, np.uint8), 32)[None].repeat(64, axis=0)
        planes = np.full((96, 96), 128, np.uint8)
        planes[:64] = luma
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.color_range = {"tv": 1, "pc": 2}[stated]
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (got,) = frames(path)
    assert got.grey[32, [10, 48, 90]].tolist() == [0, 128, 255]


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_a_video_is_turned_as_it_says(tmp_path, degrees):
    upright = frames(write_video(tmp_path / "a.mp4", PICTURES[:2]))
    path = write_video(tmp_path / "b.mp4", PICTURES[:2], rotation=degrees)
    source = open_source(path)
    for turned, frame in zip(source.frames(), upright, strict=True):
        np.testing.assert_array_equal(turned.grey, np.rot90(frame.grey, degrees // 90))
    assert f"turned by {degrees % 360} degrees" in source.notes[0]


def test_every_nth_frame_keeps_its_number_and_time(tmp_path):
    path = write_video(tmp_path / "a.mp4", PICTURES)
    whole = frames(path)
    some = frames(path, 6)
    assert [(frame.index, frame.time) for frame in some] == [(k, pytest.approx(k / 25)) for k in (0, 6, 12, 18)]
    np.testing.assert_array_equal(some[2].grey, whole[12].grey)


@pytest.mark.parametrize(("name", "codec"), KINDS[:5])
def test_a_video_with_a_broken_end_gives_its_good_frames_and_then_tells(tmp_path, name, codec):
    options = {"movflags": "faststart"} if name in {"a.mp4", "a.mov"} else {}
    path = write_video(tmp_path / name, PICTURES, codec, **options)
    expected = frames(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.9)])
    got, message = until_broken(path)
    assert 0 < len(got) < 20
    assert f"{len(got)} " in message
    for frame, whole in zip(got, expected, strict=False):
        assert frame.index == whole.index
        np.testing.assert_array_equal(frame.grey, whole.grey)


def test_a_video_of_which_frames_are_left_out_on_the_way_says_so(tmp_path):
    path = write_video(tmp_path / "a.avi", PICTURES, "mjpeg")
    data = bytearray(path.read_bytes())
    starts = [place for place in range(len(data)) if data[place : place + 4] == b"00dc"]
    data[starts[9] : starts[9] + 4] = b"lost"
    path.write_bytes(data)
    source = open_source(path)
    assert len([*source.frames()]) == 19
    assert source.notes == ["says that it has 20 frames; 19 came, numbered without gaps"]


def test_a_video_whose_table_of_frames_is_missing_is_told(tmp_path):
    path = write_video(tmp_path / "a.mp4", PICTURES)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(GuidedsegError, match="damaged or cut short"):
        open_source(path)


def test_a_video_that_was_streamed_and_states_no_length_is_whole(tmp_path):
    path = write_video(tmp_path / "a.mp4", PICTURES, movflags="frag_keyframe+empty_moov")
    assert len(frames(path)) == 20
    path = write_video(tmp_path / "b.mkv", PICTURES, live="1")
    assert len(frames(path)) == 20


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(GuidedsegError, match="no moving picture"):
        open_source(path)


def test_a_name_that_ffmpeg_takes_for_a_protocol_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_video(tmp_path / "a.mp4", PICTURES[:2]).rename(tmp_path / "concat:a|b%03d.mp4")
    assert len(frames(path.relative_to(tmp_path))) == 2


def test_memory_is_flat_over_a_video_of_300_frames(tmp_path):
    picture = drawn(128, 128)
    source = open_source(write_video(tmp_path / "a.avi", [np.roll(picture, k, axis=0) for k in range(300)], "mjpeg"))
    tracemalloc.start()
    assert sum(1 for _ in source.frames()) == 300
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 3 * 128 * 128  # all of them: 300
