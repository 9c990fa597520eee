"""A zip that would do harm, or cannot be unpacked, is refused as a whole; what can be read of any other is read."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from acquired import Acquired
from layouts import masks

from guidedseg.datasets import zips
from guidedseg.datasets.zips import unpacked
from guidedseg.errors import GuidedsegError

Pack = Callable[..., Path]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A zip of the drawn folder, every name changed by ``named``; with more entries, made of names and bytes."""
    masks(tmp_path / "drawn")

    def write(
        more: dict[str | zipfile.ZipInfo, bytes] | None = None, named: Callable[[str], str] = str, method: int = 8
    ) -> Path:
        with zipfile.ZipFile(tmp_path / "own.zip", "w", method) as bundle:
            for path in sorted((tmp_path / "drawn").rglob("*")):
                if path.is_file():
                    bundle.write(path, named(path.relative_to(tmp_path / "drawn").as_posix()))
            for entry, content in (more or {}).items():
                bundle.writestr(entry, content)
        return tmp_path / "own.zip"

    return write


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize("prefix", ["", "outer/outer/", "é à/", "a/b/c/d/e/"])
def test_zip_is_read_however_deep_it_lies(pack: Pack, acquired: Acquired, prefix: str) -> None:
    archive = pack({"__MACOSX/images/._a.png": b"junk", ".DS_Store": b"junk"}, lambda name: prefix + name)
    assert acquired("folder", archive).startswith("3 images")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_of_any_method_is_read(pack: Pack, acquired: Acquired, method: int) -> None:
    assert acquired("folder", pack(method=method)).startswith("3 images")


def test_all_that_leaves_its_folder_is_named_at_once(pack: Pack, acquired: Acquired) -> None:
    names = ["../a.png", "x/../../b.png", "/tmp/c.png", "C:\\d.png", "..\\e.png"]
    text = acquired.refusal("folder", pack(dict.fromkeys(names, b"x") | {link("images/f.png"): b"/etc/passwd"}))
    assert "6 problem(s)" in text
    for name in (*names, "images/f.png: a symlink"):
        assert f"- {name}" in text
    assert "Nothing was unpacked" in text


@pytest.mark.parametrize("other", ["images/a.png", "images/A.PNG", "IMAGES/a.png", "images\\a.png"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_are_one_on_some_system_are_told(pack: Pack, acquired: Acquired, other: str) -> None:
    text = acquired.refusal("folder", pack({other: b"x"}))
    assert "images/a.png and" in text
    assert "one name" in text


def test_accents_in_two_forms_are_told(pack: Pack, acquired: Acquired) -> None:
    assert "form of accents" in acquired.refusal("folder", pack({"e\u0301.png": b"1", "\u00e9.png": b"2"}))


@pytest.mark.parametrize("cut", [0.02, 0.5, 0.99])
def test_zip_cut_short_is_told(pack: Pack, acquired: Acquired, cut: float) -> None:
    archive = pack()
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * cut)])
    assert f"{archive} cannot be unpacked" in acquired.refusal("folder", archive)


@pytest.mark.parametrize("at", range(30, 4000, 331))
def test_zip_with_damage_anywhere_is_told_or_harmless(pack: Pack, acquired: Acquired, at: int) -> None:
    archive = pack(method=zipfile.ZIP_LZMA)
    content = bytearray(archive.read_bytes())
    content[at : at + 8] = bytes(255 - value for value in content[at : at + 8])
    archive.write_bytes(content)
    assert str(archive) in acquired.refusal("folder", archive)


def test_encrypted_files_are_named(pack: Pack, acquired: Acquired) -> None:
    archive = pack()
    content = bytearray(archive.read_bytes())
    at = content.rindex(b"PK\x01\x02")  # the last entry of the directory
    content[at + 8] |= 1
    archive.write_bytes(content)
    assert "table.csv: is encrypted; unpack it with its password" in acquired.refusal("folder", archive)


def test_bomb_is_told_before_anything_is_unpacked(
    pack: Pack, acquired: Acquired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "_SMALL", 1_000_000)
    archive = pack({"images/zeros.bmp": bytes(20_000_000)})
    text = acquired.refusal("folder", archive)
    assert "would become 20.0 MB, as of no pictures; the largest file is images/zeros.bmp" in text


def test_file_that_is_larger_than_it_says_is_told(pack: Pack, tmp_path: Path) -> None:
    archive = pack({"zeros.bin": bytes(5_000_000)})
    content = archive.read_bytes()
    size, lie = (5_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert content.count(size) == 2
    archive.write_bytes(content.replace(size, lie))
    with (
        pytest.raises(GuidedsegError, match=r"cannot be unpacked \(Bad CRC-32 for file 'zeros.bin'\)"),
        unpacked(archive, "own.zip", tmp_path / "scratch", target=tmp_path / "target"),
    ):
        raise AssertionError("it was unpacked")
    assert not (tmp_path / "scratch").exists()


def test_more_than_the_disk_has_is_told(pack: Pack, acquired: Acquired, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert "MB of disk space" in acquired.refusal("folder", pack())


def test_zip_within_a_zip_is_told(tmp_path: Path, acquired: Acquired) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as bundle:
        bundle.writestr("images/a.png", b"x")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as bundle:
        bundle.writestr("data/inner.zip", inner.getvalue())
    assert "data/inner.zip is a zip: unpack it" in acquired.refusal("folder", tmp_path / "outer.zip")


def test_two_datasets_in_a_zip_are_told(pack: Pack, acquired: Acquired) -> None:
    archive = pack({"second/images/a.png": b"x"}, lambda name: f"first/{name}")
    text = acquired.refusal("folder", archive)
    assert f"Several datasets lie in {archive}" in text
    assert f"- {archive}/first" in text
    assert f"- {archive}/second" in text


@pytest.mark.parametrize("more", [{"x" * 300 + ".png": b""}, {"images": b"a file"}])
def test_names_that_no_file_can_have_are_told(pack: Pack, acquired: Acquired, more: dict[str, bytes]) -> None:
    assert "cannot be unpacked" in acquired.refusal("folder", pack(more))


ODD_NAMES = {
    "a name of 5000 letters": {"n" * 5000: b""},
    "a name of 6029 letters": {"/".join(["d" * 200] * 30): b""},
    "a name of 3999 letters": {"/".join("d" * 2000): b""},
    "images: a file and a folder of one name": {"images": b""},
    "150001 files": {f"m{number}": b"" for number in range(150_000)},
}


@pytest.mark.parametrize("told", ODD_NAMES)
def test_names_that_no_dataset_has_are_told_before_anything_is_unpacked(
    tmp_path: Path, acquired: Acquired, told: str
) -> None:
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as bundle:
        for name, content in {"images/a.png": b"", **ODD_NAMES[told]}.items():
            bundle.writestr(name, content)
    text = acquired.refusal("folder", tmp_path / "odd.zip")
    assert told in text
    assert "Nothing was unpacked." in text
    assert max(map(len, text.splitlines())) < 250
