import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest

from guidedseg.datasets import bus_uclm, prepared, preparing, reading
from guidedseg.datasets.harmonised import records, told
from guidedseg.datasets.records import RawImage
from guidedseg.errors import GuidedsegError
from guidedseg.harmonising.picture import OFF, Harmonising


def record(image_id, mask=None, *, image=None, stretched=False):
    seed = sum(map(ord, image_id))
    image = np.random.default_rng(seed).integers(0, 256, (40, 60), dtype=np.uint8) if image is None else image
    mask = np.zeros((40, 60), bool) if mask is None else mask
    return RawImage(
        image_id=image_id,
        patient_id=image_id[:4],
        pathology="benign" if mask.any() else "normal",
        image=image,
        mask=mask,
        stretched=stretched,
        flags=("marks", "doppler"),
        source=f"images/{image_id}.png",
        official_split="",
    )


def write(records, target):
    return preparing.write(records, target, duplicate_threshold=0.8)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_image_and_mask_come_back_as_they_were(tmp_path):
    mask = np.zeros((40, 60), bool)
    mask[3:9, 5:20] = True
    original = record("AAAA_000", mask)
    write([original], tmp_path / "prepared")
    image, read = (load(tmp_path / "prepared", "AAAA_000") for load in (prepared.load_image, prepared.load_mask))
    np.testing.assert_array_equal(image, original.image)
    np.testing.assert_array_equal(read, mask)
    assert (image.dtype, read.dtype) == (np.uint8, bool)


def test_files_are_eight_bit_grey_and_masks_are_0_or_255(tmp_path):
    mask = np.zeros((40, 60), bool)
    mask[3, 5] = True
    write([record("AAAA_000", mask)], tmp_path)
    for kind in ("images", "masks"):
        picture = cv2.imread(str(tmp_path / kind / "AAAA_000.png"), cv2.IMREAD_UNCHANGED)
        assert (picture.ndim, picture.dtype) == (2, np.uint8)
    assert np.unique(picture).tolist() == [0, 255]


def test_index_has_a_row_for_each_image_sorted_by_id(tmp_path):
    mask = np.zeros((40, 60), bool)
    mask[3:9, 5:20] = True
    first = record("AAAA_000", mask, stretched=True)
    index = write([record("BBBB_000"), first], tmp_path)
    assert index["image_id"].tolist() == ["AAAA_000", "BBBB_000"]
    assert index.iloc[0].to_dict() == {
        "image_id": "AAAA_000",
        "dataset": "",
        "patient_id": "AAAA",
        "patient_known": 1,
        "group_id": "AAAA",
        "pathology": "benign",
        "width": 60,
        "height": 40,
        "lesion_count": 1,
        "lesion_px": 90,
        "stretched": 1,
        "flags": "marks doppler",
        "mm_per_pixel": "",
        "official_split": "",
        "source": "images/AAAA_000.png",
        "sha256": hashlib.sha256(first.image.tobytes()).hexdigest(),
    }


def test_index_that_is_returned_is_the_one_that_is_read(tmp_path):
    index = write([record("AAAA_000")], tmp_path)
    assert index.equals(prepared.read_index(tmp_path))


def test_touching_corners_make_one_lesion_and_the_largest_comes_first(tmp_path):
    mask = np.zeros((40, 60), bool)
    mask[1:3, 1:3] = True  # 4 px
    mask[10:13, 20:24] = True  # 12 px, joined at a corner by
    mask[13:15, 24:26] = True  # 4 px
    lesions = write([record("AAAA_000", mask)], tmp_path)
    assert lesions["lesion_count"].tolist() == [2]
    assert prepared.read_lesions(tmp_path).to_numpy().tolist() == [
        ["AAAA_000", 1, 20, 10, 26, 15, 16],
        ["AAAA_000", 2, 1, 1, 3, 3, 4],
    ]


def test_lesion_on_the_border_ends_with_the_image(tmp_path):
    mask = np.zeros((40, 60), bool)
    mask[-2:, -3:] = True
    write([record("AAAA_000", mask)], tmp_path)
    assert prepared.read_lesions(tmp_path).to_numpy().tolist() == [["AAAA_000", 1, 57, 38, 60, 40, 6]]


def test_tables_without_rows_keep_their_columns_and_types(tmp_path):
    write([record("AAAA_000")], tmp_path)
    lesions, pairs = prepared.read_lesions(tmp_path), prepared.read_duplicates(tmp_path)
    assert lesions.empty
    assert lesions.columns.tolist() == ["image_id", "lesion", "x0", "y0", "x1", "y1", "area_px"]
    assert lesions["x0"].dtype == np.int64
    assert pairs.empty
    assert pairs["similarity"].dtype == np.float64


def test_patients_who_share_a_picture_share_a_group(tmp_path):
    picture = record("AAAA_000").image
    index = write([record("AAAA_001"), record("BBBB_000", image=picture), record("CCCC_000", image=picture)], tmp_path)
    assert dict(zip(index["patient_id"], index["group_id"], strict=True)) == {
        "AAAA": "AAAA",
        "BBBB": "BBBB",
        "CCCC": "BBBB",
    }
    (pair,) = prepared.read_duplicates(tmp_path).to_numpy().tolist()
    assert pair == ["BBBB_000", "CCCC_000", "BBBB", "CCCC", "normal", "normal", 1.0]


def test_patient_called_na_stays_text(tmp_path):
    strange = record("NA")
    index = write([strange], tmp_path)
    assert index["patient_id"].tolist() == index["group_id"].tolist() == ["NA"]


def test_patient_of_digits_stays_text(tmp_path):
    assert write([record("0001")], tmp_path)["image_id"].tolist() == ["0001"]


def test_two_runs_write_the_same_bytes(tiny, tmp_path):
    for run in ("one", "two"):
        write(reading.read(bus_uclm.DATASET, tiny), tmp_path / run)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len(files(tmp_path / "one")) == 5 + 5 + 3


def test_error_in_the_middle_leaves_what_was_there_before(tmp_path):
    write([record("AAAA_000")], tmp_path / "prepared")
    before = files(tmp_path)

    def broken():
        yield record("BBBB_000")
        raise GuidedsegError("images/BBBB_001.png: is corrupt")

    with pytest.raises(GuidedsegError, match="BBBB_001"):
        write(broken(), tmp_path / "prepared")
    assert files(tmp_path) == before


def test_no_images_are_refused(tmp_path):
    with pytest.raises(GuidedsegError, match="no images to write"):
        write([], tmp_path / "prepared")
    assert not any(tmp_path.iterdir())


def test_missing_table_names_the_remedy(tmp_path):
    with pytest.raises(GuidedsegError, match=r"index\.csv is missing\."):
        prepared.read_index(tmp_path)


@pytest.mark.parametrize(("content", "told"), [(None, "missing"), (b"not a PNG", "damaged: no picture")])
def test_missing_or_corrupt_image_is_named(tmp_path, content, told):
    write([record("AAAA_000")], tmp_path)
    path = tmp_path / "images" / "AAAA_000.png"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GuidedsegError, match=rf"AAAA_000\.png is {told}\."):
        prepared.load_image(tmp_path, "AAAA_000")


BOX = ["x0", "y0", "x1", "y1"]

CROPPED = Harmonising(region=True, marks=False, intensity=None, mm_per_pixel=0.1)


def with_margin(image_id, **more):
    """20 black columns at the left of 40 x 60; a lesion from column 30 to 50."""
    image, mask = record(image_id).image.clip(20), np.zeros((40, 60), bool)
    image[:, :20] = 0
    mask[10:20, 30:50] = True
    return replace(record(image_id, mask, image=image), **more)


def test_shown_tells_which_part_of_its_source_an_image_is(tmp_path):
    images = [with_margin("AAAA_000"), with_margin("BBBB_000", mm_per_pixel=0.2, spacing=(0.2, 0.2))]
    index = write(records(images, CROPPED), tmp_path)
    assert index[["width", "height", "lesion_px", "mm_per_pixel"]].values.tolist() == [
        [40, 40, 200, ""],
        [80, 80, 800, "0.1"],
    ]
    shown = prepared.read_shown(tmp_path)
    assert shown[[*BOX, "width", "height"]].values.tolist() == 2 * [[20, 0, 60, 40, 60, 40]]
    assert shown[["marks_px", "resampled"]].values.tolist() == [[0, 0], [0, 1]]
    assert prepared.read_lesions(tmp_path)[BOX].values.tolist() == [[10, 10, 30, 20], [20, 20, 60, 40]]
    assert told(tmp_path, CROPPED) == [
        "2 cropped to their ultrasound region",
        "1 resampled to 0.1 mm per pixel; of 1 nobody knows their millimetres: they stay as they are",
    ]


def test_region_that_a_file_tells_is_taken_and_not_searched(tmp_path):
    write(records([with_margin("AAAA_000", region=(5, 0, 60, 40))], CROPPED), tmp_path)
    assert prepared.read_shown(tmp_path)[BOX].values.tolist() == [[5, 0, 60, 40]]


def test_without_a_step_the_same_bytes_come_out(tmp_path):
    write([with_margin("AAAA_000")], tmp_path / "a")
    write(records([with_margin("AAAA_000")], OFF), tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert told(tmp_path / "b", OFF) == []
