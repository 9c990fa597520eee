"""Where in a DICOM picture the ultrasound image is, and how large its pixels are in the body.

Devices say both in the Sequence of Ultrasound Regions (PS3.3 C.8.5.5), and are not always to be believed: a file that
was made smaller on its way often keeps the regions of the larger one. So where one region lies outside the picture,
none counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guidedseg.sources.frame import Box

if TYPE_CHECKING:
    from pydicom import Dataset

_PLANE = 1  # RegionSpatialFormat: 2D; not a trace over time such as an ECG or a Doppler spectrum
_TISSUE, _COLOUR_FLOW = 1, 2  # RegionDataType
_CENTIMETRE = 3  # PhysicalUnits


@dataclass(frozen=True)
class Calibration:
    """What a header tells about the picture's geometry, as far as it can be trusted.

    Attributes:
        region: of the ultrasound image; None: the whole picture.
        mm_per_pixel: across and down; None: unknown.
        notes: for the user.
    """

    region: Box | None = None
    mm_per_pixel: tuple[float, float] | None = None
    notes: list[str] = field(default_factory=list)


def calibration(header: "Dataset") -> Calibration:
    """Region and spacing of an ultrasound picture.

    The region is the largest 2D one, of tissue or colour flow. Its spacing counts where both directions are in
    centimetres and above zero. Without regions Pixel Spacing counts, for ultrasound only: elsewhere it may be that of
    a detector or a print.
    """
    if not header.get("SequenceOfUltrasoundRegions"):
        return Calibration(mm_per_pixel=_pixel_spacing(header))
    regions = list(header.SequenceOfUltrasoundRegions)
    boxes = [_box(region) for region in regions]
    if any(box is None or not _inside(box, header.Columns, header.Rows) for box in boxes):
        note = "an ultrasound region lies outside the picture: none is used, and there are no millimetres"
        return Calibration(notes=[note])
    planes = [
        (region, _clipped(box, header.Columns, header.Rows))
        for region, box in zip(regions, boxes, strict=True)
        if box is not None
        and region.get("RegionSpatialFormat") == _PLANE
        and region.get("RegionDataType") in {_TISSUE, _COLOUR_FLOW}
        and min(box[2] - box[0], box[3] - box[1]) > 1  # a single column or row: its place was left at zero
    ]
    if not planes:
        return Calibration(notes=["no ultrasound region is a 2D image: the whole picture is read, without millimetres"])
    region, box = max(planes, key=lambda plane: _area(plane[1]))
    spacing = _spacing(region)
    notes = []
    if any(other.get("RegionDataType") == _COLOUR_FLOW for other, _ in planes):
        notes.append("a region shows colour Doppler")
    beside = sum(_apart(box, other) for _, other in planes)
    if beside:
        notes.append(f"{beside + 1} ultrasound images side by side: only the largest is read")
    if spacing is None:
        notes.append("the ultrasound region has no spacing in centimetres: there are no millimetres")
    return Calibration(box, spacing, notes)


def _box(region: "Dataset") -> Box | None:
    """As the file has it: its last column and row belong to it."""
    corners = [region.get(f"RegionLocation{name}") for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
    if not all(isinstance(corner, int) for corner in corners):
        return None
    x0, y0, x1, y1 = corners
    return x0, y0, x1 + 1, y1 + 1


def _inside(box: Box, width: int, height: int) -> bool:
    """Whether a box lies in the picture; one pixel beyond is an end that some devices do not count in."""
    x0, y0, x1, y1 = box
    return 0 <= x0 < x1 <= width + 1 and 0 <= y0 < y1 <= height + 1 and x0 < width and y0 < height


def _clipped(box: Box, width: int, height: int) -> Box:
    return box[0], box[1], min(box[2], width), min(box[3], height)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _apart(one: Box, other: Box) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def _spacing(region: "Dataset") -> tuple[float, float] | None:
    units = {region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection")}
    across, down = region.get("PhysicalDeltaX"), region.get("PhysicalDeltaY")
    return _above_zero(across, down, 10) if units == {_CENTIMETRE} else None


def _pixel_spacing(header: "Dataset") -> tuple[float, float] | None:
    spacing = header.get("PixelSpacing")
    if header.get("Modality") != "US" or not isinstance(spacing, Sequence) or len(spacing) != 2:
        return None
    return _above_zero(spacing[1], spacing[0], 1)


def _above_zero(across: object, down: object, factor: float) -> tuple[float, float] | None:
    """Both in millimetres, if they are lengths at all."""
    if not (isinstance(across, float) and isinstance(down, float)):
        return None
    return (factor * across, factor * down) if 0 < across < float("inf") and 0 < down < float("inf") else None
