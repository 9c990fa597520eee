"""`guidedseg sweep`: experiments beside each other, each in its own copy of the project."""

import json

import pytest
from project import Project
from sweeping import SWEEPS, copied, git, guidedseg, logs, shown

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def swept(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str, str]:
    """Two runs at once, one of which fails; and what the command said."""
    project = copied(finished, tmp_path_factory.mktemp("sweep") / "project")
    settings = ["-S", "external=[],[udiat]", "-S", "mode=direct"]
    return project, *guidedseg(project, "sweep", *settings, "--jobs", "2", ok=False)


def test_a_failed_run_is_told_with_its_log_and_the_other_has_finished(swept: tuple[Project, str, str]):
    project, out, error = swept
    assert "sweep-external: finished" in out
    assert "sweep-external-udiat: failed" in out
    assert "The dataset udiat was not found" in error
    log = project.folder / SWEEPS / "sweep-external-udiat.log"
    assert f"{log} ends with" in error
    assert "The dataset udiat was not found" in log.read_text()
    # what failed can be looked at, what finished takes no space
    assert (project.folder / SWEEPS / "sweep-external-udiat" / "params.yaml").exists()
    assert not (project.folder / SWEEPS / "sweep-external").exists()


def test_the_experiment_is_shown_compared_and_ranked(swept: tuple[Project, str, str]):
    project, _, _ = swept
    found = shown(project)
    assert list(found) == ["sweep-external"]
    assert found["sweep-external"]["params"]["params.yaml"]["data"]["mode"] == "direct"
    assert 0 <= found["sweep-external"]["metrics"]["metrics/segmentation.json"]["data"]["strict"]["dice"] <= 1
    difference = json.loads(project.dvc("metrics", "diff", "HEAD", "sweep-external", "--json"))
    assert difference["metrics/segmentation.json"]["literal.dice"]["new"] == 1  # a silent network, by the paper's rule


def test_the_workspace_is_as_it_was(swept: tuple[Project, str, str], finished: Project):
    project, _, _ = swept
    assert git(project, "status", "--porcelain", "--", ":!dvc_plots") == ""  # which other tests leave
    assert project.hashes() == finished.hashes()
    assert (project.folder / "params.yaml").read_text() == (finished.folder / "params.yaml").read_text()
    status = json.loads(project.dvc("status", "--json"))
    assert status == {"outside@phantom": ["always changed"]}


def test_a_name_that_is_taken_is_told_before_anything_runs(swept: tuple[Project, str, str]):
    project, _, _ = swept
    before = logs(project)
    same = ["-S", "external=[],[udiat]", "-S", "mode=direct"]
    other = ["-S", "external=[],[udiat]", "-S", "mode=direct", "-S", "seed=5"]
    assert "there already: 1 problem(s)\n  - sweep-external\n" in guidedseg(project, "sweep", *same, ok=False)[1]
    assert "have other parameters" in guidedseg(project, "sweep", *other, "--resume", ok=False)[1]
    assert logs(project) == before


def test_changes_that_the_runs_would_not_have_are_told(swept: tuple[Project, str, str]):
    project, _, _ = swept
    project.set(scoring={"match_iou": 0.4})
    try:
        _, error = guidedseg(project, "sweep", "-S", "seed=1,2", ok=False)
    finally:
        project.git("checkout", "--", ".")
    assert "M params.yaml\nCommit them" in error
