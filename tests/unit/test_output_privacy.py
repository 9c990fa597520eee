"""What outputs say of a patient, and what they import."""

import subprocess
import sys

import numpy as np
import pytest
from dicom_files import SOFTWARE, bare
from segmented import contents, recorded, segmented

from guidedseg.outputs import contours, masks, overlay, table
from guidedseg.outputs.dicom_seg import write_seg
from guidedseg.outputs.dicom_sr import write_sr
from guidedseg.sources.frame import Frame

HEADER = {
    "PatientName": "Geheim^Greta",
    "PatientID": "PID-4711",
    "PatientBirthDate": "19510203",
    "AccessionNumber": "ACC-0815",
    "InstitutionName": "Klinik Nirgendwo",
    "StudyDate": "20190506",
    "StudyInstanceUID": "1.2.3.77777",
}


def test_only_seg_and_sr_repeat_the_header_of_a_source(tmp_path):
    source = bare(tmp_path / "source.dcm", **HEADER)
    mask = np.ones((20, 30), bool)
    records, frame, result = recorded([mask], "0001"), Frame(0, np.zeros(mask.shape, np.uint8)), segmented(mask)
    masks.write(mask, tmp_path / "open/mask.png")
    overlay.write(frame, result, tmp_path / "open/overlay.png")
    overlay.write(frame, result, tmp_path / "open/overlay.jpg")
    contours.write_geojson(records, tmp_path / "open/lesions.geojson")
    contours.write_coco(records, tmp_path / "open/annotations.json")
    table.write(records, tmp_path / "open/lesions.csv")
    write_seg(source, [(0, mask)], tmp_path / "dicom", "seg", software=SOFTWARE)
    write_sr(source, records, tmp_path / "dicom", "sr", software=SOFTWARE)
    values = [value.encode() for value in HEADER.values()]
    assert len(contents(tmp_path / "open")) == 6
    assert not [name for name, read in contents(tmp_path / "open").items() if any(value in read for value in values)]
    assert len(contents(tmp_path / "dicom")) == 2
    assert all(value in read for read in contents(tmp_path / "dicom").values() for value in values[:4])


@pytest.mark.parametrize(
    ("name", "missing"), [("dicom_seg", "highdicom"), ("dicom_sr", "highdicom"), ("dicom_sr", "pydicom")]
)
def test_without_its_extra_an_output_says_what_to_install(name, missing):
    code = f"import sys; sys.modules['{missing}'] = None; import guidedseg.outputs.{name}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "GuidedsegError" in done.stderr
    assert "pip install 'guidedseg[dicom]'" in done.stderr


def test_what_every_run_writes_imports_nothing_heavy():
    modules = ", ".join(f"guidedseg.outputs.{name}" for name in ("contours", "masks", "overlay", "table", "software"))
    heavy = {"torch", "pandas", "scipy", "matplotlib", "pydicom", "highdicom", "ultralytics"}
    code = f"import sys, guidedseg.inference.lesions, {modules}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
