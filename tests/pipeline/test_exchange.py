"""Our own direct approach, as another tool's masks: exported, imported and ranked, with the very scores that it has."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pandas as pd
import pytest
from project import Project

from guidedseg.datasets import prepared
from guidedseg.inference import tiles

pytestmark = pytest.mark.pipeline

COMMAND = "from guidedseg.cli import main; main()"


def guidedseg(project: Project, *arguments: str, ok: bool = True) -> str:
    """All that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=project.folder,
        env=project.environment,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert (done.returncode == 0) == ok, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def copied(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("exchange") / "project")
    shutil.copytree(finished.folder, project.folder, symlinks=True)
    return project


@pytest.fixture(scope="module")
def ours(copied: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The probabilities of whole images at their own sizes."""
    folder, data = tmp_path_factory.mktemp("masks"), copied.folder / "data"
    frames = tiles.load(copied.folder / "predictions/unetpp/direct")
    split = pd.read_csv(data / "split.csv")
    for image_id in split.loc[split["split"] != "train", "image_id"]:
        height, width = prepared.load_mask(data / "prepared", image_id).shape
        levels = frames.assembled(frames.of(image_id, "frame"), height, width)
        cv2.imwrite(str(folder / f"{image_id}.png"), levels)
    return folder


@pytest.fixture(scope="module")
def imported(copied: Project, ours: Path) -> str:
    return guidedseg(copied, "import", "masks", str(ours), "--name", "ours")


@pytest.mark.usefixtures("imported")
def test_masks_of_our_own_network_have_the_counts_of_evaluate(copied: Project):
    theirs, mine = copied.folder / "imported/ours", copied.folder / "evaluations/unetpp"
    for name in ("images", "lesions", "levels"):
        found, wanted = (pd.read_csv(folder / f"{name}.csv") for folder in (theirs, mine))
        wanted = wanted[wanted["branch"] == "direct"].reset_index(drop=True)
        columns = [column for column in wanted if column != "loss"]  # which only a network has
        pd.testing.assert_frame_equal(found[columns], wanted[columns], check_dtype=False)
    found, wanted = (json.loads((folder / "operating.json").read_text()) for folder in (theirs, mine))
    assert found == {key: wanted[key] for key in ("direct_gate", "direct_threshold", "direct_dice")}


def test_they_stand_on_the_leaderboard_until_the_split_is_another(copied: Project, imported: str):
    assert imported.startswith("imported/ours: ")
    assert "Note" not in guidedseg(copied, "leaderboard", "--csv", "board.csv", "--page", "board.html")
    scores = pd.read_csv(copied.folder / "board.csv").query(
        "branch == 'direct' and rule == 'strict' and metric == 'dice'"
    )
    assert scores["model"].tolist() == ["unetpp", "ours"]
    assert scores["value"].nunique() == scores["section"].nunique() == 1
    assert "ours" in (copied.folder / "board.html").read_text(encoding="utf-8")

    copied.set(split={"test": 0.4})
    assert "imported: left out: params.yaml was changed (split) after data/split.csv was made" in guidedseg(
        copied, "leaderboard"
    )
    copied.dvc("repro", "split")
    told = guidedseg(copied, "leaderboard")
    assert "imported/ours is left out: it is of another split; import it again for the present data" in told


def test_stages_that_were_not_run_are_told(copied: Project, tmp_path: Path):
    empty = Project(tmp_path / "project")
    empty.folder.mkdir()
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(copied.folder / name, empty.folder)
    for command in (["export", "coco", "out"], ["import", "masks", str(tmp_path), "--name", "x"]):
        told = guidedseg(empty, *command, ok=False)
        assert (
            "data/prepared/index.csv is missing. Run `dvc checkout --force data/prepared` or `dvc repro prepare`"
            in told
        )
    assert sorted(path.name for path in empty.folder.iterdir()) == ["dvc.yaml", "params.yaml"]
