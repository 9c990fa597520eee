"""The figure of the rules and its table, and DVC's own plot of the same table."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest
from charts import LESION, RUNS, figure_of, image, points
from drawings import square
from dvc_render.vega import VegaRenderer
from matplotlib.colors import to_hex
from runs import run_of

from guidedseg.evaluation.counts import BRANCHES
from guidedseg.evaluation.rules import RULES
from guidedseg.reporting.figures import rules

TEMPLATES = Path(__file__).parents[2] / ".dvc/plots"


def test_table_has_every_branch_under_every_rule_in_percent() -> None:
    table = rules.table(RUNS["all"])
    assert table.columns.tolist() == ["branch", "rule", "dice", "ci_low", "ci_high"]
    assert list(zip(table["rule"], table["branch"], strict=True)) == [(r, b) for r in RULES for b in BRANCHES]
    dice = table.set_index(["rule", "branch"])["dice"]
    # direct, strict: silence on a normal 1, hit 1, miss 0, false positive 0
    assert dice["strict", "direct"] == 50
    # literal: the normal and the miss have no box, 1 each, the hit 1; the weak box of `f` is none at 0.5, so 1
    assert dice["literal", "guided"] == 100
    assert dice["literal", "silent"] == 100
    assert dice["strict", "silent"] == 50
    assert dice["lesion", "silent"] == 0


LESIONS_ONLY = run_of(image("a", direct=LESION, guided=LESION), image("b", direct=LESION, guided=square(8, 8, 4, 8)))


def test_only_the_rule_that_silence_wins_is_shaded() -> None:
    shaded = [
        axes.get_title(loc="left").split(":")[0]
        for axes in figure_of("rules", LESIONS_ONLY).axes
        if to_hex(axes.get_facecolor()) == rules.SILENCE
    ]
    assert shaded == ["literal"]


def test_dot_interval_and_printed_value_of_a_branch() -> None:
    strict = figure_of("rules", LESIONS_ONLY).axes[0]
    score = LESIONS_ONLY.scores["branches"]["guided"]["strict"]["dice"]
    # 1 and 2 * 32 / (64 + 32); one patient has no interval
    assert score["value"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-6)
    assert points(strict, "s") == [(pytest.approx(500 / 6, abs=1e-4), 1)]
    assert strict.texts[1].get_text() == "83.3"
    assert [label.get_text() for label in strict.get_yticklabels()][:2] == ["direct", "guided"]


def test_interval_is_a_line_from_low_to_high() -> None:
    scores = copy.deepcopy(RUNS["all"].scores)
    scores["branches"]["guided"]["strict"]["dice"] = {"value": 0.6, "ci_low": 0.4, "ci_high": 0.9}
    strict = figure_of("rules", replace(RUNS["all"], scores=scores)).axes[0]
    line = next(line for line in strict.lines if list(line.get_xdata()) == [40, 90])
    assert list(line.get_ydata()) == [1, 1]  # the second row
    assert strict.texts[1].get_text() == "60.0 (40.0 to 90.0)"


def test_interval_of_few_groups_is_marked_and_the_caption_says_so() -> None:
    scores = copy.deepcopy(RUNS["all"].scores)
    leaf = {"value": 0.6, "ci_low": 0.4, "ci_high": 0.9}
    scores["branches"]["direct"]["strict"]["dice"] = {**leaf, "groups": 4}
    scores["branches"]["guided"]["strict"]["dice"] = {**leaf, "groups": 5}
    strict = figure_of("rules", replace(RUNS["all"], scores=scores)).axes[0]
    assert [text.get_text() for text in strict.texts][:2] == ["60.0 (40.0 to 90.0)?", "60.0 (40.0 to 90.0)"]
    assert "with ? from fewer than 5 groups of them, not reliable" in rules.FIGURE.caption(RUNS["all"])


def test_score_that_does_not_exist_is_a_dash_without_a_dot() -> None:
    run = RUNS["one normal with a weak box"]
    lesion = figure_of("rules", run).axes[RULES.index("lesion")]
    assert not lesion.lines
    assert [text.get_text() for text in lesion.texts] == ["-"] * len(BRANCHES)
    rows = rules.table(run).query("rule == 'lesion'")
    assert rows[["dice", "ci_low", "ci_high"]].isna().all(axis=None)
    assert not rules.rewards_silence(rows)


# DVC's own plot of the rules


def filled_template() -> dict:
    rows = rules.table(RUNS["all"]).assign(rev="workspace").to_dict("records")
    chart = VegaRenderer(rows, "plot", template="intervals", template_dir=str(TEMPLATES), x="dice", y="branch")
    return chart.get_filled_template()


def test_template_is_filled_without_a_rest() -> None:
    assert "<DVC_" not in json.dumps(filled_template())


def test_template_uses_the_table_and_its_order() -> None:
    template = filled_template()
    assert template["facet"]["row"]["sort"] == list(RULES)
    encoding = template["spec"]["encoding"]
    assert encoding["y"]["sort"] == list(BRANCHES)
    assert encoding["color"]["field"] == encoding["yOffset"]["field"] == "rev"  # revisions side by side
    named = {template["facet"]["row"]["field"], encoding["y"]["field"], *(tip["field"] for tip in encoding["tooltip"])}
    assert named == {*rules.table(RUNS["all"]).columns, "rev"}
