"""Intervals of all scores come from draws of whole groups, from nothing else."""

import json
from typing import Any

import numpy as np
import pandas as pd
from counted_images import DRAWS, in_groups, rows_of, scored

from guidedseg.evaluation import bootstrap
from guidedseg.evaluation.counts import PREDICTED, Evaluation
from guidedseg.evaluation.estimates import by_rule
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, RULES, counted, ratios
from guidedseg.evaluation.scores import split_by_branch


def test_draws_are_scores_of_samples_in_which_groups_really_stand_twice(many: Evaluation) -> None:
    rows = split_by_branch(many.images)["guided"]
    weights = bootstrap.weights(rows, seed=3, draws=12)
    names = sorted(rows["group_id"].unique())
    result = by_rule(rows, weights, 16)
    assert set(result) == set(RULES)
    assert weights.max() > 1
    for draw, times in enumerate(weights.astype(int)):
        copies = [rows[rows["group_id"] == name] for name, n in zip(names, times, strict=True) for _ in range(n)]
        sample = pd.concat(copies, ignore_index=True)
        for rule, function in IMAGEWISE.items():
            np.testing.assert_allclose(result[rule].values[draw], np.nanmean(function(sample), axis=0))
        np.testing.assert_allclose(result["pooled"].values[draw], ratios(counted(sample).sum(axis=0)))


def test_interval_is_that_of_the_draws(many: Evaluation, of_many: dict[str, Any]) -> None:
    rows = split_by_branch(many.images)["guided"]
    estimate = by_rule(rows, bootstrap.weights(rows, seed=0, draws=DRAWS), 16)
    for rule in RULES:
        expected = bootstrap.interval(estimate[rule].values[:, 0], estimate[rule].parts[:, 0])
        assert of_many["branches"]["guided"][rule]["dice"] == expected


def test_part_of_a_group_is_its_share_of_the_denominator() -> None:
    # lesions of 12: half and all of P, miss of Q; 2 TP + FP + FN are 24, 24, 12; of Q a false positive of 300 too
    rows = rows_of([("P", "half"), ("P", "all"), ("P", "empty"), ("Q", "miss"), ("Q", "false"), ("R", "empty")])
    parts = {rule: found.parts[:, 0].tolist() for rule, found in by_rule(rows, np.ones((1, 3)), 16).items()}
    assert parts == {
        "strict": [3, 2, 1],
        "lesion": [2, 1, 0],
        "literal": [3, 2, 1],
        "pooled": [48, 312, 0],
        "batch_pooled": [3, 2, 1],
    }


def test_two_patients_of_one_group_are_one_unit(many: Evaluation) -> None:
    two_patients = scored(in_groups(many, {"P05": "P04"}))
    one_patient = scored(
        Evaluation(*(table.replace("P05", "P04") for table in (many.images, many.lesions, many.levels)))
    )
    for name in ("patients", "patients_with_lesion"):
        assert (two_patients["sample"].pop(name), one_patient["sample"].pop(name)) == (6, 5)
    assert two_patients["sample"]["groups"] == 5
    assert json.dumps(two_patients) == json.dumps(one_patient)
    assert json.dumps(two_patients["branches"]) != json.dumps(scored(many)["branches"])


def test_result_depends_on_the_seed_alone(many: Evaluation, of_many: dict[str, Any]) -> None:
    assert json.dumps(scored(many)) == json.dumps(of_many)
    other = scored(many, seed=1)
    for rule in RULES:
        one, two = (of["branches"]["guided"][rule]["dice"] for of in (of_many, other))
        assert one["value"] == two["value"]
        assert one != two


def test_order_of_rows_does_not_matter(many: Evaluation, of_many: dict[str, Any]) -> None:
    shuffled = Evaluation(*(table.sample(frac=1, random_state=5) for table in (many.images, many.lesions, many.levels)))
    assert json.dumps(scored(shuffled)) == json.dumps(of_many)


def test_interval_holds_the_value(of_many: dict[str, Any]) -> None:
    for branch in PREDICTED:
        for rule in IMAGEWISE:
            for metric in METRICS:
                leaf = of_many["branches"][branch][rule][metric]
                assert leaf["ci_low"] < leaf["value"] < leaf["ci_high"]
