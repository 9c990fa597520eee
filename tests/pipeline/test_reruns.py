"""Which stages a change reruns: a table over dvc.yaml's graph, and real runs of the most used commands."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator

import networkx as nx
import pandas as pd
import pytest
import yaml
from dvc.repo import Repo
from project import Project, ran

pytestmark = pytest.mark.pipeline

SEGMENTERS = {"train_segmenter@unetpp-direct", "train_segmenter@unetpp-guided"}
PREDICTIONS = {"predict@unetpp-direct", "predict@unetpp-guided"}
COARSE, CASCADE = {"coarse@unetpp"}, {"cascade@unetpp"}
HANDED_ON = {"report", "bundle@unetpp"}
JUDGED = {"evaluate@unetpp", "external@unetpp"} | HANDED_ON
TRAINED = SEGMENTERS | PREDICTIONS | COARSE | CASCADE | JUDGED
DETECTED = {"detect", "crop_rois"}
DIRECT = {"train_segmenter@unetpp-direct", "predict@unetpp-direct"} | COARSE | CASCADE
GUIDED = {"train_segmenter@unetpp-guided", "predict@unetpp-guided"} | CASCADE
DETECTOR = {"train_detector"} | DETECTED | GUIDED | JUDGED
SEEDED = {"pretrain_detector", "train_detector"} | DETECTED | TRAINED
FROM_SPLIT = {"split", "synthetic", "yolo_labels", "frames"} | SEEDED - {"pretrain_detector"}
EVERYTHING = {"acquire@phantom", "prepare"} | FROM_SPLIT
ALWAYS = {"outside@phantom"}  # under a second
SMALL = {"patients": 6, "images": 16, "width": 96, "height": 72}

TABLE = [
    # the changed parameter, and every stage that may run again because of it
    ({"datasets": {"phantom": {"patients": 9}}}, EVERYTHING),
    ({"datasets": {"bus_uclm": {"sha256": "0" * 64}}}, set()),
    ({"datasets": {"balance": "even"}}, FROM_SPLIT - {"split", "synthetic"}),
    ({"prepare": {"duplicate_similarity": 0.9}}, {"prepare"} | FROM_SPLIT),
    ({"prepare": {"region": True}}, {"prepare"} | FROM_SPLIT),
    ({"split": {"test": 0.3}}, FROM_SPLIT),
    ({"split": {"seed": 1}}, FROM_SPLIT),
    ({"synthetic": {"share": 0.5}}, FROM_SPLIT - {"split"}),
    ({"synthetic": {"use": "detector"}}, FROM_SPLIT - {"split", "synthetic"}),
    ({"seed": 1}, SEEDED),
    ({"profiles": {"quick": {"yolo": {"epochs": 4}}}}, {"pretrain_detector"} | DETECTOR),
    ({"profiles": {"quick": {"pretrain": {"images": 40}}}}, {"pretrain_detector"} | DETECTOR),
    ({"detector": "fcos"}, {"pretrain_detector"} | DETECTOR),
    ({"detector": "maskrcnn"}, {"pretrain_detector"} | DETECTOR),
    ({"detector": "cascade"}, {"pretrain_detector"} | DETECTOR),
    ({"profiles": {"quick": {"cascade": {"level": 0.4}}}}, COARSE | CASCADE | JUDGED),
    ({"profiles": {"quick": {"fcos": {"epochs": 4}}}}, set()),
    ({"detect": {"floor": 0.02}}, DETECTED | GUIDED | JUDGED),
    ({"frame": {"jitter": 0.3}}, {"frames"} | DIRECT | JUDGED),
    ({"roi": {"margin": 0.2}}, {"crop_rois"} | GUIDED | JUDGED),
    ({"roi": {"jitter": 0.2}}, {"crop_rois"} | GUIDED | JUDGED),
    ({"profiles": {"quick": {"inputs": {"image_size": 64}}}}, {"frames", "crop_rois"} | TRAINED),
    ({"profiles": {"quick": {"train": {"lr": 0.01}}}}, TRAINED),
    ({"profiles": {"quick": {"network": {"decoder_width": 0.5}}}}, TRAINED),
    ({"models": {"unetpp": {"decoder_channels": [128, 64, 32, 16, 16]}}}, TRAINED),
    ({"models": {"unet3plus": {"channels": 32}}}, set()),
    ({"models": {"sam": {"weights": "sam.pth"}}}, set()),
    ({"profiles": {"quick": {"workers": 2}}}, set()),
    ({"profiles": {"paper": {"train": {"epochs": 7}}}}, set()),
    ({"profiles": {"quick": {"train": {"ema": 0.9}}}}, TRAINED),
    ({"predict": {"flips": True}}, PREDICTIONS | CASCADE | JUDGED),
    ({"scoring": {"mask_threshold": 0.4}}, JUDGED),
    ({"scoring": {"confidence": 0.3}}, JUDGED),
    ({"scoring": {"choose": "balanced"}}, JUDGED),
    ({"scoring": {"batch": 8}}, HANDED_ON),
    ({"mode": "direct"}, {"report"} | {"bundle@unetpp"}),
]


def look(project: Project) -> None:
    """What every run begins with: `outside` tells the stages behind it what params.yaml says of the dataset."""
    dataset = yaml.safe_load((project.folder / "params.yaml").read_text())["dataset"]
    command = [sys.executable, "-m", "stages.outside", dataset]
    subprocess.run(command, cwd=project.folder, env=project.environment, check=True, capture_output=True)


def affected(project: Project) -> set[str]:
    """Stages whose own parameters, code or inputs changed, and all that depend on them."""
    with Repo(str(project.folder)) as repo:
        changed = {address.rpartition("dvc.yaml:")[2] for address in repo.status()} - ALWAYS
        graph = nx.relabel_nodes(repo.index.graph, {stage: stage.name for stage in repo.index.stages})
    return changed.union(*(nx.ancestors(graph, name) for name in changed))


@pytest.mark.parametrize(("change", "stages"), TABLE, ids=[json.dumps(change) for change, _ in TABLE])
def test_a_parameter_reruns_these_stages(finished: Project, change, stages):
    finished.set(**change)
    try:
        if "datasets" in change:
            look(finished)
        assert affected(finished) == stages
    finally:
        finished.git("checkout", "--", "params.yaml")
        if "datasets" in change:
            look(finished)


def test_the_first_run_runs_every_stage(finished: Project):
    assert ran(finished.first_run) == ALWAYS | EVERYTHING | {"pretrain_detector"}


def test_a_second_repro_runs_nothing_but_the_look_outside(finished: Project):
    assert ran(finished.dvc("repro")) == ALWAYS


@pytest.mark.slow  # what it reruns is in the table below, and sweeps run two networks
def test_another_model_trains_and_judges_only_itself(finished: Project):
    output = finished.dvc("exp", "run", "--name", "u3", "--set-param", "model=unet3plus")
    try:
        assert ran(output) == ALWAYS | {name.replace("unetpp", "unet3plus") for name in TRAINED}
        # and back: everything comes from the cache
        finished.git("checkout", "--", ".")
        assert not ran(finished.dvc("repro")) - {"report"} - ALWAYS
    finally:
        finished.git("checkout", "--", ".")
        finished.dvc("checkout")


def test_another_mode_reruns_the_report_and_the_metrics_can_be_compared(finished: Project):
    output = finished.dvc("exp", "run", "--name", "direct", "--set-param", "mode=direct")
    try:
        assert ran(output) == ALWAYS | {"report"}
        changes = json.loads(finished.dvc("metrics", "diff", "HEAD", "direct", "--json", "--all"))
        strict = changes["metrics/segmentation.json"]
        assert {f"strict.{metric}" for metric in ("dice", "iou", "precision", "recall")} <= set(strict)
        comparison = json.loads((finished.folder / "metrics" / "comparison.json").read_text())
        assert strict["strict.dice"]["old"] == comparison["guided"]["strict"]["dice"]["value"]
        assert strict["strict.dice"]["new"] == comparison["direct"]["strict"]["dice"]["value"]
    finally:
        finished.git("checkout", "--", ".")
        finished.dvc("checkout")


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (
            "model=segnet",
            "'transunet', 'deeplabv3', 'skunet', 'maskrcnn', 'yolo11n_seg' or 'sam'",
        ),
        ("profile=fast", "profile: 'fast' given, allowed: quick, cpu, paper"),
        ("seed=one", "seed: 'one' given, allowed: a valid integer"),
        ("split.folds=2", "split.folds: 2 given, allowed: greater than or equal to 3"),
    ],
)
def test_a_wrong_parameter_fails_before_any_other_stage_and_loses_nothing(finished: Project, change, names):
    before = {
        path: path.read_bytes() for path in [*finished.folder.glob("metrics/*"), finished.folder / "data" / "split.csv"]
    }
    output = finished.dvc("exp", "run", "--set-param", change, ok=False)
    try:
        assert names in output
        assert "Traceback" not in output
        assert ran(output) == ALWAYS
        assert {path: path.read_bytes() for path in before} == before
    finally:
        finished.git("checkout", "--", ".")
        finished.dvc("checkout")


@pytest.fixture
def tested(finished: Project) -> Iterator[tuple[Project, set[str]]]:
    """The finished project with an external dataset, and the stages that this ran; it is put back."""
    finished.set(external=["phantom_elsewhere"], datasets={"phantom_elsewhere": SMALL})
    try:
        yield finished, ran(finished.dvc("repro"))
    finally:
        finished.git("checkout", "--", ".")
        finished.dvc("checkout")


def test_external_dataset_trains_nothing_and_is_scored(tested: tuple[Project, set[str]]) -> None:
    project, stages = tested
    name = "phantom_elsewhere"
    of_it = {f"{stage}_external@{name}" for stage in ("outside", "acquire", "prepare")}
    assert stages == of_it | {"outside@phantom", "external@unetpp", "report"}
    folder = project.folder / "evaluations/external/unetpp" / name
    images = pd.read_csv(folder / "images.csv")
    assert images.groupby("branch").size().unique().tolist() == [16]
    metrics = json.loads((project.folder / "metrics/external.json").read_text())
    rows = images.query("branch == 'direct'")
    total = 2 * rows["tp"] + rows["fp"] + rows["fn"]
    dice = (2 * rows["tp"] / total.where(total > 0, 1)).where(total > 0, 1)
    assert metrics[name]["direct"]["strict"]["dice"] == pytest.approx(dice.mean(), abs=1e-6)
    assert metrics[name]["strict_dice_in_hindsight"]["direct"] >= metrics[name]["direct"]["strict"]["dice"] - 1e-9
    page = (project.folder / "report/index.html").read_text()
    assert "Trained here, tested elsewhere" in page
    assert name in page
    assert (project.folder / "plots/png/external_worst.png").is_file()
    left = project.folder / "data/others/no_longer_named"
    shutil.copytree(project.folder / "data/others" / name, left)
    assert ran(project.dvc("repro")) == {"outside@phantom", f"outside_external@{name}"}
    assert not left.exists()
