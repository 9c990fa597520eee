"""Imports on the leaderboard: rows of one branch, beside our own runs or alone."""

import json
from pathlib import Path

import pandas as pd
import pytest
from board_runs import REFERENCE, boarded, changed, images, run, score, tables
from test_matrix import external, trained, value

from guidedseg.evaluation.pooling import IMPORTED, Run
from guidedseg.evaluation.standings import Leaderboard
from guidedseg.exchange import imported
from guidedseg.reporting.board import formats, masks
from guidedseg.reporting.board.page import html

HASHES = {"index": "i", "masks": "m", "split": "s"}


def direct(**tp: int) -> pd.DataFrame:
    return images(**tp).query("branch == 'direct'").reset_index(drop=True)


def written(
    folder: Path, *, data: dict[str, str] | None = None, rows: pd.DataFrame | None = None, **of: object
) -> Path:
    """An import as the command leaves it; of a lesion's 100 pixels it has 40."""
    folder.mkdir(parents=True)
    rows = direct(direct=40) if rows is None else rows
    rows.fillna(dict.fromkeys(("lesions", "lesions_found", "areas", "false_areas", "regions"), 0)).to_csv(
        folder / "images.csv", index=False, float_format="%.6g"
    )
    record = {"tool": "masks", "probabilities": True, "data": data or HASHES, "scoring": {}, "files": {}, **of}
    (folder / imported.RECORD).write_text(json.dumps(record))
    return folder


def read(*folders: Path, **changes: object) -> tuple[list[Run], list[str]]:
    return imported.read(folders, changed(**changes), "v1", HASHES)


@pytest.fixture
def tool(tmp_path: Path) -> Run:
    (found,), notes = read(written(tmp_path / "tool"))
    assert not notes
    return found


@pytest.fixture
def both(tool: Run) -> Leaderboard:
    """One of ours, and one of theirs."""
    return boarded(run(images()), tool)


def edited(folder: Path, old: str, new: str) -> None:
    record = folder / imported.RECORD
    text = record.read_text()
    assert old in text
    record.write_text(text.replace(old, new))


def every_form(board: Leaderboard) -> list[str]:
    """It can be printed at all, under every rule."""
    for rule in ("strict", "lesion", "literal", "pooled", "batch_pooled"):
        formats.text(board, rule, "dice")
    formats.csv(board)
    return [
        formats.text(board, "lesion", "hd95"),
        formats.markdown(board, "strict", "dice"),
        formats.latex(board, "strict", "dice"),
        html(board, "strict", "dice", {}, []),
    ]


def test_an_import_stands_in_the_section_of_our_runs_with_direct_alone(both: Leaderboard) -> None:
    (section,) = both.sections
    assert [entry.model for entry in section.entries] == ["unetpp", "tool"]
    theirs = both.scores[both.scores["model"] == "tool"]
    assert {*theirs["branch"]} == {"direct"}
    assert {*theirs["seeds"]} == {""}
    # recall of patient k = 0, ..., 9: 0.40 + k / 100
    assert score(both, model="tool", rule="lesion", metric="recall")["value"] == pytest.approx(0.445)


def test_scores_of_our_runs_are_as_they_are_without_it(both: Leaderboard) -> None:
    alone = boarded(run(images())).scores
    ours = both.scores[both.scores["model"] != "tool"].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, alone)


def test_an_import_is_ranked_and_has_no_difference(both: Leaderboard) -> None:
    side_by_side, ranking, differences = tables(both, "lesion", "recall")
    assert side_by_side["network"].tolist() == ["unetpp", "tool"]
    assert [cell.split(" (")[0] for cell in side_by_side.loc[1, ["direct", "guided", "guided - direct", "p"]]] == [
        *("44.5", "", "", "")
    ]
    place = ranking[ranking["network"] == "tool"]
    assert place[["rank", "branch", "profile"]].to_numpy().tolist() == [["5", "direct", IMPORTED]]
    assert {*differences["network"]} == {"unetpp"}


def test_a_row_says_whether_there_were_probabilities(tmp_path: Path) -> None:
    folders = [written(tmp_path / "labels", probabilities=False), written(tmp_path / "tool")]
    board = boarded(run(images()), *read(*folders)[0])
    said = tables(board)[1].set_index("network")["changed"]
    assert said["labels"] == "imported.probabilities=false"
    assert said["tool"] == "imported.probabilities=true"
    assert "another tool's masks of the same images" in formats.text(board, "strict", "dice")
    assert "another tool's" not in formats.text(boarded(run(images())), "strict", "dice")


def test_an_import_that_was_scored_otherwise_says_so(tmp_path: Path) -> None:
    scoring = {**REFERENCE["scoring"], "match_iou": 0.3}
    board = boarded(run(images()), *read(written(tmp_path / "tool", scoring=scoring))[0])
    said = tables(board)[1].set_index("network")["changed"]
    assert "scoring.match_iou=0.3" in said["tool"]


def test_imports_alone_make_a_leaderboard(tool: Run) -> None:
    board = boarded(tool)
    assert {*board.scores["branch"]} == {"direct"}  # nor the controls, which nobody counted
    text, *_ = every_form(board)
    assert "What guiding brings. " not in text
    assert masks.of_sections(Path(), board.sections) == ({}, [])


def test_controls_of_a_section_are_those_of_a_run_wherever_it_stands(tool: Run) -> None:
    board = boarded(tool, run(images()))
    assert score(board, "everything", "lesion", "recall")["value"] == 1.0
    every_form(board)


def test_an_import_stands_beside_the_paper_and_in_none_of_its_tables(tmp_path: Path) -> None:
    theirs = read(written(tmp_path / "tool"), dataset="bus_uclm")[0]
    board = boarded(run(images(), dataset="bus_uclm"), *theirs)
    (page,) = formats.pages(board, "strict", "dice")
    assert page.of_paper
    assert not [row for table in page.of_paper for row in table.rows if "tool" in row]
    every_form(board)
    every_form(boarded(*theirs))


def test_an_import_has_a_row_at_home_in_the_matrix_and_none_of_our_detector(tmp_path: Path) -> None:
    theirs = read(written(tmp_path / "tool"), dataset="busi")[0]
    abroad = trained(elsewhere={"busi": external(version="v1")})
    board = boarded(abroad, *theirs)
    of_tool = board.matrix[board.matrix["model"] == "tool"]
    assert {*of_tool["branch"]} == {"direct"}
    assert {*of_tool["tested_on"]} == {"busi"}
    assert value(board, "busi", model="tool")["value"] > value(board, "busi", model="unetpp")["value"]
    every_form(board)


@pytest.mark.parametrize(("key", "reason"), [(key, f"it is of another {key}; import it again") for key in HASHES])
def test_an_import_of_other_data_is_left_out_and_said(tmp_path: Path, key: str, reason: str) -> None:
    mine, other = written(tmp_path / "a"), written(tmp_path / "b", data={**HASHES, key: "other"})
    runs, (note,) = read(mine, other)
    assert [each.name for each in runs] == ["a"]
    assert note.startswith(f"{other} is left out: {reason}")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "images.csv").unlink(), "images.csv is missing"),
        (lambda folder: (folder / imported.RECORD).write_text("{"), "no JSON"),
        (lambda folder: edited(folder, '"data": {', '"data": ["i"], "was": {'), "data is not what it must be"),
        (lambda folder: edited(folder, '"scoring": {}', '"scoring": 3'), "scoring is not what it must be"),
        (
            lambda folder: (folder / imported.RECORD).write_text("{}"),
            "tool, probabilities, data, scoring, files missing",
        ),
    ],
)
def test_a_damaged_import_is_left_out_and_said(tmp_path: Path, spoil: object, reason: str) -> None:
    folder = written(tmp_path / "tool")
    spoil(folder)
    runs, (note,) = read(folder)
    assert not runs
    assert reason in note


def test_rows_of_other_branches_are_no_import(tmp_path: Path) -> None:
    runs, (note,) = read(written(tmp_path / "tool", rows=images().query("branch == 'guided'")))
    assert not runs
    assert "a branch is direct" in note


def test_folders_are_those_that_hold_a_whole_import(tmp_path: Path) -> None:
    for name in ("b", "a", ".a.partial"):
        written(tmp_path / "imported" / name)
    (tmp_path / "imported" / "notes").mkdir()
    assert [folder.name for folder in imported.folders(tmp_path)] == ["a", "b"]
    assert not imported.folders(tmp_path / "nowhere")
