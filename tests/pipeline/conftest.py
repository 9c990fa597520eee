"""One finished run of the tiny project, shared by the tests that only look at it or put back what they change."""

import pytest
from project import Project, new_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose default pipeline has run, committed; tests put back what they change."""
    project = new_project(tmp_path_factory.mktemp("pipeline") / "finished")
    project.first_run = project.dvc("repro")
    project.commit()
    return project
