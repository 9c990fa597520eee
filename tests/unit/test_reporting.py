"""The images that are shown and the table that is printed."""

from typing import Any

import pandas as pd
import pytest

from guidedseg.evaluation.rules import METRICS, RULES
from guidedseg.reporting.selection import by_quantile
from guidedseg.reporting.tables import BRANCHES, comparison


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


def scores_of(value: float | None) -> dict[str, Any]:
    ends = {"ci_low": None, "ci_high": None} if value is None else {"ci_low": value - 0.1, "ci_high": value + 0.1}
    leaf = {"value": value, **ends}
    return {branch: {rule: dict.fromkeys(METRICS, leaf) for rule in RULES} for branch in BRANCHES}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_table_has_a_row_per_branch_and_a_column_per_rule() -> None:
    scores = scores_of(0.5)
    scores["guided"]["lesion"] = scores["guided"]["lesion"] | {
        "dice": {"value": 0.6543, "ci_low": 0.6, "ci_high": 0.7004}
    }
    lines = comparison(scores).splitlines()
    assert cells(lines[0]) == ["Dice, %", *RULES]
    table = {row[0]: dict(zip(RULES, row[1:], strict=True)) for row in map(cells, lines[2:7])}
    assert list(table) == list(BRANCHES.values())
    assert table["guided"]["lesion"] == "65.4 (60.0 to 70.0)"
    assert table["guided - direct"]["strict"] == "50.0 (40.0 to 60.0)"


def test_second_table_has_the_other_metrics_under_the_strict_rule() -> None:
    scores = scores_of(0.5)
    scores["oracle"]["strict"] = scores["oracle"]["strict"] | {
        "recall": {"value": 0.9, "ci_low": 0.85, "ci_high": 0.95}
    }
    first, second = comparison(scores).rstrip("\n").split("\n\n")
    lines = second.splitlines()
    assert cells(lines[0]) == ["strict, %", *METRICS]
    assert len(lines) == len(first.splitlines()) == 2 + len(BRANCHES)
    assert cells(lines[5])[0] == "oracle (true boxes)"
    assert cells(lines[5])[1 + METRICS.index("recall")] == "90.0 (85.0 to 95.0)"


@pytest.mark.parametrize("line", [2, 10])
def test_score_that_cannot_be_computed_is_a_dash(line: int) -> None:
    lines = comparison(scores_of(None)).splitlines()
    assert set(cells(lines[line])[1:]) == {"-"}


def test_every_line_of_a_table_has_the_same_number_of_cells() -> None:
    for table in comparison(scores_of(0.5)).rstrip("\n").split("\n\n"):
        assert len({len(cells(line)) for line in table.splitlines()}) == 1
