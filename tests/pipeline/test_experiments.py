"""The leaderboard of real experiments."""

import json
import shutil
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from project import Project

from guidedseg import journal

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

COMMAND = "from guidedseg.cli import main; main()"
FILES = ["--csv", "board.csv", "--markdown", "board.md", "--latex", "board.tex", "--page", "board.html"]

SMALL = {"patients": 6, "images": 24, "width": 96, "height": 72}
ABROAD = [
    "external=[phantom_elsewhere]",
    *(f"datasets.phantom_elsewhere.{key}={value}" for key, value in SMALL.items()),
]


@pytest.fixture(scope="module")
def compared(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Its own copy with five experiments: another result, another report of the same result, a repeat with another
    seed, the same result tested elsewhere, and one that waits."""
    project = Project(tmp_path_factory.mktemp("leaderboard") / "project")
    shutil.copytree(finished.folder, project.folder, symlinks=True)
    shutil.rmtree(project.folder / ".git/refs/exps", ignore_errors=True)  # of tests that came before
    project.dvc("exp", "run", "--name", "threshold", "--set-param", "scoring.mask_threshold=0.4")
    back(project)
    project.dvc("exp", "run", "--name", "report", "--set-param", "mode=direct")
    back(project)
    project.dvc("exp", "run", "--name", "repeat", "--set-param", "seed=1")
    back(project)
    project.dvc("exp", "run", "--name", "abroad", *(f"--set-param={change}" for change in ABROAD))
    back(project)
    project.dvc("exp", "run", "--queue", "--name", "waiting", "--set-param", "seed=5")
    return project


def back(project: Project) -> None:
    project.git("checkout", "--", ".")
    project.dvc("checkout", "--quiet")


def leaderboard(project: Project, *arguments: str, ok: bool = True) -> tuple[str, str]:
    """Its standard output and error."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "leaderboard", *arguments],
        cwd=project.folder,
        env=project.environment,
        text=True,
        check=False,
        capture_output=True,
    )
    assert (done.returncode == 0) == ok, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def printed(compared: Project) -> tuple[str, str]:
    """What the command prints; its files lie in the project."""
    return leaderboard(compared, *FILES)


def scores(project: Project, **wanted: str) -> pd.DataFrame:
    """Rows of the sections, or of the matrix where ``tested_on`` is wanted."""
    table = pd.read_csv(project.folder / "board.csv").fillna({"changed": "", "tested_on": ""})
    wanted = {"tested_on": "", **wanted}
    return table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]


@pytest.mark.usefixtures("printed")
def test_the_same_result_counts_once_and_another_is_named_by_its_parameter(compared: Project):
    # the workspace, the commit and the experiment that differs in `mode` are one run, the repeat is another
    table = scores(compared, branch="direct", rule="strict", metric="dice")
    assert sorted(table[["changed", "runs", "section"]].to_numpy().tolist()) == [
        ["", 2, 1],
        ["scoring.mask_threshold=0.4", 1, 1],
    ]
    split = pd.read_csv(compared.folder / "data" / "split.csv")
    assert table["images"].tolist() == [(split["split"] == "test").sum()] * 2


@pytest.mark.usefixtures("printed")
def test_a_repeat_with_another_seed_has_the_same_test_images_and_is_averaged(compared: Project):
    table = scores(compared, branch="direct", rule="strict", metric="dice", changed="").iloc[0]
    assert table["seeds"] == "0 1"
    assert table["value"] == pytest.approx((table["seed_min"] + table["seed_max"]) / 2, abs=1e-6)


@pytest.mark.usefixtures("printed")
def test_its_scores_are_those_of_the_report(compared: Project):
    compared.dvc("exp", "apply", "threshold")
    reported = json.loads((compared.folder / "report" / "scores.json").read_text())
    back(compared)
    parts = {**reported["branches"], **reported["differences"]}
    for branch in ("direct", "guided", "oracle", "guided_minus_direct"):
        for rule in ("strict", "batch_pooled"):
            mine = scores(compared, branch=branch, rule=rule, metric="dice", changed="scoring.mask_threshold=0.4")
            for key in ("value", "ci_low", "ci_high", "groups"):
                leaf = parts[branch][rule]["dice"][key]
                assert mine[key].item() == pytest.approx(np.nan if leaf is None else leaf, abs=1e-6, nan_ok=True)


@pytest.mark.usefixtures("printed")
def test_what_was_tested_elsewhere_stands_in_the_matrix_with_the_scores_of_its_report(compared: Project):
    compared.dvc("exp", "apply", "abroad")
    reported = json.loads((compared.folder / "metrics" / "external.json").read_text())["phantom_elsewhere"]
    back(compared)
    for mode in ("direct", "guided"):
        found = scores(compared, tested_on="phantom_elsewhere", branch=mode, rule="strict", metric="dice")
        assert found["value"].item() == pytest.approx(reported[mode]["strict"]["dice"], abs=1e-6)
        # the repeat was not tested there
        assert found[["images", "runs", "seeds"]].to_numpy().tolist() == [[24, 1, "0 1"]]
        home = scores(compared, tested_on="phantom", branch=mode, rule="strict", metric="dice")
        section = scores(compared, branch=mode, rule="strict", metric="dice", changed="")
        assert home["value"].tolist() == pytest.approx(section["value"].tolist(), abs=2e-6)
    found = scores(compared, tested_on="phantom_elsewhere", branch="detector", metric="ap50")
    assert found["value"].item() == pytest.approx(reported["detection"]["ap50"], abs=1e-6)


def test_external_tests_that_are_not_of_this_state_are_left_out_and_the_run_is_not(compared: Project):
    left_out = "Note: workspace: its external tests are left out: "
    compared.set(external=["phantom_elsewhere"])
    try:
        out, notes = leaderboard(compared)
    finally:
        back(compared)
    assert f"{left_out}params.yaml was changed (external) after evaluations/external/unetpp was made" in notes
    compared.dvc("exp", "apply", "abroad")
    compared.set(scoring={"mask_threshold": 0.3})
    compared.dvc("repro", "evaluate@unetpp")
    try:
        out, notes = leaderboard(compared)
    finally:
        back(compared)
    operating = "evaluations/unetpp/operating.json is newer than evaluations/external/unetpp; `dvc repro`"
    assert f"{left_out}{operating}" in notes
    assert "scoring.mask_threshold=0.4" in out


def test_tables_are_printed_and_written_and_the_queued_experiment_is_named(compared: Project, printed):
    out, notes = printed
    assert out.startswith("Section 1: phantom, data ")
    assert "scoring.mask_threshold=0.4" in out
    assert notes.count("Note:") == 1
    assert "Note: waiting: queued; `dvc queue start` runs it" in notes
    assert (compared.folder / "board.md").read_text().startswith("# Leaderboard")
    assert r"\toprule" in (compared.folder / "board.tex").read_text()


@pytest.mark.usefixtures("printed")
def test_page_shows_tables_the_networks_masks_and_what_was_left_out(compared: Project, browser: Any):
    view = browser.new_page()
    wrong: list[str] = []
    view.on("pageerror", lambda error: wrong.append(str(error)))
    view.on("console", lambda message: wrong.append(message.text))
    view.goto((compared.folder / "board.html").as_uri())
    assert view.locator("table").count() == 3 + 4
    assert view.locator("#elsewhere table").count() == 4
    value = scores(compared, branch="oracle", rule="strict", metric="dice", changed="")["value"].item()
    assert f"{100 * value:.1f}" in view.locator("table").first.inner_text()
    words = view.get_attribute("figure img", "alt")
    assert "unetpp direct" in words
    assert "unetpp guided" in words
    assert view.evaluate("document.querySelector('figure img').decode().then(() => true)")
    assert "waiting" in view.inner_text("#main ul")  # still queued
    assert not wrong
    view.close()


def test_parameters_without_their_run_are_not_believed(compared: Project):
    compared.set(scoring={"match_iou": 0.4})
    try:
        out, notes = leaderboard(compared)
    finally:
        back(compared)
    assert "Note: workspace: params.yaml was changed (scoring.match_iou) after evaluations/unetpp was made" in notes
    # what differs is told against the file as it is now
    assert "scoring.match_iou=0.5" in out


def test_files_of_another_revision_are_not_believed(compared: Project):
    compared.dvc("exp", "apply", "threshold")
    compared.git("reset", "--quiet", "--hard")  # without `dvc checkout`
    try:
        _, notes = leaderboard(compared)
    finally:
        back(compared)
    assert "Note: workspace: evaluations/unetpp is not what dvc.lock names; `dvc checkout`" in notes


def test_what_is_in_no_cache_is_named_with_the_remedy(compared: Project):
    cache, evaluations, elsewhere = (compared.folder / name for name in (".dvc/cache", "evaluations", "elsewhere"))
    predictions = compared.folder / "predictions"
    elsewhere.mkdir()
    cache.rename(elsewhere / "cache")
    predictions.rename(elsewhere / "predictions")
    try:
        out, notes = leaderboard(compared, "--page", "without.html")  # of the workspace: its files are on the disk
        page = (compared.folder / "without.html").read_text(encoding="utf-8")
        assert "no masks of unetpp: " in page
        assert "Masks by network" not in page
        assert "Note: threshold: evaluations/unetpp is neither in the work tree nor in the cache; `dvc pull`" in notes
        assert "unetpp" in out
        evaluations.rename(elsewhere / "evaluations")
        out, notes = leaderboard(compared, ok=False)
        assert "ERROR: No experiment to compare" in notes
        assert out == ""
        (elsewhere / "evaluations").rename(evaluations)
    finally:
        shutil.rmtree(cache, ignore_errors=True)
        (elsewhere / "predictions").rename(predictions)
        (elsewhere / "cache").rename(cache)


def test_an_unknown_revision_is_told(compared: Project):
    _, notes = leaderboard(compared, "--rev", "nowhere", ok=False)
    assert "ERROR: DVC cannot list the experiments: unknown Git revision 'nowhere'" in notes


def test_applied_experiment_brings_the_journal_of_its_artifacts(compared: Project) -> None:
    before = journal.read(compared.folder / journal.JOURNAL)
    compared.dvc("exp", "apply", "threshold")
    entries, hashes = journal.read(compared.folder / journal.JOURNAL), compared.hashes()
    back(compared)
    assert {out: entry["md5"] for out, entry in entries.items()} == {out: hashes[out] for out in before}
    changed = {out for out, entry in entries.items() if entry != before[out]}
    ran = {"evaluations/unetpp", "evaluations/external/unetpp", "report/index.html", "bundles/unetpp"}
    assert changed == ran
    assert entries["evaluations/unetpp"]["uncommitted changes"] == "params.yaml"
