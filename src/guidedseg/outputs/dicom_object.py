"""What segmentations and reports have in common: their source, their UIDs, their dates, their file."""

import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from guidedseg.errors import GuidedsegError
from guidedseg.outputs.software import Software
from guidedseg.writing import whole_file

MISSING = "DICOM-SEG and reports need highdicom; install it with: pip install 'guidedseg[dicom]'"

try:
    import pydicom
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset
    from pydicom.uid import UltrasoundImageStorage
    from pydicom.valuerep import DA, TM
except ImportError as error:
    raise GuidedsegError(MISSING) from error

_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "guidedseg")
_REQUIRED = ("SOPClassUID", "SOPInstanceUID", "Rows", "Columns")
_MAY_BE_EMPTY = (  # DICOM's type 2, which anonymisers leave out
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)
_OF_FRAMES = (
    "NumberOfFrames",
    "FrameIncrementPointer",
    "FrameOfReferenceUID",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)


def uid(*parts: object) -> str:
    """A UID made of its parts (X.667, a UUID of version 5): the same parts, the same UID."""
    return f"2.25.{uuid.uuid5(_NAMES, chr(0).join(map(str, parts))).int}"


@contextmanager
def tolerant() -> Iterator[None]:
    """Values that break DICOM's rules, which headers often have, neither raise nor warn within this block."""
    with warnings.catch_warnings(), pydicom.config.disable_value_validation():
        warnings.simplefilter("ignore")
        yield


def read(path: Path) -> Dataset:
    """The header of a source, with all that has to be repeated in what is derived from it, if empty.

    Args:
        path: a DICOM file with a picture.

    Raises:
        GuidedsegError: it has no header that an object could refer to.
    """
    with tolerant():
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        missing = [keyword for keyword in _REQUIRED if not header.get(keyword)]
        if missing:
            raise GuidedsegError(
                f"{path} lacks {', '.join(missing)}, so that no SEG or SR can refer to it; ask for other outputs"
            )
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
            if not header.get(keyword):
                setattr(header, keyword, uid(keyword, header.SOPInstanceUID))
        for keyword in _MAY_BE_EMPTY:
            if keyword not in header or not _holds(keyword, str(header.get(keyword) or "")):
                setattr(header, keyword, "")
    return header


def is_cine(header: Dataset) -> bool:
    """Whether a source has more frames than one."""
    return int(header.get("NumberOfFrames") or 1) > 1


def single_frame(header: Dataset) -> Dataset:
    """A source as highdicom takes it: an ultrasound still without a place in the patient.

    It refuses cines without a frame of reference (highdicom#284), as all are, and retired and private classes.
    """
    view = deepcopy(header)
    view.SOPClassUID = UltrasoundImageStorage
    for keyword in _OF_FRAMES:
        if keyword in view:
            delattr(view, keyword)
    return view


def described(header: Dataset, software: Software) -> dict[str, Any]:
    """Arguments of highdicom's constructors: who made it and when, which is when its source was made.

    A clock would make another file of every run.
    """
    when = [
        (str(header.get(f"{kind}Date")), str(header.get(f"{kind}Time")))
        for kind in ("Content", "Acquisition", "Series", "Study")
    ]
    date, time = next((pair for pair in when if _holds("Date", pair[0])), ("19000101", ""))
    return {
        "manufacturer": "guidedseg",
        "manufacturer_model_name": software.name,
        "software_versions": software.version,
        "device_serial_number": software.bundle,
        "content_date": date,
        "content_time": time if _holds("Time", time) else "000000",
        "specific_character_set": "ISO_IR 192",  # UTF-8, whatever the names in the source were written in
    }


def save(derived: Dataset, header: Dataset, target: Path) -> None:
    """Write what highdicom derived from ``single_frame`` of a source; whole or not at all.

    References name the source's true class, and the time at which the object was made is left out.
    """

    def name_class(item: Dataset, element: DataElement) -> None:
        if element.keyword == "ReferencedSOPClassUID" and item.ReferencedSOPInstanceUID == header.SOPInstanceUID:
            element.value = header.SOPClassUID

    derived.walk(name_class)
    del derived.InstanceCreationDate, derived.InstanceCreationTime
    del derived.ContributingEquipmentSequence[-1].ContributionDateTime  # highdicom's own; others are the source's
    with whole_file(target) as path:
        derived.save_as(path, enforce_file_format=True)


def _holds(keyword: str, value: str) -> bool:
    """Whether a value is what a keyword asks for: highdicom and validators refuse other dates, times and sexes."""
    try:
        if keyword.endswith("Date"):
            return len(value) == 8 and DA(value) is not None
        if keyword.endswith("Time"):
            return TM(value) is not None
    except ValueError:
        return False
    return keyword != "PatientSex" or value in {"M", "F", "O"}
