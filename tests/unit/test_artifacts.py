"""What stages hand over is checked as it is read: file, line, column and remedy of everything that is wrong with it."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from guidedseg import artifacts, evaluated
from guidedseg.datasets import prepared, splits
from guidedseg.detection.boxes import read_detections
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation import counts
from guidedseg.evaluation.operating import Operating
from guidedseg.inference import tiles
from guidedseg.restoring import missing
from guidedseg.segmentation import inputs

pytestmark = pytest.mark.usefixtures("project")

ROOT = Path(__file__).parents[2]

IDS = ["AAAA_000", "AAAA_001", "007"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the pipeline's dvc.yaml and whole artifacts of three images."""
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    index = [(name, "d", "p", 1, "g", "benign", 9, 9, 1, 4, 0, "", "", "", "x.png", "0" * 64) for name in IDS]
    _table("data/prepared/index.csv", prepared.INDEX_TYPES, index)
    _table("data/prepared/lesions.csv", prepared.LESION_TYPES, [(name, 1, 0, 0, 4, 4, 4) for name in IDS])
    _table("data/split.csv", splits.TYPES, zip(IDS, "ggg", ("train", "val", "test"), strict=True))
    _table("data/detections.csv", ["image_id", *["x0", "y0", "x1", "y1", "confidence"]], [(IDS[0], 0.5, 0, 3, 3, 0.5)])
    items = [(name, "test", "frame", "", 0, 0, 9, 9) for name in IDS]
    _table("data/inputs/direct/items.csv", inputs.ITEM_TYPES, items)
    training = [(name, "frame", 1.0, 0, 0.2, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9) for name in IDS]
    _table("data/inputs/direct/training.csv", inputs.TRAINING_TYPES, training)
    for name in ("images", "masks", "wide_images", "wide_masks"):
        np.save(f"data/inputs/direct/{name}.npy", np.zeros((3, 8, 8), np.uint8))
    _table("predictions/unet/direct/items.csv", {**inputs.ITEM_TYPES, **tiles.LOSS}, [(*row, 0.5) for row in items])
    np.save("predictions/unet/direct/probabilities.npy", np.zeros((3, 8, 8), np.uint8))
    np.save("predictions/unet/direct/gates_1.npy", np.zeros((3, 4, 4), np.uint8))
    rows = [(*(name, "p", "g", "benign", 9, 9, 4, 1, branch, 1, 4, 0, 0, 77), *("", "", "", 1, 1, 0, 1, ""))
            for name in IDS for branch in counts.BRANCHES]  # fmt: skip
    _table("evaluations/unet/images.csv", evaluated.IMAGES, rows)
    lesions = [(name, "p", branch, 1, 4, 0.5, 0.5) for name in IDS for branch in counts.BRANCHES]
    _table("evaluations/unet/lesions.csv", evaluated.LESIONS, lesions)
    _table("evaluations/unet/levels.csv", evaluated.LEVELS, [("g", "direct", 0, 81, 4)])
    chosen = dict.fromkeys(Operating.__dataclass_fields__, 0.5)
    Path("evaluations/unet/operating.json").write_text(json.dumps(chosen))
    Path("models/detector").mkdir(parents=True)
    Path("models/detector/curve.csv").write_text("epoch,val_map50\n1,0.5\n")


def _table(path: str, columns: object, rows: object) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=[*columns]).to_csv(path, index=False)


READERS: dict[str, Callable[[], object]] = {
    "data/prepared/index.csv": lambda: prepared.read(Path("data/prepared")),
    "data/prepared/lesions.csv": lambda: prepared.read(Path("data/prepared")),
    "data/split.csv": lambda: splits.read(Path("data/split.csv"), prepared.read_index(Path("data/prepared"))),
    "data/detections.csv": lambda: read_detections(Path("data/detections.csv"), IDS),
    "data/inputs/direct/items.csv": lambda: inputs.load(Path("data/inputs/direct")),
    "data/inputs/direct/training.csv": lambda: inputs.load(Path("data/inputs/direct")),
    "data/inputs/direct/images.npy": lambda: inputs.load(Path("data/inputs/direct")),
    "data/inputs/direct/wide_masks.npy": lambda: inputs.load(Path("data/inputs/direct")),
    "predictions/unet/direct/items.csv": lambda: tiles.load(Path("predictions/unet/direct")),
    "predictions/unet/direct/probabilities.npy": lambda: tiles.load(Path("predictions/unet/direct")),
    "evaluations/unet/images.csv": lambda: evaluated.read(Path("evaluations/unet")),
    "evaluations/unet/lesions.csv": lambda: evaluated.read(Path("evaluations/unet")),
    "evaluations/unet/levels.csv": lambda: evaluated.read(Path("evaluations/unet")),
    "evaluations/unet/operating.json": lambda: evaluated.operating(Path("evaluations/unet/operating.json")),
    "models/detector/curve.csv": lambda: artifacts.curve(Path("models/detector/curve.csv")),
}
STAGES = {
    "data/prepared": "prepare",
    "data/split.csv": "split",
    "data/detections.csv": "detect",
    "data/inputs/direct": "frames",
    "predictions": "predict",
    "evaluations": "evaluate",
    "models/detector": "train_detector",
}

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing in it": lambda _: b"",
    "zeros": lambda content: bytes(len(content)),
    "noise": lambda content: np.random.default_rng(0).bytes(len(content)),
    "cut in its last line": lambda content: content.rstrip()[: 1 - len(content.splitlines()[-1])],
    "a page of a web server": lambda _: b"<!DOCTYPE html>\n<html><body>404, not found</body></html>\n",
}


@pytest.mark.parametrize("path", READERS)
def test_whole_files_are_read(path: str) -> None:
    READERS[path]()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("path", READERS)
def test_damaged_files_are_told_with_the_stage_that_makes_them(path: str, damage: str) -> None:
    Path(path).write_bytes(DAMAGES[damage](Path(path).read_bytes()))
    with pytest.raises(GuidedsegError) as caught:
        READERS[path]()
    _names(str(caught.value), path)


@pytest.mark.parametrize("path", READERS)
def test_missing_files_are_told_with_the_stage_that_makes_them(path: str) -> None:
    Path(path).unlink()
    with pytest.raises(GuidedsegError, match=f"{path} is missing") as caught:
        READERS[path]()
    _names(str(caught.value), path)


def _names(text: str, path: str) -> None:
    assert path in text
    stage = next(name for start, name in STAGES.items() if path.startswith(start))
    out = path if path == "data/detections.csv" else Path(path).parent.as_posix()
    assert f"`dvc repro {stage}`" in text
    assert ("`git checkout data/split.csv`" if path == "data/split.csv" else f"`dvc checkout --force {out}`") in text


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


ODD: list[tuple[str, Callable[[str], str], str]] = [
    ("data/prepared/index.csv", replaced(",9,9,1", ",nine,9,1"), "line 2, width: 'nine' is no whole number"),
    ("data/prepared/index.csv", replaced(",9,9,1", ",9.5,9,1"), "line 2, width: '9.5' is no whole number"),
    ("data/prepared/index.csv", replaced(",9,9,1", ",,9,1"), "line 2, width: '' is no whole number"),
    ("data/prepared/index.csv", replaced(",9,9,1", ",0,9,1"), "line 2: an image without a pixel"),
    ("data/prepared/index.csv", replaced("benign", "begnin"), "a pathology is one of normal, benign"),
    ("data/prepared/index.csv", replaced("AAAA_001", "AAAA_000"), "line 3: the same image_id again"),
    ("data/prepared/index.csv", replaced(",sha256", ",sha"), "no column sha256"),
    ("data/prepared/lesions.csv", replaced("007,1,0,0,4,4,4\n", ""), "0 lesions of 007, and index.csv tells of 1"),
    ("data/prepared/lesions.csv", replaced("007", "008"), "008: data/prepared/index.csv has no such image"),
    ("data/prepared/lesions.csv", replaced("007,1,0,0,4", "007,1,4,0,4"), "line 4: a box without a pixel"),
    ("data/split.csv", replaced("g,val", "g,validation"), "line 3: a split is one of train, val, test"),
    ("data/split.csv", replaced("AAAA_001,g,val\n", ""), "AAAA_001: not in it"),
    ("data/split.csv", lambda text: text + "AAAA_009,g,val\n", "AAAA_009: data/prepared/index.csv has no such image"),
    ("data/split.csv", lambda text: text + "007,g,train\n", "line 5: the same image_id again"),
    ("data/split.csv", replaced("g,val", "g,train"), "val has no image"),
    ("data/split.csv", replaced("AAAA_001,g,val", "AAAA_001,g"), "line 3: a split is one of"),
    ("data/detections.csv", replaced("0.5,0,3", "nan,0,3"), "line 2, x0: 'nan' is no number"),
    ("data/detections.csv", replaced("0.5,0,3", "inf,0,3"), "line 2, x0: 'inf' is no number"),
    ("data/detections.csv", replaced("0.5,0,3", "4.5,0,3"), "line 2: a box with a side that is not longer than 0"),
    ("data/detections.csv", replaced("3,3,0.5", "3,3,50"), "line 2: a confidence outside of 0 to 1"),
    ("data/detections.csv", replaced("AAAA_000", "AAAA_009"), "AAAA_009: data/prepared/index.csv has no such image"),
    ("data/inputs/direct/items.csv", lambda text: text.rpartition("007")[0], "3 pictures for 2 rows"),
    ("data/inputs/direct/training.csv", lambda text: text.rpartition("007")[0], "3 pictures for 2 rows"),
    ("predictions/unet/direct/items.csv", replaced(",loss", ",lost"), "no column loss"),
    ("predictions/unet/direct/items.csv", lambda text: text.rpartition("007")[0], "3 pictures for 2 rows"),
    ("evaluations/unet/images.csv", replaced("direct,1,4", "indirect,1,4"), "a branch is one of direct, guided"),
    ("evaluations/unet/images.csv", lambda text: text.rpartition("007")[0], "not all branches of the image"),
    ("evaluations/unet/lesions.csv", lambda text: text.rpartition("007")[0], "26 rows, and images.csv tells of 27"),
    ("evaluations/unet/operating.json", replaced('"confidence"', '"confident"'), "confidence missing"),
    ("evaluations/unet/operating.json", lambda text: f"[{text}]", "no mapping of keys to values"),
    ("evaluations/unet/operating.json", lambda _: "[" * 100_000, "no JSON"),
    ("models/detector/curve.csv", replaced("1,0.5\n", ""), "no table of epochs"),
]


@pytest.mark.parametrize(("path", "change", "told"), ODD, ids=[f"{path}: {told}" for path, _, told in ODD])
def test_what_is_odd_is_told_by_line_and_column(path: str, change: Callable[[str], str], told: str) -> None:
    Path(path).write_text(change(Path(path).read_text()))
    with pytest.raises(GuidedsegError) as caught:
        READERS[path]()
    assert told in str(caught.value)
    assert Path(path).name in str(caught.value)


ARRAYS = {
    "an array of (3, 8, 8) float32": np.zeros((3, 8, 8), np.float32),
    "an array of (3, 8) uint8": np.zeros((3, 8), np.uint8),
    "2 pictures for 3 rows of ": np.zeros((2, 8, 8), np.uint8),
    "no whole array": np.array([print], dtype=object),  # a pickle, which is not loaded
}


@pytest.mark.parametrize("told", ARRAYS)
@pytest.mark.parametrize("path", [path for path in READERS if path.endswith(".npy")])
def test_arrays_that_are_others_are_told(path: str, told: str) -> None:
    np.save(path, ARRAYS[told], allow_pickle=True)
    with pytest.raises(GuidedsegError) as caught:
        READERS[path]()
    assert told in str(caught.value)


def test_attention_maps_are_checked_too() -> None:
    assert len(tiles.load_gates(Path("predictions/unet/direct"))) == 1
    np.save("predictions/unet/direct/gates_1.npy", np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(GuidedsegError, match=r"gates_1\.npy is damaged: 2 pictures for 3 rows of items\.csv"):
        tiles.load_gates(Path("predictions/unet/direct"))


def test_an_edited_split_that_is_whole_is_taken() -> None:
    path = Path("data/split.csv")
    path.write_text("image_id,group_id,split\n007,g,train\nAAAA_000,h,test\nAAAA_001,g,val")
    found = splits.read(path, prepared.read_index(Path("data/prepared")))
    assert found["split"].tolist() == ["train", "test", "val"]


def test_names_stay_text_and_other_columns_are_left_out() -> None:
    text = "b,extra,a,image_id\n1.5,x,2,NA\n,x,3,007\n"
    found = artifacts.table(io.StringIO(text), {"image_id": "text", "a": "int", "b": "float?"})
    expected = pd.DataFrame({"image_id": ["NA", "007"], "a": [2, 3], "b": [1.5, np.nan]})
    pd.testing.assert_frame_equal(found, expected)


def test_what_no_stage_makes_has_no_remedy_of_dvc() -> None:
    assert missing(Path("data/elsewhere.csv")) == "data/elsewhere.csv is missing."
    Path("dvc.yaml").write_text("stages: [")
    assert missing(Path("data/split.csv")) == "data/split.csv is missing."
