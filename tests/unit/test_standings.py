"""Scores of the leaderboard: intervals, the spread between seeds, and tests corrected over one family."""

import numpy as np
import pandas as pd
import pytest
from board_runs import boarded, folds, images, run, score, tables

from guidedseg.evaluation.bootstrap import weights
from guidedseg.evaluation.estimates import by_rule
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP, RULES
from guidedseg.evaluation.standings import SPREAD, TESTED, Leaderboard
from guidedseg.reporting.board import formats

DIFFERENCE = TESTED[0]
ENDS = ["value", "ci_low", "ci_high"]


@pytest.fixture(scope="module")
def plain() -> Leaderboard:
    """One run of the reference."""
    return boarded(run(images()))


@pytest.fixture(scope="module")
def repeated() -> Leaderboard:
    """Three seeds: direct finds 20, 30 and 46 pixels of every lesion of 100."""
    return boarded(*(run(images(direct=tp), seed=seed) for seed, tp in enumerate((20, 30, 46))))


def test_folds_are_scored_as_one_evaluation_of_all_their_images():
    runs = folds(2, 0, 1)
    rows = (
        pd.concat([one.images for one in runs]).query("branch == 'guided'").sort_values("image_id", ignore_index=True)
    )
    expected = by_rule(rows, weights(rows, seed=0, draws=100), batch=16)
    result = boarded(*runs)
    for rule in RULES:
        for metric, leaf in expected[rule].leaves(METRICS if rule in IMAGEWISE else OVERLAP).items():
            found = score(result, "guided", rule, metric)
            assert list(found[ENDS]) == pytest.approx([leaf[end] or np.nan for end in ENDS], nan_ok=True)
            assert found["groups"] == leaf["groups"]
    found = score(result)
    assert (found["images"], found["patients"], found["runs"], found["folds"]) == (12, 6, 3, "0 1 2")


# Seeds


def test_seeds_are_no_patients(plain):
    once, thrice = plain, boarded(*(run(images(), seed=seed) for seed in (0, 1, 2)))
    assert list(score(thrice)[ENDS]) == list(score(once)[ENDS])
    for rule in ("strict", "pooled"):
        assert score(thrice, DIFFERENCE, rule)["p"] == score(once, DIFFERENCE, rule)["p"]
    assert (score(thrice)["runs"], score(thrice)["seeds"]) == (3, "0 1 2")
    more = boarded(run(images(range(30))))  # the same ten lesions, of three times as many patients
    assert score(more)["value"] == pytest.approx(score(once)["value"], abs=1e-6)
    width = {name: score(of)["ci_high"] - score(of)["ci_low"] for name, of in (("once", once), ("more", more))}
    assert width["more"] < 0.8 * width["once"]


@pytest.mark.parametrize("rule", RULES)
def test_seeds_are_averaged_under_every_rule(repeated, rule):
    # batch_pooled too: a batch holds images of one seed, as in a run of its own
    alone = [score(boarded(run(images(direct=tp))), rule=rule)["value"] for tp in (20, 30, 46)]
    assert score(repeated, rule=rule)["value"] == pytest.approx(np.mean(alone), abs=1e-6)


def test_spread_is_of_the_seeds_scores(repeated):
    # recall of a lesion is tp / 100 and patient k = 0, ..., 9 has k pixels more: 0.245, 0.345, 0.505
    found = score(repeated, rule="lesion", metric="recall")
    assert found["value"] == pytest.approx(0.365)
    # deviations -0.12, -0.02, 0.14: sqrt((0.0144 + 0.0004 + 0.0196) / 2)
    assert found["seed_sd"] == pytest.approx(0.131149)
    assert (found["seed_min"], found["seed_max"]) == (0.245, 0.505)
    # guided is the same in all, so the difference spreads as direct does
    assert score(repeated, DIFFERENCE, "lesion", "recall")["seed_sd"] == pytest.approx(0.131149)
    assert score(repeated, "guided", "lesion", "recall")["seed_sd"] == 0


def test_from_three_seeds_on_an_interval_holds_other_trainings_too(repeated):
    found = score(repeated, rule="lesion", metric="recall")
    half = 0.325792  # t(0.975, 2) = 4.302653 x 0.131149 / sqrt(3)
    assert found["both_low"] == pytest.approx(0.365 - np.hypot(0.365 - found["ci_low"], half), abs=1e-5)
    assert found["both_high"] == pytest.approx(0.365 + np.hypot(found["ci_high"] - 0.365, half), abs=1e-5)
    ranking = tables(repeated, "lesion", "recall")[1].set_index("branch")
    ends = (f"{100 * found[end]:.1f}" for end in ("both_low", "both_high"))
    assert ranking.loc["direct", "patients and seeds"] == " to ".join(ends)


def test_two_seeds_have_a_spread_and_no_interval_of_trainings():
    found = score(boarded(run(images(), seed=0), run(images(direct=35), seed=1)), rule="lesion", metric="recall")
    assert found["seed_sd"] == pytest.approx(0.070711)  # 0.1 / sqrt(2)
    assert found[["both_low", "both_high"]].isna().all()


def test_one_seed_has_no_spread(plain):
    assert plain.scores[list(SPREAD)].isna().all(axis=None)
    for table in tables(plain):
        assert not {"seed sd", "seed range", "patients and seeds"} & set(table.columns)


def test_tables_show_the_spread_beside_the_interval(repeated):
    side_by_side, ranking, differences = tables(repeated, "lesion", "recall")
    assert side_by_side["direct"].item().endswith("), sd 13.1")
    direct = ranking[ranking["branch"] == "direct"]
    assert direct[["seed sd", "seed range"]].to_numpy().tolist() == [["13.1", "24.5 to 50.5"]]
    # guided has 60 + 9 pixels of 100, without a gate 45 + 4.5, and 22 + 4.5 direct, the cascade 55 + 4.5, in every seed
    assert differences[["difference", "seed sd", "seed range"]].to_numpy().tolist() == [
        ["guided - direct", "13.1", "18.5 to 44.5"],
        ["guided - direct, no gates", "0.0", "23.0 to 23.0"],
        ["cascade - direct", "13.1", "9.0 to 35.0"],
        ["guided - cascade", "0.0", "9.5 to 9.5"],
    ]
    assert "is the mean of theirs, on the same test images" in formats.markdown(repeated, "lesion", "recall")


# Tests


def test_p_values_are_corrected_over_every_section_entry_and_rule_of_the_metric():
    runs = [run(images(), model=model) for model in ("unetpp", "unet3plus")]
    other = run(images(), model="deeplabv3", profile="paper", split__test=0.3)
    result = boarded(*runs, other)
    assert len(result.sections) == 2
    tests = result.scores[(result.scores["metric"] == "dice") & result.scores["p"].notna()]
    # three entries, four differences, under the four rules that have a test
    assert len(tests) == 3 * 4 * 4
    assert set(tests["branch"]) == set(TESTED)
    # guided is better on all of ten patients: p = 2 / 2**10 everywhere
    assert tests["p"].tolist() == pytest.approx([0.00195312] * len(tests))
    assert tests["p_holm"].tolist() == pytest.approx([0.00195312 * len(tests)] * len(tests), rel=1e-5)


def test_other_metrics_are_another_family(plain):
    tests = plain.scores[plain.scores["p"].notna()]
    # a contour has a test under the three rules that score single images, pixels under the pooled one too; four
    # differences each: 2 / 2**10 times 12 or 16
    found = {metric: rows["p_holm"].max() for metric, rows in tests.groupby("metric")}
    assert (found["hd95"], found["dice"]) == pytest.approx((0.0234375, 0.03125), rel=1e-5)


def test_every_table_of_a_page_prints_the_same_corrected_p():
    # two entries of one network, of which the paper's table shows the newest
    newest, older = (run(images(), dataset="bus_uclm", scoring__confidence=value) for value in (0.3, 0.4))
    result = boarded(newest, older, run(images(), model="skunet", dataset="bus_uclm"))
    expected = f"{score(result, DIFFERENCE, model='skunet')['p_holm']:.3g}"
    (page,) = formats.pages(result, "strict", "dice")
    found = []
    for table in [*page.tables, *page.of_paper]:
        if "p (Holm)" in table.header:
            cells = [dict(zip(table.header, row, strict=True)) for row in table.rows]
            wanted = {"rule": "strict", "difference": "guided - direct"}
            alike = [row for row in cells if all(row.get(key, value) == value for key, value in wanted.items())]
            found += [row["p (Holm)"] for row in alike if row["network"] in {"skunet", "SK-U-Net"}]
            assert "corrected over all tests of" in table.caption
    assert found == [expected] * 3


def test_the_difference_is_paired(plain):
    # recall of patient k: direct 0.25 + k / 100, guided 0.60 + 2 k / 100: the difference is direct + 0.1 in every draw,
    # and as wide but for the scale of a share; were it not paired, it would be sqrt(1 + 4) times as wide
    direct, difference = (score(plain, branch, "lesion", "recall")[ENDS] for branch in ("direct", DIFFERENCE))
    assert difference["value"] == pytest.approx(direct["value"] + 0.1)
    assert difference["ci_high"] - difference["ci_low"] == pytest.approx(direct["ci_high"] - direct["ci_low"], rel=0.01)


def test_batches_have_no_test(plain):
    assert pd.isna(score(plain, DIFFERENCE, "batch_pooled")["p"])
    differences = tables(plain, "batch_pooled")[2]
    assert differences["p"].tolist() == differences["p (Holm)"].tolist() == ["-"] * 4


def test_the_same_runs_give_the_same_scores():
    runs = [run(images()), run(images(), model="transunet")]
    assert formats.csv(boarded(*runs)) == formats.csv(boarded(*runs))
