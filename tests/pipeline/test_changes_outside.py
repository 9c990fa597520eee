"""What lies outside DVC's sight reruns its readers when its content changes, and only then."""

import os
import shutil
from pathlib import Path

import cv2
import pytest
from project import Project, ran
from safetensors.torch import load_file, save_file
from test_reruns import TRAINED, affected, look

from guidedseg.encoders import encoders

pytestmark = pytest.mark.pipeline

LOOK, ACQUIRE = "outside@bus_uclm", "acquire@bus_uclm"


def copy_of(finished: Project, folder: Path) -> Project:
    shutil.copytree(finished.folder, folder, symlinks=True)
    return Project(folder)


@pytest.fixture(scope="module")
def trained(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Its own copy, as if trained from the encoder weights at weights/encoder.safetensors."""
    project = copy_of(finished, tmp_path_factory.mktemp("weights") / "project")
    encoder, _ = encoders.grey("tu-tf_efficientnet_lite0")
    (project.folder / "weights").mkdir()
    save_file(encoder.state_dict(), project.folder / "weights" / "encoder.safetensors")
    project.set(profiles={"quick": {"network": {"encoder_weights": "weights/encoder.safetensors"}}})
    look(project)
    project.dvc("commit", "--force")  # of what was made without them: that DVC sees a change is what is tested here
    return project


def test_new_weights_under_the_same_name_rerun_training(trained: Project):
    weights = trained.folder / "weights" / "encoder.safetensors"
    before, state = weights.read_bytes(), load_file(weights)
    save_file({name: tensor + 1 for name, tensor in state.items()}, weights)
    try:
        look(trained)
        assert affected(trained) == TRAINED
    finally:
        weights.write_bytes(before)
    look(trained)
    assert affected(trained) == set()


def test_weights_that_were_only_touched_or_are_gone_rerun_nothing(trained: Project):
    weights = trained.folder / "weights" / "encoder.safetensors"
    os.utime(weights, ns=(0, 0))
    assert ran(trained.dvc("repro")) == {"outside@phantom"}
    weights.rename(weights.with_name("elsewhere"))
    try:
        assert ran(trained.dvc("repro")) == {"outside@phantom"}
    finally:
        weights.with_name("elsewhere").rename(weights)


def test_weights_that_never_were_are_told_before_any_other_stage(trained: Project):
    before = (trained.folder / "params.yaml").read_bytes()
    trained.set(profiles={"quick": {"network": {"encoder_weights": "weights/none.pth"}}})
    try:
        output = trained.dvc("repro", ok=False)
    finally:
        (trained.folder / "params.yaml").write_bytes(before)
    assert "profiles.quick.network.encoder_weights: there is no file 'weights/none.pth'" in output
    assert ran(output) == {"outside@phantom"}


@pytest.fixture
def acquired(finished: Project, tmp_path: Path) -> Project:
    """Its own copy, with the phantom's pictures dropped in as the real dataset, acquired and committed."""
    project = copy_of(finished, tmp_path / "project")
    shutil.copytree(project.folder / "data/raw/phantom", project.folder / "data/external/bus_uclm")
    project.set(dataset="bus_uclm", datasets={"bus_uclm": {"source": "/nowhere", "images": 32}})
    assert ran(project.dvc("repro", "prepare")) == {LOOK, ACQUIRE, "prepare"}
    project.commit()
    return project


def test_another_picture_in_the_dropped_dataset_acquires_it_anew(acquired: Project):
    path = next((acquired.folder / "data/external/bus_uclm/images").iterdir())
    cv2.imwrite(str(path), 255 - cv2.imread(str(path)))
    assert ran(acquired.dvc("repro", "prepare")) == {LOOK, ACQUIRE, "prepare"}


def test_a_dropped_dataset_that_was_only_touched_or_is_gone_reruns_nothing(acquired: Project):
    dropped = acquired.folder / "data/external/bus_uclm"
    for path in dropped.rglob("*"):
        os.utime(path, ns=(0, 0))
    assert ran(acquired.dvc("repro", "prepare")) == {LOOK}
    shutil.rmtree(dropped)
    assert ran(acquired.dvc("repro", "prepare")) == {LOOK}


def test_an_experiment_in_a_copy_acquires_nothing_again(acquired: Project):
    # data/external is in no copy, as git ignores it
    output = acquired.dvc("exp", "run", "--temp", "--set-param", "prepare.duplicate_similarity=0.9", "prepare")
    assert ran(output) == {LOOK, "prepare"}
