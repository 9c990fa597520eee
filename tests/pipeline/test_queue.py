"""A sweep over networks, as the README tells it: queued, run through, and shown side by side."""

import json
import shutil

import pytest
from project import Project

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

NETWORKS = ("unet", "skunet")  # two of seven: each takes most of a minute


@pytest.fixture(scope="module")
def shown(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The experiments of the current commit, as `dvc exp show` tells them."""
    project = Project(tmp_path_factory.mktemp("queue") / "project")
    shutil.copytree(finished.folder, project.folder, symlinks=True)
    quick = ["--set-param", "profiles.quick.train.epochs=1"]
    project.dvc("exp", "run", "--queue", "--set-param", f"model={','.join(NETWORKS)}", *quick)
    project.dvc("exp", "run", "--run-all", "--jobs", "1")
    experiments = json.loads(project.dvc("exp", "show", "--json"))[1]["experiments"]
    return [revision["data"] for experiment in experiments for revision in experiment["revs"]]


def test_every_queued_network_is_shown_with_its_scores(shown: list[dict]):
    assert {run["params"]["params.yaml"]["data"]["model"] for run in shown} == set(NETWORKS)
    for run in shown:
        assert 0 <= run["metrics"]["metrics/segmentation.json"]["data"]["strict"]["dice"] <= 1
