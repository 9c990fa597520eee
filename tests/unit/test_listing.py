"""Which files are meant by paths, folders, patterns and lists, and the names of their outputs."""

import os
import tempfile
from io import StringIO
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidedseg.errors import GuidedsegError
from guidedseg.sources.listing import listed


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def names(*paths: object, stdin: str = "") -> list[str]:
    return [item.name for item in listed([str(path) for path in paths], StringIO(stdin))]


def found(*paths: object, stdin: str = "") -> list[Path]:
    return [item.path for item in listed([str(path) for path in paths], StringIO(stdin))]


def test_a_folder_is_read_with_all_below_it_sorted_and_without_what_file_managers_leave(tmp_path):
    tree(tmp_path, "b.png", "a.png", "sub/c.dcm", "sub/deep/d", ".hidden.png", ".git/x.png", "Thumbs.db")
    tree(tmp_path, "__MACOSX/._a.png", ".DS_Store", "sub/DICOMDIR", "sub/desktop.ini")
    assert names(tmp_path) == ["a", "b", "sub/c", "sub/deep/d"]
    assert found(tmp_path) == [tmp_path / name for name in ("a.png", "b.png", "sub/c.dcm", "sub/deep/d")]


def test_a_hidden_file_that_is_named_itself_is_read(tmp_path):
    assert names(tree(tmp_path, ".hidden.png") / ".hidden.png") == [".hidden"]


def test_what_is_given_keeps_its_order(tmp_path):
    tree(tmp_path, "a.png", "b.png", "c.png")
    assert names(tmp_path / "c.png", tmp_path / "a.png") == ["c", "a"]


def test_a_file_given_twice_is_listed_once_whatever_the_way_to_it(tmp_path):
    tree(tmp_path, "sub/a.png")
    (tmp_path / "link.png").symlink_to("sub/a.png")
    (tmp_path / "folder").symlink_to("sub")
    assert names(tmp_path / "sub/a.png", tmp_path / "sub/../sub/a.png", tmp_path) == ["a"]


def test_copies_of_a_file_are_two_files_even_as_hard_links(tmp_path):
    tree(tmp_path, "a.png")
    os.link(tmp_path / "a.png", tmp_path / "b.png")
    assert names(tmp_path) == ["a", "b"]


def test_a_cycle_of_links_ends(tmp_path):
    tree(tmp_path, "sub/a.png")
    (tmp_path / "sub/up").symlink_to(tmp_path)
    (tmp_path / "sub/itself.png").symlink_to("itself.png")
    assert sorted(names(tmp_path)) == ["sub/a", "sub/itself"]


def test_a_pattern_finds_what_it_fits_and_names_start_after_its_fixed_part(tmp_path):
    tree(tmp_path, "x/a.png", "x/b.dcm", "y/a.png", "y/z/c.png", ".h/d.png")
    assert names(tmp_path / "*" / "*.png") == ["x/a", "y/a"]
    assert names(tmp_path / "**" / "*.png") == ["x/a", "y/a", "y/z/c"]
    assert names(tmp_path / "[x]" / "?.*") == ["x/a", "x/b"]
    assert names(tmp_path / "y*") == ["y/a", "y/z/c"]
    assert names(tmp_path / "y" / "**") == ["a", "z/c"]


def test_a_name_that_looks_like_a_pattern_is_taken_at_its_word_where_it_exists(tmp_path):
    tree(tmp_path, "a[1].png", "a1.png", "b[2]/c.png", "b2/d.png")
    assert found(tmp_path / "a[1].png") == [tmp_path / "a[1].png"]
    assert found(tmp_path / "b[2]" / "*.png") == [tmp_path / "b[2]/c.png"]
    assert found(tmp_path / "b[2]") == [tmp_path / "b[2]/c.png"]


def test_what_does_not_exist_is_listed_so_that_opening_it_can_tell(tmp_path):
    tree(tmp_path, "a.png")
    missing = [tmp_path / "no.png", tmp_path / "*.dcm", tmp_path / "no" / "*" / "*.png"]
    assert found(tmp_path / "a.png", *missing) == [tmp_path / "a.png", *missing]


def test_a_folder_without_files_is_listed_among_others_and_an_error_alone(tmp_path):
    tree(tmp_path, "full/a.png")
    (tmp_path / "empty").mkdir()
    assert found(tmp_path / "empty", tmp_path / "full") == [tmp_path / "empty", tmp_path / "full/a.png"]
    with pytest.raises(GuidedsegError, match=r"nothing to read: no file in .*empty"):
        names(tmp_path / "empty")
    with pytest.raises(GuidedsegError, match="nothing to read"):
        names("-", "")


def test_a_folder_that_is_closed_is_listed_so_that_opening_it_can_tell(tmp_path, monkeypatch):
    tree(tmp_path, "a.png", "closed/b.png")
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(tmp_path) == [tmp_path / "a.png", tmp_path / "closed"]


def test_a_minus_reads_paths_from_standard_input(tmp_path):
    tree(tmp_path, "a b.png", "c.png", "d/e.png")
    lines = f"{tmp_path / 'a b.png'}\n\n{tmp_path / 'd'}\r\n{tmp_path / 'no'}\n"
    assert names("-", tmp_path / "c.png", stdin=lines) == ["a b", "e", "no", "c"]


def test_a_name_that_no_file_can_have_is_listed():
    strange = ["a\0b", "x" * 5000]
    assert [str(path) for path in found("-", stdin="\n".join(strange))] == strange


def test_sources_of_one_name_keep_their_suffix_and_copies_get_a_number(tmp_path):
    tree(tmp_path, "p/scan.png", "p/scan.dcm", "p/other.png", "q/scan.png", "r/scan.png")
    assert names(tmp_path / "p") == ["other", "scan.dcm", "scan.png"]
    same = [tmp_path / folder / "scan.png" for folder in "pqr"]
    assert names(*same) == ["scan.png", "scan.png-2", "scan.png-3"]


def test_no_name_is_a_folder_of_another_with_or_without_an_ending(tmp_path):
    tree(tmp_path, "p/cine.mp4", "p/cine/000000.png", "p/Sub/deep.dcm", "p/sub.dcm", "p/sub/deep/1.png")
    assert names(tmp_path / "p") == ["cine.mp4", "sub.dcm", "Sub/deep.dcm", "cine/000000", "sub/deep/1"]
    tree(tmp_path, "q/a.jpg", "q/a.png/x.png", "q/b", "q/b.b/c")
    assert names(tmp_path / "q") == ["a.jpg", "b-2", "a.png/x", "b.b/c"]


def test_nothing_of_the_folder_of_the_outputs_is_listed_whatever_the_way_to_it(tmp_path):
    tree(tmp_path, "a.png", "out/masks/a.png", "outer/b.png")
    (tmp_path / "link").symlink_to("out")
    for whole in (tmp_path, tmp_path / "**" / "*.png"):
        listing = listed([str(whole), str(tmp_path / "link/masks/a.png")], StringIO(), str(tmp_path / "link"))
        assert [item.name for item in listing] == ["a", "outer/b"]
    assert [item.name for item in listed([str(tmp_path)], StringIO(), str(tmp_path / "new"))] == names(tmp_path)
    for out in (tmp_path / "outer", tmp_path):
        with pytest.raises(GuidedsegError, match=rf"nothing to read: all of it lies in {out}, .*another"):
            listed([str(tmp_path / "outer")], StringIO(), str(out))


def test_names_differ_by_more_than_case_and_accents_written_in_two_ways(tmp_path):
    tree(tmp_path, "p/A.png", "p/a.dcm", "p/caf\u00e9.png", "p/cafe\u0301.dcm")
    assert sorted(names(tmp_path / "p")) == ["A.png", "a.dcm", "cafe\u0301.dcm", "caf\u00e9.png"]


def test_the_end_of_a_uid_is_no_suffix(tmp_path):
    tree(tmp_path, "1.2.840.77", "1.2.840.78", "IM0001", "x.tiff", "scan 2024.01.15")
    assert sorted(names(tmp_path)) == ["1.2.840.77", "1.2.840.78", "IM0001", "scan 2024.01.15", "x"]


def test_a_name_holds_nothing_that_a_file_system_or_a_table_minds(tmp_path):
    tree(tmp_path, "a\nb.png", "c:d.png", "e\\f.png", "g\u2028h.png")
    tree(tmp_path, os.fsdecode(b"i\xff.png"), "x" * 200 + ".png")
    assert set(names(tmp_path)) == {"a_b", "c_d", "e_f", "g_h", "i_", "x" * 120}
    assert names(tree(tmp_path, "...") / "...") == ["___"]


LETTERS = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=40)
NAMES = LETTERS.filter(lambda name: name not in {".", ".."} and len(name.encode()) < 250)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES), max_size=6, unique=True))
def test_names_are_different_safe_relative_paths_whatever_files_are_called(pairs):
    with tempfile.TemporaryDirectory() as place:
        given_paths = []
        for number, (folder, name) in enumerate(pairs):
            path = Path(place) / str(number % 2) / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            given_paths.append(path)
        (Path(place) / "last.png").touch()
        result = names(*given_paths, place)
        assert len(result) >= len(set(given_paths)) + 1
        assert len({name.casefold() for name in result}) == len(result)
        assert not {str(folder) for name in result for folder in PurePosixPath(name).parents} & set(result)
        for name in result:
            pure = PurePosixPath(name)
            assert not pure.is_absolute()
            assert ".." not in pure.parts
            assert str(pure) == name
            assert name.isprintable() or not any(letter in name for letter in "\n\r\t\\:")
            name.encode()
            assert all(len(part.encode()) <= 130 for part in pure.parts)
