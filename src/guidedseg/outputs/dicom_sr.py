"""Measurements of lesions as a DICOM structured report (SR, TID 1500)."""

import heapq
import json
import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from guidedseg.errors import GuidedsegError
from guidedseg.outputs import dicom_object
from guidedseg.outputs.records import Record, polygons
from guidedseg.outputs.software import Software

try:
    from highdicom import sr
    from pydicom.dataset import Dataset
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code
except ImportError as error:
    raise GuidedsegError(dicom_object.MISSING) from error

Group = tuple[str, int, Record]
"""Name, frame (from 0) and lesion."""

_SERIES_NUMBER = 1002
_PIXELS = Code("{pixels}", "UCUM", "pixels")  # an annotation in braces is UCUM's unit of what it has no unit for
_MEASURES = (
    (codes.SCT.Area, codes.UCUM.SquareMillimeter, "area_mm2", "area_px"),
    (codes.SCT.LongAxis, codes.UCUM.Millimeter, "long_axis_mm", "long_axis_px"),
    (codes.SCT.ShortAxis, codes.UCUM.Millimeter, "short_axis_mm", "short_axis_px"),
)
_MOST = 500  # groups of a report: each takes 16 ms and 250 kB while it is written


def write_sr(source: Path, records: Iterable[Record], folder: Path, stem: str, *, software: Software) -> Path:
    """Write what was measured in a DICOM file's frames as ``STEM.dcm``; written again it is the same bytes.

    Every lesion has a group of its own: its outline (the outer one of its largest part), area, long and short axis in
    millimetres, or in pixels where the spacing is not known, and the certainty of the finding. A lesion that was
    followed through a cine has one group, in the frame where it is most certain; others have one in every frame. Of
    more than 500 groups the most certain are written. Without a lesion the report says that lesions are absent.

    Args:
        source: the DICOM file.
        records: of its frames, in their order.
        folder: of the file.
        stem: of its name.
        software: what made the records.

    Raises:
        GuidedsegError: the source has no header that a report could refer to.
    """
    header = dicom_object.read(source)
    view, cine = dicom_object.single_frame(header), dicom_object.is_cine(header)
    lesions, left_out = _one_each(records)
    if left_out:
        logging.getLogger(__name__).warning("%s: its report has the %d most certain of its lesions", source, _MOST)
    made_of = ("SR", software, header.SOPInstanceUID)
    with dicom_object.tolerant():
        content = sr.MeasurementReport(
            observation_context=sr.ObservationContext(
                observer_device_context=sr.ObserverContext(
                    observer_type=codes.DCM.Device,
                    observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
                        uid=dicom_object.uid(software),
                        name=software.name,
                        manufacturer_name="guidedseg",
                        serial_number=software.bundle,
                    ),
                )
            ),
            procedure_reported=codes.SCT.UltrasonographyOfBreast,
            imaging_measurements=[
                _group(view, name, lesion, frame + 1 if cine else None, software) for name, frame, lesion in lesions
            ]
            or [_absent(view, software)],
        )
        report = sr.Comprehensive3DSR(
            evidence=[view],
            content=content,
            series_instance_uid=dicom_object.uid(*made_of),
            series_number=_SERIES_NUMBER,
            series_description="Lesions, measured automatically",
            sop_instance_uid=dicom_object.uid(*made_of, json.dumps(lesions)),
            instance_number=1,
            is_complete=True,
            **dicom_object.described(header, software),
        )
        target = folder / f"{stem}.dcm"
        dicom_object.save(report, header, target)
    return target


def _one_each(records: Iterable[Record]) -> tuple[list[Group], bool]:
    """Every lesion, those of one track once, where it is the most certain, then the largest, then the first.

    Of too many the most certain; and whether there were too many.
    """
    left_out = False
    best: dict[str, Group] = {}
    for record in records:
        for lesion in record["lesions"]:
            frame, track = record["frame"], lesion["track"]
            name = f"Frame {frame + 1}, lesion {lesion['lesion']}" if track is None else f"Track {track}"
            if name not in best or _certainty(lesion) > _certainty(best[name][2]):
                best[name] = name, frame, lesion
        if len(best) > 2 * _MOST:  # a cine of any length fits into memory
            best = {group[0]: group for group in _most_certain(best.values())}
            left_out = True
    chosen = _most_certain(best.values())
    chosen.sort(key=lambda group: (group[2]["track"] or 0, group[1], group[2]["lesion"]))
    return chosen, left_out or len(best) > _MOST


def _most_certain(groups: Iterable[Group]) -> list[Group]:
    return heapq.nlargest(_MOST, groups, key=lambda group: (*_certainty(group[2]), -group[1], -group[2]["lesion"]))


def _certainty(lesion: Record) -> tuple[float, int]:
    return lesion["confidence"], lesion["area_px"]


def _group(
    view: Dataset, name: str, lesion: Record, number: int | None, software: Software
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    outer = next(polygons(lesion))[0]
    image = sr.SourceImageForRegion(view.SOPClassUID, view.SOPInstanceUID, None if number is None else [number])
    measurements = [
        sr.Measurement(concept, lesion[pixels], _PIXELS)
        if lesion[millimetres] is None
        else sr.Measurement(concept, lesion[millimetres], unit)
        for concept, unit, millimetres, pixels in _MEASURES
    ]
    certainty = sr.Measurement(codes.DCM.CertaintyOfFinding, round(100 * lesion["confidence"], 2), codes.UCUM.Percent)
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(view, name, software),
        # pixels of a region begin at their own column and row, as here (PS3.3, C.18.6.1.2)
        referenced_region=sr.ImageRegion(sr.GraphicTypeValues.POLYLINE, np.array([*outer, outer[0]], float), image),
        finding_type=codes.SCT.Lesion,
        finding_category=codes.SCT.MorphologicallyAbnormalStructure,
        finding_sites=[sr.FindingSite(codes.SCT.Breast)],
        algorithm_id=sr.AlgorithmIdentification(software.name, software.version),
        measurements=[*measurements, certainty],
    )


def _absent(view: Dataset, software: Software) -> sr.MeasurementsAndQualitativeEvaluations:
    """What stands for the lesions that there are not: a report needs one group at least."""
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(view, "No lesion", software),
        finding_sites=[sr.FindingSite(codes.SCT.Breast)],
        algorithm_id=sr.AlgorithmIdentification(software.name, software.version),
        qualitative_evaluations=[sr.QualitativeEvaluation(codes.SCT.Lesion, codes.SCT.Absent)],
        source_images=[sr.SourceImageForMeasurementGroup(view.SOPClassUID, view.SOPInstanceUID)],
    )


def _tracking(view: Dataset, name: str, software: Software) -> sr.TrackingIdentifier:
    return sr.TrackingIdentifier(dicom_object.uid("lesion", software, view.SOPInstanceUID, name), name)
