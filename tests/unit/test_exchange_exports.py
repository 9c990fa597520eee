"""The data as other tools read them: every image in its split, masks exact, whole or not at all."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exchanged import HEIGHT, SPLIT, WIDTH, drawn, image, load, mask

from guidedseg.datasets import outlines
from guidedseg.errors import GuidedsegError
from guidedseg.exchange import exports
from guidedseg.exchange.data import Data, read
from guidedseg.exchange.exports import Format

FORMATS: tuple[Format, ...] = ("yolo", "coco", "monai", "nnunet")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return drawn(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def written(data: Data, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every format's folder."""
    folder = tmp_path_factory.mktemp("exports")
    for each in FORMATS:
        exports.run(data, each, folder / each)
    return {each: folder / each for each in FORMATS}


def content(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_yolo_has_a_polygon_a_lesion_and_an_empty_label_of_a_normal(written: dict[str, Path]) -> None:
    for image_id, split in SPLIT.items():
        label = written["yolo"] / "labels" / split / f"{image_id}.txt"
        problems: list[str] = []
        found, _ = outlines.yolo(label, label.name, problems)(HEIGHT, WIDTH)
        assert not problems
        # a polygon through the middles of border pixels holds all of them but the corners, by at least one half
        assert abs(int(found.sum()) - int(mask(image_id).sum())) <= 4
        assert np.array_equal(load(written["yolo"] / "images" / split / f"{image_id}.png"), image(image_id))
        assert bool(label.read_text()) == mask(image_id).any()


def test_ultralytics_reads_the_dataset_and_makes_the_same_masks_of_it(written: dict[str, Path]) -> None:
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import polygon2mask

    for split in ("train", "val", "test"):
        read = YOLODataset(
            img_path=str(written["yolo"] / "images" / split),
            data={"names": {0: "lesion"}},
            task="segment",
            augment=False,
        )
        assert len(read.labels) == 2
        for label in read.labels:
            polygons = [(each * (WIDTH, HEIGHT)).ravel() for each in label["segments"]]
            found = np.zeros((HEIGHT, WIDTH), np.bool_)
            for each in polygons:
                found |= polygon2mask((HEIGHT, WIDTH), [each]) > 0
            assert np.array_equal(found, mask(Path(label["im_file"]).stem))


def test_coco_holds_the_exact_masks_and_who_and_what_is_shown(written: dict[str, Path]) -> None:
    for split in ("train", "val", "test"):
        path = written["coco"] / f"instances_{split}.json"
        wanted = [image_id for image_id, of in SPLIT.items() if of == split]
        problems: list[str] = []
        draw = outlines.coco(path, {image_id: f"{image_id}.png" for image_id in wanted}, problems)
        assert not problems
        assert [*draw] == wanted
        for image_id in wanted:
            assert np.array_equal(draw[image_id](HEIGHT, WIDTH)[0], mask(image_id))
        of_first, of_second = content(path)["images"]
        assert (of_first["patient_id"], of_first["pathology"]) == (f"P{wanted[0]}", "benign")
        assert of_second["pathology"] == "normal"
        (lesion,) = content(path)["annotations"]
        assert (lesion["bbox"], lesion["area"], lesion["image_id"]) == ([10, 4, 20, 8], 160, of_first["id"])
        assert (written["coco"] / "images" / of_first["file_name"]).is_file()


def test_numbers_of_coco_are_of_one_image_or_lesion_in_all_splits(written: dict[str, Path]) -> None:
    files = [content(written["coco"] / f"instances_{split}.json") for split in ("train", "val", "test")]
    for kind, number in (("images", 6), ("annotations", 3)):
        assert len({each["id"] for file in files for each in file[kind]}) == number


def test_monai_reads_the_lists_and_their_labels_are_0_and_1(written: dict[str, Path]) -> None:
    from monai.data import load_decathlon_datalist

    path = written["monai"] / "datalist.json"
    folds = {"training": [1, 1], "validation": [0, 0], "testing": [None, None]}
    for (name, fold), split in zip(folds.items(), ("train", "val", "test"), strict=True):
        items = load_decathlon_datalist(str(path), True, name)
        assert [item.get("fold") for item in items] == fold
        assert [Path(item["image"]).stem for item in items] == [key for key, of in SPLIT.items() if of == split]
        for item in items:
            assert np.array_equal(load(Path(item["label"])), mask(Path(item["image"]).stem).astype(np.uint8))
            assert Path(item["image"]).is_file()


def test_nnunet_trains_on_train_and_val_as_we_part_them_and_tests_on_test(written: dict[str, Path], data: Data) -> None:
    (folder,) = written["nnunet"].iterdir()
    assert folder.name == "Dataset501_phantom"
    for image_id, split in SPLIT.items():
        place = "Ts" if split == "test" else "Tr"
        assert np.array_equal(load(folder / f"images{place}" / f"{image_id}_0000.png"), image(image_id))
        assert np.array_equal(load(folder / f"labels{place}" / f"{image_id}.png"), mask(image_id).astype(np.uint8))
    assert len([*folder.glob("images*/*")]) == len([*folder.glob("labels*/*")]) == len(SPLIT)
    assert content(folder / "splits_final.json") == [{"train": ["t0", "t1"], "val": ["v0", "v1"]}]
    described = content(folder / "dataset.json")
    assert described["channel_names"] == {"0": "grayscale"}
    assert (described["labels"], described["numTraining"]) == ({"background": 0, "lesion": 1}, 4)
    assert content(folder / "guidedseg.json") == described["guidedseg"] == data.hashes()


def test_number_of_the_nnunet_dataset_is_an_option(data: Data, tmp_path: Path) -> None:
    exports.run(data, "nnunet", tmp_path / "raw", 7)
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["Dataset007_phantom"]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_picture_is_a_file_of_its_own_and_no_path_is_absolute(written: dict[str, Path], format_: Format) -> None:
    files = [path for path in written[format_].rglob("*") if path.is_file()]
    assert all(path.stat().st_nlink == 1 and not path.is_symlink() for path in files)
    texts = [path.read_text(encoding="utf-8") for path in files if path.suffix in {".json", ".yaml", ".txt"}]
    assert texts
    assert not [text for text in texts if str(written[format_].parent) in text]


@pytest.mark.parametrize("format_", FORMATS)
def test_an_empty_folder_is_taken_and_another_is_left_as_it_is(data: Data, tmp_path: Path, format_: Format) -> None:
    exports.run(data, format_, tmp_path / "empty")  # there is none
    (tmp_path / "made").mkdir()
    exports.run(data, format_, tmp_path / "made")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(GuidedsegError, match="is no empty folder"):
        exports.run(data, format_, tmp_path / "made")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("format_", FORMATS)
def test_nothing_is_left_where_a_mask_is_damaged(tmp_path: Path, format_: Format) -> None:
    damaged = drawn(tmp_path)
    (damaged.folder / "masks" / "v0.png").write_bytes(b"no picture")
    with pytest.raises(GuidedsegError, match=r"v0\.png is damaged"):
        exports.run(damaged, format_, tmp_path / "export")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_missing_pictures_are_told_before_anything_is_written(tmp_path: Path) -> None:
    whole = drawn(tmp_path)
    (whole.folder / "masks" / "t0.png").unlink()
    (whole.folder / "images" / "x1.png").unlink()
    with pytest.raises(GuidedsegError, match=r"(?s)2 problem.*images/x1\.png is missing.*masks/t0\.png is missing"):
        read(whole.folder, tmp_path / "data" / "split.csv")


@pytest.mark.parametrize("change", ["index", "masks", "split"])
def test_hashes_tell_what_of_the_data_is_another(tmp_path: Path, change: str) -> None:
    one = drawn(tmp_path / "one")
    other = drawn(tmp_path / "other", {"t0": np.roll(mask("t0"), 1)} if change == "masks" else None)
    if change == "index":
        path = other.folder / "index.csv"
        path.write_text(path.read_text().replace("benign", "malignant"), encoding="utf-8")
    if change == "split":
        swapped = {"t0": "val", "v0": "train"}
        other.images["split"] = other.images["image_id"].map({**SPLIT, **swapped})
    ours, theirs = one.hashes(), other.hashes()
    assert [key for key in ours if ours[key] != theirs[key]] == [change]
