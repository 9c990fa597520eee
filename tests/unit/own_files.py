"""Files as people have them, for tests of reading them: pictures, DICOM and videos with a content that is known."""

from io import BytesIO
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from guidedseg.errors import GuidedsegError
from guidedseg.sources.frame import Frame
from guidedseg.sources.opening import open_source

NATIVE = {
    "uncompressed": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big-endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
LOSSLESS = [*NATIVE, "rle", "jpeg-ls", "jpeg-2000"]
PERSON = "DOE^JANE"
SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"
"""DICOM files in pydicom's own package, four real ultrasound ones (``examples_*.dcm``) among them."""


def drawn(height: int = 60, width: int = 80, seed: int = 0) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: smooth colours, all levels."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    smooth = cv2.GaussianBlur(noise, (7, 7), 0)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)


def frames(path: Path, every: int = 1) -> list[Frame]:
    return list(open_source(path).frames(every))


def read(path: Path) -> NDArray[np.uint8]:
    """The grey of a file with one frame."""
    (frame,) = frames(path)
    return frame.grey


def until_broken(path: Path) -> tuple[list[Frame], str]:
    """The good frames of a broken file, and what is told then."""
    good: list[Frame] = []
    try:
        for frame in open_source(path).frames():
            good.append(frame)  # noqa: PERF402 - or they would be lost with the error
    except GuidedsegError as error:
        return good, str(error)
    raise AssertionError("nothing was told")


def bytes_of(picture: NDArray[Any] | Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as Pillow writes it."""
    buffer = BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write_dicom(
    path: Path, pictures: NDArray[Any] | list[NDArray[Any]], encoding: str = "uncompressed", **elements: Any
) -> Path:
    """An ultrasound file.

    Args:
        path: of the file.
        pictures: RGB (H, W, 3) uint8, or grey (H, W) uint8 or 16 bits; a list makes a cine.
        encoding: one of ``LOSSLESS``.
        elements: of the header, over those that go with the pictures; ``...`` leaves one out.
    """
    dataset = dicom(pictures, encoding, **elements)
    dataset.save_as(path, enforce_file_format=True)
    return path


def dicom(pictures: NDArray[Any] | list[NDArray[Any]], encoding: str = "uncompressed", **elements: Any) -> Dataset:
    """The same, not written yet."""
    cine = isinstance(pictures, list)
    stack = np.stack(pictures) if cine else np.asarray(pictures)[None]
    colour, bits = stack.ndim == 4, stack.dtype.itemsize * 8
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = NATIVE.get(encoding, ExplicitVRLittleEndian)
    dataset.SOPClassUID = UltrasoundMultiFrameImageStorage if cine else UltrasoundImageStorage
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.Modality, dataset.PatientName, dataset.PatientID = "US", PERSON, PERSON
    if cine:
        dataset.NumberOfFrames = len(stack)
    dataset.Rows, dataset.Columns = stack.shape[1:3]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, int(stack.dtype.kind == "i")
    pixels = stack.astype(stack.dtype.newbyteorder(">" if encoding == "big-endian" else "<")).tobytes()
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    for name, value in elements.items():
        if value is ...:
            del dataset[name]
        else:
            setattr(dataset, name, value)
    if encoding in {"rle", "jpeg-ls"}:
        dataset.compress({"rle": RLELossless, "jpeg-ls": JPEGLSLossless}[encoding], generate_instance_uid=False)
    if encoding == "jpeg-2000":
        coded = [bytes_of(picture, "JPEG2000", irreversible=False, no_jp2=True) for picture in stack]
        dataset.PixelData = encapsulate(coded)
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    return dataset


def region(box: tuple[int, int, int, int], delta: float | tuple[float, float] = 0.01, **elements: Any) -> Dataset:
    """An ultrasound region: 2D, tissue, centimetres.

    Args:
        box: x0, y0, x1, y1, half-open.
        delta: cm per pixel, of both directions or of each.
        elements: others than these.
    """
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 0
    item.RegionLocationMinX0, item.RegionLocationMinY0 = box[:2]
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = box[2] - 1, box[3] - 1
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
    item.PhysicalDeltaX, item.PhysicalDeltaY = delta if isinstance(delta, tuple) else (delta, delta)
    for name, value in elements.items():
        setattr(item, name, value)
    return item


def write_video(
    path: Path, pictures: list[NDArray[np.uint8]], codec: str = "libx264", *, rotation: int = 0, **options: str
) -> Path:
    """RGB (H, W, 3) uint8 at 25 frames a second; H.264 with next to no loss unless another codec is named.

    Args:
        path: its ending decides on the container.
        pictures: at least one, sides even.
        codec: FFmpeg's name.
        rotation: degrees counterclockwise that a player is told to turn it by.
        options: of the container.
    """
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25, options={"qp": "1"} if codec == "libx264" else {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = {"mjpeg": "yuvj444p", "ffv1": "bgr0"}.get(codec, "yuv420p")
        stream.thread_count = 1
        if rotation:
            stream.set_display_rotation(rotation)
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path
