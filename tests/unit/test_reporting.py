"""The tables of a run, and report/comparison.md."""

import copy
from typing import Any

import pytest
from drawings import Drawing, drawn, everywhere, nothing, square
from runs import run_of

from guidedseg.evaluation import bootstrap
from guidedseg.evaluation.counts import BRANCHES
from guidedseg.evaluation.rules import RULES
from guidedseg.evaluation.scores import DIFFERENCES, scores
from guidedseg.reporting.tables import of_paper
from guidedseg.reporting.tables.of_run import (
    by_metric,
    dice_by_rule,
    differences,
    document,
    sample_sentences,
    tables,
)
from guidedseg.reporting.tables.table import Table
from guidedseg.reporting.tables.wording import DETECTOR_TITLES, INTERVALS, TITLES, number, percent

Nested = dict[str, Any]
OPERATING = {
    "confidence": 0.35,
    "direct_gate": 0.2,
    "direct_threshold": 0.45,
    "guided_threshold": 0.6,
    "direct_ungated_threshold": 0.4,
    "guided_ungated_confidence": 0.15,
    "guided_ungated_threshold": 0.55,
    "direct_dice": None,
    "guided_dice": None,
    "direct_ungated_dice": None,
    "guided_ungated_dice": None,
}
DETECTION = {
    "ap50": {"value": 0.5, "ci_low": 0.4, "ci_high": 0.6},
    "ap50_95": {"value": 0.25, "ci_low": 0.2, "ci_high": 0.3},
    "lesion_recall": {"value": None, "ci_low": None, "ci_high": None},
}
NULL = {"value": None, "ci_low": None, "ci_high": None}


@pytest.fixture(scope="module")
def shared() -> Nested:
    """Scores of three images of two patients, few draws."""
    box = ((0.9, (4, 4, 16, 14), everywhere()),)
    lesion = Drawing(square(4, 4, 10), square(4, 6, 10), box, (((4, 4, 14, 14), everywhere()),))
    evaluation = drawn(
        lesion._replace(image_id="a"),
        lesion._replace(image_id="b", patient_id="Q", direct=nothing()),
        Drawing(nothing(), nothing(), image_id="n", patient_id="Q", pathology="normal"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "guidedseg.evaluation.scores.weights", lambda rows, seed: bootstrap.weights(rows, seed=seed, draws=9)
        )
        return {**scores(evaluation, seed=0, batch=16), "operating": OPERATING, "detection": DETECTION}


@pytest.fixture
def of(shared: Nested) -> Nested:
    """A copy for each test to change."""
    return copy.deepcopy(shared)


def leaf(value: float, low: float, high: float, **p: float | None) -> Nested:
    return {"value": value, "ci_low": low, "ci_high": high, **p}


def rows(table: Table) -> dict[str, dict[str, str]]:
    """Row name -> column name -> cell."""
    return {row[0]: dict(zip(table.header[1:], row[1:], strict=True)) for row in table.rows}


def named(of: Nested, name: str) -> Table:
    (found,) = [table for table in tables(of, "unetpp") if table.name == name]
    return found


def written(of: Nested) -> str:
    return document(of, "unetpp", of_paper.tables({"unetpp": of}, dataset="bus_uclm"))


def test_dice_has_a_row_per_branch_and_a_column_per_rule(of: Nested) -> None:
    of["branches"]["guided"]["lesion"]["dice"] = leaf(0.6543, 0.6, 0.7004)
    of["branches"]["silent"]["literal"]["dice"] = leaf(1.0, 1.0, 1.0)
    table = rows(dice_by_rule(of, "unetpp"))
    assert list(table) == [TITLES[branch] for branch in BRANCHES]
    assert list(table["guided"]) == list(RULES)
    assert table["guided"]["lesion"] == "65.4 (60.0 to 70.0)"
    assert table["control: silent"]["literal"] == "100.0 (100.0 to 100.0)"


def test_differences_are_in_points_with_their_p(of: Nested) -> None:
    of["differences"]["guided_minus_direct"]["strict"]["dice"] = leaf(-0.0512, -0.1, 0.02, p=0.0625, p_holm=0.25)
    of["differences"]["guided_minus_direct"]["lesion"]["dice"] = leaf(0.0, 0.0, 0.0, p=None, p_holm=None)
    of["differences"]["guided_minus_direct"]["batch_pooled"]["dice"] = leaf(0.012, -0.01, 0.02)
    table = rows(differences(of, "unetpp"))
    assert list(table) == [TITLES[name] for name in DIFFERENCES]
    assert table["guided - direct"]["strict"] == "-5.1 (-10.0 to 2.0), p 0.0625 (0.25)"
    assert table["guided - direct"]["lesion"] == "0.0 (0.0 to 0.0)"
    assert table["guided - direct"]["batch_pooled"] == "1.2 (-1.0 to 2.0)"


def test_metrics_of_a_rule_have_a_column_each(of: Nested) -> None:
    of["branches"]["oracle"]["strict"]["recall"] = leaf(0.9, 0.85, 0.95)
    of["branches"]["oracle"]["lesion"]["recall"] = leaf(0.8, 0.75, 0.85)
    table = rows(by_metric(of, "unetpp", "strict"))
    assert list(table["direct"]) == ["dice", "iou", "precision", "recall", "specificity", "accuracy", "nsd"]
    assert table["oracle (true boxes)"]["recall"] == "90.0 (85.0 to 95.0)"
    assert rows(by_metric(of, "unetpp", "lesion"))["oracle (true boxes)"]["recall"] == "80.0 (75.0 to 85.0)"


def test_score_without_a_value_is_a_dash_and_without_an_interval_alone() -> None:
    assert percent(NULL) == "-"
    assert percent({"value": 0.1234, "ci_low": None, "ci_high": None}) == "12.3"
    assert percent(leaf(0.1234, 0.1, 0.2)) == "12.3 (10.0 to 20.0)"
    assert number(leaf(0.1234, 0.1, 0.2)) == "0.123 (0.100 to 0.200)"


def test_difference_that_rounds_to_nothing_has_no_sign() -> None:
    assert percent(leaf(-0.0001, -0.0002, 0.0)) == "0.0 (0.0 to 0.0)"


def test_a_run_has_eight_tables_whose_captions_name_the_network_and_the_images(of: Nested) -> None:
    shown = tables(of, "unetpp")
    assert [table.name for table in shown] == [
        *("dice_by_rule", "differences", "metrics_strict", "metrics_lesion"),
        *("distances", "subsets", "others", "detector"),
    ]
    assert all("unetpp, 3 test images." in table.caption for table in shown)


def test_document_has_all_tables_of_the_run_and_then_those_of_the_paper(of: Nested) -> None:
    text = written(of)
    titles = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert titles == [*(table.title for table in tables(of, "unetpp")), "Beside the paper"]
    of_paper = text[text.index("## Beside the paper") :]
    titles = [line.removeprefix("### ") for line in of_paper.splitlines() if line.startswith("### ")]
    assert [title.split(":")[0] for title in titles] == [f"The paper's Table {number}" for number in range(3, 8)]
    assert sum(part.startswith("|") for part in text.split("\n\n")) == 8 + 5


def test_document_says_what_was_scored_and_chosen(of: Nested) -> None:
    text = written(of)
    first = text.split("\n## ")[0].replace("\n", " ")
    assert first.startswith("# unetpp: ")
    assert sample_sentences(of)[0] in first
    assert (
        "3 images in the test set, of 2 patients in 2 groups (who share pictures are one), "
        "2 of them with 2 lesions (2 patients)."
    ) in first
    assert "Direct: pixels count from probability 0.45, in frames that reach 0.2;" in first
    assert "guided: from 0.6, in boxes from confidence 0.35." in first
    assert "Without gates: from 0.4; from 0.55, in boxes from 0.15 and in every image's most confident one." in first
    assert INTERVALS in first
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    for word in ("None", " nan", "{", "np."):
        assert word not in text


def test_one_is_said_in_the_singular(of: Nested) -> None:
    of["sample"] = dict.fromkeys(of["sample"], 1)
    assert sample_sentences(of)[0] == (
        "1 image in the test set, of 1 patient in 1 group (who share pictures are one), "
        "1 of them with 1 lesion (1 patient)."
    )


def test_without_a_gate_every_frame_speaks(of: Nested) -> None:
    of["operating"] = {**OPERATING, "direct_gate": 0.0}
    assert "pixels count from probability 0.45, in every frame;" in sample_sentences(of)[1]


def test_test_images_without_any_lesion_are_said_to_be_so_and_have_dashes() -> None:
    of = run_of(Drawing(nothing(), nothing(), pathology="normal")).scores
    assert sample_sentences(of)[0] == (
        "1 image in the test set, of 1 patient in 1 group (who share pictures are one), none of them with a lesion."
    )
    assert set(rows(by_metric(of, "unetpp", "lesion"))["guided"].values()) == {"-"}
    assert rows(named(of, "detector"))["lesions found"] == {"value": "-"}
    assert "None" not in written(of)


def test_interval_of_few_groups_is_marked_where_it_stands(of: Nested) -> None:
    of["branches"]["guided"]["by_pathology"]["malignant"]["dice"] = leaf(0.5, 0.25, 0.75, groups=bootstrap.RELIABLE - 1)
    of["branches"]["guided"]["by_pathology"]["benign"]["dice"] = leaf(0.5, 0.25, 0.75, groups=bootstrap.RELIABLE)
    table = rows(named(of, "subsets"))
    assert table["guided"]["malignant"] == "50.0 (25.0 to 75.0)?"
    assert table["guided"]["benign"] == "50.0 (25.0 to 75.0)"


def test_every_table_says_what_the_mark_means(of: Nested) -> None:
    assert f"with ? from fewer than {bootstrap.RELIABLE} groups of them, not reliable" in INTERVALS
    shown = [*tables(of, "unetpp"), *of_paper.tables({"unetpp": of}, dataset="bus_uclm")]
    assert all(INTERVALS in table.caption for table in shown)


def test_only_an_interval_is_marked() -> None:
    assert percent({"value": 0.1234, "ci_low": None, "ci_high": None, "groups": 1}) == "12.3"
    assert percent({**NULL, "groups": 0}) == "-"


def test_distances_stand_beside_the_number_of_misses(of: Nested) -> None:
    of["branches"]["direct"]["strict"]["hd95"] = leaf(12.34, 5.0, 20.0)
    of["branches"]["direct"]["lesion"]["msd"] = leaf(3.0, 2.0, 4.0)
    table = rows(named(of, "distances"))
    assert table["direct"] == {
        "HD95, strict": "12.3 (5.0 to 20.0)",
        "mean distance, strict": table["direct"]["mean distance, strict"],
        "HD95, lesion": table["direct"]["HD95, lesion"],
        "mean distance, lesion": "3.0 (2.0 to 4.0)",
        "misses": "1",
        "false positives": "0",
    }
    assert (table["control: silent"]["misses"], table["control: everything"]["false positives"]) == ("2", "1")


def test_subsets_are_dice_under_strict(of: Nested) -> None:
    of["branches"]["guided"]["by_size"]["large"]["dice"] = leaf(0.5, 0.25, 0.75)
    table = rows(named(of, "subsets"))
    assert list(table["guided"]) == ["normal", "benign", "malignant", "unknown", "small", "medium", "large"]
    assert table["guided"]["large"] == "50.0 (25.0 to 75.0)"
    assert table["guided"]["malignant"] == "-"


def test_controls_have_no_calibration_and_no_loss(of: Nested) -> None:
    of["branches"]["direct"]["loss"] = leaf(0.5, 0.25, 0.75)
    of["branches"]["direct"]["mask_calibration"]["ece"] = leaf(0.03, 0.02, 0.04)
    table = rows(named(of, "others"))
    assert table["direct"]["loss"] == "0.500 (0.250 to 0.750)"
    assert table["direct"]["calibration error, %"] == "3.0 (2.0 to 4.0)"
    for control in ("control: silent", "control: everything"):
        assert {table[control][name] for name in ("loss", "Brier score", "calibration error, %")} == {"-"}


def test_detector_has_a_row_per_score(of: Nested) -> None:
    assert rows(named(of, "detector")) == {
        "AP at IoU 0.5 (mAP@50)": {"value": "0.500 (0.400 to 0.600)"},
        "AP over IoU 0.5 to 0.95 (mAP@50:95)": {"value": "0.250 (0.200 to 0.300)"},
        "lesions found": {"value": "-"},
    }


def test_every_score_of_the_detector_has_a_title() -> None:
    assert set(run_of(Drawing(square(4, 4, 10), nothing())).scores["detection"]) == set(DETECTOR_TITLES)
