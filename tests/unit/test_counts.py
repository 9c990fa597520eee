"""From tiles to what is counted and measured: which tiles make a branch's mask, and drawings with known answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawings import (
    FRAME,
    OPERATING,
    SIDE,
    Drawing,
    Picture,
    disk,
    drawn,
    everywhere,
    nothing,
    square,
    tiles,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist

from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.counts import (
    BRANCHES,
    CONTROLS,
    IMAGE_COLUMNS,
    LESION_COLUMNS,
    PREDICTED,
    Evaluation,
    count,
    evaluate,
    read,
    regions_of,
    write,
)
from guidedseg.inference.tiles import Tiles

PIXELS = SIDE * SIDE  # 1024
UPPER, LOWER = (0, 0, 4, 2), (0, 2, 4, 4)
# a: a lesion of 4 x 4, two boxes that count and one that does not; b: a lesion without a box that counts; n: a normal
A = Drawing(
    square(0, 0, 4),
    everywhere(),
    boxes=((0.9, UPPER, everywhere()), (0.5, (10, 0, 12, 2), everywhere(200)), (0.4, FRAME, everywhere())),
    true=(((0, 0, 4, 4), everywhere(200)),),
)
B = A._replace(
    boxes=((0.3, (0, 0, 4, 4), everywhere()),),
    true=(((0, 0, 4, 4), everywhere(100)),),
    image_id="b",
    patient_id="Q",
    pathology="malignant",
)
N = Drawing(
    nothing(), everywhere(), boxes=((0.1, FRAME, everywhere()),), image_id="n", patient_id="Q", pathology="normal"
)
FIGURES = [name for name in IMAGE_COLUMNS if name not in ("image_id", "branch", "boxes")]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return drawn(A, B, N)


def row(evaluation: Evaluation, branch: str, image_id: str = "a") -> pd.Series:
    images = evaluation.images
    (found,) = images[(images["image_id"] == image_id) & (images["branch"] == branch)].index
    return images.loc[found]


def counted(evaluation: Evaluation, branch: str, image_id: str = "a") -> list[int]:
    return row(evaluation, branch, image_id)[["boxes", "tp", "fp", "fn", "tn"]].tolist()


# ------------------------------------------------------------------------------------------------------------ regions


def chosen(image_id: str, confidence: float = 0.5) -> dict[str, tuple[bool, list[float]]]:
    """Branch -> whether the tiles are frames, and their confidences (-1 without)."""
    direct, guided = tiles((A, B, N))
    found = regions_of(direct, guided, image_id, replace(OPERATING, confidence=confidence))
    assert list(found) == list(PREDICTED)
    return {
        branch: (region.tiles is direct, region.tiles.items["confidence"].fillna(-1).iloc[region.chosen].tolist())
        for branch, region in found.items()
    }


def test_every_branch_takes_its_own_tiles() -> None:
    assert chosen("a") == {
        "direct": (True, [-1]),
        "guided": (False, [0.9, 0.5]),  # 0.5 is enough, 0.4 is not
        "guided_fallback": (False, [0.9, 0.5]),
        "oracle": (False, [-1]),
    }


def test_fallback_takes_the_frame_only_where_no_box_is_confident_enough() -> None:
    without, with_box = chosen("b"), chosen("b", 0.3)
    assert without["guided"] == (False, [])
    assert without["guided_fallback"] == (True, [-1])
    assert with_box["guided"] == with_box["guided_fallback"] == (False, [0.3])


def test_normal_without_a_box_has_no_tile_but_the_frame() -> None:
    expected = {"direct": (True, [-1]), "guided": (False, []), "guided_fallback": (True, [-1]), "oracle": (False, [])}
    assert chosen("n") == expected


@pytest.mark.parametrize(("confidence", "boxes"), [(0.95, 0), (0.9, 1), (0.5, 2), (0.41, 2), (0.4, 3), (0.0, 3)])
def test_boxes_below_the_confidence_are_left_out(confidence: float, boxes: int) -> None:
    assert len(chosen("a", confidence)["guided"][1]) == boxes


def test_background_tiles_are_nobodys_regions() -> None:
    direct, guided = tiles((A,))
    items = guided.items.assign(source=guided.items["source"].replace("detector", "background"))
    found = regions_of(direct, Tiles(guided.probabilities, items), "a", OPERATING)
    assert [len(region.chosen) for region in found.values()] == [1, 0, 1, 1]


def test_labels_of_the_items_do_not_matter() -> None:
    direct, guided = tiles((A, B, N))
    shuffled = Tiles(guided.probabilities, guided.items.set_index(guided.items.index[::-1] * 7))
    for image_id in "abn":
        for one, other in zip(
            regions_of(direct, guided, image_id, OPERATING).values(),
            regions_of(direct, shuffled, image_id, OPERATING).values(),
            strict=True,
        ):
            assert one.chosen.tolist() == other.chosen.tolist()


# ------------------------------------------------------------------------------------------------------ rows and counts


def test_every_image_has_a_row_per_branch_with_what_it_is(evaluation: Evaluation) -> None:
    images = evaluation.images
    assert list(images.columns) == IMAGE_COLUMNS
    assert images["branch"].tolist() == list(BRANCHES) * 3
    assert images["image_id"].tolist() == ["a"] * 6 + ["b"] * 6 + ["n"] * 6
    assert images["patient_id"].tolist() == ["P"] * 6 + ["Q"] * 12
    assert images["pathology"].tolist() == ["benign"] * 6 + ["malignant"] * 6 + ["normal"] * 6
    assert images["lesion_px"].tolist() == [16] * 12 + [0] * 6
    assert images["lesions"].tolist() == [1] * 12 + [0] * 6


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
    index = pd.DataFrame({"image_id": ["w"], "patient_id": ["P"], "pathology": ["normal"]})
    result = evaluate(direct, guided, index, lambda _: wide, OPERATING, match_iou=0.5, surface_tolerance=0.01)
    assert (row(result, "direct", "w")[["width", "height", "fp"]] == [20, 10, 200]).all()


def test_image_without_its_frame_is_an_error() -> None:
    direct, guided = tiles((B,))
    index = pd.DataFrame({"image_id": ["a"], "patient_id": ["P"], "pathology": ["benign"]})
    with pytest.raises(GuidedsegError):
        evaluate(direct, guided, index, lambda _: A.truth, OPERATING, match_iou=0.5, surface_tolerance=0.01)


# ---------------------------------------------------------------------------------------------------------- thresholds


@pytest.mark.parametrize(("threshold", "lesion"), [(0.5, 128), (0.3, 77), (0.8, 204), (0.05, 13)])
def test_pixel_is_lesion_from_the_threshold_on(threshold: float, lesion: int) -> None:
    # 127.5, 76.5, 204 and 12.75: the next whole level is lesion, the one below is not
    for level, tp in ((lesion, 16), (lesion - 1, 0)):
        picture = A._replace(true=(((0, 0, 4, 4), everywhere(level)),), direct=everywhere(level))
        both = replace(OPERATING, direct_threshold=threshold, guided_threshold=threshold)
        result = drawn(picture, operating=both)
        assert counted(result, "oracle")[1] == counted(result, "direct")[1] == tp


def test_thresholds_are_those_of_the_network_that_speaks() -> None:
    # 150 everywhere: lesion for the frame from 0.4 on, not for boxes from 0.8 on
    picture = A._replace(
        direct=everywhere(150), boxes=((0.9, UPPER, everywhere(150)),), true=((UPPER, everywhere(150)),)
    )
    boxless = picture._replace(boxes=(), image_id="b")
    operating = replace(OPERATING, direct_threshold=0.4, guided_threshold=0.8)
    result = drawn(picture, boxless, operating=operating)
    tp = {(branch, image): counted(result, branch, image)[1] for branch in PREDICTED for image in "ab"}
    assert [branch_image for branch_image, found in tp.items() if found] == [
        ("direct", "a"),
        ("direct", "b"),
        ("guided_fallback", "b"),  # there the frame speaks, at its own threshold
    ]
    other = drawn(picture, boxless, operating=replace(OPERATING, direct_threshold=0.8, guided_threshold=0.4))
    assert [counted(other, branch)[1] for branch in PREDICTED] == [0, 8, 8, 8]
    assert counted(other, "guided_fallback", "b")[1] == 0


def test_fallback_is_guided_with_a_box_and_direct_without(evaluation: Evaluation) -> None:
    for image_id, like in (("a", "guided"), ("b", "direct"), ("n", "direct")):
        fallback, other = (row(evaluation, branch, image_id)[FIGURES] for branch in ("guided_fallback", like))
        pd.testing.assert_series_equal(fallback, other, check_names=False)
        levels, others = (
            evaluation.levels.query("branch == @branch and patient_id == 'P'")[["level", "pixels", "lesion_pixels"]]
            for branch in ("guided_fallback", "guided")
        )
        np.testing.assert_array_equal(levels, others)  # P has a box
    lesions = evaluation.lesions.set_index(["branch", "image_id"])
    for image_id, like in (("a", "guided"), ("b", "direct")):
        assert lesions.loc["guided_fallback", image_id].tolist() == lesions.loc[like, image_id].tolist()


# ------------------------------------------------------------------------------------------------------------ drawings


def brute_force(truth: Picture, predicted: Picture) -> tuple[float, float]:
    """HD95 and mean surface distance from all pairs of contour pixels."""
    contours = [np.argwhere(mask & ~binary_erosion(mask)) for mask in (truth, predicted)]
    apart = cdist(*contours)
    there, back = apart.min(axis=1), apart.min(axis=0)
    return max(np.percentile(there, 95), np.percentile(back, 95)), np.concatenate([there, back]).mean()


def direct_of(truth: Picture, predicted: Picture, **options: float) -> pd.Series:
    return row(drawn(Drawing(truth, predicted), **options), "direct")


def figures(measured: pd.Series, *names: str) -> list[float]:
    return measured[list(names)].tolist()


AREAS = ("lesions", "lesions_found", "areas", "false_areas")
CONTOURS = ("hd95", "msd", "nsd")


def test_squares_of_known_overlap() -> None:
    # 10 x 10, 5 columns apart: 50 common; IoU 50 / 150 outlines nothing from 0.5 on, but from 1/3 on
    measured = direct_of(square(4, 4, 10), square(4, 9, 10))
    assert figures(measured, "tp", "fp", "fn", "tn") == [50, 50, 50, 874]
    assert figures(measured, *AREAS) == [1, 0, 1, 1]
    assert figures(direct_of(square(4, 4, 10), square(4, 9, 10), match_iou=1 / 3), *AREAS) == [1, 1, 1, 0]


def test_bars_five_pixels_apart() -> None:
    # two columns of 20 pixels: every one is 5 from the other; the diagonal is 45.25, 5 of it are 0.1105
    bar = square(6, 4, 20, 1), square(6, 9, 20, 1)
    assert figures(direct_of(*bar, surface_tolerance=0.111), *CONTOURS) == [5, 5, 1]
    assert figures(direct_of(*bar, surface_tolerance=0.110), *CONTOURS) == [5, 5, 0]


@pytest.mark.parametrize("apart", [0, 3, 7, 14])
def test_disks_some_pixels_apart(apart: int) -> None:
    truth, predicted = disk(15, 8, 7), disk(15, 8 + apart, 7)
    measured = direct_of(truth, predicted)
    assert figures(measured, "hd95", "msd") == pytest.approx(brute_force(truth, predicted))
    assert measured["hd95"] <= apart
    assert figures(measured, "tp", "fp", "fn") == [
        np.sum(truth & predicted),
        np.sum(~truth & predicted),
        np.sum(truth & ~predicted),
    ]


def test_concentric_disks() -> None:
    truth, predicted = disk(15, 15, 6), disk(15, 15, 10)
    measured = direct_of(truth, predicted)
    assert figures(measured, "hd95", "msd") == pytest.approx(brute_force(truth, predicted))
    assert measured["msd"] == pytest.approx(4, abs=0.5)
    assert figures(measured, "fn", "fp") == [0, predicted.sum() - truth.sum()]


@pytest.mark.parametrize(("row_", "column"), [(0, 0), (31, 31), (0, 31), (16, 16)])
def test_one_pixel(row_: int, column: int) -> None:
    pixel = square(row_, column, 1)
    exact = direct_of(pixel, pixel)
    assert figures(exact, "tp", "fp", "fn", "tn", *CONTOURS, *AREAS) == [1, 0, 0, 1023, 0, 0, 1, 1, 1, 1, 0]
    moved = direct_of(pixel, square((row_ + 3) % 32, (column + 4) % 32, 1))
    down, right = (row_ + 3) % 32 - row_, (column + 4) % 32 - column
    apart = np.hypot(down, right)
    assert figures(moved, "tp", "fp", "fn", *CONTOURS, *AREAS) == [0, 1, 1, apart, apart, 0, 1, 0, 1, 1]


@pytest.mark.parametrize(("top", "left"), [(0, 0), (26, 26), (0, 26), (26, 0)])
def test_lesion_that_touches_two_borders(top: int, left: int) -> None:
    corner = square(top, left, 6)
    assert figures(direct_of(corner, corner), "tp", "fp", "fn", *CONTOURS) == [36, 0, 0, 0, 0, 1]


def test_full_frame_as_truth_and_as_prediction() -> None:
    full, small = everywhere().astype(bool), square(10, 10, 4)
    assert figures(direct_of(full, full), "tp", "fp", "fn", "tn", *CONTOURS) == [1024, 0, 0, 0, 0, 0, 1]
    assert figures(direct_of(full, small), "tp", "fp", "fn", "tn") == [16, 0, 1008, 0]
    assert figures(direct_of(small, full), "tp", "fp", "fn", "tn") == [16, 1008, 0, 0]
    assert figures(direct_of(small, full), "hd95", "msd") == pytest.approx(brute_force(small, full))
    assert direct_of(full, nothing())["fn"] == 1024


def test_empty_masks_leave_distances_to_the_rules() -> None:
    for truth, predicted in ((nothing(), nothing()), (nothing(), disk(9, 9, 3)), (disk(9, 9, 3), nothing())):
        measured = direct_of(truth, predicted)
        assert measured[list(CONTOURS)].isna().all()
        assert figures(measured, *AREAS) == [truth.any(), 0, predicted.any(), predicted.any()]


def test_two_lesions_one_found_one_missed_and_a_false_area() -> None:
    truth, predicted = square(2, 2, 8) | square(20, 20, 4), square(2, 2, 8, 6) | square(20, 2, 3)
    result = drawn(Drawing(truth, predicted))
    assert figures(row(result, "direct"), *AREAS) == [2, 1, 2, 1]
    lesions = result.lesions.query("branch == 'direct'")
    assert lesions.to_numpy().tolist() == [
        ["a", "P", "direct", 1, 64, 48 / 64, 48 / 64],
        ["a", "P", "direct", 2, 16, 0, 0],
    ]


def test_one_box_over_two_lesions_and_one_over_none() -> None:
    # the first box holds both lesions of 4 x 4: 40 of 40 pixels predicted in it; the second one 9 pixels
    truth = square(5, 5, 4) | square(5, 11, 4)
    boxes = ((0.9, (5, 5, 15, 9), everywhere()), (0.8, (20, 20, 23, 23), everywhere()))
    measured = row(drawn(Drawing(truth, nothing(), boxes)), "guided")
    assert figures(measured, "boxes", "tp", "fp", "fn", *AREAS) == [2, 32, 17, 0, 2, 0, 2, 2]


# ------------------------------------------------------------------------------------------- lesions, levels and losses


def test_every_lesion_has_a_row_per_branch(evaluation: Evaluation) -> None:
    lesions = evaluation.lesions
    assert list(lesions.columns) == LESION_COLUMNS
    assert lesions["image_id"].tolist() == ["a"] * 6 + ["b"] * 6
    assert lesions["branch"].tolist() == list(BRANCHES) * 2
    assert lesions["area_px"].tolist() == [16] * 12
    # direct, guided (8 of 16 and of 16 + 4, but the 4 are another area), fallback, oracle, silent, everything
    a = lesions[lesions["image_id"] == "a"]
    assert a["iou"].tolist() == [16 / 1024, 0.5, 0.5, 1, 0, 16 / 1024]
    assert a["covered"].tolist() == [1, 0.5, 0.5, 1, 0, 1]


def test_levels_hold_every_pixel_of_a_patient_once_per_branch(evaluation: Evaluation) -> None:
    levels = evaluation.levels
    assert set(levels["branch"]) == set(PREDICTED)
    sums = levels.groupby(["patient_id", "branch"])[["pixels", "lesion_pixels"]].sum()
    for branch in PREDICTED:
        assert sums.loc["P", branch].tolist() == [PIXELS, 16]
        assert sums.loc["Q", branch].tolist() == [2 * PIXELS, 16]
    guided = levels.query("patient_id == 'P' and branch == 'guided'")[["level", "pixels", "lesion_pixels"]]
    # the upper half of the lesion at 255, four pixels beside it at 200, the rest outside all boxes
    assert guided.to_numpy().tolist() == [[0, 1012, 8], [200, 4, 0], [255, 8, 8]]
    oracle = levels.query("patient_id == 'Q' and branch == 'oracle'")[["level", "pixels", "lesion_pixels"]]
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


# --------------------------------------------------------------------------------------------------- written and read


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


# ---------------------------------------------------------------------------------------------------------- any masks

MASKS = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)


@settings(max_examples=40, deadline=None)
@given(MASKS)
def test_counts_are_set_sizes(masks: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = masks
    expected = [np.sum(truth & predicted), np.sum(~truth & predicted), np.sum(truth & ~predicted)]
    assert count(truth, predicted) == (*expected, truth.size - sum(expected))


@settings(max_examples=40, deadline=None)
@given(MASKS)
def test_swapping_the_masks_swaps_false_positives_and_false_negatives(masks: tuple[np.ndarray, np.ndarray]) -> None:
    tp, fp, fn, tn = count(*masks)
    assert count(*masks[::-1]) == (tp, fn, fp, tn)


@settings(max_examples=40, deadline=None)
@given(MASKS)
def test_counts_do_not_change_when_both_masks_are_turned_over(masks: tuple[np.ndarray, np.ndarray]) -> None:
    for turn in (np.flipud, np.fliplr, np.transpose):
        assert count(*(turn(mask) for mask in masks)) == count(*masks)
