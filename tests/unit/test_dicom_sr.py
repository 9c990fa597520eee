"""Structured reports of real ultrasound files: read back, and valid."""

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import CINE, ODD_HEADERS, SOFTWARE, STILLS, bare, errors, example, instance, references, size_of
from highdicom import sr
from pydicom.sr.codedict import codes
from segmented import contents, recorded, two_lesions

from guidedseg.outputs import dicom_sr
from guidedseg.outputs.dicom_sr import write_sr
from guidedseg.outputs.records import Record

Group = sr.PlanarROIMeasurementsAndQualitativeEvaluations


def written(source: Path, records: Iterable[Record], folder: Path) -> Path:
    return write_sr(source, records, folder, "sr", software=SOFTWARE)


def groups(path: Path) -> list[Group]:
    return sr.srread(path).content.get_planar_roi_measurement_groups()


def values(group: Group) -> dict[str, tuple[float, str]]:
    """Value and unit of what was measured."""
    return {str(one.name.meaning): (float(one.value), str(one.unit.value)) for one in group.get_measurements()}


def frames(group: Group) -> list[int] | None:
    (source,) = group.roi.ContentSequence
    return source.referenced_frame_numbers


@pytest.mark.parametrize("name", STILLS)
def test_lesions_of_a_still_are_measured_and_outlined(tmp_path, name):
    source = example(name)
    path = written(source, recorded([two_lesions(*size_of(source))]), tmp_path)
    assert errors(path) == []
    first, second = groups(path)
    # 30 x 20 pixels of 0.1 x 0.2 mm with a hole of 10 x 5
    assert values(first) == {
        "Area": (11, "mm2"),
        "Long axis": (5, "mm"),
        "Short axis": (3.75, "mm"),
        "Certainty of Finding": (80, "%"),
    }
    assert first.finding_type == codes.SCT.Lesion
    assert [site.value for site in first.finding_sites] == [codes.SCT.Breast]
    assert first.roi.graphic_type == sr.GraphicTypeValues.POLYLINE
    outline = first.roi.value
    assert outline[0].tolist() == outline[-1].tolist(), "closed"
    assert {tuple(corner) for corner in outline} == {(20, 10), (50, 10), (50, 30), (20, 30)}
    assert frames(first) is None
    assert values(second)["Area"] == (0.04, "mm2")
    assert first.tracking_uid != second.tracking_uid
    assert [group.tracking_identifier for group in (first, second)] == ["Frame 1, lesion 1", "Frame 1, lesion 2"]


def test_without_spacing_pixels_are_the_unit(tmp_path):
    source, records = example("rgb_color"), recorded([two_lesions()])
    for lesion in records[0]["lesions"]:
        lesion.update(area_mm2=None, long_axis_mm=None, short_axis_mm=None)
    path = written(source, records, tmp_path)
    assert errors(path) == []
    assert values(groups(path)[0]) == {
        "Area": (550, "{pixels}"),
        "Long axis": (36.06, "{pixels}"),
        "Short axis": (24.04, "{pixels}"),
        "Certainty of Finding": (80, "%"),
    }


def test_lesion_that_was_followed_stands_once_where_it_is_most_certain(tmp_path):
    records = recorded([two_lesions()] * 4, tracks=True)
    for record, confidence in zip(records, (0.5, 0.7, 0.9, 0.6), strict=True):
        record["lesions"][0]["confidence"] = confidence
    path = written(example(CINE), records, tmp_path)
    assert errors(path) == []
    first, second = groups(path)
    assert (first.tracking_identifier, frames(first)) == ("Track 11", [3])
    assert (second.tracking_identifier, frames(second)) == ("Track 12", [1]), "of equal ones the first"


def test_lesions_that_were_not_followed_stand_in_every_frame(tmp_path):
    path = written(example(CINE), recorded([two_lesions()] * 2), tmp_path)
    assert errors(path) == []
    assert [frames(group) for group in groups(path)] == [[1], [1], [2], [2]]
    assert len({group.tracking_uid for group in groups(path)}) == 4


@pytest.mark.parametrize("count", [4, 7, 20])
def test_of_too_many_lesions_the_most_certain_are_written(tmp_path, monkeypatch, caplog, count):
    monkeypatch.setattr(dicom_sr, "_MOST", 3)
    records = recorded([np.ones((2, 2), bool)] * count)
    for record, confidence in zip(records, np.random.default_rng(0).permutation(count), strict=True):
        record["lesions"][0]["confidence"] = confidence / 20
    with caplog.at_level(logging.WARNING):
        path = written(example(CINE), iter(records), tmp_path)
    best = sorted(range(count), key=lambda index: records[index]["lesions"][0]["confidence"])[-3:]
    assert [frames(group) for group in groups(path)] == [[index + 1] for index in sorted(best)]
    assert f"{example(CINE)}: its report has the 3 most certain" in caplog.text


@pytest.mark.parametrize("name", ["rgb_color", CINE])
@pytest.mark.parametrize("count", [0, 1])
def test_without_a_lesion_the_report_says_so(tmp_path, name, count):
    path = written(example(name), recorded([np.zeros((9, 9), bool)] * count), tmp_path)
    assert errors(path) == []
    (group,) = sr.srread(path).content.get_image_measurement_groups()
    (evaluation,) = group.get_qualitative_evaluations()
    assert (evaluation.name, evaluation.value) == (codes.SCT.Lesion, codes.SCT.Absent)


def test_it_refers_to_the_true_source_in_a_series_of_its_own(tmp_path):
    source = example(CINE)
    path = written(source, recorded([two_lesions()]), tmp_path)
    header, read = pydicom.dcmread(source, stop_before_pixels=True), pydicom.dcmread(path)
    assert references(read) == {(str(header.SOPClassUID), instance(source))}
    assert read.StudyInstanceUID == header.StudyInstanceUID
    assert read.SeriesInstanceUID != header.SeriesInstanceUID
    assert (read.VerificationFlag, read.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")


def test_it_says_what_measured(tmp_path):
    path = written(example("rgb_color"), recorded([two_lesions()]), tmp_path)
    group = groups(path)[0]
    texts = {str(item.name.meaning): item.value for item in group[0].ContentSequence if item.ValueType == "TEXT"}
    assert texts["Algorithm Name"] == SOFTWARE.name
    assert texts["Algorithm Version"] == SOFTWARE.version
    assert pydicom.dcmread(path).DeviceSerialNumber == SOFTWARE.bundle


@pytest.mark.parametrize("tracks", [False, True])
def test_written_again_it_is_the_same_bytes(tmp_path, tracks):
    for folder in ("once", "again"):
        written(example(CINE), iter(recorded([two_lesions()] * 2, tracks=tracks)), tmp_path / folder)
    assert contents(tmp_path / "once") == contents(tmp_path / "again")


@pytest.mark.parametrize("case", ODD_HEADERS)
def test_odd_header_makes_a_valid_report(tmp_path, case):
    source = bare(tmp_path / "source.dcm", **ODD_HEADERS[case])
    path = written(source, recorded([np.ones((20, 30), bool)]), tmp_path)
    assert errors(path) == []
    assert len(groups(path)) == 1
