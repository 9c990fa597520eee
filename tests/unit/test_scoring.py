"""From tiles to tables: a row per image and branch, per lesion, per level; written and read back."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawings import OPERATING, Drawing, cascade, disk, drawn, nothing, square, tiles
from three_images import PIXELS, A, B, N, counted, figures, row

from guidedseg.errors import GuidedsegError
from guidedseg.evaluated import read
from guidedseg.evaluation.counts import (
    BRANCHES,
    CONTROLS,
    IMAGE_COLUMNS,
    LESION_COLUMNS,
    PREDICTED,
    Evaluation,
    write,
)
from guidedseg.inference.tiles import Tiles
from guidedseg.scoring import evaluate


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return drawn(A, B, N)


def test_every_image_has_a_row_per_branch_with_what_it_is(evaluation: Evaluation) -> None:
    images = evaluation.images
    assert list(images.columns) == IMAGE_COLUMNS
    assert images["branch"].tolist() == list(BRANCHES) * 3
    assert images["image_id"].tolist() == [name for name in "abn" for _ in BRANCHES]
    assert images["patient_id"].tolist() == [name for name in "PQQ" for _ in BRANCHES]
    assert images["pathology"].tolist() == [name for name in ("benign", "malignant", "normal") for _ in BRANCHES]
    assert images["lesion_px"].tolist() == [area for area in (16, 16, 0) for _ in BRANCHES]
    assert images["lesions"].tolist() == [number for number in (1, 1, 0) for _ in BRANCHES]


def test_counts_of_image_and_branch_are_those_of_the_drawing(evaluation: Evaluation) -> None:
    # 1024 pixels, 16 of them lesion; boxes, tp, fp, fn, tn
    assert counted(evaluation, "direct") == [1, 16, 1008, 0, 0]
    assert counted(evaluation, "guided") == [2, 8, 4, 8, 1004]
    assert counted(evaluation, "guided_fallback") == [2, 8, 4, 8, 1004]
    assert counted(evaluation, "oracle") == [1, 16, 0, 0, 1008]
    assert counted(evaluation, "guided", "b") == [0, 0, 0, 16, 1008]
    assert counted(evaluation, "guided_fallback", "b") == [0, 16, 1008, 0, 0]  # the frame; boxes are the detector's
    assert counted(evaluation, "oracle", "b") == [1, 0, 0, 16, 1008]  # 100 of 255 is below one half
    assert counted(evaluation, "direct", "n") == [1, 0, 1024, 0, 0]
    assert counted(evaluation, "guided", "n") == [0, 0, 0, 0, 1024]
    assert counted(evaluation, "oracle", "n") == [0, 0, 0, 0, 1024]


def test_controls_know_nothing_of_the_image(evaluation: Evaluation) -> None:
    for image_id, lesion in (("a", 16), ("b", 16), ("n", 0)):
        assert counted(evaluation, "silent", image_id) == [0, 0, 0, lesion, PIXELS - lesion]
        assert counted(evaluation, "everything", image_id) == [1, lesion, PIXELS - lesion, 0, 0]


def test_counts_of_every_row_add_up(evaluation: Evaluation) -> None:
    images = evaluation.images
    assert (images[["tp", "fp", "fn", "tn"]].sum(axis=1) == PIXELS).all()
    assert (images["tp"] + images["fn"] == images["lesion_px"]).all()


def test_image_without_lesion_and_boxes_in_a_frame_of_its_own_size() -> None:
    wide = np.zeros((10, 20), dtype=bool)
    items = pd.DataFrame(
        [("w", "test", "frame", np.nan, 0, 0, 20, 10, 0.0)],
        columns=["image_id", "split", "source", "confidence", "x0", "y0", "x1", "y1", "loss"],
    )
    direct, guided = Tiles(np.full((1, 4, 4), 255, np.uint8), items), Tiles(np.empty((0, 4, 4), np.uint8), items[:0])
    index = pd.DataFrame({"image_id": ["w"], "patient_id": ["P"], "group_id": ["P"], "pathology": ["normal"]})
    result = evaluate(
        direct, guided, cascade(), index, lambda _: wide, OPERATING, match_iou=0.5, surface_tolerance=0.01
    )
    assert (row(result, "direct", "w")[["width", "height", "fp"]] == [20, 10, 200]).all()


def test_no_image_at_all_is_an_error_that_names_the_split() -> None:
    index = pd.DataFrame(columns=["image_id", "patient_id", "group_id", "pathology"])
    with pytest.raises(GuidedsegError, match=r"No test image: data/split\.csv"):
        evaluate(*tiles((A,)), cascade(), index, lambda _: A.truth, OPERATING, match_iou=0.5, surface_tolerance=0.01)


def test_two_patients_of_one_group_share_their_levels() -> None:
    levels = drawn(A._replace(group_id="G"), B._replace(group_id="G")).levels
    assert set(levels["group_id"]) == {"G"}
    assert levels.query("branch == 'direct'")["pixels"].sum() == 2 * PIXELS


def test_image_without_its_frame_is_an_error() -> None:
    direct, guided = tiles((B,))
    index = pd.DataFrame({"image_id": ["a"], "patient_id": ["P"], "group_id": ["P"], "pathology": ["benign"]})
    with pytest.raises(GuidedsegError):
        evaluate(direct, guided, cascade(), index, lambda _: A.truth, OPERATING, match_iou=0.5, surface_tolerance=0.01)


def test_every_lesion_has_a_row_per_branch(evaluation: Evaluation) -> None:
    lesions = evaluation.lesions
    assert list(lesions.columns) == LESION_COLUMNS
    assert lesions["image_id"].tolist() == [name for name in "ab" for _ in BRANCHES]
    assert lesions["branch"].tolist() == list(BRANCHES) * 2
    assert lesions["area_px"].tolist() == [16] * 18
    # direct, guided (8 of 16 and of 16 + 4, but the 4 are another area), fallback, oracle, both ungated, a cascade that
    # has no box, both controls
    a = lesions[lesions["image_id"] == "a"]
    assert a["iou"].tolist() == [16 / 1024, 0.5, 0.5, 1, 16 / 1024, 0.5, 0, 0, 16 / 1024]
    assert a["covered"].tolist() == [1, 0.5, 0.5, 1, 1, 0.5, 0, 0, 1]


def test_levels_hold_every_pixel_of_a_group_once_per_branch(evaluation: Evaluation) -> None:
    levels = evaluation.levels
    assert set(levels["branch"]) == set(PREDICTED)
    sums = levels.groupby(["group_id", "branch"])[["pixels", "lesion_pixels"]].sum()
    for branch in PREDICTED:
        assert sums.loc["P", branch].tolist() == [PIXELS, 16]
        assert sums.loc["Q", branch].tolist() == [2 * PIXELS, 16]
    guided = levels.query("group_id == 'P' and branch == 'guided'")[["level", "pixels", "lesion_pixels"]]
    # the upper half of the lesion at 255, four pixels beside it at 200, the rest outside all boxes
    assert guided.to_numpy().tolist() == [[0, 1012, 8], [200, 4, 0], [255, 8, 8]]
    oracle = levels.query("group_id == 'Q' and branch == 'oracle'")[["level", "pixels", "lesion_pixels"]]
    assert oracle.to_numpy().tolist() == [[0, 2 * PIXELS - 16, 0], [100, 16, 16]]


def test_loss_is_the_sum_over_the_regions_of_the_branch(evaluation: Evaluation) -> None:
    # 1 for a frame, 0.25 for a box of the detector, 0.125 for a true one
    found = {
        (branch, image): figures(row(evaluation, branch, image), "regions", "loss")
        for branch in PREDICTED
        for image in "abn"
    }
    assert found["direct", "a"] == found["direct", "n"] == [1, 1]
    assert found["guided", "a"] == found["guided_fallback", "a"] == [2, 0.5]  # the third box does not count
    assert found["guided", "b"] == [0, 0]
    assert found["guided_fallback", "b"] == [1, 1]
    assert found["oracle", "a"] == [1, 0.125]
    assert found["oracle", "n"] == [0, 0]
    controls = evaluation.images[evaluation.images["branch"].isin(CONTROLS)]
    assert controls["loss"].isna().all()
    assert (controls["regions"] == 0).all()


@pytest.fixture(scope="module")
def renamed() -> Evaluation:
    """Names that look like nothing or like numbers."""
    return drawn(
        A._replace(image_id="NA", patient_id="007"),
        B._replace(image_id="1e5", patient_id="nan"),
        N._replace(image_id="None", patient_id="007"),
        Drawing(square(3, 3, 3), disk(9, 9, 3), image_id="007", patient_id="True"),
    )


@pytest.mark.parametrize("name", ["images", "levels"])
def test_written_tables_are_read_back(renamed: Evaluation, tmp_path: Path, name: str) -> None:
    write(renamed, tmp_path)
    pd.testing.assert_frame_equal(getattr(read(tmp_path), name), getattr(renamed, name), rtol=1e-5)


def test_written_lesions_are_read_back(renamed: Evaluation, tmp_path: Path) -> None:
    write(renamed, tmp_path)
    pd.testing.assert_frame_equal(read(tmp_path).lesions, renamed.lesions, rtol=1e-5, check_dtype=False)


def test_what_was_read_is_written_to_the_same_bytes(renamed: Evaluation, tmp_path: Path) -> None:
    for folder in ("once", "twice"):
        (tmp_path / folder).mkdir()
    write(renamed, tmp_path / "once")
    write(read(tmp_path / "once"), tmp_path / "twice")
    for name in ("images.csv", "levels.csv"):
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "twice" / name).read_bytes()


def test_numbers_of_the_lesions_are_written_with_six_digits(tmp_path: Path) -> None:
    # 50 / 150 beside a normal
    write(drawn(Drawing(square(4, 4, 10), square(4, 9, 10)), N._replace(boxes=(), direct=nothing())), tmp_path)
    lines = (tmp_path / "lesions.csv").read_text().splitlines()
    assert lines[1] == "a,P,direct,1,100,0.333333,0.5"


def test_sample_without_a_lesion_is_written_and_read(tmp_path: Path) -> None:
    write(drawn(N), tmp_path)
    result = read(tmp_path)
    assert result.lesions.empty
    assert list(result.lesions.columns) == LESION_COLUMNS
    assert result.images["hd95"].isna().all()


def test_files_end_their_lines_alike_everywhere(evaluation: Evaluation, tmp_path: Path) -> None:
    write(evaluation, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images.csv", "lesions.csv", "levels.csv"]
    assert not any(b"\r" in path.read_bytes() for path in tmp_path.iterdir())
