"""Videos, decoded frame by frame by PyAV (FFmpeg).

A frame becomes RGB as players show it (limited range spread to 0..255, turned as the file says), then grey as any other
picture. One thread decodes, so that a damaged file always gives the same frames.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from guidedseg.errors import GuidedsegError
from guidedseg.grey import grey
from guidedseg.sources.frame import Frame
from guidedseg.sources.source import Source, broken, check_size, problem
from guidedseg.sources.video_length import is_cut_short


def open_video(path: Path, kind: str) -> Source:
    """A video, of which only the header is read yet. There are no millimetres in one.

    Args:
        path: of the file.
        kind: FFmpeg's name of the container.

    Raises:
        GuidedsegError: it is damaged, has no picture or one of a kind that FFmpeg does not know, or too large a one.
    """
    try:
        with _container(path, kind) as container:
            stream = _stream(path, container)
            count = stream.frames or None
            check_size(path, stream.codec_context.width, stream.codec_context.height)
    except GuidedsegError:
        raise
    except Exception as error:  # those of PyAV are of many classes
        raise broken(path, 0, None, _words(error)) from error
    source = Source("video", count, lambda every: _frames(path, kind, source, every))
    return source


def _container(path: Path, kind: str) -> InputContainer:
    # A name that looks like a protocol (`concat:a|b`) is none with a folder before it. Neither the container nor a list
    # in it leads to other files or a network: its kind is given, not guessed.
    return av.open(str(path.absolute()), format=kind, options={"protocol_whitelist": "file"})


def _stream(path: Path, container: InputContainer) -> VideoStream:
    stream = next(iter(container.streams.video), None)
    if stream is None or stream.codec_context is None:
        raise problem(path, "holds no moving picture that can be read", "Save it as MP4 (H.264)")
    return stream


def _frames(path: Path, kind: str, source: Source, every: int) -> Iterator[Frame]:
    index, good, start = -1, 0, None
    troubles: list[str] = []
    try:
        with _container(path, kind) as container:
            stream = _stream(path, container)
            stream.thread_count = 1
            for index, frame in enumerate(_decoded(container, stream, troubles)):
                if frame.is_corrupt:
                    troubles.append("a frame is damaged")
                    continue
                good += 1
                if frame.rotation:
                    source.note(f"turned by {frame.rotation % 360} degrees counterclockwise, as it says")
                time = _time(frame, index, stream)
                start = time if start is None else start
                if index % every == 0:
                    since = None if time is None or start is None else time - start
                    colours = _colours(frame)
                    yield Frame(index, grey(colours, order="RGB"), time=since, colours=colours)
    except Exception as error:  # as above
        raise broken(path, good, source.count, _words(error)) from error
    fewer = source.count is not None and index + 1 < source.count
    if not troubles and (source.count is None or fewer) and is_cut_short(path, kind):
        troubles.append("its end is missing")
    elif fewer and not troubles:
        source.note(f"says that it has {source.count} frames; {index + 1} came, numbered without gaps")
    if troubles or not good:
        raise broken(path, good, source.count, *troubles[:1])


def _decoded(container: InputContainer, stream: VideoStream, troubles: list[str]) -> Iterator[VideoFrame]:
    """All frames up to the first trouble, which is noted.

    What the decoder still holds back then is left there: the frames between may be among those that are missing.
    """
    try:
        for packet in container.demux(stream):
            if packet.is_corrupt:
                troubles.append("a part of it is missing")
                return
            yield from packet.decode()
    except av.FFmpegError as error:
        troubles.append(_words(error))


def _words(error: Exception) -> str:
    """Without the path that FFmpeg repeats, and its name of a function."""
    return str(getattr(error, "strerror", None) or error)


def _time(frame: VideoFrame, index: int, stream: VideoStream) -> float | None:
    if frame.time is not None:
        return float(frame.time)
    return float(index / stream.average_rate) if stream.average_rate else None


def _colours(frame: VideoFrame) -> NDArray[np.uint8]:
    """(H, W, 3) RGB."""
    colours = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    return np.rot90(colours, frame.rotation // 90)
