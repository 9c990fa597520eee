"""A folder of one's own: masks as people name them, a table; and what is wrong."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_datasets import LESION, SECOND, grey, mask, save, table, with_alpha
from own_folder import by_id, objections, own, two_pictures

from guidedseg.datasets import locating, preparing, reading
from guidedseg.datasets.folder import DATASET
from guidedseg.errors import GuidedsegError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return two_pictures(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["b.png", "b.bmp", "b_mask.png", "b_mask_1.png", "b-mask.tif", "mask_b.png", "b_segmentation.png", "b (mask).png"],
)
def test_mask_is_found_by_the_names_that_people_give(folder: Path, name: str) -> None:
    save(folder / "masks" / "a.png", mask(LESION))
    if name == "b (mask).png":
        save(folder / "masks" / name, mask(SECOND))
        assert f"masks/{name}: has no image" in objections(folder)
        return
    save(folder / "masks" / name, mask(SECOND))
    images = by_id(folder)
    np.testing.assert_array_equal(images["a"].mask, mask(LESION) > 0)
    np.testing.assert_array_equal(images["b"].mask, mask(SECOND) > 0)
    assert {image.pathology for image in images.values()} == {"unknown"}


def test_several_masks_of_an_image_count_together(folder: Path) -> None:
    save(folder / "masks" / "a_mask.png", mask(LESION))
    save(folder / "masks" / "a_mask_1.png", mask(SECOND))
    save(folder / "masks" / "b_mask.png", mask())
    images = by_id(folder)
    np.testing.assert_array_equal(images["a"].mask, mask(LESION, SECOND) > 0)
    assert (images["a"].pathology, images["b"].pathology) == ("unknown", "normal")


def test_image_whose_name_ends_like_a_mask_is_an_image(folder: Path) -> None:
    (folder / "images" / "b.png").rename(folder / "images" / "a_lesion.png")
    save(folder / "masks" / "a.png", mask(LESION))
    save(folder / "masks" / "a_lesion.png", mask(SECOND))
    assert by_id(folder)["a_lesion"].mask.sum() == 50


@pytest.mark.parametrize(
    "drawn",
    [
        mask(LESION, value=1),
        mask(LESION),
        np.dstack([mask(LESION)] * 3),
        with_alpha(mask(LESION)),
        np.dstack([mask()] * 3 + [mask(LESION)]),  # black, its lesion opaque
        mask(LESION).astype(np.uint16) * 200,
        np.dstack([mask(), mask(LESION), mask()]),
    ],
    ids=["0 and 1", "0 and 255", "grey as colour", "opaque", "in the alpha channel", "16 bits", "green"],
)
def test_lesion_is_what_is_not_black(folder: Path, drawn: np.ndarray) -> None:
    save(folder / "masks" / "a.png", drawn)
    save(folder / "masks" / "b.png", mask())
    np.testing.assert_array_equal(by_id(folder)["a"].mask, mask(LESION) > 0)


def test_label_map_has_the_lesion_where_its_value_is(folder: Path) -> None:
    labels = mask(LESION, value=2)
    labels[SECOND] = 1
    save(folder / "masks" / "a.png", labels)
    save(folder / "masks" / "b.png", mask())
    assert by_id(folder, own(mask_value=2))["a"].mask.sum() == 240
    assert by_id(folder, own(mask_value=1))["a"].mask.sum() == 50


@pytest.mark.parametrize("kind", ["grey", "rgb", "rgba", "16 bits", "jpeg", "tiff"])
def test_picture_of_any_kind_is_read(folder: Path, kind: str) -> None:
    picture, ending = grey(3), ".png"
    match kind:
        case "rgb":
            picture = np.dstack([picture] * 3)
        case "rgba":
            picture = with_alpha(picture)
        case "16 bits":
            picture = picture.astype(np.uint16) * 257
        case "jpeg" | "tiff":
            ending = f".{kind}"
    (folder / "images" / "a.png").unlink()
    save(folder / "images" / f"a{ending}", picture)
    for name in "ab":
        save(folder / "masks" / f"{name}.png", mask(LESION))
    found = by_id(folder)["a"].image
    assert np.abs(found.astype(int) - grey(3)).max() <= (40 if kind == "jpeg" else 0)


def test_folders_below_count_and_become_part_of_the_name(folder: Path) -> None:
    (folder / "images" / "p1").mkdir()
    (folder / "images" / "b.png").rename(folder / "images" / "p1" / "a.png")
    save(folder / "masks" / "a.png", mask(LESION))
    save(folder / "masks" / "p1" / "a_mask.png", mask(SECOND))
    assert {name: image.mask.sum() for name, image in by_id(folder).items()} == {"a": 240, "p1-a": 50}


class TestTable:
    """What a table tells, in whatever a spreadsheet makes of it."""

    @pytest.fixture(autouse=True)
    def masks(self, folder: Path) -> None:
        save(folder / "masks" / "a.png", mask(LESION))
        save(folder / "masks" / "b.png", mask())

    @pytest.mark.parametrize("suffix", ["csv", "xlsx"])
    def test_patients_pathology_split_and_pixels(self, folder: Path, suffix: str) -> None:
        rows = [
            ("Image", "patient", "Pathology", "split", "mm_per_pixel"),
            ("a.png", "P1", "Malignant", "train", 0.08),
            ("b", "P2", "normal", "validation", ""),
        ]
        if suffix == "xlsx":
            table(folder / "table.xlsx", rows)
        else:
            (folder / "table.csv").write_text("\n".join(";".join(map(str, row)) for row in rows), encoding="utf-16")
        images = by_id(folder)
        assert [image.patient_id for image in images.values()] == ["P1", "P2"]
        assert [image.pathology for image in images.values()] == ["malignant", "normal"]
        assert [image.official_split for image in images.values()] == ["train", "val"]
        assert [image.mm_per_pixel for image in images.values()] == [0.08, None]

    def test_without_one_nobody_is_known_and_that_is_told(self, folder: Path, tmp_path: Path) -> None:
        assert reading.check(DATASET, folder, own()).notes == [
            "there is no table: every image is taken for a patient of its own"
        ]
        index = preparing.write(reading.read(DATASET, folder, own()), tmp_path / "out", duplicate_threshold=0.8)
        assert index["patient_id"].tolist() == ["a", "b"]
        assert not index["patient_known"].any()

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("image,patient\na,1\n", "images/b.png: is not in t.csv"),
            ("image,patient\na,1\nb,1\nc,1\n", "t.csv: c is not among the images"),
            ("image,patient\na,1\na,2\nb,1\n", "t.csv: image a is listed twice"),
            ("image,pathology\na,cyst\nb,\n", "t.csv: a: pathology is 'cyst'"),
            ("image,pathology\na,normal\nb,\n", "masks/a.png: shows a lesion, but the image is called normal"),
            ("image,pathology\na,benign\nb,benign\n", "masks/b.png: shows no lesion, but the image is called benign"),
            ("image,split\na,trian\nb,\n", "t.csv: a: split is 'trian'"),
            ("image,mm_per_pixel\na,wide\nb,0.1\n", "t.csv: a: mm_per_pixel is 'wide', no number"),
            ('image,patient\na,"=HYPERLINK(""x"")"\nb,1\n', "t.csv: row 2: patient is a formula"),
            ("name,patient\na,1\n", "t.csv: has no column image (there are: name, patient)"),
            ("", "t.csv: has no column image (there are: none)"),
        ],
    )
    def test_what_is_wrong_in_it_is_told(self, folder: Path, text: str, problem: str) -> None:
        (folder / "t.csv").write_text(text)
        assert problem in objections(folder)

    def test_two_tables_are_one_too_many(self, folder: Path) -> None:
        for name in ("one.csv", "two.csv"):
            (folder / name).write_text("image\na\nb\n")
        assert "one.csv, two.csv: several tables; keep one" in objections(folder)


class TestTroubles:
    """What people's folders have, each named with its file."""

    def test_image_without_a_mask_is_told_unless_it_is_called_normal(self, folder: Path) -> None:
        save(folder / "masks" / "a.png", mask(LESION))
        assert "images/b.png: has no mask; where it shows no lesion, say pathology normal in a table" in objections(
            folder
        )
        (folder / "t.csv").write_text("image,pathology\na,benign\nb,normal\n")
        assert not by_id(folder)["b"].mask.any()

    def test_names_that_differ_in_case_are_told(self, folder: Path) -> None:
        save(folder / "images" / "A.png", grey(5))
        for name in "abA":
            save(folder / "masks" / f"{name}.png", mask(LESION))
        assert "images/A.png and images/a.png: their names are the same" in objections(folder)

    def test_two_pictures_of_one_name_are_told(self, folder: Path) -> None:
        save(folder / "images" / "a.jpg", grey(5))
        assert "images/a.jpg and images/a.png: have the same name" in objections(folder)

    def test_signs_that_no_file_should_have_are_replaced(self, folder: Path) -> None:
        (folder / "images" / "a.png").rename(folder / "images" / "é è (1).png")
        save(folder / "masks" / "é è (1).png", mask(LESION))
        save(folder / "masks" / "b.png", mask())
        assert set(by_id(folder)) == {"_1_", "b"}

    def test_mask_of_another_size_text_and_cines_are_told(self, folder: Path) -> None:
        save(folder / "masks" / "a.png", mask(size=(10, 10)))
        save(folder / "masks" / "b.png", mask())
        (folder / "images" / "notes.docx").touch()
        (folder / "images" / "b.png").write_text("<html>")
        text = objections(folder)
        assert "masks/a.png: is 10x10, but its image is 64x48" in text
        assert "images/notes.docx: is no picture by its ending" in text
        assert "images/b.png: is, by its content, no PNG" in text

    def test_folder_without_images_is_no_dataset(self, tmp_path: Path) -> None:
        (tmp_path / "masks").mkdir()
        with pytest.raises(GuidedsegError, match="No folder with images was found"):
            locating.locate(DATASET, tmp_path)
        (tmp_path / "images").mkdir()
        assert "there is no image: the dataset is empty" in objections(tmp_path)

    def test_mask_that_does_not_end_is_told(self, folder: Path) -> None:
        for name in "ab":
            save(folder / "masks" / f"{name}.png", mask(LESION))
        path = folder / "masks" / "a.png"
        path.write_bytes(path.read_bytes()[:-20])
        assert "masks/a.png: is damaged or cut short" in objections(folder)
        assert cv2.imread(str(folder / "masks" / "b.png")) is not None
