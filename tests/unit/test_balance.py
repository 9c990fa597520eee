"""A union trained on evenly: how often every network meets an image of each dataset, and splits that hold of all."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_detector import write_dataset
from small_inputs import whole
from test_inputs import DETECTIONS, INDEX, LESIONS, SPLIT
from test_splitting import SETTINGS, index_of
from ultralytics.data.dataset import YOLODataset
from ultralytics.data.utils import check_det_dataset

from guidedseg.datasets.balance import times
from guidedseg.datasets.splitting import assign, audit
from guidedseg.detection import labels
from guidedseg.detection.pyramid import data as fcos
from guidedseg.detection.yolo import training as yolo
from guidedseg.fitting.sampling import EpochSampler
from guidedseg.segmentation import crops
from guidedseg.segmentation.data import TrainingItems

UNION = pd.DataFrame({"image_id": [f"a-{n}" for n in range(5)] + [f"b-{n}" for n in range(4)]})
UNION["dataset"] = UNION["image_id"].str[0]
PARTS = UNION[["image_id"]].assign(split=["train"] * 5 + ["train"] * 2 + ["val", "test"])
TIMES = {"train_0": 1, "train_1": 3, "train_2": 2, "train_3": 1}


def test_by_size_every_training_image_stands_once() -> None:
    assert times(UNION, PARTS, "size").to_dict() == dict.fromkeys(PARTS["image_id"][:7], 1)


def test_evenly_a_smaller_datasets_images_are_repeated_until_there_are_as_many() -> None:
    even = times(UNION, PARTS.sample(frac=1, random_state=0), "even")
    assert even.to_dict() == {**{f"a-{n}": 1 for n in range(5)}, "b-0": 2, "b-1": 3}


def test_one_dataset_is_not_changed_by_either() -> None:
    one = UNION.assign(dataset="a")
    assert times(one, PARTS, "even").equals(times(one, PARTS, "size"))


def test_regions_of_both_approaches_stand_as_often_as_their_image() -> None:
    often = pd.Series({"A_0": 3, "A_1": 1, "A_2": 2})
    direct = crops.frames(INDEX, SPLIT, jitter=0.0, times=often).training
    guided = crops.rois(INDEX, SPLIT, LESIONS, DETECTIONS, margin=0.1, jitter=0.1, backgrounds=1, times=often).training
    for table in direct, guided:
        assert (table["times"] == table["image_id"].map(often)).all()
    assert set(guided["image_id"]) == {"A_0", "A_1", "A_2"}


def test_segmenters_epoch_has_a_row_as_often_as_it_stands_and_draws_each_anew() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (4, 32, 32), dtype=np.uint8)
    inputs = whole(images, np.ones_like(images), train=3)
    inputs = replace(inputs, training=inputs.training.assign(times=[1, 3, 2], jitter=0.2))
    items = TrainingItems(inputs, 32, rotation=10, flip=0.5, brightness=0.2, seed=0)
    keys = list(EpochSampler(items.empty(), 0))
    assert Counter(int(items.rows[position]) for _, position, _ in keys) == {0: 1, 1: 3, 2: 2}
    drawn = [items[key][0].tobytes() for key in keys]
    assert len(set(drawn)) == len(drawn)


@pytest.fixture
def repeated(tmp_path: Path) -> Path:
    """Four training pictures, seven times, as ``labels.write`` lays them out."""
    plain = write_dataset(tmp_path / "plain")
    rows = []
    for kind in ("images", "masks"):
        (tmp_path / "prepared" / kind).mkdir(parents=True)
        for path in sorted(plain.glob(f"{kind}/*/*.png")):
            path.rename(tmp_path / "prepared" / kind / path.name)
            rows += [(path.stem, path.parent.name)] if kind == "images" else []
    split = pd.DataFrame(rows, columns=["image_id", "split"])
    index = split.assign(width=64, height=48)
    lesions = index[["image_id"]].assign(x0=10, y0=10, x1=30, y1=30)
    (tmp_path / "yolo").mkdir()
    labels.write(tmp_path / "prepared", index, lesions, split, tmp_path / "yolo", times=pd.Series(TIMES))
    return tmp_path / "yolo"


def test_ultralytics_own_reader_has_every_picture_as_often(repeated: Path, tmp_path: Path) -> None:
    for place in (repeated / "data.yaml", Path(yolo._linked(repeated, tmp_path / "scratch"))):
        data = check_det_dataset(str(place))
        read = YOLODataset(img_path=data["train"], data=data, imgsz=64, augment=False)
        assert Counter(Path(path).stem for path in read.im_files) == TIMES
        assert Counter(Path(label["im_file"]).stem for label in read.labels) == TIMES
        assert all(len(label["bboxes"]) == 1 for label in read.labels)


def test_fcos_has_every_picture_as_often_and_decodes_it_once(repeated: Path) -> None:
    part = fcos.read(repeated, "train", 64)
    assert Counter(part.image_ids) == TIMES
    assert len({id(picture) for picture, *_ in part.items}) == len(TIMES)
    assert fcos.read(repeated, "val", 64).image_ids == ["val_0", "val_1"]


@pytest.mark.parametrize(("protocol", "group_by"), [("holdout", "patient"), ("holdout", "image"), ("folds", "patient")])
@pytest.mark.parametrize("seed", range(4))
def test_every_split_of_a_union_has_its_share_of_every_dataset(protocol: str, group_by: str, seed: int) -> None:
    large, small = index_of(60, seed=0), index_of(20, seed=1).assign(dataset="small")
    small["image_id"] = "small-" + small["image_id"]
    small["patient_id"] = small["group_id"] = small["image_id"].str[:-1]  # up to ten images each
    union = pd.concat([large, small], ignore_index=True)
    split = assign(union, **SETTINGS | {"protocol": protocol, "group_by": group_by, "seed": seed})
    counts = audit(union, split, pd.DataFrame(columns=["image_a", "image_b"]))
    for name, share in (("test", 0.2), ("val", 0.2 if protocol == "folds" else 0.15)):
        assert counts[name]["small"] == pytest.approx(share * len(small), abs=8), name
        assert counts[name]["ours"] + counts[name]["small"] == counts[name]["images"]


def test_audit_of_one_dataset_does_not_count_it_again() -> None:
    index = index_of()
    assert "ours" not in audit(index, assign(index, **SETTINGS), pd.DataFrame(columns=["image_a", "image_b"]))["train"]
