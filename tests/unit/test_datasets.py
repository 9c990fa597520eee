"""Every public dataset in its own layout, with its oddities; and what is wrong with one is named, all of it at once."""

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_datasets import DRAWN, LESION, SECOND, grey, mask, save, table
from typer.testing import CliRunner

from guidedseg.cli import app
from guidedseg.datasets import locating, preparing, reading, union
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.dataset import Dataset, Raw
from guidedseg.datasets.prepared import read_duplicates
from guidedseg.datasets.records import RawImage
from guidedseg.errors import GuidedsegError

ANY = Raw(source=None, sha256=None, images=None)
Drawn = Callable[[str], Path]


@pytest.fixture
def drawn(tmp_path: Path) -> Drawn:
    """A dataset's own folder, found where its zip would nest it."""

    def draw(name: str) -> Path:
        DRAWN[name](tmp_path / name)
        return locating.locate(DATASETS[name], tmp_path)

    return draw


def by_id(name: str, folder: Path) -> dict[str, RawImage]:
    return {image.image_id: image for image in reading.read(DATASETS[name], folder, ANY)}


def objections(name: str, folder: Path) -> str:
    with pytest.raises(GuidedsegError) as caught:
        reading.check(DATASETS[name], folder, ANY)
    return str(caught.value)


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_excerpt_is_whole_and_its_images_come_by_name(name: str, drawn: Drawn) -> None:
    folder = drawn(name)
    reading.check(DATASETS[name], folder, ANY)
    images = list(reading.read(DATASETS[name], folder, ANY))
    assert [image.image_id for image in images] == sorted(image.image_id for image in images)
    for image in images:
        assert image.image.shape == image.mask.shape
        assert (image.image.dtype, image.mask.dtype) == (np.uint8, np.bool_)
        assert image.mask.any() == (image.pathology != "normal")
        assert (folder / image.source).is_file()


@pytest.mark.parametrize("name", DRAWN)
def test_only_the_files_of_the_dataset_are_copied(name: str, drawn: Drawn) -> None:
    folder = drawn(name)
    before = {path for path in folder.rglob("*") if path.is_file()}
    (folder / "notes.txt").touch()
    (folder / ".DS_Store").touch()
    assert set(locating.files(DATASETS[name], folder)) == before


@pytest.mark.parametrize("name", DRAWN)
def test_number_of_images_is_checked_where_one_is_given(name: str, drawn: Drawn) -> None:
    with pytest.raises(GuidedsegError, match=rf"where there should be 999 \(datasets\.{name}\.images"):
        reading.check(DATASETS[name], drawn(name), Raw(source=None, sha256=None, images=999))


@pytest.mark.parametrize("name", DRAWN)
def test_damage_of_every_kind_is_told_at_once(name: str, drawn: Drawn) -> None:
    """A picture cut short, an empty one, a mask of another size, a mask that is gone."""
    folder = drawn(name)
    survey = reading.surveyed(DATASETS[name], folder, ANY)
    first, second, third = [entry for entry in survey.entries if entry.pathology != "normal"][:3]
    path = folder / first.image
    path.write_bytes(path.read_bytes()[:-30])
    (folder / second.image).write_bytes(b"")
    save(folder / third.masks[0], mask(size=(20, 20)))
    text = objections(name, folder)
    for problem in (f"{first.image}: is damaged or cut short", f"{second.image}: is empty", f"{third.masks[0]}"):
        assert problem in text
    (folder / third.masks[0]).unlink()
    assert re.search("has no mask|is missing", objections(name, folder))


class TestBusi:
    """No patients, several masks, all kinds of files, one picture with two labels."""

    def test_lesions_of_all_masks_count(self, drawn: Drawn) -> None:
        image = by_id("busi", drawn("busi"))["benign_100"]
        np.testing.assert_array_equal(image.mask, mask(LESION, SECOND) > 0)

    def test_masks_of_one_bit_and_of_four_channels_are_the_same(self, drawn: Drawn) -> None:
        images = by_id("busi", drawn("busi"))
        assert images["benign_001"].mask.sum() == images["malignant_002"].mask.sum() == 240
        assert images["malignant_002"].image.shape == (60, 80)

    def test_copies_that_sort_masks_into_folders_are_read_alike(self, drawn: Drawn) -> None:
        folder = drawn("busi")
        before = by_id("busi", folder)
        for kind in ("benign", "malignant", "normal"):
            for path in list((folder / kind).iterdir()):
                place = folder / kind / ("mask" if "_mask" in path.name else "images")
                place.mkdir(exist_ok=True)
                path.rename(place / path.name)
        after = by_id("busi", folder)
        assert after.keys() == before.keys()
        for name, image in after.items():
            np.testing.assert_array_equal(image.mask, before[name].mask)

    def test_nobody_is_known_and_the_copy_with_two_labels_is_told(self, drawn: Drawn, tmp_path: Path) -> None:
        drawn("busi")
        target = tmp_path / "prepared"
        (tmp_path / "busi").rename(tmp_path / "raw")
        records = union.read("busi", {"busi": ANY}, locating.locate(DATASETS["busi"], tmp_path / "raw"))
        index = preparing.write(records, target, duplicate_threshold=0.8).set_index("image_id")
        assert not index["patient_known"].any()
        assert index["group_id"].nunique() == 5, "six images, two of which are one"
        assert index.loc["benign_001", "group_id"] == index.loc["malignant_145", "group_id"]
        (pair,) = read_duplicates(target).itertuples()
        assert (pair.pathology_a, pair.pathology_b) == ("benign", "malignant")
        told = preparing.told(index.reset_index(), target)
        assert "1 pairs of like pictures have two labels, benign_001 and malignant_145" in told
        assert "of 6 images nobody knows whose they are" in told

    @pytest.mark.parametrize("name", ["benign (3).gif", "benign.png", "malignant (3).png"])
    def test_other_names_are_told(self, drawn: Drawn, name: str) -> None:
        folder = drawn("busi")
        save(folder / "benign" / Path(name).with_suffix(".png"), grey(5))
        (folder / "benign" / Path(name).with_suffix(".png")).rename(folder / "benign" / name)
        assert f"benign/{name}: its name is not of the form 'benign (1).png'" in objections("busi", folder)

    def test_mask_alone_and_lesion_on_a_normal_are_told(self, drawn: Drawn) -> None:
        folder = drawn("busi")
        (folder / "benign/benign (1).png").unlink()
        save(folder / "normal/normal (1)_mask.png", mask(LESION))
        save(folder / "malignant/malignant (2)_mask.png", mask(size=(60, 80)))
        text = objections("busi", folder)
        assert "benign/benign (1)_mask.png: has no image" in text
        assert "normal/normal (1)_mask.png: shows a lesion, but the image is called normal" in text
        assert "malignant/malignant (2)_mask.png: shows no lesion, but the image is called malignant" in text


class TestBusBra:
    """Patients and the authors' folds."""

    def test_patient_is_the_case_and_folds_are_the_authors(self, drawn: Drawn) -> None:
        images = by_id("bus_bra", drawn("bus_bra"))
        assert images["bus_0001-l"].patient_id == images["bus_0001-r"].patient_id == "case1"
        assert [image.official_split for image in images.values()] == [f"fold{k}" for k in (1, 1, 2, 3, 4, 5)]

    def test_without_folds_it_is_read_and_said(self, drawn: Drawn) -> None:
        folder = drawn("bus_bra")
        (folder / "5-fold-cv.csv").unlink()
        assert reading.check(DATASETS["bus_bra"], folder, ANY).notes == [
            "5-fold-cv.csv is not there: split.protocol cannot be official"
        ]
        assert {image.official_split for image in by_id("bus_bra", folder).values()} == {""}

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("bus_0003-s,3,Cyst,malignant", "bus_0003-s,3,Cyst,cancer", "bus_0003-s: Pathology is 'cancer'"),
            ("bus_0003-s,3", "bus_0009-s,3", "bus_data.csv: bus_0009-s has no image"),
            ("bus_0003-s,3", "bus_0001-l,3", "bus_data.csv: ID bus_0001-l is listed twice"),
            ("bus_0003-s,3", "bus_0003-s,=1+2", "bus_data.csv: row 5: Case is a formula ('=1+2'), not a value"),
            ("Case", "Patient", "bus_data.csv: has no column Case"),
        ],
    )
    def test_table_that_is_wrong_is_told(self, drawn: Drawn, old: str, new: str, problem: str) -> None:
        folder = drawn("bus_bra")
        path = folder / "bus_data.csv"
        path.write_text(path.read_text().replace(old, new, 1))
        assert problem in objections("bus_bra", folder)


class TestBreast:
    """Files by the table, tumours apart from other findings, sizes of pixels."""

    def test_tumours_count_and_other_findings_do_not(self, drawn: Drawn) -> None:
        images = by_id("breast", drawn("breast"))
        assert images["case002"].mask.sum() == 240 + 50
        assert images["case003"].mask.sum() == 240
        assert not images["case004"].mask.any()
        assert images["case001"].patient_id == "case001"

    def test_pixels_are_in_millimetres_whatever_their_unit(self, drawn: Drawn) -> None:
        sizes = [image.mm_per_pixel for image in by_id("breast", drawn("breast")).values()]
        assert sizes == [pytest.approx(0.078), pytest.approx(0.071), pytest.approx(0.08), None]

    def test_file_that_the_table_names_and_is_not_there_is_told_and_the_reverse(self, drawn: Drawn) -> None:
        folder = drawn("breast")
        images = folder / "BrEaST-Lesions_USG-images_and_masks"
        (images / "case002_tumor2.png").unlink()
        save(images / "case099.png", grey(9))
        text = objections("breast", folder)
        assert re.search(r"case002_tumor2\.png: is missing, .*xlsx names it", text)
        assert re.search(r"case099\.png: is not in .*xlsx", text)


def test_numbers_in_the_table_of_udiat_need_no_zeros(drawn: Drawn) -> None:
    images = by_id("udiat", drawn("udiat"))
    assert [image.pathology for image in images.values()] == ["benign", "malignant", "benign"]


def test_cases_of_busis_are_numbers_however_written(drawn: Drawn) -> None:
    images = by_id("busis", drawn("busis"))
    assert {name: image.pathology for name, image in images.items()} == {
        "case001": "benign",
        "case002": "malignant",
        "case010": "benign",
    }


def test_workbook_with_another_type_is_told(drawn: Drawn) -> None:
    folder = drawn("udiat")
    table(folder / "DatasetB.xlsx", [("Image", "Type"), (1, "Benign"), (2, "Malignant"), (3, "cyst")])
    assert "DatasetB.xlsx: 000003: Type is 'cyst', not Benign or Malignant" in objections("udiat", folder)
    (folder / "DatasetB.xlsx").write_bytes(b"PK no workbook")
    assert "DatasetB.xlsx: cannot be read as a table" in objections("udiat", folder)


def test_union_has_the_images_of_all_under_names_of_their_own(drawn: Drawn, tmp_path: Path) -> None:
    names = ("bus_bra", "udiat")
    own = {name: by_id(name, drawn(name)) for name in names}
    raw = tmp_path / "raw"
    for name in names:
        locating.locate(DATASETS[name], tmp_path / name).rename((raw / name).parent.mkdir(exist_ok=True) or raw / name)
    images = list(union.read("bus_bra+udiat", dict.fromkeys(names, ANY), raw))
    assert {image.image_id for image in images} == {f"{name}-{each}" for name in names for each in own[name]}
    first = next(image for image in images if image.image_id == "bus_bra-bus_0001-l")
    assert (first.dataset, first.patient_id, first.source) == (
        "bus_bra",
        "bus_bra-case1",
        "bus_bra/Images/bus_0001-l.png",
    )
    assert {image.patient_id for image in images if image.dataset == "udiat"} == {""}
    assert cv2.imread(str(raw / first.source), cv2.IMREAD_UNCHANGED).shape == first.image.shape


def test_smallest_example_of_the_documentation_is_a_dataset(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(code.splitlines()) <= 40
    named: dict[str, object] = {}
    exec(code, named)
    ours = named["DATASET"]
    assert isinstance(ours, Dataset)
    for name in "ab":
        save(tmp_path / "zip" / "scans" / f"{name}.png", grey(1))
        save(tmp_path / "zip" / "outlines" / f"{name}.png", mask(LESION))
    (tmp_path / "zip" / "list.csv").write_text("file;who;what\na;P1;benign\nb;P2;malignant\n")
    folder = locating.locate(ours, tmp_path)
    assert reading.check(ours, folder).notes == []
    images = list(reading.read(ours, folder))
    assert [(image.patient_id, image.pathology) for image in images] == [("P1", "benign"), ("P2", "malignant")]
    (folder / "outlines" / "b.png").unlink()
    with pytest.raises(GuidedsegError, match=r"scans/b\.png: has no mask"):
        reading.check(ours, folder)


def test_published_numbers_are_listed_with_whose_and_of_what() -> None:
    printed = CliRunner().invoke(app, ["datasets"]).stdout
    assert (
        "published: Dice 48.55 %, all images; nnU-Net, trained on BUSI; Musah et al. 2025, cited by others" in printed
    )
    assert printed.count("published: ") == sum(len(dataset.published) for dataset in DATASETS.values())
    for dataset in DATASETS.values():
        for each in dataset.published:
            assert each.source
            assert each.method
            assert each.on
            assert 0 < float(each.dice.split()[0]) < 100
