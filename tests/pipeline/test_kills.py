"""Killed at any moment, every stage and command ends as if nothing had been (``killing.py`` does it by hundreds)."""

import random
import signal

import pytest
from killing import SIGNALS, Campaign, works
from project import Project
from sweeping import copied

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


@pytest.fixture(scope="module")
def campaign(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Of a copy that is no one else's."""
    project = copied(finished, tmp_path_factory.mktemp("kills") / "project")
    return Campaign(project, tmp_path_factory.mktemp("temporary"), [*works()])


@pytest.mark.parametrize("name", works())
def test_the_same_command_ends_with_the_same_bytes_and_leaves_nothing(campaign: Campaign, name: str):
    draws = random.Random(name)
    by, share = signal.Signals(draws.choice(SIGNALS)), draws.random()
    assert campaign.kill(name, by, share) == [], f"{by.name} at {share:.0%}"
