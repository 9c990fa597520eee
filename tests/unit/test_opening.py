"""A file is what its content says, and a bad one is told in one line that names it and a remedy."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from own_files import LOSSLESS, PERSON, SAMPLES, bytes_of, dicom, drawn, frames, write_dicom, write_video
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import MPEG4HP41, EncapsulatedPDFStorage, HTJ2KLossless, SegmentationStorage

from guidedseg.errors import GuidedsegError
from guidedseg.grey import grey
from guidedseg.sources.opening import open_source

PICTURE = drawn()
GREY = grey(PICTURE, order="RGB")


def told(path: Path) -> str:
    """The line that a bad file is told in."""
    with pytest.raises(GuidedsegError) as caught:
        frames(path)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert PERSON not in line
    return line


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        *[("picture", bytes_of(PICTURE, name)) for name in ("PNG", "JPEG", "BMP", "WEBP")],
        *[("tiff", bytes_of(PICTURE, "TIFF", **options)) for options in ({}, {"big_tiff": True})],
        ("dicom", (SAMPLES / "examples_rgb_color.dcm").read_bytes()),
    ],
)
@pytest.mark.parametrize("name", ["a.png", "a.dcm", "a.mp4", "a", "a.txt"])
def test_the_kind_is_told_by_the_content_whatever_the_suffix(tmp_path, kind, content, name):
    assert open_source(put(tmp_path / name, content)).kind == kind


@pytest.mark.parametrize(
    "name", ["a b.png", "caf\u00e9 \u8d85\u97f3\u6ce2.png", "a\nb.png", "-", "[x]*?.png", "%d.png", "a:b|c.png"]
)
def test_a_file_may_have_any_name(tmp_path, name):
    np.testing.assert_array_equal(frames(put(tmp_path / name, bytes_of(GREY, "PNG")))[0].grey, GREY)
    assert write_dicom(tmp_path / "d", GREY).rename(tmp_path / name)
    np.testing.assert_array_equal(frames(tmp_path / name)[0].grey, GREY)


def test_a_link_to_a_file_is_that_file(tmp_path):
    put(tmp_path / "a.png", bytes_of(GREY, "PNG"))
    (tmp_path / "link").symlink_to("a.png")
    np.testing.assert_array_equal(frames(tmp_path / "link")[0].grey, GREY)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\0" * 1000, "by its content, no PNG"),
        (b"BMI of all patients", "by its content, no PNG"),
        (b"II, the second", "by its content, no PNG"),
        (b"#EXTM3U\nhttp://example.org/a.ts\n", "by its content, no PNG"),
        (b"GIF89a" + b"\0" * 100, "is GIF, which is not read"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 100, "is HEIC, which is not read"),
        (b"\x89PNG\r\n\x1a\n", "damaged or cut short"),
        (b"\xff\xd8\xff", "damaged or cut short"),
        (b"II*\0", "damaged or cut short"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 100, "damaged or cut short"),
        (b"\0" * 128 + b"DICM", "shows no picture"),
        (b"\x08\0\x05\0" + b"\0" * 100, "DICOM"),
        (bytes.fromhex("3080") + bytes.fromhex("06092a864886f70d010703") + b"\0" * 100, "is encrypted"),
        (
            bytes_of(np.zeros((1, 1), np.uint8), "PNG").replace(b"\0\0\0\1\0\0\0\1", b"\0\0\0\0\0\0\0\1"),
            "damaged or cut",
        ),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path, content, words):
    line = told(put(tmp_path / "bad.png", content))
    assert words in line
    assert str(tmp_path / "bad.png") in line


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "TIFF"])
def test_a_picture_cut_short_is_told(tmp_path, kind, share):
    content = bytes_of(PICTURE, kind)
    assert "damaged or cut short" in told(put(tmp_path / "a", content[: int(len(content) * share)]))


@pytest.mark.parametrize("encoding", LOSSLESS)
def test_dicom_cut_short_anywhere_is_told(tmp_path, encoding):
    content = write_dicom(tmp_path / "a", PICTURE, encoding).read_bytes()
    whole = len(content) - 8  # behind it there is nothing, or the sign that nothing follows
    for length in [*range(1, whole, len(content) // 60), whole - 1]:
        told(put(tmp_path / "a", content[:length]))


def huge(kind: str) -> bytes:
    """A header that claims 20,000 x 20,000 pixels, and little behind it."""
    small = bytes_of(np.zeros((2, 3), np.uint8), kind)
    old = {"PNG": b"\0\0\0\3\0\0\0\2", "JPEG": b"\0\2\0\3", "BMP": b"\3\0\0\0\2\0\0\0"}[kind]
    new = {"PNG": b"\0\0N \0\0N ", "JPEG": b"N N ", "BMP": b" N\0\0 N\0\0"}[kind]
    return small.replace(old, new, 1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(tmp_path, kind, monkeypatch):
    monkeypatch.setattr("cv2.imdecode", None)
    line = told(put(tmp_path / "a", huge(kind)))
    if kind == "PNG":  # its header has a checksum, which is wrong now
        assert "damaged" in line
    else:
        assert "20000 x 20000 pixels" in line


def test_a_tiff_and_a_dicom_that_claim_to_be_huge_are_refused(tmp_path):
    content = bytearray(bytes_of(np.zeros((2, 3), np.uint8), "TIFF"))
    for tag in ("00010400", "01010400"):  # ImageWidth, ImageLength: LONG
        place = content.index(bytes.fromhex(tag))
        content[place + 8 : place + 12] = (20_000).to_bytes(4, "little")
    assert "20000 x 20000 pixels" in told(put(tmp_path / "a", bytes(content)))
    assert "20000 x 20000 pixels" in told(write_dicom(tmp_path / "a", GREY, Rows=20_000, Columns=20_000))


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"PixelData": ...}, "shows no picture (Ultrasound Image Storage)"),
        ({"PixelData": ..., "SOPClassUID": EncapsulatedPDFStorage}, "shows no picture (Encapsulated PDF Storage)"),
        (
            {"PixelData": ..., "SOPClassUID": "1.2.840.1"},
            "shows no picture (a kind that the standard does not name)",
        ),
        ({"PixelData": ..., "EncryptedAttributesSequence": [Dataset()]}, "is encrypted"),
        ({"SOPClassUID": SegmentationStorage}, "shows no picture (Segmentation Storage)"),
        ({"NumberOfFrames": 0}, "says that it has 0 frames"),
        ({"Rows": 0}, "0 pixels"),
        ({"Rows": ..., "BitsStored": ...}, "lacks Rows, BitsStored. Export it"),
        ({"SamplesPerPixel": 3, "PlanarConfiguration": 0}, "3 x 8 bits"),
        ({"PhotometricInterpretation": "HSV"}, "colours, that are not read"),
        ({"BitsAllocated": 32, "BitsStored": 32}, "32 bits"),
    ],
)
def test_dicom_without_a_picture_that_can_be_read_is_told(tmp_path, elements, words):
    assert words in told(write_dicom(tmp_path / "a", GREY, **elements))


@pytest.mark.parametrize(
    ("syntax", "words"),
    [
        (MPEG4HP41, "compressed as MPEG-4 AVC"),
        (HTJ2KLossless, "needs another package"),
        ("1.2.3", "compressed as a kind that the standard does not name"),
    ],
)
def test_dicom_in_an_encoding_that_nothing_decodes_is_told_with_its_name(tmp_path, syntax, words):
    dataset = dicom(GREY)
    dataset.PixelData = encapsulate([b"\0" * 10])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "a", enforce_file_format=True, implicit_vr=False, little_endian=True)
    assert words in told(tmp_path / "a")


@pytest.mark.parametrize("name", ["test-SR.dcm", "reportsi.dcm", "rtplan.dcm", "waveform_ecg.dcm"])
def test_real_dicom_that_is_no_picture_is_told(name):
    assert "shows no picture" in told(SAMPLES / name)


def test_what_is_not_there_is_told(tmp_path):
    assert "is not there" in told(tmp_path / "a.png")
    assert "is not there" in told(tmp_path / "a\nb" / "*.png")
    (tmp_path / "link").symlink_to("no\nwhere")
    assert r"is a link to no\nwhere, which is not there" in told(tmp_path / "link")
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be read" in told(tmp_path / "loop")
    assert "cannot be read" in told(tmp_path / ("x" * 5000))
    assert "cannot be read" in told(tmp_path / "a\0b")


def test_what_is_no_file_is_told_at_once(tmp_path, monkeypatch):
    assert "is a folder" in told(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "is no file but a pipe" in told(tmp_path / "pipe")
    assert "is no file but a pipe" in told(Path("/dev/zero"))
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # the path of a socket must be short
        server.bind("socket")
        assert "is no file but a pipe" in told(tmp_path / "socket")


def test_a_file_without_permission_is_told(tmp_path, monkeypatch):
    path = put(tmp_path / "a.png", bytes_of(GREY, "PNG"))
    opened = Path.open

    def refuse(self, *arguments, **options):
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read by you" in told(path)


@pytest.mark.parametrize(("package", "extra"), [("pydicom", "dicom"), ("av", "video")])
def test_a_missing_extra_is_told_with_the_command_that_installs_it(tmp_path, monkeypatch, package, extra):
    path = write_dicom(tmp_path / "a", GREY) if extra == "dicom" else write_video(tmp_path / "a.mp4", [PICTURE])
    for name in [name for name in sys.modules if name.startswith(f"guidedseg.sources.{extra}")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert f"pip install 'guidedseg[{extra}]'" in told(path)
    put(tmp_path / "b", bytes_of(GREY, "PNG"))
    assert len(frames(tmp_path / "b")) == 1


def test_to_open_a_picture_imports_no_extra_and_nothing_heavy(tmp_path):
    put(tmp_path / "a.png", bytes_of(GREY, "PNG"))
    code = (
        "import sys; from pathlib import Path; from guidedseg.sources.opening import open_source;"
        "list(open_source(Path(sys.argv[1])).frames());"
        "print(*{'torch', 'ultralytics', 'pandas', 'pydicom', 'highdicom', 'av', 'scipy'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "a.png")]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == ""
