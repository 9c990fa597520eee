"""Many images are counted in shards, in processes of their own, with the tables of one go."""

import os
import signal
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from guidedseg import counting, external
from guidedseg.bundles.loading import load
from guidedseg.cluster import cutting
from guidedseg.cluster.tasks import Once
from guidedseg.datasets import bus_uclm, phantom, prepared, preparing, union
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.operating import Operating
from guidedseg.inference.segmenter import Segmenter
from guidedseg.tested import Tested

HOME = Operating(0.7, 0.0, 0.45, 0.7, 0.45, 0.7, 0.7, None, None, None, None)


def opened(bundle: Path) -> Segmenter:
    return load(bundle, threads=1).segmenter


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    (folder / "raw").mkdir()
    phantom.generate(folder / "raw", patients=9, images=40, width=96, height=72, seed=3)
    options = {"phantom": bus_uclm.DATASET.options(source=None, sha256=None, images=None)}
    preparing.write(union.read("phantom", options, folder / "raw"), folder / "prepared", duplicate_threshold=0.8)
    return folder / "prepared"


def scored(images: Path, bundle: Path, scratch: Path) -> Tested:
    opening = Once(partial(opened, bundle))
    return external.test(external.Testing(opening, images, HOME, 0.5, 0.005, scratch))


def tables(found: Tested) -> dict[str, str]:
    parts = found.evaluation
    frames = {"images": parts.images, "lesions": parts.lesions, "levels": parts.levels, "boxes": found.boxes}
    return {name: table.to_csv(index=False) for name, table in frames.items()}


@pytest.mark.parametrize("length", [3, 17])
def test_shards_in_processes_count_what_one_go_counts(images, bundle_folder, tmp_path, monkeypatch, length):
    whole = scored(images, bundle_folder, tmp_path)
    monkeypatch.setattr(cutting, "LENGTH", length)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    parts = [part for part in counting.places(prepared.read_index(images)) if len(part)]
    assert len(parts) > 40 / length - 3
    cut = scored(images, bundle_folder, tmp_path)
    assert tables(cut) == tables(whole)
    assert cut.hindsight == whole.hindsight
    assert cut.worst.keys() == whole.worst.keys()
    assert whole.evaluation.levels["group_id"].nunique() > 3


def killing(_: pd.DataFrame) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_shard_whose_process_dies_ends_the_stage_with_its_number(images, monkeypatch):
    monkeypatch.setattr(cutting, "LENGTH", 30)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    words = (
        r"images could not all be done: 2 problem\(s\)\n  - shard \d of 2: its process died 4 times, with exit code -9"
    )
    with pytest.raises(GuidedsegError, match=words):
        counting.in_shards("images", partial(partial, killing), prepared.read_index(images))
