"""The Ultralytics dataset: every image in its split, one line per lesion, normals as background."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from guidedseg.detection.labels import write

INDEX = pd.DataFrame(
    [("A_0", 200, 100), ("A_1", 200, 100), ("B_0", 64, 48), ("C_0", 64, 48)], columns=["image_id", "width", "height"]
)
LESIONS = pd.DataFrame(
    [("A_0", 20, 10, 60, 40), ("A_0", 0, 0, 200, 100), ("C_0", 0, 24, 16, 48)],
    columns=["image_id", "x0", "y0", "x1", "y1"],
)
SPLIT = pd.DataFrame(
    [("A_0", "train"), ("A_1", "train"), ("B_0", "val"), ("C_0", "test")], columns=["image_id", "split"]
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    for kind, name in (("images", "picture"), ("masks", "mask")):
        (tmp_path / "prepared" / kind).mkdir(parents=True)
        for image_id in INDEX["image_id"]:
            (tmp_path / "prepared" / kind / f"{image_id}.png").write_bytes(f"{name} {image_id}".encode())
    target = tmp_path / "yolo"
    target.mkdir()
    assert write(tmp_path / "prepared", INDEX, LESIONS, SPLIT, target) == 3
    return target


def label(target: Path, name: str) -> str:
    return (target / "labels" / f"{name}.txt").read_text(encoding="utf-8")


def test_every_lesion_is_a_line_of_centre_and_size_in_shares_of_the_image(target: Path) -> None:
    # (20 + 60) / 2 / 200, (10 + 40) / 2 / 100, 40 / 200, 30 / 100; then the whole frame
    assert label(target, "train/A_0") == (
        "0 0.200000 0.250000 0.200000 0.300000\n0 0.500000 0.500000 1.000000 1.000000\n"
    )
    assert label(target, "test/C_0") == "0 0.125000 0.750000 0.250000 0.500000\n"


@pytest.mark.parametrize("name", ["train/A_1", "val/B_0"])
def test_normal_image_has_an_empty_label_file(target: Path, name: str) -> None:
    assert label(target, name) == ""


def test_every_image_lies_in_its_split_beside_its_label(target: Path) -> None:
    images = {path.relative_to(target / "images").with_suffix("") for path in target.glob("images/*/*")}
    labels = {path.relative_to(target / "labels").with_suffix("") for path in target.glob("labels/*/*")}
    masks = {path.relative_to(target / "masks").with_suffix("") for path in target.glob("masks/*/*")}
    assert images == labels == masks == {Path(split) / image_id for image_id, split in SPLIT.itertuples(index=False)}
    assert (target / "images" / "val" / "B_0.png").read_bytes() == b"picture B_0"
    assert (target / "masks" / "val" / "B_0.png").read_bytes() == b"mask B_0"


def test_data_yaml_names_the_class_and_relative_folders_that_exist(target: Path) -> None:
    text = (target / "data.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    assert data == {"train": "images/train", "val": "images/val", "test": "images/test", "names": {0: "lesion"}}
    assert all((target / data[split]).is_dir() for split in ("train", "val", "test"))
    assert str(target) not in text
