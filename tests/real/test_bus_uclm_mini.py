"""The oddities of the real files, on a 40-image excerpt."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from guidedseg import params, regions
from guidedseg.datasets import bus_uclm, duplicates, locating, prepared, preparing, reading
from guidedseg.datasets.dataset import Raw

pytestmark = pytest.mark.real

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture(scope="module")
def mini(bus_uclm_mini):
    return locating.locate(bus_uclm.DATASET, bus_uclm_mini)


@pytest.fixture(scope="module")
def folder(mini, tmp_path_factory):
    target = tmp_path_factory.mktemp("mini") / "prepared"
    preparing.write(reading.read(bus_uclm.DATASET, mini), target, duplicate_threshold=0.8)
    return target


@pytest.fixture(scope="module")
def index(folder):
    return prepared.read_index(folder).set_index("image_id")


def test_real_files_pass_the_integrity_check(mini):
    reading.check(bus_uclm.DATASET, mini, Raw(source=None, sha256=None, images=40))


def test_info_begins_with_a_byte_order_mark_and_is_read_all_the_same(mini, index):
    assert (mini / "INFO.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(index) == 40


def test_y_in_info_means_yes(mini, index):
    row = next(line for line in (mini / "INFO.csv").read_text("utf-8-sig").splitlines() if "POFR_013" in line)
    assert ";Y;" in row
    assert "doppler" in index.loc["POFR_013", "flags"].split()


def test_hesn_is_stretched_to_its_mask(mini, folder, index):
    hesn = index[index["patient_id"] == "HESN"]
    assert not hesn.empty
    assert (index["stretched"] == (index["patient_id"] == "HESN")).all()
    raw = cv2.imread(str(mini / "images" / f"{hesn.index[0]}.png"), cv2.IMREAD_UNCHANGED)
    assert raw.shape[2] == 4
    assert raw.shape[:2] != (606, 856)
    assert prepared.load_image(folder, hesn.index[0]).shape == (606, 856)
    assert (index["width"].unique().item(), index["height"].unique().item()) == (856, 606)


def test_same_pictures_put_chco_and_chvi_into_one_group(folder, index):
    pairs = prepared.read_duplicates(folder)
    assert pairs[["image_a", "image_b"]].to_numpy().tolist() == [
        ["CHCO_000", "CHVI_005"],
        ["CHCO_001", "CHVI_008"],
        ["CHCO_002", "CHVI_009"],
        ["CHCO_003", "CHVI_013"],
    ]
    assert (pairs["similarity"] == 1).all()
    assert set(index.loc[index["patient_id"].isin(["CHCO", "CHVI"]), "group_id"]) == {"CHCO"}
    others = index[~index["patient_id"].isin(["CHCO", "CHVI"])]
    assert (others["group_id"] == others["patient_id"]).all()


def test_other_frames_are_far_from_the_threshold(folder, index):
    thumbnails = np.stack([duplicates.thumbnail(prepared.load_image(folder, image_id)) for image_id in index.index])
    pairs = duplicates.pairs(thumbnails, list(index.index), list(index["patient_id"]), threshold=0.6)
    assert len(pairs) == 4


def test_equal_pictures_have_equal_checksums(index):
    assert index.loc["CHCO_000", "sha256"] == index.loc["CHVI_005", "sha256"]
    assert index["sha256"].nunique() == 40 - 4


def test_plba_001_has_three_lesions(folder, index):
    lesions = prepared.read_lesions(folder).query("image_id == 'PLBA_001'")
    assert index.loc["PLBA_001", "lesion_count"] == len(lesions) == 3
    assert lesions["area_px"].sum() == index.loc["PLBA_001", "lesion_px"]


def test_smallest_lesion_is_kept(folder, index):
    assert index.loc["TOCI_008", "lesion_px"] == 837
    assert prepared.read_lesions(folder)["area_px"].min() == 837


def test_stsp_holds_combined_frames(index):
    combined = index[index["flags"].str.contains("combined")]
    assert not combined.empty
    assert set(combined["patient_id"]) == {"STSP"}


def test_official_patients_are_marked(index):
    splits = index.groupby("patient_id")["official_split"].first()
    assert splits[["COPE", "ELCO", "CRCI"]].tolist() == ["test"] * 3
    assert splits["ALWI"] == "train"
    assert "" not in set(splits)


def test_boxes_hold_exactly_their_lesions(folder, index):
    lesions = prepared.read_lesions(folder)
    for image_id, boxes in lesions.groupby("image_id"):
        mask = prepared.load_mask(folder, image_id)
        covered = np.zeros_like(mask)
        for box in boxes.itertuples():
            assert mask[box.y0 : box.y1, box.x0 : box.x1].any(axis=0).all()
            assert mask[box.y0 : box.y1, box.x0 : box.x1].any(axis=1).all()
            covered[box.y0 : box.y1, box.x0 : box.x1] = True
        assert not (mask & ~covered).any()
    assert set(lesions["image_id"]) == set(index.index[index["pathology"] != "normal"])


@pytest.mark.parametrize("size", [96, 128, 224])
def test_every_true_box_comes_back_from_its_tile(folder, size):
    margin = params.load(PARAMS).roi.margin
    for lesion in prepared.read_lesions(folder).itertuples():
        mask = prepared.load_mask(folder, lesion.image_id)
        box = np.array([[lesion.x0, lesion.y0, lesion.x1, lesion.y1]])
        region = regions.enlarge(box, margin, mask.shape[1], mask.shape[0])[0]
        # What a perfect network would reach: with probabilities (the share of each pixel that is lesion), and with the
        # zeros and ones that it is trained on, which tell a border no finer than a pixel of the tile.
        shares = regions.crop(mask.astype(np.uint8) * 255, region, size)
        for tile, least in ((shares, 0.998), (regions.crop_mask(mask, region, size) * 255, 0.99)):
            canvas = np.zeros(mask.shape, dtype=np.uint8)
            regions.paste(tile, region, canvas)
            found, truth = (each[region[1] : region[3], region[0] : region[2]] for each in (canvas >= 128, mask))
            assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) >= least, lesion
