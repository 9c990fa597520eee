"""`guidedseg sweep`: experiments beside each other, each in its own copy of the project."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import yaml
from project import Project

from guidedseg import journal

pytestmark = pytest.mark.pipeline

COMMAND = [sys.executable, "-c", "from guidedseg.cli import main; main()"]
SWEEPS = Path(".scratch/sweep")
QUICK = ["-S", "profiles.quick.train.epochs=1", "-S", "profiles.quick.yolo.epochs=2"]
FOUR = ["-S", "model=unetpp,unet", "-S", "profiles.quick.train.lr=0.001,0.002"]


def guidedseg(project: Project, *arguments: str, ok: bool = True) -> tuple[str, str]:
    """Its standard output and error."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=project.folder,
        env=project.environment,
        text=True,
        check=False,
        capture_output=True,
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr + logs(project)
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def logs(project: Project) -> str:
    return "".join(log.read_text() for log in sorted((project.folder / SWEEPS).glob("*.log")))


def git(project: Project, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=project.folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def experiments(project: Project) -> dict[str, str]:
    """name -> ref."""
    refs = git(project, "for-each-ref", "--format=%(refname)", "refs/exps/??/*/*").splitlines()
    return {ref.rpartition("/")[2]: ref for ref in refs}


def hashes(project: Project, ref: str) -> dict[str, str]:
    """out -> hash, of an experiment."""
    stages = yaml.safe_load(git(project, "show", f"{ref}:dvc.lock"))["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}


def shown(project: Project) -> dict[str, dict]:
    """name -> what `dvc exp show` tells of it."""
    found = json.loads(project.dvc("exp", "show", "--json"))[1]["experiments"] or []
    return {experiment["name"]: experiment["revs"][0]["data"] for experiment in found}


def copied(finished: Project, folder: Path) -> Project:
    project = Project(folder)
    shutil.copytree(finished.folder, folder, symlinks=True)
    shutil.rmtree(folder / ".git/refs/exps", ignore_errors=True)  # of tests that came before
    return project


@pytest.fixture(scope="module")
def swept(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str, str]:
    """Two runs at once, one of which fails; and what the command said."""
    project = copied(finished, tmp_path_factory.mktemp("sweep") / "project")
    settings = ["-S", "external=[],[udiat]", "-S", "mode=direct"]
    return project, *guidedseg(project, "sweep", *settings, "--jobs", "2", ok=False)


def test_a_failed_run_is_told_with_its_log_and_the_other_has_finished(swept: tuple[Project, str, str]):
    project, out, error = swept
    assert "sweep-external: finished" in out
    assert "sweep-external-udiat: failed" in out
    assert "The dataset udiat was not found" in error
    log = project.folder / SWEEPS / "sweep-external-udiat.log"
    assert f"{log} ends with" in error
    assert "The dataset udiat was not found" in log.read_text()
    # what failed can be looked at, what finished takes no space
    assert (project.folder / SWEEPS / "sweep-external-udiat" / "params.yaml").exists()
    assert not (project.folder / SWEEPS / "sweep-external").exists()


def test_the_experiment_is_shown_compared_and_ranked(swept: tuple[Project, str, str]):
    project, _, _ = swept
    found = shown(project)
    assert list(found) == ["sweep-external"]
    assert found["sweep-external"]["params"]["params.yaml"]["data"]["mode"] == "direct"
    assert 0 <= found["sweep-external"]["metrics"]["metrics/segmentation.json"]["data"]["strict"]["dice"] <= 1
    difference = json.loads(project.dvc("metrics", "diff", "HEAD", "sweep-external", "--json"))
    assert difference["metrics/segmentation.json"]["literal.dice"]["new"] == 1  # a silent network, by the paper's rule


def test_the_workspace_is_as_it_was(swept: tuple[Project, str, str], finished: Project):
    project, _, _ = swept
    assert git(project, "status", "--porcelain") == ""
    assert project.hashes() == finished.hashes()
    assert (project.folder / "params.yaml").read_text() == (finished.folder / "params.yaml").read_text()
    status = json.loads(project.dvc("status", "--json"))
    assert status == {"outside@phantom": ["always changed"]}


def test_a_name_that_is_taken_is_told_before_anything_runs(swept: tuple[Project, str, str]):
    project, _, _ = swept
    before = logs(project)
    same = ["-S", "external=[],[udiat]", "-S", "mode=direct"]
    other = ["-S", "external=[],[udiat]", "-S", "mode=direct", "-S", "seed=5"]
    assert "there already: 1 problem(s)\n  - sweep-external\n" in guidedseg(project, "sweep", *same, ok=False)[1]
    assert "have other parameters" in guidedseg(project, "sweep", *other, "--resume", ok=False)[1]
    assert logs(project) == before


def test_changes_that_the_runs_would_not_have_are_told(swept: tuple[Project, str, str]):
    project, _, _ = swept
    project.set(scoring={"match_iou": 0.4})
    try:
        _, error = guidedseg(project, "sweep", "-S", "seed=1,2", ok=False)
    finally:
        project.git("checkout", "--", ".")
    assert "M params.yaml\nCommit them" in error


@pytest.mark.slow
def test_four_at_once_are_the_four_one_by_one(finished: Project, tmp_path: Path):
    beside = copied(finished, tmp_path / "beside")
    started = time.monotonic()
    out, _ = guidedseg(beside, "sweep", *FOUR, *QUICK, "--jobs", "2")
    together = time.monotonic() - started
    single = copied(finished, tmp_path / "single")
    started = time.monotonic()
    for model in ("unetpp", "unet"):
        for lr in ("0.001", "0.002"):
            values = ["-S", f"model={model}", "-S", f"profiles.quick.train.lr={lr}", *QUICK]
            single.dvc("exp", "run", "--name", f"sweep-{model}-lr{lr}", *values)
            single.git("checkout", "--", ".")
            single.dvc("checkout", "--quiet")
    one_by_one = time.monotonic() - started
    print(f"{out}together {together:.0f} s, one by one {one_by_one:.0f} s")

    refs, others = experiments(beside), experiments(single)
    assert set(refs) == set(others) == set(shown(beside))
    assert len(refs) == 4
    for name, ref in refs.items():
        assert hashes(beside, ref) == hashes(single, others[name]), name
        (tmp_path / "run.js").write_text(git(beside, "show", f"{ref}:{journal.JOURNAL.as_posix()}") + "\n")
        noted = {out: entry["md5"] for out, entry in journal.read(tmp_path / "run.js").items()}
        mine = hashes(beside, ref)
        assert noted["models/detector"] == mine["models/detector"]  # made for all four, before
        assert noted[f"models/{name.split('-')[1]}/guided"] == mine[f"models/{name.split('-')[1]}/guided"]
    text = logs(beside)
    assert text.count("Running stage 'train_detector'") == 1
    assert text.count("Running stage 'train_segmenter@unet-direct'") == 2
    board = guidedseg(beside, "leaderboard")[0]
    assert all(word in board for word in ("unetpp", "unet", "lr=0.001"))
    # they ran beside each other; how much time that saves depends on what else the cores have to do
    assert sum(map(int, re.findall(r"finished, (\d+) s", out))) > 1.3 * together
    beside.dvc("exp", "apply", "sweep-unet-lr0.001")
    assert beside.hashes() == hashes(beside, refs["sweep-unet-lr0.001"])


@pytest.mark.slow
def test_machines_without_a_shared_disk_hand_on_their_results(finished: Project, tmp_path: Path):
    """Two clones of a bare repository with a DVC remote between them; each has its own half of the runs."""
    first = copied(finished, tmp_path / "first")
    first.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    first.commit()
    first.dvc("push", "--quiet", "--remote", "store")
    subprocess.run(["git", "clone", "--quiet", "--bare", first.folder, tmp_path / "bare"], check=True)
    first.git("remote", "add", "origin", str(tmp_path / "bare"))
    subprocess.run(["git", "clone", "--quiet", tmp_path / "bare", tmp_path / "second"], check=True)
    second = Project(tmp_path / "second")
    # the first predicts anew for both; the second finds that in the run-cache of the remote
    settings = ["-S", "predict.flips=true", "-S", "scoring.mask_threshold=0.3,0.4", "--remote", "store"]
    names = {"sweep-mask_threshold0.3", "sweep-mask_threshold0.4"}
    for number, project in enumerate((first, second)):
        at = tmp_path / f"work{number}"
        out, _ = guidedseg(project, "sweep", *settings, "--shard", f"{number}/2", "--at", str(at))
        assert f"sweep-mask_threshold0.{3 + number}: finished" in out
        text = "".join(log.read_text() for log in at.glob("*.log"))
        assert "Running stage 'train_" not in text
        assert text.count("Running stage 'predict@") == (2 if project is first else 0)
    assert set(shown(second)) == names  # of the one that was the last to end
    assert set(experiments(first)) == {"sweep-mask_threshold0.3"}
    assert guidedseg(first, "sweep", *settings, "--resume", "--at", str(tmp_path / "work0"))[0].count("before") == 2
    assert set(shown(first)) == names
    for project in (first, second):
        assert "scoring.mask_threshold=0.3" in guidedseg(project, "leaderboard")[0]
    assert not (second.folder / "models" / "detector").exists()
    second.dvc("exp", "apply", "sweep-mask_threshold0.3", ok=False)  # its files are with the remote
    second.dvc("exp", "pull", "origin", "sweep-mask_threshold0.3", "--remote", "store")
    second.dvc("exp", "apply", "sweep-mask_threshold0.3")
    assert second.hashes() == hashes(first, experiments(first)["sweep-mask_threshold0.3"])


@pytest.mark.slow
def test_tasks_of_an_array_run_what_they_share_once(finished: Project, tmp_path: Path):
    """Two tasks begin at once on one disk, and nobody has prepared anything."""
    project = copied(finished, tmp_path / "project")
    scores = ["-S", "scoring.mask_threshold=0.3,0.4"]
    tasks = [
        subprocess.Popen(
            [*COMMAND, "sweep", "-S", "predict.flips=true", *scores, "--shard", f"{number}/2"],
            cwd=project.folder,
            env=project.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for number, task in enumerate(tasks):
        out, _ = task.communicate()
        assert task.returncode == 0, out + logs(project)
        assert f"sweep-mask_threshold0.{3 + number}: finished" in out
        assert f"sweep-mask_threshold0.{4 - number}" not in out
    assert len(experiments(project)) == 2
    assert logs(project).count("Running stage 'predict@") == 2  # direct and guided

    prepare = ["sweep", *scores, "--name", "other", "--prepare-only"]
    assert guidedseg(project, *prepare)[0].count("finished") == 1
    assert guidedseg(project, *prepare)[0] == ""
    assert len(experiments(project)) == 2


@pytest.mark.slow
def test_interrupted_and_killed_sweeps_go_on(finished: Project, tmp_path: Path):
    project = copied(finished, tmp_path / "project")
    command = ["sweep", "-S", "model=unetpp,unet", "--jobs", "2"]  # the first has nothing to do but to be noted
    work = project.folder / SWEEPS / "sweep-unet"

    error = ended(project, command, signal.SIGINT, lambda: any(work.glob(".scratch/train_segmenter/*/last.ckpt")))
    assert "Interrupted. The same command with --resume goes on." in error
    assert "Traceback" not in error

    resume = [*command, "--resume"]
    guided = work / "models" / "unet" / "direct"
    ended(
        project,
        resume,
        signal.SIGKILL,
        lambda: (
            "sweep-unetpp" in experiments(project)
            and guided.exists()
            and any(work.glob(".scratch/train_segmenter/*/last.ckpt"))
        ),
    )
    first = git(project, "rev-parse", experiments(project)["sweep-unetpp"])

    out, _ = guidedseg(project, *resume)
    assert "sweep-unetpp: finished before" in out
    assert "sweep-unet: finished" in out
    assert set(experiments(project)) == {"sweep-unetpp", "sweep-unet"}
    assert git(project, "rev-parse", experiments(project)["sweep-unetpp"]) == first
    text = logs(project)
    assert text.count("resuming from") == 2  # direct after Ctrl-C, guided after the kill
    assert text.count("models/unet/direct: ") == 1
    assert text.count("models/unet/guided: ") == 1


def ended(project: Project, command: list[str], by: signal.Signals, reached: Callable[[], bool]) -> str:
    """Start a sweep and end it as soon as a state is reached; what it said on standard error.

    As a terminal does, Ctrl-C is sent to the driver and its workers; a kill hits the driver alone.
    """
    process = subprocess.Popen(
        [*COMMAND, *command],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while not reached():
            assert process.poll() is None, "the sweep ended before it could be killed"
            time.sleep(0.02)
    finally:
        if by == signal.SIGINT:
            os.killpg(process.pid, by)
        else:
            process.send_signal(by)
    error = process.communicate()[1]
    assert process.returncode != 0
    until = time.monotonic() + 10
    while working(project):
        assert time.monotonic() < until, working(project)
        time.sleep(0.1)
    return error


def working(project: Project) -> list[str]:
    """Processes in the project or in copies of it."""
    return [
        " ".join(process.info["cmdline"] or [])
        for process in psutil.process_iter(["cwd", "cmdline"])
        if (process.info["cwd"] or "").startswith(str(project.folder))
    ]


@pytest.mark.slow
def test_on_a_ray_cluster(finished: Project, tmp_path: Path):
    pytest.importorskip("ray")
    project = copied(finished, tmp_path / "project")
    out, _ = guidedseg(project, "sweep", "-S", "scoring.mask_threshold=0.3,0.4", "--ray", "local", "--name", "ray")
    assert out.count("finished") == 3  # with what they share
    assert set(shown(project)) == {"ray-mask_threshold0.3", "ray-mask_threshold0.4"}
