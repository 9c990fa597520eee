"""Boxes against lesions on drawings whose overlaps are worked out in the comments."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidedseg.detection.boxes import read_detections
from guidedseg.evaluation.matching import match, overlaps
from guidedseg.names import BOX

DETECTION = ["image_id", *BOX, "confidence"]


def detections_of(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=DETECTION)


def lesions_of(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", *BOX])


# image a: one lesion of 10 x 10; image b: two of them; image n: none
LESIONS = lesions_of(("a", 0, 0, 10, 10), ("b", 0, 0, 10, 10), ("b", 20, 0, 30, 10))
NONE = detections_of()


@pytest.mark.parametrize(
    ("box", "iou"),
    [
        ((0, 0, 10, 10), 1),
        ((5, 0, 15, 10), 50 / 150),
        ((0, 0, 10, 20), 100 / 200),
        ((2, 2, 4, 4), 4 / 100),
        ((10, 0, 20, 10), 0),  # half-open boxes that touch have no pixel in common
        ((20, 20, 30, 30), 0),
        ((3, 3, 3, 3), 0),
        ((9.5, 0, 10.5, 1), 0.5 / 100.5),
    ],
)
def test_overlap_is_intersection_over_union(box: tuple[float, ...], iou: float) -> None:
    lesion = np.array([[0.0, 0.0, 10.0, 10.0]])
    assert overlaps(np.array([box], dtype=float), lesion) == pytest.approx(np.array([[iou]]))
    assert overlaps(lesion, np.array([box], dtype=float)) == pytest.approx(np.array([[iou]]))


def test_overlap_of_two_nothings_is_nothing() -> None:
    point = np.array([[3.0, 3.0, 3.0, 3.0]])
    assert overlaps(point, point) == 0
    assert overlaps(np.empty((0, 4)), point).shape == (0, 1)


def test_of_two_boxes_on_one_lesion_the_more_confident_finds_it() -> None:
    boxes = detections_of(("a", 0, 0, 10, 9, 0.5), ("a", 0, 0, 10, 8, 0.9))  # overlaps 0.9 and 0.8
    assert match(boxes, LESIONS, 0.5).tolist() == [False, True]


def test_every_lesion_can_be_found_by_a_box_of_its_own() -> None:
    boxes = detections_of(("b", 1, 0, 10, 10, 0.9), ("b", 20, 1, 30, 10, 0.8), ("b", 40, 0, 50, 10, 0.7))
    assert match(boxes, LESIONS, 0.5).tolist() == [True, True, False]


def test_a_box_takes_the_lesion_that_it_overlaps_most() -> None:
    lesions = lesions_of(("a", 0, 0, 10, 10), ("a", 4, 0, 14, 10))
    # 3..13 overlaps them with 7/13 and 9/11 and takes the second; 4..14 is left with 6/14 of the first
    boxes = detections_of(("a", 3, 0, 13, 10, 0.9), ("a", 4, 0, 14, 10, 0.8), ("a", 0, 0, 10, 10, 0.7))
    assert match(boxes, lesions, 0.5).tolist() == [True, False, True]


def test_lesion_is_found_from_exactly_the_least_overlap() -> None:
    boxes = detections_of(("a", 0, 0, 10, 20, 0.9))  # 0.5
    assert match(boxes, LESIONS, 0.5).tolist() == [True]
    assert match(boxes, LESIONS, 0.51).tolist() == [False]


def test_a_box_does_not_find_the_lesion_of_another_image() -> None:
    boxes = detections_of(("n", 0, 0, 10, 10, 0.9), ("a", 20, 0, 30, 10, 0.8))
    assert not match(boxes, LESIONS, 0.1).any()


@settings(max_examples=40)
@given(st.data())
def test_weaker_boxes_never_change_the_answers_of_stronger_ones(data: st.DataObject) -> None:
    def box() -> st.SearchStrategy[tuple[int, ...]]:
        return st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(13, 25)] * 2)

    lesions = lesions_of(*[("a", *values) for values in data.draw(st.lists(box(), max_size=4))])
    drawn = data.draw(st.lists(st.tuples(box(), st.sampled_from([0.2, 0.4, 0.6, 0.8])), min_size=1, max_size=6))
    boxes = detections_of(*[("a", *values, confidence) for values, confidence in drawn])
    everything = match(boxes, lesions, 0.5)
    for threshold in (0.4, 0.6, 0.8):
        kept = boxes[boxes["confidence"] >= threshold]
        assert match(kept, lesions, 0.5).tolist() == everything[kept.index].tolist()
    assert everything.sum() <= len(lesions)


@pytest.mark.parametrize(
    ("boxes", "lesions"),
    [(NONE, LESIONS), (NONE, lesions_of()), (detections_of(("a", 0, 0, 10, 10, 0.9)), lesions_of())],
    ids=["no boxes", "nothing at all", "no lesions"],
)
def test_where_there_is_nothing_to_match_no_box_finds_a_lesion(boxes: pd.DataFrame, lesions: pd.DataFrame) -> None:
    found = match(boxes, lesions, 0.5)
    assert len(found) == len(boxes)
    assert not found.any()


def test_answers_go_by_the_labels_of_the_rows() -> None:
    boxes = detections_of(("a", 40, 40, 50, 50, 0.9), ("a", 0, 0, 10, 10, 0.2)).set_index(pd.Index([7, 3]))
    assert match(boxes, LESIONS, 0.5).to_dict() == {7: False, 3: True}


def test_image_called_na_keeps_its_name(tmp_path: Path) -> None:
    detections_of(("NA", 0, 0, 10, 10, 0.9), ("007", 0, 0, 10, 10, 0.9)).to_csv(tmp_path / "d.csv", index=False)
    assert read_detections(tmp_path / "d.csv", ["NA", "007"])["image_id"].tolist() == ["NA", "007"]


def test_file_without_any_box_is_read(tmp_path: Path) -> None:
    NONE.to_csv(tmp_path / "d.csv", index=False)
    boxes = read_detections(tmp_path / "d.csv", [])
    assert list(boxes.columns) == DETECTION
    assert match(boxes, LESIONS, 0.5).empty
