"""Which tiles make the mask of a branch, and what is counted in it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from guidedseg.evaluation.counts import BRANCHES, COLUMNS, branch_tiles, count, evaluate, read
from guidedseg.inference.tiles import Tiles

HEIGHT, WIDTH = 10, 20
ITEM = ["image_id", "split", "source", "confidence", "x0", "y0", "x1", "y1"]
FRAME = (0, 0, WIDTH, HEIGHT)
# image a: a lesion of 4 x 4 with two boxes; b: a lesion without a box that is confident enough; n: a normal
INDEX = pd.DataFrame(
    [("a", "P", "test", "benign"), ("b", "Q", "test", "malignant"), ("n", "Q", "val", "normal")],
    columns=["image_id", "patient_id", "split", "pathology"],
)


def tiles_of(*rows: tuple[str, str, float, tuple[int, int, int, int], int]) -> Tiles:
    """Tiles of one probability each: image, source, confidence, region, probability x 255."""
    items = pd.DataFrame([(row[0], "test", row[1], row[2], *row[3]) for row in rows], columns=ITEM)
    return Tiles(np.stack([np.full((8, 8), row[4], dtype=np.uint8) for row in rows]), items)


DIRECT = tiles_of(*((image_id, "frame", np.nan, FRAME, 255) for image_id in "nba"))  # says lesion everywhere
GUIDED = tiles_of(
    ("a", "detector", 0.9, (0, 0, 4, 2), 255),  # upper half of the lesion
    ("b", "detector", 0.3, (0, 0, 4, 4), 255),
    ("a", "truth", np.nan, (0, 0, 4, 4), 200),
    ("a", "detector", 0.5, (10, 0, 12, 2), 200),  # beside the lesion
    ("a", "detector", 0.4, (0, 0, 20, 10), 255),
    ("n", "detector", 0.1, (0, 0, 4, 4), 255),
    ("b", "truth", np.nan, (0, 0, 4, 4), 100),
    ("a", "background", 0.99, (0, 0, 20, 10), 255),
)


def load_mask(image_id: str) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    if image_id != "n":
        mask[:4, :4] = True
    return mask


@pytest.fixture
def rows() -> pd.DataFrame:
    return evaluate(DIRECT, GUIDED, INDEX, load_mask, confidence=0.5, mask_threshold=0.5)


def counted(rows: pd.DataFrame, image_id: str, branch: str) -> list[int]:
    row = rows[(rows["image_id"] == image_id) & (rows["branch"] == branch)]
    return list(row[["boxes", "tp", "fp", "fn", "tn"]].to_numpy()[0])


def chosen(image_id: str, confidence: float) -> dict[str, tuple[bool, list[int]]]:
    """Branch -> whether the tile is a frame, and positions."""
    found = branch_tiles(DIRECT, GUIDED, image_id, confidence)
    return {branch: (tiles is DIRECT, numbers.tolist()) for branch, (tiles, numbers) in found.items()}


def test_every_branch_takes_its_own_tiles() -> None:
    assert chosen("a", 0.5) == {
        "direct": (True, [2]),
        "guided": (False, [0, 3]),  # 0.5 is enough, 0.4 is not
        "guided_fallback": (False, [0, 3]),
        "oracle": (False, [2]),
    }


def test_fallback_takes_the_frame_only_where_no_box_is_confident_enough() -> None:
    without, with_box = chosen("b", 0.5), chosen("b", 0.3)
    assert without["guided"] == (False, [])
    assert without["guided_fallback"] == (True, [1])
    assert with_box["guided"] == with_box["guided_fallback"] == (False, [1])


@pytest.mark.parametrize(("confidence", "boxes"), [(0.95, 0), (0.9, 1), (0.5, 2), (0.41, 2), (0.4, 3), (0.0, 3)])
def test_boxes_below_the_confidence_are_left_out(confidence: float, boxes: int) -> None:
    assert len(chosen("a", confidence)["guided"][1]) == boxes


def test_normal_without_a_box_has_no_tile_but_the_frame() -> None:
    assert chosen("n", 0.5) == {
        "direct": (True, [0]),
        "guided": (False, []),
        "guided_fallback": (True, [0]),
        "oracle": (False, []),
    }


def test_counts_of_image_and_branch_are_those_of_the_drawing(rows: pd.DataFrame) -> None:
    # 200 pixels, 16 of them lesion; boxes, tp, fp, fn, tn
    assert counted(rows, "a", "direct") == [1, 16, 184, 0, 0]
    assert counted(rows, "a", "guided") == [2, 8, 4, 8, 180]
    assert counted(rows, "a", "guided_fallback") == [2, 8, 4, 8, 180]
    assert counted(rows, "a", "oracle") == [1, 16, 0, 0, 184]
    assert counted(rows, "b", "guided") == [0, 0, 0, 16, 184]
    assert counted(rows, "b", "guided_fallback") == [
        0,
        16,
        184,
        0,
        0,
    ]  # the frame, but the detector's boxes are counted
    assert counted(rows, "b", "oracle") == [1, 0, 0, 16, 184]  # 100 of 255 is below one half
    assert counted(rows, "n", "direct") == [1, 0, 200, 0, 0]
    assert counted(rows, "n", "guided") == [0, 0, 0, 0, 200]
    assert counted(rows, "n", "oracle") == [0, 0, 0, 0, 200]


def test_every_image_has_a_row_per_branch_with_its_patient(rows: pd.DataFrame) -> None:
    assert list(rows.columns) == COLUMNS
    assert rows["branch"].tolist() == list(BRANCHES) * 3
    expected = INDEX.loc[INDEX.index.repeat(len(BRANCHES))].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows[INDEX.columns], expected)


def test_counts_of_every_row_add_up_to_the_pixels(rows: pd.DataFrame) -> None:
    assert (rows[["tp", "fp", "fn", "tn"]].sum(axis=1) == HEIGHT * WIDTH).all()


@pytest.mark.parametrize(("threshold", "lesion"), [(0.5, True), (100 / 255, True), (0.4, False)])
def test_pixel_is_lesion_where_the_probability_reaches_the_threshold(threshold: float, lesion: bool) -> None:
    tiles = tiles_of(("b", "truth", np.nan, (0, 0, 4, 4), 128 if threshold == 0.5 else 100))
    rows = evaluate(DIRECT, tiles, INDEX[1:2], load_mask, confidence=0.5, mask_threshold=threshold)
    assert counted(rows, "b", "oracle")[1] == (16 if lesion else 0)


masks = arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6)))


@settings(max_examples=40)
@given(st.data())
def test_counts_are_set_sizes(data: st.DataObject) -> None:
    truth = data.draw(masks)
    predicted = data.draw(arrays(bool, truth.shape))
    tp, fp, fn, tn = count(truth, predicted)
    assert tp == (truth & predicted).sum()
    assert fp == (~truth & predicted).sum()
    assert fn == (truth & ~predicted).sum()
    assert tn == (~truth & ~predicted).sum()
    assert tp + fp + fn + tn == truth.size


def test_written_rows_are_read_back(rows: pd.DataFrame, tmp_path: Path) -> None:
    named = rows.assign(image_id="NA", patient_id="007")
    named.to_csv(tmp_path / "images.csv", index=False)
    pd.testing.assert_frame_equal(read(tmp_path / "images.csv"), named)
