"""What is acquired lands in a project of the test's own."""

from pathlib import Path

import pytest
from acquired import Acquired


@pytest.fixture
def acquired(tmp_path: Path) -> Acquired:
    return Acquired(tmp_path / "project")
