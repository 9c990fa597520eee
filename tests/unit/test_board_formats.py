"""The leaderboard as text, Markdown, LaTeX and CSV, and its command."""

import io
import re

import pandas as pd
import pytest
from board_runs import boarded, images, run, score
from typer.testing import CliRunner

from guidedseg import experiments
from guidedseg.cli import app
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.counts import BRANCHES
from guidedseg.evaluation.rules import IMAGEWISE, METRICS, OVERLAP
from guidedseg.evaluation.standings import COLUMNS, TESTED
from guidedseg.reporting.board import formats


def test_latex_escapes_what_latex_reads_and_marks_the_best():
    result = boarded(run(images(), model="attention_unet", dataset="bus_uclm"))
    latex = formats.latex(result, "literal", "dice")
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
    latex = formats.latex(boarded(run(images(guided=10))), "strict", "dice")
    assert re.search(r"& \$-\$\d+\.\d \(\$-\$\d+\.\d to \$-\$\d+\.\d\) &", latex)


def test_columns_of_the_text_are_aligned():
    text = formats.text(boarded(run(images()), run(images(direct=70), model="attention_unet")), "strict", "dice")
    lines = text.splitlines()
    header = next(number for number, line in enumerate(lines) if line.startswith("rank  network"))
    column = lines[header].index("dice, %")
    rows = lines[header + 1 : lines.index("* the best", header)]
    assert all(line[column - 1] == " " and line[column].isdigit() for line in rows)


def test_csv_holds_every_score_once():
    result = boarded(run(images(), seed=0), run(images(), seed=1))
    table = pd.read_csv(io.StringIO(formats.csv(result)), dtype={"seeds": str, "folds": str}, keep_default_na=True)
    assert table.columns.tolist() == COLUMNS
    assert set(table["branch"]) == {*BRANCHES, *TESTED}
    per_branch = len(IMAGEWISE) * len(METRICS) + 2 * len(OVERLAP)
    assert len(table) == (len(BRANCHES) + len(TESTED)) * per_branch
    assert not table.duplicated(["section", "profile", "changed", "model", "branch", "rule", "metric"]).any()
    row = table.query("branch == 'guided_minus_direct' and rule == 'strict' and metric == 'dice'").iloc[0]
    assert row["value"] == score(result, TESTED[0])["value"]
    assert row["p"] == 0.00195312
    assert row[["seed_sd", "seed_min", "seed_max"]].tolist() == [0, row["value"], row["value"]]
    assert (row["seeds"], row["runs"], row["section"]) == ("0 1", 2, 1)
    assert ",2," in formats.csv(result)
    assert ",2.0," not in formats.csv(result)


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
