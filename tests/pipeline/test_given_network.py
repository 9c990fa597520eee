"""`model=sam`: read and measured in place of a training, then as any network; the content of its file counts."""

import json
import shutil
from pathlib import Path

import pytest
import small_sam
from project import Project, ran
from test_reruns import ALWAYS, TRAINED, affected, look

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

OF_SAM = {name.replace("unetpp", "sam") for name in TRAINED}


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """Its own copy, with a checkpoint."""
    shutil.copytree(finished.folder, tmp_path / "project", symlinks=True)
    own = Project(tmp_path / "project")
    (own.folder / "weights").mkdir()
    shutil.copy(small_sam.file(), own.folder / "weights/sam.pth")
    own.set(model="sam", models={"sam": {"weights": "weights/sam.pth", "pixels": small_sam.PIXELS}})
    return own


def test_sam_is_scored_and_handed_on_like_any_network_and_rerun_where_its_file_is_another(project: Project):
    output = project.dvc("repro")
    assert ran(output) == ALWAYS | OF_SAM
    assert "sam.pth (SAM, 3 blocks from 32 channels on; sha256 " in output
    scores = json.loads((project.folder / "metrics/segmentation.json").read_text())
    assert 0 <= scores["strict"]["dice"] <= 1
    card = (project.folder / "bundles/sam/README.md").read_text()
    assert "not trained: SAM, 3 blocks from 32 channels on" in card
    page = (project.folder / "report/index.html").read_text()
    assert "sam" in page
    for mode in ("direct", "guided"):
        config = json.loads((project.folder / f"models/sam/{mode}/config.json").read_text())
        assert config["given"]["margin"] == (0.15 if mode == "guided" else 0.0)
    # another file under the same name
    shutil.copy(small_sam.file(1), project.folder / "weights/sam.pth")
    look(project)
    assert affected(project) == OF_SAM
    # away, as in the copy of a queued experiment: what was made of it stands
    shutil.copy(small_sam.file(), project.folder / "weights/sam.pth")
    look(project)
    (project.folder / "weights/sam.pth").unlink()
    assert ran(project.dvc("repro")) == ALWAYS
