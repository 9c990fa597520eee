"""Shards on a real Ray cluster of two nodes on this machine: the same bytes, whatever dies."""

import functools
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mortal_work import DEADLY, doubling
from segmenting import DONE, WITH_PROBLEMS, contents, mixed, pictures, segment, started

from guidedseg.cluster import on_ray
from guidedseg.cluster.tasks import TRIES, Place, each
from guidedseg.errors import GuidedsegError
from guidedseg.jobs.many import Many

Cluster = pytest.importorskip("ray.cluster_utils").Cluster

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def cluster():
    """A head and a node with one CPU each, whose processes find this folder."""
    places = [str(HERE), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(places))
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        made.add_node(num_cpus=1)
        yield made
        made.shutdown()


@pytest.mark.slow
def test_the_driver_hears_of_everything_and_holds_few(cluster, tmp_path):
    taken = 0

    def items():
        nonlocal taken
        for number in range(20):
            taken += 1
            yield number

    found = {}
    for done in each(functools.partial(doubling, tmp_path), items(), Place(ray=cluster.address)):
        found[done.item] = (done.value, done.problem)
        assert taken <= len(found) + 4  # two that run, and two that wait for them
    good = {number: (2 * number, None) for number in range(20)}
    assert found == {**good, 5: (None, "ValueError: five is not liked")}
    assert len([*tmp_path.glob("try-3-*")]) == 2
    assert len([*tmp_path.glob("made-*")]) <= 4  # opened once in each process, not once in each call


def test_shards_leave_the_bytes_of_a_whole_job(cluster, bundle_folder, tmp_path):
    sources = mixed(tmp_path / "in")
    assert segment(bundle_folder, [sources], tmp_path / "whole") == WITH_PROBLEMS
    cut = Many(shards=6, place=Place(ray=cluster.address))
    assert segment(bundle_folder, [sources], tmp_path / "out", cut=cut) == WITH_PROBLEMS
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_what_no_node_has_and_a_cluster_that_is_not_there_are_told(cluster, tmp_path):
    make = functools.partial(doubling, tmp_path)
    with pytest.raises(GuidedsegError, match=r"no node .* has 2 CPUs and 1 GPUs \(1 CPUs, 0 GPUs; 1 CPUs, 0 GPUs\)"):
        [*each(make, [1], Place(ray=cluster.address, cpus=2, gpus=1))]
    for address in ("127.0.0.1:1", "nonsense"):
        with pytest.raises(GuidedsegError, match=f"there is no Ray cluster at '{address}'"):
            [*each(make, [1], Place(ray=address))]


def test_a_node_with_another_code_is_told(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(on_ray.code, "digest", lambda: "another")
    (done,) = each(functools.partial(doubling, tmp_path), [1], Place(ray=cluster.address))
    assert "is another one than that of the driver: install the same on every node" in done.problem


@pytest.mark.slow
def test_what_kills_its_process_every_time_is_told_after_some_tries(cluster, tmp_path):
    first, second = sorted(
        each(functools.partial(doubling, tmp_path), [DEADLY, 8], Place(ray=cluster.address)), key=lambda done: done.item
    )
    assert (first.value, first.problem) == (16, None)
    assert second.problem.startswith(f"{TRIES} tries failed: WorkerCrashedError")
    assert len([*tmp_path.glob(f"try-{DEADLY}-*")]) == TRIES


@pytest.mark.slow
def test_a_node_that_dies_and_one_that_comes(cluster, bundle_folder, tmp_path):
    sources, out = pictures(tmp_path / "in", 240), tmp_path / "out"
    assert segment(bundle_folder, [sources], tmp_path / "whole", outputs="mask,table") == DONE
    extra = cluster.add_node(num_cpus=1)
    options = ["--outputs", "mask,table", "--shards", "40", "--ray", cluster.address]
    job = started(sources, "--bundle", bundle_folder, "--out", out, *options)
    while len([*(out / "lesions").glob("*.parquet")]) < 8:
        time.sleep(0.01)
        assert job.poll() is None
    cluster.remove_node(extra, allow_graceful=False)
    cluster.add_node(num_cpus=1)
    assert job.wait(timeout=200) == DONE
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.slow
def test_without_its_head_the_driver_ends_with_a_word():
    own = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    program = (
        "import functools, pathlib, sys, time\n"
        "from guidedseg.cluster.tasks import Place, each\n"
        "from guidedseg.errors import GuidedsegError\n"
        "try:\n"
        "    for done in each(functools.partial(int), map(str, range(10**9)), Place(ray=sys.argv[1])):\n"
        "        print(done.item, flush=True)\n"
        "except GuidedsegError as error:\n"
        "    sys.exit(str(error))\n"
    )
    # `int()` gives 0, which cannot be called: every item fails, and tells so, until there is nobody to ask
    job = subprocess.Popen([sys.executable, "-c", program, own.address], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert job.stdout.readline() == b"0\n"
    own.head_node.kill_raylet(check_alive=False)
    own.head_node.kill_gcs_server(check_alive=False)
    begun = time.monotonic()
    _, words = job.communicate(timeout=120)
    assert job.returncode == 1
    assert b"the head of the Ray cluster has gone" in words
    assert time.monotonic() - begun < 60
