"""DICOM in a job: its ultrasound region, its millimetres, its transfer syntaxes; and nobody's name in the outputs."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from own_files import LOSSLESS, dicom, region, write_dicom
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from segmenting import DONE, WITH_PROBLEMS, contents, grey_frames, mask, problems, records, segment
from small_bundle import picture

from guidedseg.inference.lesions import measure

ALL = "mask,overlay,contours,coco,table,seg,sr"
BOX = (20, 10, 84, 58)
SECRETS = {
    "PatientName": "Geheim^Greta",
    "PatientID": "PID-4711",
    "PatientBirthDate": "19510203",
    "AccessionNumber": "ACC-0815",
    "InstitutionName": "Klinik Nirgendwo",
    "StudyDate": "20190506",
    "StudyInstanceUID": "1.2.3.77777",
    "SOPInstanceUID": "1.2.3.88888",
    "StudyDescription": "Mamma links auffaellig",
    "ReferringPhysicianName": "Doktor^Dora",
    "DeviceSerialNumber": "SN-99-88",
}


def test_the_same_picture_gives_the_same_mask_whatever_it_is_stored_as(bundle_folder, tmp_path):
    image = picture(60, 90)
    cv2.imwrite(str(tmp_path / "picture.png"), image)
    for encoding in LOSSLESS:
        write_dicom(tmp_path / f"{encoding}.dcm", image, encoding)
    for encoding in LOSSLESS[-3:]:
        write_dicom(tmp_path / f"{encoding}-colour.dcm", np.dstack([image] * 3), encoding)
    assert segment(bundle_folder, [tmp_path / "*.dcm", tmp_path / "picture.png"], tmp_path / "out", threads=2) == DONE
    masks, overlays = (contents(tmp_path / "out" / kind) for kind in ("masks", "overlays"))
    assert len(masks) == len(overlays) == len(LOSSLESS) + 4
    assert len(set(masks.values())) == len(set(overlays.values())) == 1
    assert mask(tmp_path / "out/masks/picture.png").any()


@pytest.mark.parametrize("cine", [False, True])
@pytest.mark.parametrize("branch", ["guided", "direct"])
def test_only_the_ultrasound_region_is_looked_at_marked_and_shown(branch, cine, bundle, bundle_folder, tmp_path):
    frames = [picture(70, 100, seed) for seed in range(4)]
    x0, y0, x1, y1 = BOX
    for seed, frame in enumerate(frames):
        cv2.putText(frame, "DOE", (0, 8 + seed), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255)  # the name, burned in above
    regions = {"SequenceOfUltrasoundRegions": [region(BOX, 0.02)]}
    write_dicom(tmp_path / "whole.dcm", frames if cine else frames[0], **regions)
    cut = [frame[y0:y1, x0:x1] for frame in frames]
    write_dicom(tmp_path / "cut.dcm", cut if cine else cut[0])
    assert (
        segment(bundle_folder, [tmp_path / "whole.dcm", tmp_path / "cut.dcm"], tmp_path / "out", branch=branch) == DONE
    )
    lesions = 0
    for number in range(4 if cine else 1):
        name = f"/{number:06d}" if cine else ""
        found, inside = (mask(tmp_path / f"out/masks/{kind}{name}.png") for kind in ("whole", "cut"))
        assert found.shape == (70, 100)
        np.testing.assert_array_equal(found[y0:y1, x0:x1], inside)
        assert found.sum() == inside.sum()
        if branch == "direct":
            np.testing.assert_array_equal(inside, bundle.segment(cut[number], "direct").mask)
        for kind in ("whole", "cut"):  # the same picture, but for what stands at a lesion
            assert cv2.imread(str(tmp_path / f"out/overlays/{kind}{name}.jpg")).shape == (48 * 10, 64 * 10, 3)
    overlays = contents(tmp_path / "out/overlays")
    assert overlays[f"whole{name}.jpg"] == overlays[f"cut{name}.jpg"]
    lines = {kind: [line for line in records(tmp_path / "out") if line["source"] == kind] for kind in ("whole", "cut")}
    for whole, inside in zip(lines["whole"], lines["cut"], strict=True):
        assert [[x0 + a, y0 + b, x0 + c, y0 + d] for a, b, c, d in inside["boxes"]] == whole["boxes"]
        for one, other in zip(whole["lesions"], inside["lesions"], strict=True):
            assert one["box"] == [place + low for place, low in zip(other["box"], (x0, y0, x0, y0), strict=True)]
            moved = [[[x + x0, y + y0] for x, y in ring] for ring in other["contours"]]
            assert one["contours"] == moved
            assert one["area_mm2"] == pytest.approx(0.04 * other["area_px"])
            assert other["area_mm2"] is None
            lesions += 1
    assert lesions > 0


def test_millimetres_are_those_of_the_spacing_in_each_direction(bundle, bundle_folder, tmp_path):
    image = picture(60, 90)
    regions = {"SequenceOfUltrasoundRegions": [region((0, 0, 90, 60), (0.01, 0.03))]}
    write_dicom(tmp_path / "a.dcm", image, **regions)
    assert segment(bundle_folder, [tmp_path / "a.dcm"], tmp_path / "out") == DONE
    result = bundle.segment(image)
    expected = measure(result.mask, result.probabilities, result.boxes, result.confidences, mm_per_pixel=(0.1, 0.3))
    (line,) = records(tmp_path / "out")
    assert len(line["lesions"]) == len(expected) > 0
    for found, lesion in zip(line["lesions"], expected, strict=True):
        assert found["area_mm2"] == pytest.approx(lesion.area_px * 0.03, abs=1e-3)
        assert found["long_axis_mm"] == pytest.approx(lesion.long_axis_mm, abs=1e-3)


def test_no_value_of_a_header_stands_in_any_output_but_seg_and_sr(bundle_folder, tmp_path):
    """Of good and bad files, and of pictures that have headers too."""
    sources = tmp_path / "in"
    sources.mkdir()
    write_dicom(sources / "a.dcm", picture(40, 50), **SECRETS)
    write_dicom(sources / "b.dcm", grey_frames(4), **SECRETS)
    write_dicom(sources / "c.dcm", picture(40, 50), **{**SECRETS, "SOPInstanceUID": "1.2.3.99999"})
    content = (sources / "b.dcm").read_bytes()
    (sources / "cut.dcm").write_bytes(content[:-5000])
    (sources / "header.dcm").write_bytes(content[:400])
    strange = dicom(picture(40, 50), **SECRETS)
    strange.PhotometricInterpretation = "GEHEIM GRETA"
    strange.save_as(sources / "strange.dcm", enforce_file_format=True)
    told = PngInfo()
    told.add_text("Patient", SECRETS["PatientName"])
    Image.fromarray(picture(40, 50)).save(sources / "d.png", pnginfo=told)
    exif = Image.Exif()
    exif[0x010E] = SECRETS["PatientName"]
    Image.fromarray(picture(40, 50)).save(sources / "e.jpg", exif=exif)
    program = [sys.executable, "-W", "always", "-c", "from guidedseg.cli import main; main()", "segment", sources]
    options = ["--bundle", bundle_folder, "--out", tmp_path / "out", "--outputs", ALL]
    done = subprocess.run([*program, *options], capture_output=True, check=False)
    assert done.returncode == WITH_PROBLEMS, done.stderr
    assert set(problems(tmp_path / "out")) == {"cut", "header", "strange"}
    values = [value.lower().encode() for secret in SECRETS.values() for value in (secret, secret.partition("^")[0])]
    written = {**contents(tmp_path / "out"), "printed": done.stdout + done.stderr}
    for name, words in written.items():
        if name.startswith("dicom/"):
            assert SECRETS["PatientName"].encode() in words
        else:
            assert not [value for value in values if value in words.lower()], name


def test_a_frame_keeps_its_pixels_where_the_header_tells_no_region(bundle_folder, tmp_path):
    image = picture(60, 90)
    outside = region((10, 10, 200, 300))
    write_dicom(tmp_path / "a.dcm", image, SequenceOfUltrasoundRegions=[outside])
    cv2.imwrite(str(tmp_path / "b.png"), image)
    assert segment(bundle_folder, [tmp_path / "a.dcm", tmp_path / "b.png"], tmp_path / "out") == DONE
    masks = contents(tmp_path / "out/masks")
    assert masks["a.png"] == masks["b.png"]


def test_objects_of_other_settings_have_an_identity_of_their_own(bundle_folder, tmp_path):
    """Whatever decides about a mask: archives would take the second one for the first."""
    import pydicom

    write_dicom(tmp_path / "a.dcm", picture(20, 30))
    identities = set()
    others = [{}, {"branch": "direct"}, {"confidence": 0.9}, {"threshold": 0.6}, {"engine": "openvino"}]
    for number, other in enumerate(others):
        out = tmp_path / f"out{number}"
        assert segment(bundle_folder, [tmp_path / "a.dcm"], out, outputs="seg,sr", **other) == DONE
        for kind in ("seg", "sr"):
            header = pydicom.dcmread(out / f"dicom/a.{kind}.dcm")
            identities |= {str(header.SOPInstanceUID), str(header.SeriesInstanceUID)}
    assert len(identities) == 4 * len(others)
