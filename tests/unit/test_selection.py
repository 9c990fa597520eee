"""Which test images are shown, and in what order."""

import pandas as pd

from guidedseg.evaluation.matching import matched
from guidedseg.reporting.selection import (
    at_equal_steps,
    by_quantile,
    detections,
    failures,
    largest,
    of_each,
    slices,
    spread,
)


def test_shown_images_are_the_quantiles_of_the_score_worst_first() -> None:
    scores = pd.Series({f"i{number}": number / 8 for number in (4, 8, 0, 2, 6, 1, 3, 5, 7)})
    assert by_quantile(scores) == ["i0", "i2", "i4", "i6", "i8"]


def test_images_without_a_score_are_not_shown() -> None:
    scores = pd.Series({"a": float("nan"), "b": 0.5, "c": float("nan")})
    assert by_quantile(scores) == ["b"]
    assert by_quantile(scores[["a"]]) == []


def test_each_image_is_shown_once() -> None:
    assert by_quantile(pd.Series({"b": 0.9, "a": 0.1})) == ["a", "b"]


def test_ties_are_broken_by_name_whatever_the_order() -> None:
    scores = pd.Series(0.0, index=[f"i{number}" for number in range(9)])
    assert by_quantile(scores) == by_quantile(scores[::-1]) == ["i0", "i2", "i4", "i6", "i8"]
    assert largest(scores[::-1]) == ["i0", "i1", "i2", "i3"]


def test_four_quantiles_are_thirds() -> None:
    scores = pd.Series({f"i{number}": number for number in range(7)})
    assert by_quantile(scores, 4) == ["i0", "i2", "i4", "i6"]


def test_equal_steps_keep_the_first_and_the_last() -> None:
    assert at_equal_steps("abcdefghijk", 3) == ["a", "f", "k"]
    assert at_equal_steps("ab", 8) == ["a", "b"]
    assert at_equal_steps("", 8) == []


def of_kinds(**sizes: int) -> tuple[pd.Series, pd.Series]:
    """Kind and score of images KIND0, KIND1, ...; the first of a kind has the lowest score."""
    names = {f"{kind}{number}": (kind, number) for kind, size in sizes.items() for number in range(size)}
    kinds, scores = (pd.Series({name: row[place] for name, row in names.items()}) for place in (0, 1))
    return kinds, scores.astype(float)


def test_few_images_are_all_shown() -> None:
    assert of_each(*of_kinds(a=2, b=1), 4) == ["a0", "a1", "b0"]


def test_kinds_share_the_places_and_each_is_shown_from_its_worst_to_its_best() -> None:
    # 6 places for 2 kinds: 3 each; of 9 images the first, the middle and the last
    assert of_each(*of_kinds(a=9, b=5), 6) == ["a0", "a4", "a8", "b0", "b2", "b4"]


def test_places_that_a_rare_kind_leaves_go_to_the_others() -> None:
    # 7 places for 3 kinds: 2 each, but b has 1; the other 6 are 3 for c and 3 for a
    assert of_each(*of_kinds(a=11, b=1, c=5), 7) == ["a0", "a5", "a10", "b0", "c0", "c2", "c4"]


def test_shown_of_each_kind_do_not_depend_on_the_order_of_the_rows() -> None:
    kinds, scores = of_kinds(a=9, b=9)
    equal = scores * 0
    assert of_each(kinds[::-1], equal[::-1], 6) == of_each(kinds, equal, 6) == ["a0", "a4", "a8", "b0", "b4", "b8"]


def images(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", "patient_id", "lesion_px"])


def test_spread_is_lesions_by_quantile_and_the_worst_normal() -> None:
    table = images(("a", "P", 5), ("b", "P", 0), ("c", "P", 9), ("d", "Q", 0), ("e", "Q", 1))
    dice = pd.Series({"a": 0.5, "b": 1.0, "c": 0.1, "d": 0.0, "e": 0.9})
    assert spread(table, dice) == ["c", "a", "e", "d"]


def test_spread_without_lesions_is_a_normal_and_without_normals_is_lesions() -> None:
    dice = pd.Series({"a": 1.0, "b": 1.0})
    assert spread(images(("a", "P", 0), ("b", "P", 0)), dice) == ["a"]
    assert spread(images(("a", "P", 1), ("b", "P", 1)), dice) == ["a", "b"]


def test_slices_are_of_the_patient_with_most_images_of_a_lesion() -> None:
    # Q has more images, P more with a lesion; P's normals are shown too
    table = images(
        ("q1", "Q", 1), ("q2", "Q", 0), ("q3", "Q", 0), ("q4", "Q", 0), *((f"p{i}", "P", i) for i in range(3))
    )
    assert slices(table) == ["p0", "p1", "p2"]


def test_slices_of_equally_fit_patients_are_the_first_ones_by_name() -> None:
    table = images(("z", "B", 1), ("y", "A", 1), ("x", "A", 0))
    assert slices(table) == ["x", "y"]


def test_slices_without_lesions_are_of_the_patient_with_most_images() -> None:
    assert slices(images(("a", "A", 0), ("b", "B", 0), ("c", "B", 0))) == ["b", "c"]
    assert slices(images()) == []


def test_eight_slices_at_equal_steps() -> None:
    # 15 images: every second one
    table = images(*((f"i{number:02}", "P", 1) for number in range(15)))
    assert slices(table) == [f"i{number:02}" for number in range(0, 15, 2)]


def grouped(*rows: tuple[str, int, int, int, float, float]) -> dict[str, list[str]]:
    """Failures of image_id, lesion_px, tp, fp, direct, guided."""
    table = pd.DataFrame(rows, columns=["image_id", "lesion_px", "tp", "fp", "direct", "guided"])
    dice = table.set_index("image_id")[["direct", "guided"]].sort_index()
    return failures(table[["image_id", "lesion_px", "tp", "fp"]], dice)


def test_failures_are_told_apart() -> None:
    assert grouped(
        ("overlap", 10, 5, 5, 0.5, 0.5),
        ("beside", 10, 0, 5, 0.0, 0.0),
        ("small miss", 10, 0, 0, 0.0, 0.0),
        ("large miss", 90, 0, 0, 0.75, 0.0),
        ("small false", 0, 0, 3, 1.0, 0.0),
        ("large false", 0, 0, 7, 0.0, 0.0),
        ("rightly empty", 0, 0, 0, 0.0, 1.0),
        ("gained", 10, 9, 1, 0.25, 0.9),
    ) == {
        "worst": ["beside", "overlap", "gained"],
        "misses": ["large miss", "small miss"],
        "false_positives": ["large false", "small false"],
        "worse": ["large miss"],  # not the normals, which lose or gain all there is
        "better": ["gained"],
    }


def test_four_of_a_group_are_shown_ties_by_name() -> None:
    groups = grouped(*((name, 10, 0, 0, 1.0, 0.0) for name in "fbeadc"))
    assert groups == {"worst": [], "misses": [*"abcd"], "false_positives": [], "worse": [*"abcd"], "better": []}


def detected(
    boxes: list[tuple[str, int, float]], lesions: list[tuple[str, int, int]], confidence: float = 0.5
) -> dict[str, list[str]]:
    """Groups of boxes (image_id, left, confidence) 10 pixels wide and lesions (image_id, left, height)."""
    box = pd.DataFrame(boxes, columns=["image_id", "x0", "confidence"])
    box = box.assign(y0=0, x1=box["x0"] + 10, y1=10)
    lesion = pd.DataFrame(lesions, columns=["image_id", "x0", "y1"])
    lesion = lesion.assign(y0=0, x1=lesion["x0"] + 10)
    return detections(box.assign(finds=matched(box, lesion, 0.5).to_numpy()), lesion, confidence)


def test_found_images_stand_by_their_best_confidence() -> None:
    lesions = [(name, 0, 10) for name in "abcdefg"]
    boxes = [(name, 0, 0.9 - 0.05 * number) for number, name in enumerate("abcdefg")]
    assert detected(boxes, lesions) == {"found": ["g", "e", "c", "a"], "missed": [], "false": []}


def test_one_missed_lesion_makes_a_miss_and_the_largest_comes_first() -> None:
    # "both" has one found and one missed of 10 x 12, "none" one missed of 10 x 14, "weak" a box that does not count
    groups = detected(
        [("both", 0, 0.9), ("weak", 0, 0.4)],
        [("both", 0, 10), ("both", 20, 12), ("none", 0, 14), ("weak", 0, 10)],
    )
    assert groups == {"found": [], "missed": ["none", "both", "weak"], "false": []}


def test_false_boxes_by_confidence_without_images_that_are_shown_already() -> None:
    groups = detected(
        [("hit", 0, 0.6), ("hit", 20, 0.95), ("n1", 0, 0.7), ("n2", 0, 0.8), ("n2", 20, 0.5), ("weak", 0, 0.4)],
        [("hit", 0, 10)],
    )
    assert groups == {"found": ["hit"], "missed": [], "false": ["n2", "n1"]}


def test_silent_detector_on_normals_has_no_images() -> None:
    assert detected([], []) == {"found": [], "missed": [], "false": []}
