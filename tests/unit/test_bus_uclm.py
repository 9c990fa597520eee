import cv2
import numpy as np
import pytest

from guidedseg.datasets import bus_uclm, phantom, reading
from guidedseg.datasets.dataset import Raw
from guidedseg.errors import GuidedsegError


def rewrite_info(folder, old, new):
    path = folder / "INFO.csv"
    text = path.read_text(encoding="utf-8-sig")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8-sig")


def by_id(folder, dataset=bus_uclm.DATASET):
    return {record.image_id: record for record in reading.read(dataset, folder)}


def check(folder, expected_images=None):
    reading.check(bus_uclm.DATASET, folder, Raw(source=None, sha256=None, images=expected_images))


def objections(folder, **options):
    with pytest.raises(GuidedsegError) as caught:
        check(folder, **options)
    return str(caught.value)


def test_whole_dataset_passes_the_check(tiny):
    check(tiny, expected_images=5)


def noted(folder):
    return reading.check(bus_uclm.DATASET, folder, Raw(source=None, sha256=None, images=5)).notes


def test_images_that_are_dark_by_mistake_are_told(tiny):
    assert noted(tiny) == []
    dark = np.random.default_rng(0).integers(0, 16, (48, 64), dtype=np.uint8)
    cv2.imwrite(str(tiny / "images" / "AAAA_001.png"), dark)
    (line,) = noted(tiny)
    assert line.startswith("1 image(s): nearly black, no value above 47 of 255; prepare.intensity")
    assert line.endswith("(images/AAAA_001.png)")


def test_twelve_bits_in_sixteen_are_scaled_and_told(tiny):
    for path in (tiny / "images").iterdir():
        picture = np.random.default_rng(0).integers(0, 4096, (48, 64)).astype(np.uint16)
        cv2.imwrite(str(path), picture)
    (line,) = noted(tiny)
    assert line.startswith("5 image(s): 16 bits per value, of which 12 are used: 0 to 4095 was scaled to 0 to 255")
    assert by_id(tiny)["AAAA_000"].image.max() == 255


def test_a_size_that_neither_picture_has_is_told(tiny):
    rewrite_info(tiny, "AAAA_001.png;64x48", "AAAA_001.png;640x480")
    assert noted(tiny) == ["1 image(s): of another size than the table says (images/AAAA_001.png)"]


def test_left_over_files_of_file_managers_do_not_matter(tiny):
    for name in (".DS_Store", "Thumbs.db", "._AAAA_000.png"):
        (tiny / "images" / name).write_bytes(b"junk")
    check(tiny, expected_images=5)


def test_image_cut_short_is_named(tiny):
    path = tiny / "images" / "AAAA_001.png"
    path.write_bytes(path.read_bytes()[:-20])
    assert "images/AAAA_001.png: is damaged or cut short" in objections(tiny)


def test_image_with_one_wrong_byte_is_named(tiny):
    path = tiny / "images" / "AAAA_001.png"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    assert "images/AAAA_001.png: is damaged or cut short" in objections(tiny)


def test_empty_files_are_named(tiny):
    for name in ("images/AAAA_001.png", "masks/BBBB_000.png"):
        (tiny / name).write_bytes(b"")
    text = objections(tiny)
    assert "images/AAAA_001.png: is empty" in text
    assert "masks/BBBB_000.png: is empty" in text


def test_image_without_mask_is_named(tiny):
    (tiny / "masks" / "BBBB_000.png").unlink()
    assert "images/BBBB_000.png: has no mask" in objections(tiny)


def test_mask_without_image_is_named(tiny):
    (tiny / "images" / "BBBB_000.png").unlink()
    text = objections(tiny)
    assert "masks/BBBB_000.png: has no image" in text
    assert "INFO.csv: BBBB_000 has no image" in text


def test_image_that_info_does_not_list_is_named(tiny):
    rewrite_info(tiny, "AAAA_000.png;64x48;Normal;No;No;No\n", "")
    assert "images/AAAA_000.png: is not in INFO.csv" in objections(tiny)


def test_row_listed_twice_is_named(tiny):
    row = "AAAA_000.png;64x48;Normal;No;No;No\n"
    rewrite_info(tiny, row, row * 2)
    assert "INFO.csv: Image AAAA_000.png is listed twice" in objections(tiny)


def test_mask_of_a_size_nobody_states_is_named(tiny):
    cv2.imwrite(str(tiny / "masks" / "AAAA_000.png"), np.zeros((40, 64, 3), np.uint8))
    assert "masks/AAAA_000.png: is 64x40, but its image is 64x48, and the table says 64x48" in objections(tiny)


def test_image_of_another_size_is_fine_when_the_mask_has_the_stated_size(tiny):
    cv2.imwrite(str(tiny / "images" / "AAAA_000.png"), np.zeros((30, 50, 3), np.uint8))
    check(tiny)


@pytest.mark.parametrize("colour", [(1, 0, 0), (0, 0, 254), (0, 255, 255), (255, 255, 255)])
def test_mask_of_another_colour_is_named_with_the_colour(tiny, colour):
    mask = np.zeros((48, 64, 3), np.uint8)
    mask[5, 5:8] = colour
    cv2.imwrite(str(tiny / "masks" / "AAAA_000.png"), mask)
    text = objections(tiny)
    assert "masks/AAAA_000.png: 3 pixels are not black, green (benign) or red (malignant)" in text
    assert f"RGB {colour[::-1]}" in text


def test_both_colours_in_one_mask_are_refused(tiny):
    mask = np.zeros((48, 64, 3), np.uint8)
    mask[5:9, 5:9], mask[20:25, 20:25] = (0, 255, 0), (0, 0, 255)
    cv2.imwrite(str(tiny / "masks" / "AAAA_001.png"), mask)
    assert "masks/AAAA_001.png: holds both green (benign) and red (malignant)" in objections(tiny)


@pytest.mark.parametrize(
    ("image_id", "old", "label", "shown"),
    [
        ("AAAA_000", "Normal", "Benign", "no lesion"),
        ("AAAA_001", "Benign", "Normal", "a green (benign) lesion"),
        ("BBBB_000", "Malignant", "Benign", "a red (malignant) lesion"),
    ],
)
def test_mask_that_contradicts_its_label_is_named(tiny, image_id, old, label, shown):
    rewrite_info(tiny, f"{image_id}.png;64x48;{old}", f"{image_id}.png;64x48;{label}")
    assert f"masks/{image_id}.png: shows {shown}, but its Label in INFO.csv is {label}" in objections(tiny)


def test_missing_column_is_named(tiny):
    rewrite_info(tiny, "Label", "Class")
    text = objections(tiny)
    assert "INFO.csv: has no column Label" in text
    assert "there are: Image, Resolution, Class" in text
    assert "is not in INFO.csv" not in text  # one cause, not five more


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Malignant", "Cancer", "INFO.csv: BBBB_000: the Label 'Cancer' is not Normal, Benign or Malignant"),
        ("64x48;Malignant", "64;Malignant", "INFO.csv: BBBB_000: the Resolution '64' is not of the form 856x606"),
        ("Malignant;Yes", "Malignant;maybe", "INFO.csv: BBBB_000: Doppler is 'maybe', not Yes or No"),
        ("BBBB_000.png", "B0.png", "INFO.csv: B0 has no image"),
    ],
)
def test_wrong_value_in_info_is_named(tiny, old, new, problem):
    rewrite_info(tiny, old, new)
    assert problem in objections(tiny)


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8", ";"), ("utf-16", ";"), ("cp1252", ","), ("utf-8-sig", "\t")]
)
def test_info_saved_anew_by_a_spreadsheet_is_read(tiny, encoding, separator):
    path = tiny / "INFO.csv"
    text = path.read_text(encoding="utf-8-sig").replace(";", separator)
    path.write_bytes(text.encode(encoding))
    check(tiny, 5)


def test_info_that_is_no_table_is_refused(tiny):
    (tiny / "INFO.csv").write_bytes(b"\x89PNG\0\0")
    assert "INFO.csv: cannot be read as a table" in objections(tiny)


def test_picture_with_a_strange_name_is_named(tiny):
    (tiny / "images" / "AAAA_000.png").rename(tiny / "images" / "aaaa-0.jpg")
    assert "images/aaaa-0.jpg: its name is not of the form XXXX_NNN.png" in objections(tiny)


def test_wrong_number_of_images_is_one_problem(tiny):
    assert "5 images, where there should be 683 (datasets.bus_uclm.images" in objections(tiny, expected_images=683)


def test_empty_dataset_is_refused(tiny):
    for path in (*(tiny / "images").iterdir(), *(tiny / "masks").iterdir()):
        path.unlink()
    (tiny / "INFO.csv").write_text("Image;Resolution;Label;Doppler;Marks;Combined\n")
    assert "the dataset is empty" in objections(tiny)


def test_all_problems_come_in_one_list_with_the_folder_and_the_remedy(tiny):
    (tiny / "masks" / "BBBB_000.png").unlink()
    (tiny / "images" / "AAAA_001.png").write_bytes(b"not a PNG")
    cv2.imwrite(str(tiny / "masks" / "COPE_000.png"), np.full((48, 64, 3), 7, np.uint8))
    text = objections(tiny, expected_images=6)
    assert str(tiny) in text
    assert "4 problem(s)" in text
    for problem in (
        "BBBB_000.png: has no mask",
        "AAAA_001.png: is, by its content, no PNG",
        "COPE_000.png: 3072 pixels",
        "4 images",
    ):
        assert problem in text
    assert "from the original dataset" in text


def test_images_come_in_the_order_of_their_ids(tiny):
    ids = [record.image_id for record in reading.read(bus_uclm.DATASET, tiny)]
    assert ids == ["AAAA_000", "AAAA_001", "BBBB_000", "COPE_000", "MENE_000"]


def test_record_holds_the_lesion_and_the_flags(tiny):
    record = by_id(tiny)["AAAA_001"]
    expected = np.zeros((48, 64), bool)
    expected[20:32, 10:30] = True
    np.testing.assert_array_equal(record.mask, expected)
    assert record.mask.dtype == bool
    assert (record.patient_id, record.pathology, record.source) == ("AAAA", "benign", "images/AAAA_001.png")
    assert record.flags == ("doppler", "marks")
    assert not record.stretched


def test_grey_is_the_luminance_of_red_green_and_blue(tiny):
    bgr = np.zeros((48, 64, 3), np.uint8)
    bgr[:, :16], bgr[:, 16:32], bgr[:, 32:48], bgr[:, 48:] = (0, 0, 255), (0, 255, 0), (255, 0, 0), (9, 9, 9)
    cv2.imwrite(str(tiny / "images" / "AAAA_000.png"), bgr)
    grey = by_id(tiny)["AAAA_000"].image
    assert grey.dtype == np.uint8
    assert grey[0, ::16].tolist() == [76, 150, 29, 9]  # 0.299, 0.587, 0.114 of 255


def test_grey_image_keeps_its_values(tiny):
    grey = np.random.default_rng(1).integers(0, 256, (48, 64), dtype=np.uint8)
    cv2.imwrite(str(tiny / "images" / "AAAA_000.png"), grey)
    np.testing.assert_array_equal(by_id(tiny)["AAAA_000"].image, grey)


def test_smaller_rgba_image_is_stretched_to_the_mask(tiny):
    bgra = np.full((24, 32, 4), 255, np.uint8)
    bgra[:, :16, :3] = 0  # the left half black
    cv2.imwrite(str(tiny / "images" / "AAAA_000.png"), bgra)
    record = by_id(tiny)["AAAA_000"]
    assert record.stretched
    assert record.image.shape == record.mask.shape == (48, 64)
    assert not record.image[:, :31].any()
    assert (record.image[:, 33:] == 255).all()


def test_larger_image_is_averaged_down_to_the_mask(tiny):
    checkerboard = np.indices((96, 128)).sum(axis=0) % 2 * 200
    cv2.imwrite(str(tiny / "images" / "AAAA_000.png"), checkerboard.astype(np.uint8))
    record = by_id(tiny)["AAAA_000"]
    assert record.stretched
    assert (record.image == 100).all()


def test_image_wider_and_flatter_than_its_mask_is_averaged_across(tiny):
    image = np.zeros((24, 256), np.uint8)
    image[:, 2::4] = 100  # 4 columns become one of the mask's 64
    cv2.imwrite(str(tiny / "images" / "AAAA_000.png"), image)
    assert (by_id(tiny)["AAAA_000"].image == 25).all()


def test_official_patients_keep_their_split(tiny):
    splits = {record.patient_id: record.official_split for record in reading.read(bus_uclm.DATASET, tiny)}
    assert splits == {"AAAA": "train", "BBBB": "train", "COPE": "test", "MENE": "val"}


def test_phantom_has_no_official_split(tiny):
    assert {record.official_split for record in by_id(tiny, phantom.DATASET).values()} == {""}


def test_reading_a_folder_without_masks_names_them(tiny):
    for path in (tiny / "masks").iterdir():
        path.unlink()
    (tiny / "masks").rmdir()
    with pytest.raises(GuidedsegError, match="masks/: is missing"):
        by_id(tiny)


def test_reading_a_corrupt_image_names_it(tiny):
    (tiny / "images" / "COPE_000.png").write_bytes(b"\x89PNG")
    with pytest.raises(GuidedsegError, match=r"images/COPE_000\.png: is, by its content, no PNG"):
        by_id(tiny)
