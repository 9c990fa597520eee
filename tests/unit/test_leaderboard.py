"""What may be pooled, what may be ranked, and what is printed, on made-up runs."""

import io
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from guidedseg import experiments, params
from guidedseg.cli import app
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation import pooling
from guidedseg.evaluation.bootstrap import interval, weights
from guidedseg.evaluation.counts import BRANCHES, IMAGE_COLUMNS, PREDICTED
from guidedseg.evaluation.pooling import DIFFERENCE, Leaderboard
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP, RULES
from guidedseg.evaluation.scores import estimate
from guidedseg.experiments import Run
from guidedseg.reporting.board import formats as board
from guidedseg.reporting.tables.table import Table

ROOT = Path(__file__).parent.parent.parent
REFERENCE = params.load(ROOT / "params.yaml").model_dump()

TEN = range(10)
TP = {"direct": 25, "guided": 60, "guided_fallback": 50, "oracle": 90, "silent": 0, "everything": 100}
"""Of the 100 pixels of a lesion, in an image of 40 x 30."""


def images(patients: range = TEN, **tp: int) -> pd.DataFrame:
    """Two images per patient, a lesion and a normal. In every lesion the first ten patients differ by a pixel (two in
    guided, so that no two differences tie: with ties, Wilcoxon's test is slow)."""
    rows = []
    for branch, hit in (TP | tp).items():
        for patient in patients:
            shift = (patient % 10) * (1 + (branch == "guided")) if branch in PREDICTED else 0
            identity = {"patient_id": f"P{patient:03}", "branch": branch, "width": 40, "height": 30}
            everything = 1100 * (branch == "everything")
            found = {
                "lesion_px": 100,
                "tp": hit + shift,
                "fn": 100 - hit - shift,
                "hd95": 100.0 - hit - shift,
                "msd": 1.0,
                "nsd": 0.5,
            }
            pixels = {"fp": everything, "tn": 1100 - everything, "boxes": int(branch != "silent")}
            rows.append({"image_id": f"P{patient:03}_0", "pathology": "benign", **identity, **found, **pixels})
            empty = {"lesion_px": 0, "tp": 0, "fn": 0, "fp": everything, "tn": 1200 - everything, "boxes": 0}
            rows.append({"image_id": f"P{patient:03}_1", "pathology": "normal", **identity, **empty})
    return pd.DataFrame(rows).reindex(columns=IMAGE_COLUMNS).astype({"hd95": float, "msd": float, "nsd": float})


def changed(**changes: Any) -> dict[str, Any]:
    """The reference with other values; two underscores part the keys."""
    result = params.Params.model_validate(REFERENCE).model_dump()
    for key, value in changes.items():
        *groups, last = key.split("__")
        place = result
        for group in groups:
            place = place[group]
        place[last] = value
    return result


def run(rows: pd.DataFrame, name: str = "run", version: str = "v1", **changes: Any) -> Run:
    return Run(name, name, changed(**changes), version, rows)


def boarded(*runs: Run) -> Leaderboard:
    return pooling.leaderboard(runs, REFERENCE, seed=0, batch=16, draws=100)


@pytest.fixture(scope="module")
def plain() -> Leaderboard:
    """One run of the reference."""
    return boarded(run(images()))


def score(
    of: Leaderboard, branch: str = "direct", rule: str = "strict", metric: str = "dice", **more: Any
) -> pd.Series:
    """The one row of a score."""
    wanted = {"branch": branch, "rule": rule, "metric": metric, **more}
    rows = of.scores[(of.scores[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


def tables(of: Leaderboard, rule: str = "strict", metric: str = "dice") -> list[pd.DataFrame]:
    """The printed tables, read back from Markdown, bold or not: side by side, ranking, differences of each section."""
    found, rows = [], []
    for line in [*board.markdown(of, rule, metric).splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip(" *") for cell in line.strip("|").split("|")])
        elif rows:
            found.append(pd.DataFrame(rows[2:], columns=rows[0]))
            rows = []
    return found


def folds(*numbers: int, of: int = 3, **changes: Any) -> list[Run]:
    """Each fold tests two patients of its own."""
    return [
        run(
            images(range(2 * n, 2 * n + 2)),
            f"fold{n}",
            split__protocol="folds",
            split__folds=of,
            split__fold=n,
            **changes,
        )
        for n in numbers
    ]


# Pooling


def test_folds_are_scored_as_one_evaluation_of_all_their_images():
    runs = folds(2, 0, 1)
    rows = (
        pd.concat([one.images for one in runs]).query("branch == 'guided'").sort_values("image_id", ignore_index=True)
    )
    expected = estimate(rows, weights(rows, seed=0, draws=100), batch=16)
    result = boarded(*runs)
    for rule in RULES:
        for number, metric in enumerate(METRICS if rule in IMAGEWISE else OVERLAP):
            found = score(result, "guided", rule, metric)
            assert {end: found[end] for end in ("value", "ci_low", "ci_high")} == pytest.approx(
                interval(expected[rule][:, number])
            )
    found = score(result)
    assert (found["images"], found["patients"], found["runs"], found["folds"]) == (12, 6, 3, "0 1 2")
    assert " of 3" not in board.text(result, "strict", "dice")


def test_missing_folds_are_named_with_the_patients_that_remain():
    text = board.text(boarded(*folds(0, 1, 3, of=5)), "strict", "dice")
    assert "folds 0, 1 and 3 of 5: 6 patients" in text


def test_each_seed_must_have_all_folds():
    text = board.text(boarded(*folds(0, 1, 2), *folds(1, seed=7)), "strict", "dice")
    assert "seed 7: fold 1 of 3: 2 patients" in text
    assert "seed 0" not in text


def test_a_fold_number_means_nothing_where_the_split_has_no_folds():
    result = boarded(run(images()), run(images(), split__fold=2))
    assert score(result)["runs"] == 1
    assert score(result)["folds"] == ""


def test_seeds_are_no_patients(plain):
    rows = images()
    once, thrice = plain, boarded(*(run(rows, seed=seed) for seed in (0, 1, 2)))
    ends = ["value", "ci_low", "ci_high"]
    assert list(score(thrice)[ends]) == list(score(once)[ends])
    assert score(thrice, DIFFERENCE)["p"] == score(once, DIFFERENCE)["p"]
    assert (score(thrice)["runs"], score(thrice)["seeds"]) == (3, "0 1 2")
    more = boarded(run(images(range(30))))  # the same ten lesions, of three times as many patients
    assert score(more)["value"] == pytest.approx(score(once)["value"], abs=1e-6)
    width = {name: score(of)["ci_high"] - score(of)["ci_low"] for name, of in (("once", once), ("more", more))}
    assert width["more"] < 0.8 * width["once"]


def test_seeds_are_averaged():
    result = boarded(run(images(direct=20), seed=0), run(images(direct=40), seed=1))
    alone = [score(boarded(run(images(direct=tp))))["value"] for tp in (20, 40)]
    assert score(result)["value"] == pytest.approx(sum(alone) / 2, abs=1e-6)


def test_equal_results_of_the_same_parameters_count_once():
    result = boarded(run(images(), "workspace"), run(images()[::-1], "commit", mode="direct", scoring__batch=4))
    assert score(result)["runs"] == 1
    assert result.notes == []


def test_of_two_results_of_the_same_parameters_the_newer_counts_and_both_are_named():
    result = boarded(run(images(direct=40), "new"), run(images(direct=20), "old"))
    assert score(result)["value"] == score(boarded(run(images(direct=40))))["value"]
    assert len(result.notes) == 1
    assert "same parameters, other result: new and old; code or machine differs" in result.notes[0]


def test_only_what_makes_a_result_is_told_apart():
    unused = {
        "models__unet3plus__channels": 32,
        "profiles__paper__train__epochs": 7,
        "datasets__bus_uclm__images": 5,
        "split__folds": 9,
        "profiles__quick__train__rotation": 10,  # 10.0 in the file
    }
    result = boarded(run(images()), run(images(), **unused))
    assert score(result)["changed"] == ""
    assert score(result)["runs"] == 1


def test_a_changed_parameter_makes_another_row_that_names_it():
    changes = {"profiles__quick__detector__epochs": 40, "models__unetpp__decoder_channels": [8, 8, 8, 8, 8]}
    result = boarded(run(images()), run(images(), scoring__confidence=0.3, **changes))
    names = "scoring.confidence=0.3 unetpp.decoder_channels=[8,8,8,8,8] detector.epochs=40"
    assert set(result.scores["changed"].dropna()) == {"", names}
    assert names in board.text(result, "strict", "dice")


# What may be compared


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (run(images(), version="v2"), "other dataset version (v1 against v2)"),
        (run(images(), split__test=0.3), "other split ("),
        (run(images(range(9))), "tested on other images (20 of 10 patients against 18 of 9 patients)"),
    ],
)
def test_what_differs_in_data_split_or_images_is_not_ranked_together(other, reason):
    other.params["model"] = "transunet"
    result = boarded(run(images()), other)
    assert len(result.sections) == 2
    assert [table["rank"].tolist().count("1") for table in tables(result)[1::3]] == [1, 1]
    for text in (board.text, board.markdown, board.latex):
        printed = " ".join(text(result, "strict", "dice").split())
        assert f"Not comparable: sections 1 and 2, {reason}" in printed


def test_the_first_reason_is_given():
    result = boarded(run(images()), run(images(range(9)), version="v2", split__test=0.3))
    assert "other dataset version" in board.text(result, "strict", "dice")
    assert "other split" not in board.text(result, "strict", "dice")


def test_more_seeds_are_not_ranked_with_fewer():
    result = boarded(run(images(), seed=0), run(images(), seed=1), run(images(), model="transunet"))
    assert len(result.sections) == 2
    assert "repeated with other seeds (0 1 against 0)" in board.markdown(result, "strict", "dice")


def test_other_datasets_go_without_saying():
    result = boarded(run(images()), run(images(), version="v2", dataset="bus_uclm"))
    assert len(result.sections) == 2
    assert "Not comparable" not in board.text(result, "strict", "dice")


def test_few_patients_are_warned_of():
    line = "Fewer than 8 patients with a lesion: the intervals are unreliable."
    assert line in board.text(boarded(run(images(range(7)))), "strict", "dice")
    assert line not in board.text(boarded(run(images(range(8)))), "strict", "dice")


# Side by side


def side_by_side(of: Leaderboard, rule: str = "strict", metric: str = "dice") -> Table:
    """The first table of the only section."""
    (page,) = board.pages(of, rule, metric)
    return page.tables[0]


def test_a_page_has_title_remarks_and_three_tables(plain):
    (page,) = board.pages(plain, "strict", "dice")
    assert page.title.startswith("Section 1: phantom, data v1, split ")
    assert page.remarks == ["Test images: 20; patients: 10."]
    assert [table.name for table in page.tables] == [
        "section1_side_by_side",
        "section1_ranking",
        "section1_differences",
    ]
    printed = board.text(plain, "strict", "dice")
    places = [printed.index(f"\n{title}. ") for title in ("Side by side", "Ranking", "Guided - direct")]
    assert places == sorted(places)


def test_networks_stand_in_the_papers_order_with_their_branches_and_the_difference():
    result = boarded(*(run(images(), model=model) for model in ("skunet", "deeplabv3", "unetpp")))
    table = side_by_side(result, "lesion", "recall")
    assert [row[0] for row in table.rows] == ["unetpp", "deeplabv3", "skunet"]
    assert table.header[:8] == [
        *("network", "direct", "guided", "with fallback", "oracle", "guided - direct"),
        *("p", "p (Holm)"),
    ]
    # recall of patient k = 0, ..., 9: direct 0.25 + k / 100, guided 0.60 + 2 k / 100, fallback 0.50 + k / 100
    shown = [cell.split(" (")[0] for cell in table.rows[0][1:8]]
    assert shown == ["29.5", "69.0", "54.5", "94.5", "39.5", "0.00195", "0.00586"]
    assert score(result, "guided", "lesion", "recall", model="unetpp")["value"] == pytest.approx(0.69)


def test_the_best_of_a_branch_stands_out_unless_all_are_equal():
    table = side_by_side(boarded(run(images()), run(images(direct=70), model="transunet")))
    # direct 70 against 25; the other branches are equal
    assert table.best == {(1, 1)}
    smallest = side_by_side(boarded(run(images()), run(images(direct=70), model="transunet")), "lesion", "hd95")
    assert smallest.best == {(1, 1)}
    assert side_by_side(boarded(run(images()))).best == frozenset()


def test_entries_of_one_network_are_told_apart_by_what_differs():
    runs = [run(images()), run(images(), profile="paper"), run(images(), scoring__confidence=0.3)]
    table = side_by_side(boarded(*runs))
    assert table.header[8:] == ["profile", "seeds", "changed"]
    assert [row[8:] for row in table.rows] == [
        ["quick", "0", ""],
        ["paper", "0", ""],
        ["quick", "0", "scoring.confidence=0.3"],
    ]


@pytest.mark.parametrize("rule", ["strict", "literal", "batch_pooled"])
def test_published_rows_come_last_under_any_rule_and_say_that_theirs_are_two(rule):
    result = boarded(*(run(images(), model=model, dataset="bus_uclm") for model in ("unet3plus", "unetpp", "skunet")))
    table = side_by_side(result, rule)
    assert table.published == {3, 4}
    assert [row[:3] for row in table.rows[3:]] == [
        ["unetpp, paper", "79.2", "94.3"],
        ["unet3plus, paper", "77.7", "94.1"],
    ]
    assert not any(cell for row in table.rows[3:] for cell in row[3:])
    assert table.best == {(3, 1), (3, 2)}  # among the published; ours are equal
    assert "its direct column fits batch_pooled best, its guided column literal." in table.caption
    assert ("a detector that never fires has a perfect score" in table.caption) == (rule == "literal")


def test_what_is_changed_in_all_entries_stands_in_the_caption_once():
    alike = [run(images(), model=model, scoring__confidence=0.3) for model in ("unetpp", "transunet")]
    table = side_by_side(boarded(*alike))
    assert table.header[8:] == ["profile", "seeds"]
    assert table.caption.endswith("Changed in all entries: scoring.confidence=0.3.")


def test_images_without_a_lesion_have_dashes_under_lesion():
    rows = images().query("pathology == 'normal'")
    table = side_by_side(boarded(run(rows)), "lesion")
    assert table.rows[0][1:8] == ["-"] * 7
    assert "- " in board.text(boarded(run(rows)), "lesion", "dice")


# Ranks and tests


def test_approaches_are_ranked_best_first_and_the_others_stand_between_without_a_rank():
    ranking = tables(boarded(run(images()), run(images(direct=70), model="transunet")))[1]
    assert list(zip(ranking["rank"], ranking["network"], ranking["branch"], strict=True)) == [
        ("", "unetpp", "oracle (true boxes)"),
        ("", "transunet", "oracle (true boxes)"),
        ("1", "transunet", "direct"),
        ("2", "unetpp", "guided"),
        ("2", "transunet", "guided"),  # equal scores, equal ranks
        ("4", "unetpp", "guided, frame where no box"),
        ("4", "transunet", "guided, frame where no box"),
        ("6", "unetpp", "direct"),
        ("", "", "control: silent"),
        ("", "", "control: everything"),
    ]


def test_value_and_interval_are_percent():
    ranking = tables(boarded(run(images(range(10, 11)))))[1].set_index("branch")
    # one patient, so no draw differs; a lesion of 100 px, 25 found: Dice 50 / 125 = 0.4; with the normal's 1: 0.7
    assert ranking.loc["direct", "dice, %"] == "70.0 (70.0 to 70.0)"


def test_distances_are_ranked_smallest_first_in_pixels(plain):
    ranking = tables(plain, "lesion", "hd95")[1]
    assert ranking["rank"].tolist()[:4] == ["", "", "1", "2"]
    assert ranking["branch"].tolist()[:3] == ["control: everything", "oracle (true boxes)", "guided"]
    assert ranking["hd95"].tolist()[2].startswith("31.0 (")  # 100 - 60 - the mean of 0, 2, ..., 18


def test_p_values_are_corrected_over_the_networks_of_a_profile():
    models = ("unetpp", "unet3plus", "transunet")
    result = boarded(
        *(run(images(), model=model) for model in models), run(images(), model="deeplabv3", profile="paper")
    )
    # guided is better on all of ten patients: p = 2 / 2**10 = 0.00195312; the least of three is multiplied by three
    for model in models:
        assert score(result, DIFFERENCE, model=model)["p"] == pytest.approx(0.00195312)
        assert score(result, DIFFERENCE, model=model)["p_holm"] == pytest.approx(0.00585936)
    assert score(result, DIFFERENCE, model="deeplabv3")["p_holm"] == pytest.approx(0.00195312)
    assert tables(result)[2]["p (Holm)"].tolist() == ["0.00586", "0.00586", "0.00586", "0.00195"]
    assert "all networks (rows) of this section and profile" in board.markdown(result, "strict", "dice")


def test_the_difference_is_paired(plain):
    # recall of patient k: direct 0.25 + k / 100, guided 0.60 + 2 k / 100: the difference is direct + 0.1 in every draw
    ends = ["value", "ci_low", "ci_high"]
    direct, difference = (score(plain, branch, "lesion", "recall")[ends] for branch in ("direct", DIFFERENCE))
    assert list(difference) == pytest.approx([end + 0.1 for end in direct])


def test_a_pooled_rule_has_no_test(plain):
    assert pd.isna(score(plain, DIFFERENCE, "pooled")["p"])
    differences = tables(plain, "pooled")[2]
    assert differences["p"].tolist() == differences["p (Holm)"].tolist() == ["-"]


# The paper


@pytest.mark.parametrize(
    ("rule", "label", "dice", "reason"),
    [
        ("literal", "paper: guided", "94.3", "an image without a box scores 1"),
        ("batch_pooled", "paper: direct", "79.2", "probably sums within batches"),
    ],
)
def test_the_papers_numbers_stand_under_the_rule_that_fits_them(rule, label, dice, reason):
    result = boarded(run(images(), dataset="bus_uclm"))
    ranking = tables(result, rule)[1]
    mine = ranking[ranking["branch"].str.startswith("paper")]
    assert mine[["rank", "network", "branch", "dice, %"]].to_numpy().tolist() == [["", "unetpp", label, dice]]
    assert reason in board.markdown(result, rule, "dice")


def test_the_papers_tables_hold_every_network_once_with_the_scores_of_the_board():
    newest, older = (
        run(images(), dataset="bus_uclm"),
        run(images(guided=40), dataset="bus_uclm", scoring__confidence=0.3),
    )
    result = boarded(newest, older, run(images(), model="skunet", dataset="bus_uclm"))
    (page,) = board.pages(result, "strict", "dice")
    assert [each.name.removeprefix("section1_") for each in page.of_paper] == [
        *("table3_direct", "table5_guided", "table6_side_by_side", "table7_others")
    ]
    lesion = [row for row in page.of_paper[1].rows if row[2] == "lesion"]
    assert [row[0] for row in lesion] == ["UNet++", "SK-U-Net"]
    # recall of patient k = 0, ..., 9 in the newest: guided 0.60 + 2 k / 100
    assert [row[6].split(" (")[0] for row in lesion] == ["69.0", "69.0"]
    assert page.of_paper[0].title in board.markdown(result, "strict", "dice")
    assert page.of_paper[0].title not in board.text(result, "strict", "dice")


def test_under_another_rule_the_paper_has_no_numbers():
    result = boarded(run(images(), dataset="bus_uclm"))
    assert "The paper has no numbers under this rule." in board.text(result, "strict", "dice")
    assert "paper:" not in board.text(result, "strict", "dice")  # in the ranking; side by side stands apart
    assert "The paper has no numbers of this metric." in board.text(result, "literal", "hd95")


def test_the_paper_is_not_set_beside_the_phantom(plain):
    assert "paper" not in board.text(plain, "literal", "dice")
    assert not board.pages(plain, "literal", "dice")[0].of_paper


# Outputs


def test_latex_escapes_what_latex_reads_and_marks_the_best():
    result = boarded(run(images(), model="attention_unet", dataset="bus_uclm"))
    latex = board.latex(result, "literal", "dice")
    assert r"attention\_unet" in latex
    assert r"dice, \%" in latex
    printed = re.sub(r"^(%|\\label).*$", "", latex, flags=re.MULTILINE)  # a label is read as it is
    assert not re.search(r"(?<!\\)[%_#]", printed)
    ours, _ = printed.split("The paper's Table 3", maxsplit=1)
    assert ours.count(r"\textbf{") == 1  # of one network, only the ranking has a best
    assert printed.count(r"\textcolor{gray}{attention\_unet") == 2
    bodies = [part[: part.index(r"\bottomrule")] for part in printed.split(r"\toprule")[1:]]
    assert len(bodies) == 3 + 4
    for body in bodies:
        assert len({line.count(" & ") for line in body.splitlines() if line.endswith(r"\\")}) == 1


def test_latex_has_minus_signs():
    latex = board.latex(boarded(run(images(guided=10))), "strict", "dice")
    assert re.search(r"& \$-\$\d+\.\d \(\$-\$\d+\.\d to \$-\$\d+\.\d\) &", latex)


def test_columns_of_the_text_are_aligned():
    text = board.text(boarded(run(images()), run(images(direct=70), model="attention_unet")), "strict", "dice")
    lines = text.splitlines()
    header = next(number for number, line in enumerate(lines) if line.startswith("rank  network"))
    column = lines[header].index("dice, %")
    rows = lines[header + 1 : lines.index("* the best", header)]
    assert all(line[column - 1] == " " and line[column].isdigit() for line in rows)


def test_csv_holds_every_score_once():
    result = boarded(run(images(), seed=0), run(images(), seed=1))
    table = pd.read_csv(io.StringIO(board.csv(result)), dtype={"seeds": str, "folds": str}, keep_default_na=True)
    assert table.columns.tolist() == pooling.COLUMNS
    assert set(table["branch"]) == {*BRANCHES, DIFFERENCE}
    per_branch = len(IMAGEWISE) * len(METRICS) + 2 * len(OVERLAP)
    assert len(table) == 7 * per_branch
    assert not table.duplicated(["section", "profile", "changed", "model", "branch", "rule", "metric"]).any()
    row = table.query("branch == 'guided_minus_direct' and rule == 'strict' and metric == 'dice'").iloc[0]
    assert row["value"] == score(result, DIFFERENCE)["value"]
    assert (row["p"], row["p_holm"]) == (0.00195312, 0.00195312)
    assert (row["seeds"], row["runs"], row["section"]) == ("0 1", 2, 1)
    assert ",2," in board.csv(result)
    assert ",2.0," not in board.csv(result)


def test_the_same_runs_give_the_same_bytes():
    runs = [run(images()), run(images(), model="transunet")]
    assert board.csv(boarded(*runs)) == board.csv(boarded(*runs))


# The command


@pytest.mark.parametrize(
    ("arguments", "listed"),
    [
        (["--rule", "stric"], "'stric'; there are: strict, lesion, literal, pooled, batch_pooled"),
        (["--metric", "Dice"], "'Dice'; there are: dice, iou, precision, recall, specificity, accuracy, hd95"),
        (["--rule", "pooled", "--metric", "hd95"], "hd95 cannot be pooled"),
    ],
)
def test_an_unknown_rule_or_metric_is_told_before_anything_is_read(tmp_path, monkeypatch, arguments, listed):
    monkeypatch.chdir(tmp_path)  # without params.yaml, which would be the next error
    result = CliRunner().invoke(app, ["leaderboard", *arguments])
    assert isinstance(result.exception, GuidedsegError)
    assert listed in str(result.exception)


def test_a_folder_without_dvc_is_told(tmp_path):
    with pytest.raises(GuidedsegError, match="no DVC repository: run from the root"):
        experiments.read(tmp_path)
