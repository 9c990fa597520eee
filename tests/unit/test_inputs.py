"""Which regions the segmenters are given, per split and source, and what is cropped there."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from guidedseg import regions
from guidedseg.datasets import prepared
from guidedseg.names import BOX
from guidedseg.segmentation import crops, inputs
from guidedseg.segmentation.crops import Regions, frames, rois
from guidedseg.segmentation.inputs import COLUMNS, PLACE, TRAINING, positions, validated

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
SETTINGS: dict[str, Any] = {"margin": 0.1, "jitter": 0.1, "backgrounds": 1}


def made(detections: pd.DataFrame = DETECTIONS, lesions: pd.DataFrame = LESIONS, **changes: Any) -> Regions:
    return rois(INDEX, SPLIT, lesions, detections, **SETTINGS | changes)


def counts(table: pd.DataFrame) -> dict[Any, int]:
    return table.groupby(["image_id", "source"]).size().to_dict()


def test_direct_inputs_are_every_image_whole() -> None:
    result = frames(INDEX, SPLIT, jitter=0.2)
    assert list(result.items.columns) == COLUMNS
    assert list(result.training.columns) == TRAINING
    assert (
        result.items[["image_id", "split"]].to_numpy().tolist() == SPLIT[SPLIT["split"] != "train"].to_numpy().tolist()
    )
    assert result.training["image_id"].tolist() == ["A_0", "A_1", "A_2"]
    for table in result.items[BOX], result.training[BOX], result.training[PLACE]:
        assert (table.to_numpy() == [0, 0, WIDTH, HEIGHT]).all()
    assert set(result.items["source"]) | set(result.training["source"]) == {"frame"}
    assert (result.training[["margin", "jitter"]] == [0, 0.2]).all(axis=None), "and these move and scale anew"
    assert result.context == 1


def test_guided_inputs_have_the_right_sources_per_split() -> None:
    result = made()
    assert list(result.items.columns) == COLUMNS
    assert list(result.training.columns) == TRAINING
    assert counts(result.items) == {
        ("T_0", "truth"): 1,
        ("T_0", "detector"): 2,
        ("T_1", "detector"): 2,
        ("V_0", "truth"): 1,
        ("V_0", "detector"): 2,
        ("V_1", "detector"): 2,
    }
    assert counts(result.training) == {
        ("A_0", "truth"): 2,
        ("A_1", "background"): 1,
        ("A_2", "truth"): 1,
        ("A_2", "background"): 1,  # false boxes of images with a lesion too; of A_0 both touch a lesion
    }


def test_backgrounds_are_the_most_confident_false_boxes() -> None:
    training = made().training
    chosen = training[training["source"] == "background"]
    # the box at 0.9 overlaps a lesion of A_2 a little, by less than a tenth of their union
    assert chosen[["image_id", *BOX]].to_numpy().tolist() == [
        ["A_1", 5.5, 5.5, 25.5, 25.5],
        ["A_2", 5.5, 5.5, 25.5, 25.5],
    ]


@pytest.mark.parametrize(("backgrounds", "expected"), [(0, 0), (2, 2), (9, 2)])
def test_images_give_up_to_so_many_backgrounds(backgrounds: int, expected: int) -> None:
    assert counts(made(backgrounds=backgrounds).training).get(("A_1", "background"), 0) == expected


def test_training_boxes_are_kept_as_they_are_with_what_is_drawn_around_them() -> None:
    training = made(jitter=0.3).training
    truth = training[training["source"] == "truth"]
    assert truth[["image_id", *BOX]].to_numpy().tolist() == LESIONS[LESIONS["image_id"] < "B"].to_numpy().tolist()
    assert (training[["margin", "jitter", "width", "height"]] == [0.1, 0.3, WIDTH, HEIGHT]).all(axis=None)


def test_surroundings_are_twice_the_region_and_end_with_the_image() -> None:
    training = made(jitter=0.3).training
    first, _, large, *_ = training.loc[training["source"] == "truth", PLACE].to_numpy().tolist()
    assert first == [0, 3, 44, 27]  # 20 x 10 and a margin of a tenth: 24 x 12, twice: 48 x 24 around (20, 15)
    assert large == [0, 0, 88, HEIGHT]


def test_boxes_of_validation_and_test_are_enlarged_and_not_jittered() -> None:
    items = made(jitter=0.4).items
    truth = items[items["source"] == "truth"].set_index("image_id")
    assert list(truth.loc["T_0", BOX]) == [28, 28, 52, 52]
    assert list(truth.loc["V_0", BOX]) == [38, 8, 62, 32]
    found = items[items["source"] == "detector"]
    assert (found[BOX].to_numpy().reshape(-1, 2, 4) == [[3, 3, 28, 28], [38, 38, 62, 62]]).all()
    assert (found["confidence"].to_numpy().reshape(-1, 2) == [0.9, 0.2]).all()


def test_no_box_of_a_validation_or_test_patient_is_trained_on() -> None:
    result = made()
    assert set(result.training["image_id"].str[0]) == {"A"}
    assert set(result.items["image_id"].str[0]) == {"T", "V"}


@pytest.mark.parametrize("jitter", [0.1, None])
def test_boxes_of_test_images_change_nothing_in_training_and_validation(jitter: float | None) -> None:
    def moved(boxes: pd.DataFrame) -> pd.DataFrame:
        test = boxes["image_id"].str.startswith("T")
        return pd.concat([boxes[~test], boxes[test].assign(x0=0, y0=0), boxes[test]], ignore_index=True)

    before, after = made(jitter=jitter), made(moved(DETECTIONS), moved(LESIONS), jitter=jitter)
    assert len(after.items) > len(before.items)
    pd.testing.assert_frame_equal(before.training, after.training)
    first, second = (each.items[each.items["split"] == "val"].reset_index(drop=True) for each in (before, after))
    pd.testing.assert_frame_equal(first, second)


def test_order_of_the_tables_does_not_matter() -> None:
    shuffled = rois(INDEX[::-1], SPLIT.sample(frac=1, random_state=1), LESIONS, DETECTIONS, **SETTINGS)
    for one, other in zip(made()[:2], shuffled[:2], strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_detector_that_never_fires_leaves_the_true_boxes() -> None:
    result = made(DETECTIONS[:0])
    assert set(result.items["source"]) == set(result.training["source"]) == {"truth"}
    assert result.items["confidence"].isna().all()


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


def items_of(*rows: tuple[str, int, int, int, int]) -> Regions:
    items = pd.DataFrame(rows, columns=["image_id", *BOX])
    return Regions(items.assign(split="val", source="truth", confidence=np.nan)[COLUMNS], made().training, 2)


def test_pixels_of_the_region_are_cropped_in_the_order_of_the_items(folder: Path, target: Path) -> None:
    # regions of 32 x 32 at size 32 are copied pixel for pixel; the images take turns
    items = items_of(("A_2", 0, 0, 32, 32), ("A_0", 10, 5, 42, 37), ("A_2", 40, 40, 72, 72), ("A_1", 68, 48, 100, 80))
    crops.write(items, folder, 32, target)
    result = inputs.load(target)
    for number, (image_id, x0, y0, x1, y1) in enumerate(items.items[["image_id", *BOX]].itertuples(index=False)):
        image, mask = prepared.load_image(folder, image_id), prepared.load_mask(folder, image_id)
        np.testing.assert_array_equal(result.images[number], image[y0:y1, x0:x1])
        np.testing.assert_array_equal(result.masks[number], mask[y0:y1, x0:x1])


def test_surroundings_are_those_of_the_boxes_with_shares_of_lesion(folder: Path, target: Path) -> None:
    crops.write(made(), folder, 32, target)
    result = inputs.load(target)
    for number, row in enumerate(result.training.itertuples()):
        place = np.array([row.place_x0, row.place_y0, row.place_x1, row.place_y1])
        image, mask = prepared.load_image(folder, row.image_id), prepared.load_mask(folder, row.image_id)
        np.testing.assert_array_equal(result.wide_images[number], regions.crop(image, place, 64))
        np.testing.assert_array_equal(result.wide_masks[number], regions.crop_shares(mask, place, 64))


def test_written_inputs_are_read_back_and_are_the_same_bytes_each_time(folder: Path, target: Path) -> None:
    expected = made()
    names = ("images.npy", "masks.npy", "items.csv", "wide_images.npy", "wide_masks.npy", "training.csv")
    written = []
    for _ in range(2):
        crops.write(expected, folder, 32, target)
        written.append([(target / name).read_bytes() for name in names])
    assert written[0] == written[1]
    result = inputs.load(target)
    pd.testing.assert_frame_equal(result.items, expected.items)
    pd.testing.assert_frame_equal(result.training, expected.training, check_dtype=False)
    assert result.images.shape == result.masks.shape == (len(expected.items), 32, 32)
    assert result.wide_images.shape == result.wide_masks.shape == (len(expected.training), 64, 64)
    assert {array.dtype for array in (result.images, result.masks, result.wide_images, result.wide_masks)} == {
        np.dtype(np.uint8)
    }
    assert set(np.unique(result.masks)) == {0, 1}


def test_each_image_is_decoded_once(folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    load = prepared.load_image

    def noted(path: Path, image_id: str) -> np.ndarray:
        decoded.append(image_id)
        return load(path, image_id)

    monkeypatch.setattr(prepared, "load_image", noted)
    crops.write(made(), folder, 32, target)
    assert sorted(decoded) == INDEX["image_id"].tolist()


def test_image_called_na_keeps_its_name_and_a_missing_confidence_is_nan(target: Path) -> None:
    items = items_of(("NA", 0, 0, 1, 1), ("007", 0, 0, 1, 1)).items.assign(confidence=[np.nan, 0.5])
    items.to_csv(target / "items.csv", index=False)
    read = inputs.read_items(target)
    assert read["image_id"].tolist() == ["NA", "007"]
    assert np.isnan(read["confidence"][0])
    assert read["confidence"][1] == 0.5


def test_positions_are_those_of_the_splits_and_sources() -> None:
    items = pd.DataFrame({"split": ["train", "val", "test", "val"], "source": ["truth", "detector", "truth", "truth"]})
    assert positions(items, ["val", "test"], ["truth"]).tolist() == [2, 3]
    assert positions(items, ["train"], ["frame"]).size == 0


class TestWhatChoosesACheckpoint:
    def of(self, *rows: tuple[str, str, str]) -> list[int]:
        return validated(pd.DataFrame(rows, columns=["image_id", "split", "source"])).tolist()

    def test_it_is_every_frame_of_validation_images(self) -> None:
        assert self.of(("a", "val", "frame"), ("t", "test", "frame"), ("b", "val", "frame")) == [0, 2]

    def test_it_is_the_most_confident_boxes_as_many_as_there_are_lesions(self) -> None:
        boxes = [("detector",)] * 3
        one = [("a", "val", "truth"), *(("a", "val", *box) for box in boxes)]
        two = [("b", "val", "truth"), ("b", "val", "truth"), *(("b", "val", *box) for box in boxes)]
        normal = [("n", "val", *box) for box in boxes]
        missed = [("m", "val", "truth")]
        test = [("t", "test", "truth"), ("t", "test", "detector")]
        assert self.of(*one, *two, *normal, *missed, *test) == [1, 6, 7, 9]

    def test_it_is_the_true_boxes_where_the_detector_finds_nothing(self) -> None:
        assert self.of(("a", "val", "truth"), ("t", "test", "detector"), ("b", "val", "truth")) == [0, 2]
