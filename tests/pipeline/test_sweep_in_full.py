"""`guidedseg sweep` as the single runs, on several machines, in an array of tasks, on Ray, and after kills."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from project import Project
from sweeping import COMMAND, SWEEPS, copied, ended, experiments, git, guidedseg, hashes, logs, shown

from guidedseg import journal

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

QUICK = ["-S", "profiles.quick.train.epochs=1", "-S", "profiles.quick.yolo.epochs=2"]
FOUR = ["-S", "model=unetpp,unet", "-S", "profiles.quick.train.lr=0.001,0.002"]


@pytest.fixture(scope="module")
def one_by_one(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, float]:
    """The four runs of DVC alone, in a project with a cache of its own; the seconds they took."""
    single = copied(finished, tmp_path_factory.mktemp("sweep") / "single")
    started = time.monotonic()
    for model in ("unetpp", "unet"):
        for lr in ("0.001", "0.002"):
            values = ["-S", f"model={model}", "-S", f"profiles.quick.train.lr={lr}", *QUICK]
            single.dvc("exp", "run", "--name", f"sweep-{model}-lr{lr}", *values)
            single.git("checkout", "--", ".")
            single.dvc("checkout", "--quiet")
    return single, time.monotonic() - started


@pytest.mark.parametrize("at_once", [("--jobs", "2"), ("--ray", "local", "--cpus-per-run", "1")], ids=["jobs", "ray"])
def test_four_at_once_are_the_four_one_by_one(
    finished: Project, one_by_one: tuple[Project, float], at_once: tuple[str, ...], tmp_path: Path
):
    single, alone = one_by_one
    if "--ray" in at_once:
        pytest.importorskip("ray")
    beside = copied(finished, tmp_path / "beside")
    started = time.monotonic()
    out, _ = guidedseg(beside, "sweep", *FOUR, *QUICK, *at_once)
    together = time.monotonic() - started
    print(f"{out}together {together:.0f} s, one by one {alone:.0f} s")

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
