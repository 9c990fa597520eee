"""A zip gives a bundle or one clear word, and writes nothing but a bundle's files."""

import struct
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidedseg.bundles import checking, zipped
from guidedseg.bundles.loading import load
from guidedseg.errors import GuidedsegError


@pytest.fixture(scope="module")
def whole(bundle_folder: Path) -> bytes:
    return bundle_folder.with_suffix(".zip").read_bytes()


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where zips are unpacked: beside these folders nothing may appear."""
    (tmp_path / "places").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "places"))
    yield tmp_path / "places"
    written = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    inside = {Path(*path.parts[2:]).as_posix() for path in written if path.parts[0] == "places"}
    assert inside <= set(zipped.NAMES)
    assert {path.name for path in written if path.parts[0] != "places"} <= {"bundle.zip"}


def packed(path: Path, folder: Path, more: Mapping[str, bytes] = {}, without: str = "", kind: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a name is there twice
        for name in zipped.NAMES:
            if name != without:
                archive.write(folder / name, name)
        for name, content in more.items():
            archive.writestr(name, content)
    return path


def refused(path: Path, what: str) -> None:
    with pytest.raises(GuidedsegError, match=what) as error:
        load(path, threads=1)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["../x", "/tmp/x", "..\\x", "C:\\x", "detector/../../x", "extra.txt", "detector/", "__MACOSX/._README.md"]
)
def test_a_foreign_name_is_told_and_nothing_is_unpacked(name, bundle_folder, tmp_path, places):
    for without in ("", "README.md"):  # in addition, and in place of a file
        path = packed(tmp_path / "bundle.zip", bundle_folder, {name: b"x"}, without)
        refused(path, "is no bundle: it holds ")
    assert not list(places.rglob("*.json"))


def test_a_missing_or_repeated_file_is_told(bundle_folder, tmp_path):
    refused(packed(tmp_path / "bundle.zip", bundle_folder, without="direct/config.json"), "it lacks direct/config.json")
    refused(packed(tmp_path / "bundle.zip", bundle_folder, {"bundle.json": b"{}"}), "it holds a file twice")


def in_table(content: bytearray, place: int, value: bytes) -> None:
    """Change what the table at the end says of a file."""
    entry = content.rindex(b"guided/weights.safetensors") - 46
    assert content[entry : entry + 4] == b"PK\1\2"
    content[entry + place : entry + place + len(value)] = value


def test_compressed_it_is_the_same_bundle_and_its_damage_is_told(bundle_folder, tmp_path):
    path = packed(tmp_path / "bundle.zip", bundle_folder, kind=zipfile.ZIP_DEFLATED)
    assert checking.check(path)
    content = bytearray(path.read_bytes())
    damaged = content[:]
    damaged[10_000:-5_000:1_000] = bytes(len(content[10_000:-5_000:1_000]))
    path.write_bytes(damaged)
    refused(path, "cannot be unpacked")
    in_table(content, 10, struct.pack("<H", zipfile.ZIP_LZMA))
    path.write_bytes(content)
    refused(path, "is packed in another way")


@pytest.mark.parametrize("part", [0, 1, 1000, -1000, -1])
def test_a_zip_that_is_cut_is_told(part, whole, tmp_path):
    (tmp_path / "bundle.zip").write_bytes(whole[:part])
    refused(tmp_path / "bundle.zip", "cannot be unpacked")


def test_a_zip_without_its_beginning_is_told(whole, tmp_path):
    (tmp_path / "bundle.zip").write_bytes(whole[100:])
    refused(tmp_path / "bundle.zip", "cannot be unpacked")


@pytest.mark.parametrize("content", [b"hello", b"PK\3\4", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_zip_is_told(content, tmp_path):
    (tmp_path / "bundle.zip").write_bytes(content)
    refused(tmp_path / "bundle.zip", "cannot be unpacked")


@pytest.mark.parametrize("size", [10, 2**32 - 2])
def test_a_zip_that_lies_about_sizes_never_writes_more_than_it_says(size, bundle_folder, tmp_path, places):
    path = packed(tmp_path / "bundle.zip", bundle_folder, kind=zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    in_table(content, 24, struct.pack("<I", size))
    path.write_bytes(content)
    refused(path, "more than 2 GiB" if size > 10 else "cannot be unpacked")
    assert all(file.stat().st_size <= size for file in places.rglob("guided/weights.safetensors"))


def test_an_encrypted_zip_is_told(whole, tmp_path):
    content = bytearray(whole)
    for sign, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = content.index(sign)
        content[place + flags] |= 1
    (tmp_path / "bundle.zip").write_bytes(content)
    refused(tmp_path / "bundle.zip", "cannot be unpacked .*encrypted")


def test_no_place_to_unpack_is_told(whole, tmp_path, monkeypatch):
    (tmp_path / "bundle.zip").write_bytes(whole)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipped.shutil, "copyfileobj", full)
    refused(tmp_path / "bundle.zip", "cannot be unpacked .*No space left")


@given(place=st.integers(-1500, 1500), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_changed_bit_is_told_or_changes_nothing(place, bit, whole):
    content = bytearray(whole)
    content[place] ^= 1 << bit
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "bundle.zip"
        path.write_bytes(content)
        try:
            zipped.unpack(path, Path(name))
        except GuidedsegError:
            return
        with zipfile.ZipFile(BytesIO(whole)) as original:
            assert all((Path(name) / entry).read_bytes() == original.read(entry) for entry in zipped.NAMES)
