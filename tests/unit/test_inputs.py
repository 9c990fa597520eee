"""Which regions the segmenters are given, per split and source, and what is cropped there."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from guidedseg.datasets import prepared
from guidedseg.names import BOX
from guidedseg.segmentation import crops, inputs
from guidedseg.segmentation.crops import frames, rois
from guidedseg.segmentation.inputs import COLUMNS, TRAINED_ON, positions

WIDTH, HEIGHT = 100, 80
INDEX = pd.DataFrame(
    [
        ("A_0", "benign"),
        ("A_1", "normal"),
        ("A_2", "malignant"),
        ("T_0", "benign"),
        ("T_1", "normal"),
        ("V_0", "benign"),
        ("V_1", "normal"),
    ],
    columns=["image_id", "pathology"],
).assign(width=WIDTH, height=HEIGHT)
SPLIT = pd.DataFrame(
    {"image_id": INDEX["image_id"], "split": INDEX["image_id"].str[0].map({"A": "train", "V": "val", "T": "test"})}
)
LESIONS = pd.DataFrame(
    [
        ("A_0", 10, 10, 30, 20),
        ("A_0", 50, 40, 70, 60),
        ("A_2", 20, 20, 60, 60),
        ("T_0", 30, 30, 50, 50),
        ("V_0", 40, 10, 60, 30),
    ],
    columns=["image_id", *BOX],
)
DETECTIONS = pd.DataFrame(
    [(image_id, 5.5, 5.5, 25.5, 25.5, 0.9) for image_id in INDEX["image_id"]]
    + [(image_id, 40.0, 40.0, 60.0, 60.0, 0.2) for image_id in INDEX["image_id"]],
    columns=["image_id", *BOX, "confidence"],
)
SETTINGS: dict[str, Any] = {"margin": 0.1, "jitter": 0.1, "copies": 3, "backgrounds": 1, "seed": 0}


def counts(items: pd.DataFrame) -> dict[Any, int]:
    return items.groupby(["image_id", "source"]).size().to_dict()


def train_of(items: pd.DataFrame) -> pd.DataFrame:
    return items[items["split"] == "train"]


def test_direct_inputs_are_every_image_whole() -> None:
    items = frames(INDEX, SPLIT)
    assert list(items.columns) == COLUMNS
    assert items["image_id"].tolist() == INDEX["image_id"].tolist()
    assert items["split"].tolist() == SPLIT["split"].tolist()
    assert (items[BOX] == [0, 0, WIDTH, HEIGHT]).all(axis=None)
    assert set(items["source"]) == {"frame"}


def test_guided_inputs_have_the_right_sources_per_split() -> None:
    items = rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS)
    assert list(items.columns) == COLUMNS
    assert counts(items) == {
        ("A_0", "truth"): 6,  # 2 lesions x 3 copies; the detector's boxes of training images with a lesion are not used
        ("A_1", "background"): 1,
        ("A_2", "truth"): 3,
        ("T_0", "truth"): 1,
        ("T_0", "detector"): 2,
        ("T_1", "detector"): 2,
        ("V_0", "truth"): 1,
        ("V_0", "detector"): 2,
        ("V_1", "detector"): 2,
        ("V_1", "background"): 1,
    }


def test_backgrounds_are_the_most_confident_false_boxes() -> None:
    items = rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS)
    chosen = items[items["source"] == "background"]
    assert chosen["confidence"].tolist() == [0.9, 0.9]
    assert (chosen[BOX] == [3, 3, 28, 28]).all(axis=None)  # 5.5 - 2 and 25.5 + 2, rounded outwards


@pytest.mark.parametrize(("backgrounds", "expected"), [(0, 0), (2, 2), (9, 2)])
def test_normals_give_up_to_so_many_backgrounds(backgrounds: int, expected: int) -> None:
    items = rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS | {"backgrounds": backgrounds})
    assert counts(items).get(("A_1", "background"), 0) == expected


def test_true_boxes_of_validation_and_test_are_not_jittered() -> None:
    items = rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS | {"jitter": 0.4})
    truth = items[(items["source"] == "truth") & (items["split"] != "train")].set_index("image_id")
    assert list(truth.loc["T_0", BOX]) == [28, 28, 52, 52]
    assert list(truth.loc["V_0", BOX]) == [38, 8, 62, 32]


def test_training_copies_of_a_lesion_differ_and_lie_in_the_image() -> None:
    items = train_of(rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS | {"copies": 20, "jitter": 0.3}))
    boxes = items.loc[items["image_id"] == "A_2", BOX]
    assert len(boxes.drop_duplicates()) > 10
    assert (items[["x0", "y0"]] >= 0).all(axis=None)
    assert (items["x1"] <= WIDTH).all()
    assert (items["y1"] <= HEIGHT).all()


def test_no_box_of_a_test_patient_enters_training() -> None:
    items = rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS)
    trained = items.iloc[positions(items, ["train", "val"], TRAINED_ON)]
    assert set(trained["image_id"].str[0]) == {"A", "V"}
    assert not set(items.loc[items["split"] == "test", "source"]) & {"background", "frame"}
    assert "detector" not in set(trained["source"])


def test_boxes_of_test_images_change_nothing_in_training_and_validation() -> None:
    def moved(boxes: pd.DataFrame) -> pd.DataFrame:
        test = boxes["image_id"].str.startswith("T")
        return pd.concat([boxes[~test], boxes[test].assign(x0=0, y0=0), boxes[test]], ignore_index=True)

    before = rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS)
    after = rois(INDEX, SPLIT, moved(LESIONS), moved(DETECTIONS), **SETTINGS)
    assert len(after) > len(before)
    first, second = (items[items["split"] != "test"].reset_index(drop=True) for items in (before, after))
    pd.testing.assert_frame_equal(first, second)


def test_jitter_of_an_image_does_not_depend_on_the_boxes_of_another() -> None:
    one_lesion_less = LESIONS.drop(index=0)
    before = rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS)
    after = rois(INDEX, SPLIT, one_lesion_less, DETECTIONS, **SETTINGS)
    first, second = (items.loc[items["image_id"] == "A_2", BOX].to_numpy() for items in (before, after))
    np.testing.assert_array_equal(first, second)


def test_images_with_the_same_lesion_are_jittered_each_in_its_own_way() -> None:
    lesions = pd.DataFrame([(image_id, 20, 20, 60, 60) for image_id in ("A_0", "A_2")], columns=["image_id", *BOX])
    items = rois(INDEX, SPLIT, lesions, DETECTIONS, **SETTINGS)
    first, second = (items.loc[items["image_id"] == image_id, BOX].to_numpy() for image_id in ("A_0", "A_2"))
    assert (first != second).any()


def test_jitter_depends_on_the_seed_alone() -> None:
    first, again, other = (rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS | {"seed": seed}) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert (train_of(first)[BOX] != train_of(other)[BOX]).any(axis=None)
    shuffled = rois(INDEX[::-1], SPLIT.sample(frac=1, random_state=1), LESIONS, DETECTIONS, **SETTINGS)
    pd.testing.assert_frame_equal(first, shuffled)


def test_detector_that_never_fires_leaves_the_true_boxes() -> None:
    items = rois(INDEX, SPLIT, LESIONS, DETECTIONS[:0], **SETTINGS)
    assert set(items["source"]) == {"truth"}
    assert items["confidence"].isna().all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Prepared noise; the masks are the boxes of LESIONS."""
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (tmp_path / "prepared" / kind).mkdir(parents=True)
    for image_id in INDEX["image_id"]:
        mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
        for x0, y0, x1, y1 in LESIONS.loc[LESIONS["image_id"] == image_id, BOX].to_numpy():
            mask[y0:y1, x0:x1] = 255
        picture = rng.integers(0, 256, mask.shape, dtype=np.uint8)
        for kind, content in (("images", picture), ("masks", mask)):
            cv2.imwrite(str(tmp_path / "prepared" / kind / f"{image_id}.png"), content)
    return tmp_path / "prepared"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "inputs").mkdir()
    return tmp_path / "inputs"


def items_of(*rows: tuple[str, int, int, int, int]) -> pd.DataFrame:
    items = pd.DataFrame(rows, columns=["image_id", *BOX])
    return items.assign(split="train", source="truth", confidence=np.nan)[COLUMNS]


def test_pixels_of_the_region_are_cropped_in_the_order_of_the_items(folder: Path, target: Path) -> None:
    # regions of 32 x 32 at size 32 are copied pixel for pixel; the images take turns
    items = items_of(("A_2", 0, 0, 32, 32), ("A_0", 10, 5, 42, 37), ("A_2", 40, 40, 72, 72), ("A_1", 68, 48, 100, 80))
    crops.write(items, folder, 32, target)
    result = inputs.load(target)
    for number, (image_id, x0, y0, x1, y1) in enumerate(items[["image_id", *BOX]].itertuples(index=False)):
        image, mask = prepared.load_image(folder, image_id), prepared.load_mask(folder, image_id)
        np.testing.assert_array_equal(result.images[number], image[y0:y1, x0:x1])
        np.testing.assert_array_equal(result.masks[number], mask[y0:y1, x0:x1])


def test_written_inputs_are_read_back_and_are_the_same_bytes_each_time(folder: Path, target: Path) -> None:
    items = rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS)
    names = ("images.npy", "masks.npy", "items.csv")
    written = []
    for _ in range(2):
        crops.write(items, folder, 32, target)
        written.append([(target / name).read_bytes() for name in names])
    assert written[0] == written[1]
    result = inputs.load(target)
    pd.testing.assert_frame_equal(result.items, items)
    assert result.images.shape == result.masks.shape == (len(items), 32, 32)
    assert result.images.dtype == result.masks.dtype == np.uint8
    assert set(np.unique(result.masks)) == {0, 1}
    background = positions(result.items, ["train"], ["background"])
    assert not result.masks[background].any()


def test_each_image_is_decoded_once(folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    load = prepared.load_image

    def noted(path: Path, image_id: str) -> np.ndarray:
        decoded.append(image_id)
        return load(path, image_id)

    monkeypatch.setattr(prepared, "load_image", noted)
    crops.write(rois(INDEX, SPLIT, LESIONS, DETECTIONS, **SETTINGS), folder, 32, target)
    assert sorted(decoded) == INDEX["image_id"].tolist()


def test_image_called_na_keeps_its_name_and_a_missing_confidence_is_nan(target: Path) -> None:
    items = items_of(("NA", 0, 0, 1, 1), ("007", 0, 0, 1, 1)).assign(confidence=[np.nan, 0.5])
    items.to_csv(target / "items.csv", index=False)
    read = inputs.read_items(target)
    assert read["image_id"].tolist() == ["NA", "007"]
    assert np.isnan(read["confidence"][0])
    assert read["confidence"][1] == 0.5


def test_positions_are_those_of_the_splits_and_sources() -> None:
    items = pd.DataFrame({"split": ["train", "val", "test", "val"], "source": ["truth", "detector", "truth", "truth"]})
    assert positions(items, ["val", "test"], ["truth"]).tolist() == [2, 3]
    assert positions(items, ["train"], TRAINED_ON).tolist() == [0]
    assert positions(items, ["train"], ["frame"]).size == 0
