"""Paired differences between branches, and their tests."""

from typing import Any

import numpy as np
import pytest
from counted_images import evaluation_of, scored, value, without_interval

from guidedseg.evaluation.bootstrap import NO_SPREAD
from guidedseg.evaluation.counts import Evaluation
from guidedseg.evaluation.paired import of_means, of_scores
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP, RULES, counted, ratios
from guidedseg.evaluation.scores import DIFFERENCES, split_by_branch

# six patients whose Dice is 0.25 and 0.75 by turns; and 0.25 more each
DIRECT = [(f"P{number}", ("quarter", "three quarters")[number % 2]) for number in range(6)]
BETTER = [(f"P{number}", ("half", "all")[number % 2]) for number in range(6)]


def test_differences_are_of_these_branches(of_many: dict[str, Any]) -> None:
    assert DIFFERENCES == {
        "guided_minus_direct": ("guided", "direct"),
        "guided_ungated_minus_direct_ungated": ("guided_ungated", "direct_ungated"),
        "guided_minus_guided_fallback": ("guided", "guided_fallback"),
        "cascade_minus_direct": ("cascade", "direct"),
        "guided_minus_cascade": ("guided", "cascade"),
        "oracle_minus_guided": ("oracle", "guided"),
    }
    for name, (one, other) in DIFFERENCES.items():
        for rule in RULES:
            for metric in METRICS if rule in IMAGEWISE else OVERLAP:
                expected = np.subtract(*(value(of_many, "branches", branch, rule, metric) for branch in (one, other)))
                assert value(of_many, "differences", name, rule, metric) == pytest.approx(expected, abs=2e-6)


def test_differences_are_paired_by_image_and_by_draw() -> None:
    # Dice of direct 0.25 or 0.75, of guided 0.25 more on every image: in every draw the difference is 0.25
    of = scored(evaluation_of(DIRECT, guided=BETTER))
    alone = of["branches"]["direct"]["strict"]["dice"]
    assert alone["ci_high"] - alone["ci_low"] > 0.2
    difference = of["differences"]["guided_minus_direct"]["strict"]["dice"]
    assert {key: difference[key] for key in difference if not key.startswith("p")} == without_interval(
        0.25, 6, NO_SPREAD
    )
    assert difference["p"] == 0.03125  # 2 / 2^6


def test_without_gates_the_branches_without_gates_are_compared() -> None:
    of = scored(evaluation_of(DIRECT, guided_ungated=BETTER))["differences"]
    assert value(of, "guided_ungated_minus_direct_ungated", "strict", "dice") == 0.25
    assert of["guided_ungated_minus_direct_ungated"]["strict"]["dice"]["p"] == 0.03125
    for name in ("guided_minus_direct", "guided_minus_guided_fallback", "oracle_minus_guided"):
        assert value(of, name, "strict", "dice") == 0


def test_no_difference_has_no_test() -> None:
    of = scored(evaluation_of([("P", "half"), ("Q", "miss"), ("R", "empty")]))["differences"]["guided_minus_direct"]
    assert of["strict"]["dice"] == {**without_interval(0, 3, NO_SPREAD), "p": None, "p_holm": None}


def test_p_is_of_swaps_of_whole_groups(many: Evaluation, of_many: dict[str, Any]) -> None:
    by_branch = split_by_branch(many.images)
    guided, direct = by_branch["guided"], by_branch["direct"]
    groups = direct["group_id"].to_numpy(dtype=str)
    expected = {rule: of_means(f(guided), f(direct), groups, seed=0) for rule, f in IMAGEWISE.items()}
    expected["pooled"] = of_scores(counted(guided), counted(direct), groups, ratios, seed=0)
    found = of_many["differences"]["guided_minus_direct"]
    assert {rule: [leaf["p"] for leaf in found[rule].values()] for rule in expected} == expected


def test_batch_pooled_difference_has_an_interval_and_no_test(of_many: dict[str, Any]) -> None:
    for of in of_many["differences"].values():
        for leaf in of["batch_pooled"].values():
            assert "p" not in leaf
            assert "p_holm" not in leaf


@pytest.mark.parametrize(
    ("better", "differ"),
    [
        (("guided", "guided_fallback", "oracle", "cascade"), 2),  # guided - direct and cascade - direct
        (("guided", "oracle", "cascade"), 3),  # and guided - fallback
        (("guided", "cascade"), 4),  # and oracle - guided
        (("guided", "cascade", "guided_ungated"), 5),
    ],
)
def test_all_differences_under_all_rules_are_one_family(better: tuple[str, ...], differ: int) -> None:
    # 4 rules have a p, all of them 2 / 2^6: the first of the steps, p x number of tests, is the largest
    of = scored(evaluation_of(DIRECT, **dict.fromkeys(better, BETTER)))["differences"]["guided_minus_direct"]
    for rule in ("strict", "lesion", "literal", "pooled"):
        assert of[rule]["dice"]["p"] == 2 / 64
        assert of[rule]["dice"]["p_holm"] == 4 * differ * 2 / 64


def test_tests_of_one_family_are_corrected_in_steps() -> None:
    # guided - direct and cascade - direct: 8 x 2 / 2^6; oracle - guided, which differ for two groups: 4 x 2 / 2^2.
    # 12 x 2 / 64, 4 x 2 / 4
    oracle = [("P0", "all"), ("P1", "all"), ("P2", "all"), *BETTER[3:]]
    assert sum(one != other for one, other in zip(oracle, BETTER, strict=True)) == 2
    of = scored(evaluation_of(DIRECT, guided=BETTER, guided_fallback=BETTER, cascade=BETTER, oracle=oracle))[
        "differences"
    ]
    found = {name: (leaf["p"], leaf["p_holm"]) for name in of for leaf in [of[name]["strict"]["dice"]]}
    assert found == {
        "guided_minus_direct": (0.03125, 0.375),
        "guided_ungated_minus_direct_ungated": (None, None),
        "guided_minus_guided_fallback": (None, None),
        "cascade_minus_direct": (0.03125, 0.375),
        "guided_minus_cascade": (None, None),
        "oracle_minus_guided": (0.5, 1),
    }


def test_dice_alone_is_corrected(of_many: dict[str, Any]) -> None:
    for of in of_many["differences"].values():
        for rule in RULES:
            assert not [metric for metric in of[rule] if metric != "dice" and "p_holm" in of[rule][metric]]
