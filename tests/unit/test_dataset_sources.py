import hashlib
import shutil
import stat
import zipfile
from collections import namedtuple
from functools import partial

import pytest

from guidedseg.datasets import bus_uclm, reading, sources
from guidedseg.datasets.dataset import Raw
from guidedseg.errors import GuidedsegError

URL = "https://example.org/dataset.zip"


class Fetcher:
    """A repository's folders and a call of ``fetch`` with everything but the source decided."""

    def __init__(self, root):
        self.root = root
        self.drop_in = root / "data" / "external" / "bus_uclm"
        self.drop_in.parent.mkdir(parents=True)
        self.target = root / "data" / "raw" / "bus_uclm"
        self.scratch = root / ".scratch"

    def __call__(self, source="", sha256=None):
        return sources.fetch(
            bus_uclm.DATASET,
            str(source),
            sha256=sha256,
            drop_in=self.drop_in,
            target=self.target,
            check=partial(reading.check, bus_uclm.DATASET, options=Raw(source=None, sha256=None, images=5)),
            scratch=self.scratch,
        )

    def refusal(self, source="", sha256=None):
        """The error's text, once it is sure that nothing was left behind."""
        with pytest.raises(GuidedsegError) as caught:
            self(source, sha256)
        raw = self.target.parent
        assert not raw.exists() or not any(raw.iterdir())
        assert not self.scratch.exists() or not any(self.scratch.iterdir())
        return str(caught.value)


@pytest.fixture
def fetch(tmp_path):
    return Fetcher(tmp_path / "repository")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zip_folder(folder, archive, prefix="outer/outer/BUS-UCLM/"):
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as bundle:
        for name, data in files(folder).items():
            bundle.writestr(prefix + name, data)
    return archive


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def archive(tiny, tmp_path):
    return zip_folder(tiny, tmp_path / "downloads" / "dataset.zip")


@pytest.fixture
def internet(archive, monkeypatch):
    """Every download gives the zip; returns the URLs asked for."""
    asked = []

    class Downloader:
        def __init__(self, **_):
            pass

        def __call__(self, url, output_file, _pooch, **_):
            asked.append(url)
            shutil.copyfile(archive, output_file)

    monkeypatch.setattr("pooch.HTTPDownloader", Downloader)
    return asked


def test_folder_is_copied_whole(fetch, tiny):
    assert fetch(tiny) == str(tiny)
    assert files(fetch.target) == files(tiny)


def test_zip_with_nested_folders_is_unpacked_to_the_official_layout(fetch, archive, tiny):
    assert fetch(archive) == str(archive)
    assert files(fetch.target) == files(tiny)
    assert not any(fetch.scratch.iterdir())


def test_what_stood_at_the_target_is_replaced(fetch, tiny):
    (fetch.target / "images").mkdir(parents=True)
    (fetch.target / "images" / "OLDE_000.png").touch()
    fetch(tiny)
    assert files(fetch.target) == files(tiny)


def test_only_the_official_layout_is_copied(fetch, tiny):
    expected = files(tiny)
    (tiny / "notes.txt").touch()
    (tiny / "images" / ".DS_Store").touch()
    (tiny / "masks" / "Thumbs.db").touch()
    (tiny / "__MACOSX").mkdir()
    fetch(tiny)
    assert files(fetch.target) == expected


def test_left_overs_in_a_zip_are_not_mistaken_for_the_dataset(fetch, archive, tiny):
    with zipfile.ZipFile(archive, "a") as bundle:
        for name in ("images/._AAAA_000.png", "masks/._AAAA_000.png", "INFO.csv"):
            bundle.writestr(f"__MACOSX/BUS-UCLM/{name}", b"junk")
    fetch(archive)
    assert files(fetch.target) == files(tiny)


def test_read_only_source_gives_files_that_can_be_deleted(fetch, tiny):
    (tiny / "INFO.csv").chmod(0o444)
    fetch(tiny)
    assert (fetch.target / "INFO.csv").stat().st_mode & stat.S_IWUSR


@pytest.mark.parametrize("kind", ["folder", "symlink", "zip", "zip without ending"])
def test_drop_in_is_taken_before_the_source(fetch, tiny, archive, internet, kind):
    place = fetch.drop_in.with_suffix(".zip") if kind == "zip" else fetch.drop_in
    if kind == "folder":
        shutil.copytree(tiny, place)
    elif kind == "symlink":
        place.symlink_to(tiny)
    else:
        shutil.copyfile(archive, place)
    assert fetch(URL) == str(place)
    assert files(fetch.target) == files(tiny)
    assert not internet


def test_symlink_to_nowhere_is_named(fetch, tmp_path):
    fetch.drop_in.symlink_to(tmp_path / "gone")
    text = fetch.refusal(URL)
    assert str(fetch.drop_in) in text
    assert f"{tmp_path / 'gone'}, which does not exist" in text


@pytest.mark.parametrize("source", ["", "/nowhere/dataset.zip", "http://example.org/dataset.zip"])
def test_missing_source_names_what_was_looked_for_and_both_remedies(fetch, source):
    text = fetch.refusal(source)
    assert f"no {fetch.drop_in}, no {fetch.drop_in}.zip" in text
    assert repr(source) in text
    assert f"Put the dataset's folder or zip at {fetch.drop_in}" in text
    assert "datasets.bus_uclm.source" in text


def test_download_is_verified_and_put_into_place(fetch, archive, tiny, internet):
    assert fetch(URL, sha256=sha256_of(archive).upper()) == URL
    assert internet == [URL]
    assert files(fetch.target) == files(tiny)
    assert not any(fetch.scratch.iterdir())


def test_download_with_another_checksum_is_refused(fetch, internet):
    text = fetch.refusal(URL, sha256="0" * 64)
    assert internet == [URL]
    assert URL in text
    assert "datasets.bus_uclm.sha256" in text
    assert str(fetch.drop_in) in text


def test_failed_download_tells_to_do_it_by_hand(fetch, monkeypatch):
    def fail(*_, **__):
        raise ConnectionError("name or service not known")

    monkeypatch.setattr("pooch.retrieve", fail)
    text = fetch.refusal(URL)
    assert f"Downloading {URL} failed: name or service not known" in text
    assert f"Download it by hand and put the zip (or its folder) at {fetch.drop_in}" in text


@pytest.mark.usefixtures("internet")
def test_page_downloaded_instead_of_a_zip_is_refused_by_its_url(fetch, archive):
    archive.write_text("<html>please log in</html>")
    assert f"{URL} cannot be unpacked" in fetch.refusal(URL)


def test_dropped_in_zip_with_the_right_checksum_is_taken(fetch, archive, tiny):
    shutil.copyfile(archive, fetch.drop_in)
    fetch(URL, sha256=sha256_of(archive))
    assert files(fetch.target) == files(tiny)


def test_dropped_in_zip_with_another_checksum_is_refused(fetch, archive):
    shutil.copyfile(archive, fetch.drop_in)
    text = fetch.refusal(URL, sha256="0" * 64)
    assert f"{fetch.drop_in} has the sha256 {sha256_of(archive)}, but datasets.bus_uclm.sha256 is 000" in text


def test_local_zip_with_another_checksum_is_refused(fetch, archive):
    assert f"{archive} has the sha256" in fetch.refusal(archive, sha256="0" * 64)


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/evil.png", "C:\\evil.png", "..\\evil.png"])
def test_zip_entry_that_leaves_the_folder_is_refused_by_name(fetch, archive, name):
    with zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr(zipfile.ZipInfo(name), b"evil")
    text = fetch.refusal(archive)
    assert f"{archive} cannot be unpacked" in text
    assert f"- {name}: " in text
    assert not list(fetch.root.parent.rglob("*evil*"))


def test_symlink_in_a_zip_is_refused_by_name(fetch, archive):
    link = zipfile.ZipInfo("images/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr(link, "/etc/passwd")
    assert "- images/link.png: a symlink" in fetch.refusal(archive)


def test_zip_cut_short_is_refused(fetch, archive):
    archive.write_bytes(archive.read_bytes()[:-100])
    text = fetch.refusal(archive)
    assert f"{archive} cannot be unpacked" in text
    assert "Download or copy it again" in text


def test_zip_with_a_damaged_file_names_it(fetch, archive):
    data = bytearray(archive.read_bytes())
    data[data.index(b"images/AAAA_000.png") + 200] ^= 0xFF
    archive.write_bytes(data)
    assert "outer/outer/BUS-UCLM/images/AAAA_000.png" in fetch.refusal(archive)


def test_damaged_dataset_is_not_put_into_place(fetch, tiny):
    (tiny / "masks" / "BBBB_000.png").unlink()
    text = fetch.refusal(tiny)
    assert str(tiny) in text
    assert "images/BBBB_000.png: has no mask" in text


def test_damaged_dataset_in_a_zip_is_told_by_the_path_in_the_zip(fetch, tiny, tmp_path):
    (tiny / "masks" / "BBBB_000.png").unlink()
    archive = zip_folder(tiny, tmp_path / "damaged.zip")
    text = fetch.refusal(archive)
    assert f"{archive}/outer/outer/BUS-UCLM is not a whole dataset" in text
    assert "unpacked-" not in text


def test_after_an_error_what_stood_at_the_target_still_stands(fetch, tiny):
    fetch(tiny)
    before = files(fetch.target)
    (tiny / "INFO.csv").unlink()
    with pytest.raises(GuidedsegError, match=r"has no INFO\.csv"):
        fetch(tiny)
    assert files(fetch.target) == before


def test_several_datasets_are_named(fetch, tiny, tmp_path):
    shutil.copytree(tiny, tmp_path / "many" / "one")
    shutil.copytree(tiny, tmp_path / "many" / "two")
    text = fetch.refusal(tmp_path / "many")
    assert str(tmp_path / "many" / "one") in text
    assert str(tmp_path / "many" / "two") in text


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_too_little_disk_space_is_told_before_anything_is_written(fetch, tiny, archive, monkeypatch, kind):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 10**9, 1000))
    text = fetch.refusal(tiny if kind == "folder" else archive)
    assert "MB of disk space" in text
    assert "make room" in text
