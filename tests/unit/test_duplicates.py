import cv2
import numpy as np
import pandas as pd
import pytest

from guidedseg.datasets.duplicates import groups, pairs, thumbnail


def speckle(seed, height=120, width=160):
    """Blurred noise under a shared bright top, as all ultrasound frames have."""
    noise = np.random.default_rng(seed).normal(0, 1, (height, width)).astype(np.float32)
    texture = cv2.GaussianBlur(noise, (0, 0), 4)
    grey = 90 + 40 * texture / texture.std() + np.linspace(60, -60, height, dtype=np.float32)[:, None]
    return np.clip(grey, 0, 255).astype(np.uint8)


def find(images, patients, threshold=0.8):
    ids = [f"{patient}_{k:03}" for k, patient in enumerate(patients)]
    return pairs(np.stack([thumbnail(image) for image in images]), ids, patients, threshold)


def reencoded(image):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_GRAYSCALE)


CHANGES = {
    "nothing": lambda image: image,
    "JPEG": reencoded,
    "noise": lambda image: np.clip(image + np.random.default_rng(9).normal(0, 8, image.shape), 0, 255).astype(np.uint8),
    "brighter": lambda image: np.clip(image * 1.1 + 10, 0, 255).astype(np.uint8),
    "half size": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "marker in the corner": lambda image: cv2.circle(image.copy(), (8, 6), 5, 255, -1),
}


def test_thumbnail_has_a_fixed_size_and_type():
    small = thumbnail(speckle(0))
    assert small.shape == (32, 32)
    assert small.dtype == np.float32


@pytest.mark.parametrize("change", CHANGES)
def test_same_picture_under_two_patients_is_found_after(change):
    image = speckle(0)
    found = find([image, speckle(1), CHANGES[change](image)], ["AAAA", "BBBB", "CCCC"])
    assert found[["image_a", "image_b"]].to_numpy().tolist() == [["AAAA_000", "CCCC_002"]]
    assert found[["patient_a", "patient_b"]].to_numpy().tolist() == [["AAAA", "CCCC"]]


def test_equal_pictures_have_a_similarity_of_one():
    assert find([speckle(0)] * 2, ["AAAA", "BBBB"])["similarity"].tolist() == [1.0]


def test_different_pictures_that_share_light_and_dark_are_no_pair():
    assert find([speckle(k) for k in range(20)], [f"{k:04}" for k in range(20)], threshold=0.5).empty


def test_same_picture_twice_under_one_patient_is_no_pair():
    assert find([speckle(0)] * 2, ["AAAA", "AAAA"]).empty


def test_empty_pictures_are_no_pair():
    assert find([np.full((60, 80), grey, np.uint8) for grey in (0, 0, 77)], ["AAAA", "BBBB", "CCCC"]).empty


def test_threshold_decides():
    images = [speckle(0), CHANGES["noise"](speckle(0))]
    similarity = find(images, ["AAAA", "BBBB"])["similarity"].item()
    assert 0.8 < similarity < 1
    assert find(images, ["AAAA", "BBBB"], threshold=similarity + 0.0001).empty
    assert len(find(images, ["AAAA", "BBBB"], threshold=similarity)) == 1


def test_pairs_do_not_depend_on_the_order_of_the_images():
    images = np.stack([thumbnail(speckle(k % 3)) for k in range(6)])
    ids, patients = [f"P{k}" for k in range(6)], [f"patient{k}" for k in range(6)]
    backwards = pairs(images[::-1], ids[::-1], patients[::-1], 0.8)
    pd.testing.assert_frame_equal(pairs(images, ids, patients, 0.8), backwards)
    assert backwards["image_a"].tolist() == ["P0", "P1", "P2"]


def linked(*couples):
    return pd.DataFrame(couples, columns=["patient_a", "patient_b"])


def test_patients_without_pairs_are_their_own_group():
    assert groups(["B", "A", "B"], linked()) == {"A": "A", "B": "B"}


def test_chain_of_pairs_is_one_group_named_after_its_first_patient():
    found = groups(["D", "C", "B", "A", "E"], linked(("D", "C"), ("C", "B")))
    assert found == {"A": "A", "B": "B", "C": "B", "D": "B", "E": "E"}
