"""Means under every rule, and what is passed on, on counts whose scores are worked out in the comments."""

import json
from typing import Any

import pytest
from counted_images import evaluation_of, scored, value, without_interval

from guidedseg.evaluation import scores
from guidedseg.evaluation.bootstrap import AT_AN_END
from guidedseg.evaluation.counts import BRANCHES, PREDICTED, Evaluation
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP, RULES


def test_means_of_one_sample_under_every_rule() -> None:
    # Dice 0.5, 0, perfect, 0, 1. literal of guided: the miss has no box
    images = [("P", "half"), ("P", "miss"), ("Q", "empty"), ("Q", "false"), ("R", "all")]
    of = scored(evaluation_of(images))["branches"]
    assert value(of["guided"], "strict", "dice") == 0.5  # 2.5 / 5
    assert value(of["guided"], "lesion", "dice") == 0.5  # 1.5 / 3
    assert value(of["guided"], "literal", "dice") == 0.7  # 3.5 / 5
    # tp 18, fp 306, fn 18
    assert value(of["guided"], "pooled", "dice") == pytest.approx(36 / 360, abs=1e-6)
    assert value(of["guided"], "pooled", "precision") == pytest.approx(18 / 324, abs=1e-6)
    assert value(of["guided"], "pooled", "recall") == 0.5
    # distances 10, 50, 0, 50, 0; of the images with a lesion 10, 50, 0
    assert value(of["guided"], "strict", "hd95") == 22
    assert value(of["guided"], "lesion", "hd95") == 20
    assert value(of["guided"], "lesion", "hd95_share") == 0.4
    # 5, 50, 0, 50, 0, and 0 instead of the first 50
    assert value(of["guided"], "literal", "msd") == 11
    # nsd 0.5, 0, 1, 0, 1
    assert value(of["guided"], "strict", "nsd") == 0.5


def test_mean_is_over_images_and_not_over_patients() -> None:
    # Dice 0.25, 0.5 and 0.75 of P and 1 of Q; patients would give (0.5 + 1) / 2
    of = scored(evaluation_of([("P", "quarter"), ("P", "half"), ("P", "three quarters"), ("Q", "all")]))
    assert value(of, "branches", "direct", "strict", "dice") == 0.625


def test_pooled_dice_is_2_iou_over_1_plus_iou_but_a_mean_over_images_is_not(of_many: dict[str, Any]) -> None:
    for branch in PREDICTED:
        for rule, holds in (("pooled", True), ("strict", False), ("literal", False), ("lesion", False)):
            dice, iou = (value(of_many, "branches", branch, rule, metric) for metric in ("dice", "iou"))
            assert dice is not None
            assert iou is not None
            assert (abs(dice - 2 * iou / (1 + iou)) < 1e-5) == holds


def test_every_rule_has_its_metrics(of_many: dict[str, Any]) -> None:
    assert list(of_many["branches"]) == list(BRANCHES)
    for of in of_many["branches"].values():
        for rule in RULES:
            assert tuple(of[rule]) == (METRICS if rule in IMAGEWISE else OVERLAP)


def test_silence_is_perfect_under_the_literal_rule_only() -> None:
    images = [("P", "miss"), ("Q", "miss"), ("R", "empty")]
    of = scored(evaluation_of([("P", "all"), ("Q", "half"), ("R", "empty")], silent=images))["branches"]["silent"]
    for metric in METRICS:
        best = 0 if metric.startswith(("hd95", "msd")) else 1
        assert of["literal"][metric] == without_interval(best, 3, AT_AN_END)
    assert value(of, "strict", "dice") == pytest.approx(1 / 3, abs=1e-6)
    assert value(of, "lesion", "dice") == 0


def test_headline_is_values_only(of_many: dict[str, Any]) -> None:
    headline = scores.headline(of_many["branches"]["guided"])
    assert {rule: list(of) for rule, of in headline.items()} == {
        "strict": ["dice", "iou", "precision", "recall", "hd95"],
        **{rule: ["dice"] for rule in RULES if rule != "strict"},
    }
    for rule, of in headline.items():
        for metric, number in of.items():
            assert isinstance(number, float)
            assert number == of_many["branches"]["guided"][rule][metric]["value"]


def test_headline_of_a_score_that_does_not_exist_is_null() -> None:
    of = scored(evaluation_of([("P", "empty"), ("Q", "false")]))
    assert scores.headline(of["branches"]["guided"])["lesion"] == {"dice": None}


def test_headline_leaves_the_branch_as_it_is(of_many: dict[str, Any]) -> None:
    before = json.dumps(of_many)
    scores.headline(of_many["branches"]["guided"])
    scores.side_by_side(of_many)
    assert json.dumps(of_many) == before


def test_side_by_side_has_dice_of_all_branches_and_differences(of_many: dict[str, Any]) -> None:
    table = scores.side_by_side(of_many)
    assert list(table) == [*BRANCHES, *scores.DIFFERENCES]
    for of in table.values():
        assert list(of) == list(RULES)
        for leaf in of.values():
            assert list(leaf) == ["dice"]
            value(leaf, "dice")
    tested = {name: [rule for rule in RULES if "p_holm" in table[name][rule]["dice"]] for name in table}
    of_differences = ["strict", "lesion", "literal", "pooled"]
    assert tested == {name: of_differences if name in scores.DIFFERENCES else [] for name in table}


def test_images_are_those_of_the_first_branch_by_name(many: Evaluation) -> None:
    images = scores.one_per_image(many.images.sample(frac=1, random_state=0))
    assert images["image_id"].tolist() == [f"{number:03}" for number in range(48)]
    assert set(images["branch"]) == {"direct"}
    for branch, rows in scores.split_by_branch(many.images[::-1]).items():
        assert rows["image_id"].tolist() == images["image_id"].tolist()
        assert set(rows["branch"]) == {branch}
