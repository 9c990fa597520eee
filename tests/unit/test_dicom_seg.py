"""Segmentations of real ultrasound files: read back bit for bit, and valid."""

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from dicom_files import (
    CINE,
    ODD_HEADERS,
    SOFTWARE,
    STILLS,
    bare,
    errors,
    example,
    instance,
    references,
    scattered,
    size_of,
)
from segmented import contents

from guidedseg.errors import GuidedsegError
from guidedseg.outputs.dicom_seg import write_seg
from guidedseg.outputs.software import Software


def of_still(path: Path, source: Path) -> np.ndarray:
    return highdicom.seg.segread(path).get_pixels_by_source_instance([instance(source)], combine_segments=True)[0]


def of_frame(path: Path, source: Path, number: int) -> np.ndarray:
    """By the number of a frame, which in DICOM counts from 1."""
    read = highdicom.seg.segread(path)
    return read.get_pixels_by_source_frame(instance(source), [number], combine_segments=True)[0]


@pytest.mark.parametrize("name", STILLS)
def test_mask_of_a_still_is_read_back_bit_for_bit_and_valid(tmp_path, name):
    source = example(name)
    mask = scattered(source, 0)
    (path,) = write_seg(source, [(0, mask)], tmp_path, "seg", software=SOFTWARE)
    assert path == tmp_path / "seg.dcm"
    assert np.array_equal(of_still(path, source), mask)
    assert errors(path) == []


def test_masks_of_a_cine_are_read_back_by_frame_and_valid(tmp_path):
    source = example(CINE)
    masks = {index: scattered(source, index) for index in (0, 7, 29)}
    nothing = np.zeros(size_of(source), bool)
    paths = write_seg(
        source, ((index, masks.get(index, nothing)) for index in range(30)), tmp_path, "seg", software=SOFTWARE
    )
    assert [path.name for path in paths] == ["seg_00000.dcm", "seg_00007.dcm", "seg_00029.dcm"]
    for path, (index, mask) in zip(paths, masks.items(), strict=True):
        assert np.array_equal(of_frame(path, source, index + 1), mask)
        assert errors(path) == []


def test_cine_is_one_series_of_its_own_and_refers_to_the_true_source(tmp_path):
    source = example(CINE)
    paths = write_seg(
        source, [(index, scattered(source, index)) for index in (3, 4)], tmp_path, "seg", software=SOFTWARE
    )
    header, first, second = (pydicom.dcmread(path, stop_before_pixels=True) for path in (source, *paths))
    assert first.SeriesInstanceUID == second.SeriesInstanceUID != header.SeriesInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert (first.InstanceNumber, second.InstanceNumber) == (4, 5)
    assert references(first) == {(str(header.SOPClassUID), str(header.SOPInstanceUID))}
    (groups,) = first.PerFrameFunctionalGroupsSequence
    assert groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber == 4


def test_empty_mask_of_a_still_is_one_empty_frame_and_says_nothing(tmp_path, capfd, caplog):
    source = example("rgb_color")
    nothing = np.zeros(size_of(source), bool)
    (path,) = write_seg(source, [(0, nothing)], tmp_path, "seg", software=SOFTWARE)
    assert np.array_equal(of_still(path, source), nothing)
    assert errors(path) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_cine_without_a_lesion_has_no_file(tmp_path):
    source = example(CINE)
    nothing = np.zeros(size_of(source), bool)
    assert write_seg(source, [(0, nothing), (1, nothing)], tmp_path, "seg", software=SOFTWARE) == []
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["palette_color", CINE])
def test_written_again_it_is_the_same_bytes(tmp_path, name):
    source = example(name)
    for folder in ("once", "again"):
        write_seg(source, [(0, scattered(source, 0))], tmp_path / folder, "seg", software=SOFTWARE)
    assert contents(tmp_path / "once") == contents(tmp_path / "again")


def test_another_mask_or_software_is_another_instance(tmp_path):
    source = example("rgb_color")
    others = [SOFTWARE, Software("guidedseg-phantom-unet", "0.1.0", "other")]
    made = [(seed, software) for seed in (0, 1) for software in others]
    for number, (seed, software) in enumerate(made):
        write_seg(source, [(0, scattered(source, seed))], tmp_path, str(number), software=software)
    read = [pydicom.dcmread(tmp_path / f"{number}.dcm") for number in range(len(made))]
    assert len({each.SOPInstanceUID for each in read}) == 4
    assert [each.SeriesInstanceUID == read[0].SeriesInstanceUID for each in read] == [True, False, True, False]


def test_segment_says_what_it_is_and_what_made_it(tmp_path):
    source = example("rgb_color")
    (path,) = write_seg(source, [(0, scattered(source, 0))], tmp_path, "seg", software=SOFTWARE)
    read = pydicom.dcmread(path)
    (segment,) = read.SegmentSequence
    assert read.SegmentationType == "BINARY"
    assert segment.SegmentedPropertyCategoryCodeSequence[0].CodeMeaning == "Morphologically Abnormal Structure"
    assert segment.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Lesion"
    assert segment.AnatomicRegionSequence[0].CodeMeaning == "Breast"
    assert segment.SegmentAlgorithmType == "AUTOMATIC"
    algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == (SOFTWARE.name, SOFTWARE.version)
    assert read.DeviceSerialNumber == SOFTWARE.bundle


def test_it_belongs_to_the_patient_and_study_and_has_the_date_of_the_source(tmp_path):
    source = example("palette_color")
    (path,) = write_seg(source, [(0, scattered(source, 0))], tmp_path, "seg", software=SOFTWARE)
    header, read = pydicom.dcmread(source), pydicom.dcmread(path)
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "StudyDate", "ContentDate", "ContentTime"):
        assert read[keyword].value == header[keyword].value, keyword
    assert "InstanceCreationDate" not in read


@pytest.mark.parametrize("case", ODD_HEADERS)
def test_odd_header_makes_a_valid_object(tmp_path, case):
    source = bare(tmp_path / "source.dcm", **ODD_HEADERS[case])
    mask = scattered(source, 0)
    (path,) = write_seg(source, [(0, mask)], tmp_path, "seg", software=SOFTWARE)
    assert np.array_equal(of_still(path, source), mask)
    assert errors(path) == []
    assert str(pydicom.dcmread(path).PatientName) == str(ODD_HEADERS[case].get("PatientName") or "")


def test_references_of_the_study_stay_as_they_are(tmp_path):
    study = pydicom.Dataset()
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", "1.2.3.9"
    source = bare(tmp_path / "source.dcm", ReferencedStudySequence=[study])
    (path,) = write_seg(source, [(0, scattered(source, 0))], tmp_path, "seg", software=SOFTWARE)
    assert ("1.2.840.10008.3.1.2.3.1", "1.2.3.9") in references(pydicom.dcmread(path))


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID"])
def test_source_that_nothing_can_refer_to_is_refused_by_name(tmp_path, keyword):
    source = bare(tmp_path / "source.dcm")
    file = pydicom.dcmread(source)
    del file[keyword]
    pydicom.dcmwrite(source, file)
    with pytest.raises(GuidedsegError, match=rf"source\.dcm lacks {keyword}.*ask for other outputs"):
        write_seg(source, [(0, np.ones((20, 30), bool))], tmp_path, "seg", software=SOFTWARE)


def test_mask_of_another_size_is_refused(tmp_path):
    source = bare(tmp_path / "source.dcm")
    with pytest.raises(ValueError, match=r"\(30, 20\)"):
        write_seg(source, [(0, np.ones((30, 20), bool))], tmp_path, "seg", software=SOFTWARE)
