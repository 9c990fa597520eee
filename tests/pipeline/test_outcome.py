"""What a finished run holds."""

import json
import math

import pandas as pd
import pytest
from project import Project

pytestmark = pytest.mark.pipeline

RULES = {"literal", "strict", "lesion", "pooled"}
METRICS = {"dice", "iou", "precision", "recall"}


def metrics(project: Project, name: str):
    return json.loads((project.folder / "metrics" / f"{name}.json").read_text())


def scalars(values):
    for value in values.values():
        yield from scalars(value) if isinstance(value, dict) else [value]


def test_every_rule_and_metric_of_the_chosen_mode_is_in_segmentation_json(finished: Project):
    values = metrics(finished, "segmentation")
    assert set(values) >= RULES
    assert all(set(values[rule]) == METRICS for rule in RULES)


def test_all_branches_stand_side_by_side_with_intervals(finished: Project):
    values = metrics(finished, "comparison")
    assert set(values) == {"direct", "guided", "guided_fallback", "oracle", "gain"}
    for branch in values.values():
        for rule in RULES:
            assert set(branch[rule]) == METRICS
            assert set(branch[rule]["dice"]) == {"value", "ci_low", "ci_high"}


def test_metrics_hold_scalars_only_and_no_nan(finished: Project):
    for name in ("segmentation", "comparison", "detection", "split"):
        for value in scalars(metrics(finished, name)):
            assert value is None or (isinstance(value, int | float) and math.isfinite(value))


def test_detection_json_tells_recall_false_boxes_and_ap(finished: Project):
    assert set(metrics(finished, "detection")) >= {
        "map50",
        "map50_95",
        "operating_confidence",
        "lesion_recall",
        "false_boxes_per_normal_image",
    }


def test_no_patient_is_in_two_splits(finished: Project):
    assert set(metrics(finished, "split")["leakage"].values()) == {0}


def test_split_csv_is_tracked_by_git_and_names_every_image(finished: Project):
    finished.git("ls-files", "--error-unmatch", "data/split.csv")
    split = pd.read_csv(finished.folder / "data" / "split.csv")
    assert len(split) == 32
    assert set(split["split"]) == {"train", "val", "test"}


def test_counts_cover_every_pixel_of_every_validation_and_test_image(finished: Project):
    rows = pd.read_csv(finished.folder / "evaluations" / "unetpp" / "images.csv")
    assert (rows[["tp", "fp", "fn", "tn"]].sum(axis=1) == 96 * 72).all()
    assert set(rows["split"]) == {"val", "test"}
    assert (rows.groupby("image_id")["branch"].nunique() == 4).all()


def test_ultralytics_left_nothing_in_the_dataset(finished: Project):
    assert {path.suffix for path in (finished.folder / "data" / "yolo").rglob("*") if path.is_file()} == {
        ".png",
        ".txt",
        ".yaml",
    }


def test_pictures_and_curves_are_there(finished: Project):
    plots = finished.folder / "plots"
    names = {"curves.png", "test_images.png", "segmenter_direct.csv", "segmenter_guided.csv", "detector.csv"}
    assert {path.name for path in plots.iterdir()} == names


def test_no_absolute_path_leaks_into_the_artifacts(finished: Project):
    for path in [
        *finished.folder.glob("models/**/*"),
        *finished.folder.glob("data/yolo/*.yaml"),
        finished.folder / "dvc.lock",
    ]:
        if path.is_file():
            assert str(finished.folder).encode() not in path.read_bytes(), path
