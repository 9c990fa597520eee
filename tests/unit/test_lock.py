"""dvc.lock: what came from what, and what DVC has written down of it."""

from pathlib import Path

import pytest
import yaml

from guidedseg import lock

LOCK = """\
schema: '2.0'
stages:
  prepare:
    cmd: python -m stages.prepare phantom
    deps:
    - {path: data/raw/phantom, md5: a.dir}
    params: {params.yaml: {prepare.threshold: 1e-05, datasets.phantom: {images: 12}}}
    outs:
    - {path: data/prepared, md5: b.dir}
  train@unetpp:
    cmd: python -m stages.train unetpp
    deps:
    - {path: data/prepared/index.csv, md5: c}
    outs:
    - {path: models/unetpp, md5: d.dir}
    - {path: metrics/unetpp.json, md5: e}
  train@unet:
    cmd: python -m stages.train unet
    deps:
    - {path: data/prepared, md5: b.dir}
    outs:
    - {path: models/unet, md5: f.dir}
  evaluate@unetpp:
    cmd: python -m stages.evaluate unetpp
    deps:
    - {path: models/unetpp, md5: d.dir}
    - {path: data/prepared, md5: b.dir}
    outs:
    - {path: evaluations/unetpp, md5: g.dir}
  acquire@phantom:
    cmd: python -m stages.acquire phantom
    outs:
    - {path: data/raw/phantom, md5: a.dir}
"""


@pytest.fixture
def stages(tmp_path: Path) -> dict[str, lock.Stage]:
    (tmp_path / "dvc.lock").write_text(LOCK)
    return lock.read(tmp_path / "dvc.lock")


@pytest.mark.parametrize("order", [1, -1], ids=["as written", "backwards"])
def test_stages_behind_an_out_come_in_the_order_of_the_work_whatever_that_of_the_file(
    stages: dict[str, lock.Stage], order: int
) -> None:
    # train@unetpp reads a file inside data/prepared; train@unet is another network's
    assert list(lock.upstream(dict([*stages.items()][::order]), "evaluations/unetpp")) == [
        *("acquire@phantom", "prepare", "train@unetpp", "evaluate@unetpp")
    ]


def test_nothing_is_behind_what_no_stage_made(stages: dict[str, lock.Stage]) -> None:
    assert lock.upstream(stages, "models/unet3plus") == {}
    assert lock.upstream(stages, "models/unetp") == {}  # the start of a name is no folder


def test_outs_are_told_with_their_hashes(stages: dict[str, lock.Stage]) -> None:
    assert lock.outs(stages["train@unetpp"]) == {"models/unetpp": "d.dir", "metrics/unetpp.json": "e"}


def test_parameters_are_told_as_dvc_wrote_them(stages: dict[str, lock.Stage]) -> None:
    # DVC writes 1e-05, which PyYAML takes for text
    assert stages["prepare"].parameters == {"prepare.threshold": 0.00001, "datasets.phantom": {"images": 12}}
    assert stages["acquire@phantom"].parameters == {}


def test_dotted_key_finds_its_value_or_none() -> None:
    values = {"datasets": {"phantom": {"images": 12}}, "seed": 0}
    assert lock.at(values, "datasets.phantom") == {"images": 12}
    assert lock.at(values, "datasets.phantom.images") == 12
    assert lock.at(values, "datasets.busi.images") is None
    assert lock.at(values, "seed.images") is None


@pytest.mark.parametrize(
    "content",
    [None, "", "- stages", "stages:\n", "schema: '2.0'\n", "stages: [", f"<<<<<<< HEAD\n{LOCK}"],
    ids=["missing", "empty", "a list", "no stages", "no key", "torn", "half merged"],
)
def test_lock_that_cannot_be_read_names_no_out(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "dvc.lock").write_text(content)
    assert lock.read(tmp_path / "dvc.lock") == {}


def test_lock_that_was_cut_anywhere_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    block = yaml.safe_dump(yaml.safe_load(LOCK), sort_keys=False)  # as DVC writes it, a key per line
    for end in range(len(block)):
        (tmp_path / "dvc.lock").write_text(block[:end])
        stages = lock.read(tmp_path / "dvc.lock")
        before = lock.upstream(stages, "evaluations/unetpp")
        assert set(before) <= {"prepare", "train@unetpp", "evaluate@unetpp", "acquire@phantom"}
