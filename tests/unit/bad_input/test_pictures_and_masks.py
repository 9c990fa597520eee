"""Every damage to pictures and masks, in every layout: all files that have it are named, with a word that tells it."""

import os
import re
import shutil
import zipfile
from pathlib import Path

import damages
import pytest
from acquired import Acquired, options
from drawn_datasets import grey, save
from layouts import LAYOUTS, Drawn

from guidedseg.datasets import reading, telling
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.errors import GuidedsegError

WITH_MASKS = [layout for layout in LAYOUTS if layout not in {"coco", "labelme", "yolo"}]


@pytest.fixture
def drawn(request: pytest.FixtureRequest, tmp_path: Path) -> Drawn:
    return Drawn(request.param, tmp_path / "drawn")


def told(text: str, path: str, words: str) -> bool:
    """Whether a line names the file and has the words."""
    return any(re.search(words, line) for line in text.splitlines() if path in line)


@pytest.mark.parametrize("drawn", LAYOUTS, indirect=True)
def test_whole_one_is_taken_and_junk_is_not(drawn: Drawn, acquired: Acquired) -> None:
    beside = damages.beside_images(drawn.place, drawn.lesions()[0].image)
    for name in (".DS_Store", "._a.png", "Thumbs.db", "desktop.ini"):
        (beside / name).write_bytes(b"junk")
    assert re.match(r"\d images", acquired(drawn.name, drawn.folder))
    assert not [path for path in acquired.target.rglob("*") if path.name in {".DS_Store", "._a.png", "Thumbs.db"}]
    list(telling.told(acquired.target, drawn.name))


@pytest.mark.parametrize("damage", damages.OF_ANY, ids=lambda each: each.__name__)
@pytest.mark.parametrize("drawn", LAYOUTS, indirect=True)
def test_all_damaged_pictures_are_named(drawn: Drawn, damage: damages.Damage, acquired: Acquired) -> None:
    images = [entry.image for entry in drawn.lesions()]
    for image in images:
        damage(drawn.place / image)
    text = acquired.refusal(drawn.name, drawn.folder)
    assert [image for image in images if told(text, image, damages.OF_ANY[damage])] == images
    with pytest.raises(GuidedsegError, match=re.escape(images[0])):
        list(telling.told(drawn.folder, drawn.name))


@pytest.mark.parametrize("damage", damages.OF_ANY | damages.OF_MASKS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("drawn", WITH_MASKS, indirect=True)
def test_all_damaged_masks_are_named(drawn: Drawn, damage: damages.Damage, acquired: Acquired) -> None:
    masks = [entry.masks[0] for entry in drawn.lesions()]
    if damage is damages.black:
        masks = [mask for entry in drawn.lesions() for mask in entry.masks]
    for mask in masks:
        damage(drawn.place / mask)
    text = acquired.refusal(drawn.name, drawn.folder)
    named = [entry.masks[0] for entry in drawn.lesions()]
    assert [mask for mask in named if told(text, mask, (damages.OF_ANY | damages.OF_MASKS)[damage])] == named


@pytest.mark.parametrize("drawn", LAYOUTS, indirect=True)
def test_all_missing_pictures_and_masks_are_named(drawn: Drawn, acquired: Acquired) -> None:
    first, second = drawn.lesions()
    (drawn.place / first.image).unlink()
    for mask in second.masks:
        (drawn.place / mask).unlink()
    text = acquired.refusal(drawn.name, drawn.folder)
    assert re.search(rf"{re.escape(Path(first.image).stem[:4])}.*(is missing|is not among|has no image)", text)
    if second.masks:
        assert told(text, second.image, "has no mask") or told(text, second.masks[0], "is missing")


@pytest.mark.parametrize("drawn", LAYOUTS, indirect=True)
def test_name_that_differs_in_case_and_folders_among_pictures_are_told(drawn: Drawn, acquired: Acquired) -> None:
    image = drawn.place / drawn.lesions()[0].image
    copy = damages.with_other_case(image)
    (image.parent / "loop").symlink_to(drawn.place)
    text = acquired.refusal(drawn.name, drawn.folder)
    assert told(text, copy.name, "name|same case|is not in")
    assert told(text, "loop", "is a link to a folder, which is not followed")


@pytest.mark.parametrize("drawn", LAYOUTS, indirect=True)
def test_through_a_zip_the_same_is_told_by_its_path_in_the_zip(
    drawn: Drawn, acquired: Acquired, tmp_path: Path
) -> None:
    image = drawn.lesions()[0].image
    damages.cut(drawn.place / image)
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as bundle:
        for path in sorted(drawn.folder.rglob("*")):
            bundle.write(path, Path("outer/outer") / path.relative_to(drawn.folder))
    text = acquired.refusal(drawn.name, tmp_path / "it.zip")
    assert told(text, image, "cut short")
    assert f"{tmp_path}/it.zip/outer/outer" in text
    assert str(acquired.scratch) not in text


@pytest.mark.parametrize("drawn", ["masks"], indirect=True)
def test_linked_files_and_a_linked_folder_are_read_and_copied(drawn: Drawn, acquired: Acquired, tmp_path: Path) -> None:
    image = drawn.place / "images/a.png"
    shutil.move(image, tmp_path / "elsewhere.png")
    image.symlink_to(tmp_path / "elsewhere.png")
    shutil.move(drawn.place / "masks", tmp_path / "masks")
    (drawn.place / "masks").symlink_to(tmp_path / "masks")
    (tmp_path / "link").symlink_to(drawn.folder)
    acquired("folder", tmp_path / "link")
    copied = [acquired.target / name for name in ("images/a.png", "masks", "masks/a.png")]
    assert not [path for path in copied if path.is_symlink() or not path.exists()]


@pytest.mark.parametrize("drawn", ["masks"], indirect=True)
def test_names_that_are_devices_on_windows_or_too_long_are_told(drawn: Drawn, acquired: Acquired) -> None:
    names = ("CON", "nul", "lpt1.old", "x" * 120)
    for name in names:
        save(drawn.place / f"images/{name}.png", grey(9))
    text = acquired.refusal("folder", drawn.folder)
    assert [name for name in names if told(text, f"images/{name}.png", "means a device on Windows")] == [*names]


@pytest.mark.parametrize("drawn", ["masks"], indirect=True)
def test_accents_in_either_form_are_one_name(drawn: Drawn, acquired: Acquired) -> None:
    (drawn.place / "images/a.png").rename(drawn.place / "images/pe\u0301.png")
    (drawn.place / "masks/a.png").rename(drawn.place / "masks/p\u00e9.png")
    table = drawn.place / "table.csv"
    table.write_text(table.read_text().replace("a,Pa", "p\u00e9.png,Pa"), encoding="utf-8")
    assert "3 images, all whole; 3 patients" in telling.told(drawn.folder, "folder")
    shutil.copy(drawn.place / "images/b.png", drawn.place / "images/p\u00e9.png")
    assert "have the same name; keep one" in acquired.refusal("folder", drawn.folder)


@pytest.mark.parametrize("drawn", ["masks", "busis"], indirect=True)
def test_closed_files_and_folders_are_named(drawn: Drawn, acquired: Acquired, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [entry.image for entry in drawn.lesions()]
    monkeypatch.setattr("os.access", lambda path, _: not str(path).endswith(tuple(images)))
    text = acquired.refusal(drawn.name, drawn.folder)
    assert [image for image in images if told(text, image, "may not be read by you")] == images


@pytest.mark.parametrize("drawn", ["masks"], indirect=True)
def test_no_mask_with_the_value_asked_for_is_told(drawn: Drawn) -> None:
    own = options("folder").model_copy(update={"mask_value": 7})
    (drawn.place / "table.csv").unlink()
    with pytest.raises(GuidedsegError, match=r"no image shows a lesion: .* none of datasets\.folder\.mask_value"):
        reading.check(DATASETS["folder"], drawn.place, own)


@pytest.mark.parametrize("drawn", LAYOUTS, indirect=True)
def test_two_in_one_folder_are_named_whatever_is_asked(drawn: Drawn) -> None:
    for copy in ("one", "two"):
        shutil.copytree(drawn.place, drawn.folder.parent / "both" / copy)
    for name in (None, drawn.name):
        with pytest.raises(GuidedsegError, match=r"Several datasets lie in (?s:.)*both/one(?s:.)*both/two"):
            list(telling.told(drawn.folder.parent / "both", name))


def test_pipe_in_place_of_a_dataset_is_told(acquired: Acquired) -> None:
    acquired.external.mkdir(parents=True)
    os.mkfifo(acquired.external / "folder")
    text = acquired.refusal("folder", acquired.external)
    assert "folder is no folder and no file but a pipe, a socket or a device. Give a folder or a zip." in text
